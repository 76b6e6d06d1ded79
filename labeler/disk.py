"""Files and folders that are whole or not there, also after a power failure. Every layer may use this; it uses none."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from labeler.domain.errors import LabelerError, StorageFailed

_PRIVATE, _PUBLIC = 0o600, 0o666
_LEAST_FREE = 128 << 10


def storage_failed(folder: Path, number: int, reason: str) -> StorageFailed:
    """The error for something that the disk of the folder did not do; `number` is an errno, 0 if it is not known."""
    if number == errno.ENOSPC:
        return StorageFailed(f"The disk of {folder} is full: free some space.")
    if number == errno.EDQUOT:
        return StorageFailed(f"The disk of {folder} has no space left for this user: free some space.")
    if number in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StorageFailed(f"{folder} cannot be written to: make it, or its disk, writable.")
    return StorageFailed(f"The disk of {folder} fails ({reason}): mend it or go on with another.")


def is_full(folder: Path) -> bool:
    """Whether there is less room than a program needs to begin."""
    try:
        return shutil.disk_usage(folder).free < _LEAST_FREE
    except OSError:
        return False


def sync(path: Path) -> None:
    """Force a file, or the names in a folder, to disk.

    Windows opens no folders; NTFS writes a rename to its journal itself.
    """
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder and those above it, durably; `mode` is that of the folder itself. It may be there already."""
    new = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(mode, parents=True, exist_ok=True)
    for one in new:
        sync(one.parent)


def make_data_directory(folder: Path) -> None:
    """Make the folder, for this user alone, if it is not there. Raises LabelerError if that cannot be."""
    try:
        make_folder(folder, 0o700)
    except OSError as error:
        text = f"The data directory {folder} cannot be used: {error.strerror}. Choose another with --data."
        raise LabelerError(text) from error


@contextlib.contextmanager
def _new_file(path: Path, mode: int) -> Iterator[BinaryIO]:
    """A file to write, on disk at the end; it must not exist."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    with os.fdopen(handle, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def write_private(path: Path, content: bytes) -> None:
    """Make a file that only this user can read, durably; raises FileExistsError if it is there."""
    with _new_file(path, _PRIVATE) as file:
        file.write(content)


@contextlib.contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` at the end; after an error `path` is as it was.

    It gets the permissions of the file that it replaces; with `private`, only this user can read it.
    """
    draft = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}.part")
    try:
        with _new_file(draft, _PRIVATE if private else _PUBLIC) as file:
            yield file
        if not private:
            with contextlib.suppress(OSError):
                shutil.copymode(path, draft)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    # The file is in place; some file systems of networks cannot sync a folder.
    with contextlib.suppress(OSError):
        sync(path.parent)
