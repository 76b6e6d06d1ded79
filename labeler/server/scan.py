"""Image files below folders: found, recognised and dated, in natural order. Reads only."""

# ruff: noqa: PTH100, PTH112, PTH116, PTH120, PTH123
# Tens of thousands of files: the cost of a Path each shows.

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from labeler.domain.media import HEAD_SIZE, LOOK_SIZE, PICTURE_EXTENSIONS, sniff, why_not_shown
from labeler.natural import natural_key
from labeler.server.capture_time import capture_time
from labeler.server.catalog import FileReference

_IMAGE_NAMES = (*PICTURE_EXTENSIONS, ".heif", ".jp2", ".svg")
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
            head = stream.read(LOOK_SIZE)
            mime_type = sniff(head[:HEAD_SIZE])
            reason = why_not_shown(head)
            taken = None if reason or mime_type is None else capture_time(stream, mime_type)
    except OSError as error:
        refuse(file, f"The file cannot be read: {error.strerror}.")
        return None
    if reason or mime_type is None:
        if named or file.lower().endswith(_IMAGE_NAMES):
            refuse(file, "The file is empty." if not head else f"The file is not an image that can be shown: {reason}.")
        return None
    reference = FileReference(file, status.st_size, status.st_mtime_ns)
    time = taken or datetime.fromtimestamp(status.st_mtime, UTC)
    return FoundFile(reference, folder, os.path.relpath(file, folder).replace(os.sep, "/"), mime_type, time)


def _shown(path: str) -> str:
    """The path as text that every message can hold."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
