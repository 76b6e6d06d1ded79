"""File names that every system can hold, each given once."""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b

_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]')
"""What Windows reserves, control characters, and marks that make a name look like another (those of direction)."""
_IGNORED = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
"""What HFS+ and some others pass over when they compare names."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE)
_LONGEST_PART = 120
_LONGEST = 180
"""Bytes of UTF-8. Windows takes paths of 260 characters, other systems 255 bytes for each part."""


def _cut(part: str, longest: int) -> str:
    """The part, at most `longest` bytes, with its extension kept where that is a short one."""
    if len(part.encode()) <= longest:
        return part
    stem, dot, extension = part.rpartition(".")
    if not stem or len(extension.encode()) > 15:
        stem, dot, extension = part, "", ""
    room = longest - len((dot + extension).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + extension


def _safe_part(part: str) -> str:
    part = _FORBIDDEN.sub("_", part).strip(" ").rstrip(". ") or "_"
    if _RESERVED.fullmatch(part.split(".")[0].rstrip(" ")):
        part = "_" + part
    return _cut(part, _LONGEST_PART)


def safe_name(name: str) -> str:
    """The name as a relative path with forward slashes that stays in its folder on every system.

    Characters and names that Windows reserves are replaced, `.` and `..` go, long names are cut (of a
    path that stays too long, the folders go). Text is in Unicode's composed form (NFC).
    """
    text = unicodedata.normalize("NFC", name.encode(errors="replace").decode())
    parts = [_safe_part(part) for part in re.split(r"[/\\]", text) if part.strip(" .")]
    if not parts:
        return "image"
    return "/".join(parts) if len("/".join(parts).encode()) <= _LONGEST else parts[-1]


class Names:
    """Gives each name once, also where names that look alike are the same: by case, composition or unseen signs.

    `sidecars` are endings that are written beside a name and so are not to be given to another.
    Memory is a number or two for each name.
    """

    def __init__(self, sidecars: tuple[str, ...] = ()) -> None:
        self._sidecars = sidecars
        self._files: set[int] = set()
        self._folders: set[int] = set()
        self._last: dict[int, int] = {}

    @staticmethod
    def _key(name: str) -> int:
        seen = unicodedata.normalize("NFKC", _IGNORED.sub("", name)).upper().casefold()
        folded = unicodedata.normalize("NFKC", seen)
        return int.from_bytes(blake2b(folded.encode(), digest_size=8).digest(), "little")

    @classmethod
    def _folders_of(cls, name: str) -> list[int]:
        parts = name.split("/")
        return [cls._key("/".join(parts[:count])) for count in range(1, len(parts))]

    def _with_free_folders(self, name: str) -> str:
        """The name with those of its folders renamed whose names files have."""
        parts = name.split("/")
        for place, part in enumerate(parts[:-1]):
            number = 1
            while self._key("/".join(parts[: place + 1])) in self._files:
                number += 1
                parts[place] = f"{part}-{number}"
        return "/".join(parts)

    def _is_free(self, name: str) -> bool:
        keys = [self._key(name + ending) for ending in ("", *self._sidecars)]
        return not any(key in self._files or key in self._folders for key in keys)

    def take(self, name: str) -> str:
        """A safe name like `name` that was not given before: `a.jpg`, then `a-2.jpg`, `a-3.jpg`."""
        wanted = self._with_free_folders(safe_name(name))
        taken = wanted
        key = self._key(wanted)
        while not self._is_free(taken):
            number = self._last[key] = self._last.get(key, 1) + 1
            taken = self._numbered(wanted, number)
        self._files.update(self._key(taken + ending) for ending in ("", *self._sidecars))
        self._folders.update(self._folders_of(taken))
        return taken

    @staticmethod
    def _numbered(name: str, number: int) -> str:
        folder, slash, last = name.rpartition("/")
        stem, dot, extension = last.rpartition(".")
        if not stem:
            stem, dot, extension = last, "", ""
        return f"{folder}{slash}{stem}-{number}{dot}{extension}"
