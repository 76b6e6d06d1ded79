"""Image files below folders: found, recognised and dated, in natural order. Reads only."""

# ruff: noqa: PTH100, PTH112, PTH116, PTH120, PTH123
# Tens of thousands of files: the cost of a Path each shows.

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from labeler.domain.media import HEAD_SIZE, sniff
from labeler.server.catalog import FileReference
from labeler.server.natural import natural_key

_EXIF_LOOK = 4096
"""Bytes of a JPEG within which EXIF data begins, where there are any (Exif 2.32, 4.5.4: right after the start)."""
_EXIF_IFD, _ORIGINAL, _OFFSET, _FRACTION = 0x8769, 0x9003, 0x9011, 0x9291
_WITH_EXIF = {"image/jpeg", "image/tiff", "image/webp", "image/avif"}
_IMAGE_NAMES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".jp2", ".svg")
"""Ends of names that promise an image."""
_HIDDEN = getattr(stat, "FILE_ATTRIBUTE_HIDDEN", 2)

Refuse = Callable[[str, str], None]
"""Told a path and why it cannot be taken."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """An image file. `name` is its path below `folder`, with forward slashes; `time` is aware."""

    reference: FileReference
    folder: str
    name: str
    mime_type: str
    time: datetime


def folder_of(path: Path) -> str:
    """The folder that images of a path belong to: itself, or the one a file is in."""
    absolute = os.path.abspath(path)
    return absolute if os.path.isdir(absolute) else os.path.dirname(absolute)


def scan(paths: Sequence[Path], refuse: Refuse, stop: threading.Event) -> Iterator[FoundFile]:
    """The image files of these paths, each once. Ends early when `stop` is set."""
    seen: set[str] = set()
    for path in paths:
        absolute = os.path.abspath(path)
        folder = folder_of(path)
        if os.path.isdir(absolute):
            files = _files_below(absolute, refuse, stop)
        elif os.path.lexists(absolute):
            files = iter((absolute,))
        else:
            refuse(_shown(absolute), "There is no such file or folder.")
            continue
        for file in files:
            if stop.is_set():
                return
            if file in seen:
                continue
            found = _examine(file, folder, refuse, named=file == absolute)
            if found is not None:
                seen.add(file)
                yield found


def _files_below(folder: str, refuse: Refuse, stop: threading.Event) -> Iterator[str]:
    """Files below a folder, links followed, no folder twice, hidden ones left out."""
    entered: set[str] = set()
    waiting = [(folder, True)]
    while waiting and not stop.is_set():
        path, is_folder = waiting.pop()
        if not is_folder:
            yield path
            continue
        real = os.path.realpath(path)
        if real in entered:
            continue
        entered.add(real)
        try:
            with os.scandir(path) as entries:
                inside = [(entry.name, entry.path, entry.is_dir()) for entry in entries if not _is_hidden(entry)]
        except OSError as error:
            refuse(_shown(path), f"The folder cannot be read: {error.strerror}.")
            continue
        inside.sort(key=lambda one: natural_key(one[0]), reverse=True)
        waiting.extend((inner, is_dir) for _, inner, is_dir in inside)


def _is_hidden(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith("."):
        return True
    if os.name != "nt":
        return False
    return bool(getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0) & _HIDDEN)


def _examine(file: str, folder: str, refuse: Refuse, *, named: bool) -> FoundFile | None:
    """What the file is; None for what is not an image, which is refused only if a person took it for one."""
    try:
        file.encode()
    except UnicodeEncodeError:
        refuse(_shown(file), "The file's name is not valid text. Rename the file.")
        return None
    try:
        status = os.stat(file)
        if not stat.S_ISREG(status.st_mode):
            return None
        with open(file, "rb") as stream:
            head = stream.read(_EXIF_LOOK)
    except OSError as error:
        refuse(file, f"The file cannot be read: {error.strerror}.")
        return None
    mime_type = sniff(head[:HEAD_SIZE])
    if mime_type is None:
        if named or file.lower().endswith(_IMAGE_NAMES):
            refuse(file, "The file is empty." if not head else "The file is not an image of a known kind.")
        return None
    reference = FileReference(file, status.st_size, status.st_mtime_ns)
    time = _capture_time(file, head, mime_type) or datetime.fromtimestamp(status.st_mtime, UTC)
    return FoundFile(reference, folder, os.path.relpath(file, folder).replace(os.sep, "/"), mime_type, time)


def _capture_time(file: str, head: bytes, mime_type: str) -> datetime | None:
    """When the picture was taken, as its EXIF data says; without an offset there, in this machine's time zone."""
    if mime_type not in _WITH_EXIF or (mime_type == "image/jpeg" and b"Exif\0" not in head):
        return None
    from PIL import Image as Picture  # slow to import, and a service may never need it

    try:
        with Picture.open(file) as picture:
            details = picture.getexif().get_ifd(_EXIF_IFD)
        text = str(details[_ORIGINAL]).strip("\0 ")
        time = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")
    except Exception:  # a damaged file makes the decoder raise anything
        return None
    with suppress(ValueError):
        time = time.replace(microsecond=int(f"0{str(details.get(_FRACTION, '')).strip()}".ljust(7, "0")[1:7]))
    with suppress(ValueError):
        offset = datetime.strptime(str(details.get(_OFFSET, "")).strip("\0 "), "%z").tzinfo
        return time.replace(tzinfo=offset).astimezone(UTC)
    try:
        return time.astimezone(UTC)
    except (OverflowError, OSError):
        return None


def _shown(path: str) -> str:
    """The path as text that every message can hold."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
