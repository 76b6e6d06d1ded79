"""Encoded pictures as files, by image id. Nothing here is for the event loop's thread: all of it touches the disk."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

from labeler.disk import make_folder, replacing

_DIGEST_BYTES = hashlib.sha256().digest_size


class PictureFiles:
    """The pictures in one folder.

    A file is the SHA-256 of a picture and then the picture as it was received, so that one that was cut short or has
    rotted is known, and removed, when it is read. With `durable`, a picture is on disk when `write` returns. Raises
    OSError where the disk does not do what is asked.
    """

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self._folder, self._durable = folder, durable
        make_folder(folder)
        found = [entry for inner in os.scandir(folder) if inner.is_dir() for entry in os.scandir(inner)]
        for draft in [entry for entry in found if entry.name.startswith(".")]:
            os.unlink(draft)  # noqa: PTH108 - an entry of scandir
        entries = ((entry.name, entry.stat()) for entry in found if not entry.name.startswith("."))
        by_use = sorted(entries, key=lambda one: one[1].st_mtime_ns)
        self._sizes = OrderedDict((name, max(stat.st_size - _DIGEST_BYTES, 0)) for name, stat in by_use)
        self.size_bytes = sum(self._sizes.values())
        """Of all pictures."""

    def __contains__(self, image_id: str) -> bool:
        return _name(image_id) in self._sizes

    def size_of(self, image_id: str) -> int:
        """The bytes of a picture; 0 if it is not here."""
        return self._sizes.get(_name(image_id), 0)

    def read(self, image_id: str) -> bytes | None:
        """The picture; None if it is not here, or not any more as it was written."""
        name = _name(image_id)
        if name not in self._sizes:
            return None
        try:
            held = self._path(name).read_bytes()
        except FileNotFoundError:
            held = b""
        content = held[_DIGEST_BYTES:]
        if hashlib.sha256(content).digest() != held[:_DIGEST_BYTES]:
            self._remove(name)
            return None
        return content

    def touch(self, image_id: str) -> None:
        """Count the picture as used now, also in later runs."""
        name = _name(image_id)
        with contextlib.suppress(KeyError, OSError):
            self._sizes.move_to_end(name)
            os.utime(self._path(name))

    def write(self, image_id: str, content: bytes) -> None:
        name = _name(image_id)
        path = self._path(name)
        make_folder(path.parent)
        held = hashlib.sha256(content).digest() + content
        if self._durable:
            with replacing(path, private=True) as file:
                file.write(held)
        else:
            path.write_bytes(held)
        self.size_bytes += len(content) - self._sizes.pop(name, 0)
        self._sizes[name] = len(content)

    def remove(self, image_ids: Iterable[str]) -> None:
        for image_id in image_ids:
            self._remove(_name(image_id))

    def shrink(self, size_bytes: int) -> None:
        """Remove what was used least recently until the pictures have at most so many bytes."""
        while self.size_bytes > size_bytes:
            self._remove(next(iter(self._sizes)))

    def _remove(self, name: str) -> None:
        self.size_bytes -= self._sizes.pop(name, 0)
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name


def _name(image_id: str) -> str:
    return hashlib.sha256(image_id.encode("utf-8", "surrogatepass")).hexdigest()[:40]
