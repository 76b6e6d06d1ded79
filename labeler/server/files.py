"""Blobs as files named by their content, written so that a power cut loses none that was confirmed.

The order is restic's (internal/backend/local): a temporary file in the same folder, its length checked,
fsync, close, rename, fsync of the folder and of every folder made on the way. Only then may the catalog
refer to the blob. A blob that nothing refers to is garbage; the other way round would be a loss.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, ParamSpec, Protocol, TypeVar

from labeler.disk import storage_failed, sync
from labeler.domain.errors import Missing, Refused
from labeler.server.blobs import Blob

P = ParamSpec("P")
T = TypeVar("T")

_CHUNK = 1 << 20
_PART = 256 << 10
"""Bytes that are written in one step."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TEMPORARY = ".part"
_FOLDERS = tuple(f"{number:02x}" for number in range(256))


class FileSystem(Protocol):
    """The steps whose order decides what survives a power cut."""

    def make_folder(self, folder: Path) -> None: ...
    def sync_file(self, file: BinaryIO) -> None: ...
    def rename(self, source: Path, target: Path) -> None: ...
    def sync_folder(self, folder: Path) -> None: ...


class RealFileSystem:
    """The operating system's files."""

    def make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)

    def sync_file(self, file: BinaryIO) -> None:
        file.flush()
        os.fsync(file.fileno())

    def rename(self, source: Path, target: Path) -> None:
        source.replace(target)

    def sync_folder(self, folder: Path) -> None:
        sync(folder)


class _Draft:
    """A blob that is coming; its bytes wait in memory until there are enough of them to be worth a step."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.waiting = 0
        self._chunks: list[bytes] = []
        self._digest = hashlib.sha256()
        self._size = 0
        self._file: BinaryIO | None = None

    @property
    def is_open(self) -> bool:
        return self._file is not None

    @property
    def blob(self) -> Blob:
        """What was written."""
        return Blob(self._digest.hexdigest(), self._size)

    def take(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self.waiting += len(chunk)

    def write(self) -> BinaryIO:
        """Write what waits."""
        if self._file is None:
            self._file = self.path.open("xb")
        data = b"".join(self._chunks)
        self._chunks, self.waiting = [], 0
        self._file.write(data)
        self._digest.update(data)
        self._size += len(data)
        return self._file

    def remove(self) -> None:
        """Leave no file here. What stays is removed at the next start, and is no reason to refuse a safe blob."""
        if self._file is not None:
            # What could not be written was told; closing would try again, and fail again.
            with contextlib.suppress(OSError):
                self._file.close()
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)
            self._file = None


class FileBlobs:
    """`BlobStore` on a folder: `ab/abcd...`, the first two digits of the digest and the digest."""

    def __init__(self, folder: Path, system: FileSystem | None = None) -> None:
        """The folder is made if it is not there; temporary files that a crash left are removed."""
        self._folder = folder
        self._system = system or RealFileSystem()
        # A blob that is put again must not be deleted between its check and its touch.
        self._lock = threading.Lock()
        self._on_disk: set[Path] = set()
        self._has_folders = False
        self._make(folder)
        for left in folder.glob(f"*{_TEMPORARY}"):
            left.unlink(missing_ok=True)

    async def put(self, chunks: AsyncIterator[bytes]) -> Blob:
        draft = _Draft(self._folder / f"{secrets.token_hex(16)}{_TEMPORARY}")
        try:
            async for chunk in chunks:
                draft.take(chunk)
                if draft.waiting >= _PART:
                    with self._disk():
                        await _finish(draft.write)
            with self._disk():
                return await _finish(self._end, draft)
        finally:
            if draft.is_open:
                await _finish(draft.remove)

    def _end(self, draft: _Draft) -> Blob:
        """Have the last bytes on disk, and only then the name; of a small blob, these are all."""
        file = draft.write()
        self._system.sync_file(file)
        file.close()
        self._keep(draft.path, draft.blob)
        draft.remove()
        return draft.blob

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        """Tells what a disk did not do."""
        try:
            yield
        except OSError as error:
            raise storage_failed(self._folder, error.errno or 0, error.strerror or str(error)) from error

    def _keep(self, temporary: Path, blob: Blob) -> None:
        written = temporary.stat().st_size
        if written != blob.size:
            raise OSError(errno.EIO, f"{written} of {blob.size} bytes arrived in {temporary}")
        target = self._path(blob.digest)
        is_whole = _digest_of(target) == blob.digest
        with self._lock:
            self._make_folders(target.parent)
            if is_whole and target.exists():
                os.utime(target)
            else:
                self._system.rename(temporary, target)
        # Also where the blob was there already: whoever put it first may not have come this far.
        self._system.sync_folder(target.parent)

    def _make(self, folder: Path) -> None:
        """Have a folder on disk; made sure of once in a run, since who made it may not have come to its sync."""
        is_there = folder.is_dir()
        if is_there and folder in self._on_disk:
            return
        if not is_there:
            if not folder.parent.is_dir():
                self._make(folder.parent)
            with contextlib.suppress(FileExistsError):
                self._system.make_folder(folder)
        self._system.sync_folder(folder.parent)
        self._on_disk.add(folder)

    def _make_folders(self, wanted: Path) -> None:
        """Have the folders of all blobs on disk with one sync, which each would need: the first puts are often many."""
        if self._has_folders and wanted.is_dir():
            return
        self._make(self._folder)
        there = {path.name for path in self._folder.iterdir()}
        for name in _FOLDERS:
            if name not in there:
                self._system.make_folder(self._folder / name)
        self._system.sync_folder(self._folder)
        self._has_folders = True

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise Missing(f"{digest}: not the name of a blob.")
        return self._folder / digest[:2] / digest

    async def size(self, digest: str) -> int:
        with _told(digest):
            return (await asyncio.to_thread(self._path(digest).stat)).st_size

    async def read(self, digest: str, start: int = 0, end: int | None = None) -> bytes:
        path = self._path(digest)
        with _told(digest):
            if start or end is not None:
                return await asyncio.to_thread(read_range, path, start, end)
            return await asyncio.to_thread(_read_whole, path, digest)

    async def stream(self, digest: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        with _told(digest):
            file = await asyncio.to_thread(self._path(digest).open, "rb")
        with file:
            file.seek(start)
            left = None if end is None else max(0, end - start)
            while left is None or left > 0:
                chunk = await asyncio.to_thread(file.read, _CHUNK if left is None else min(_CHUNK, left))
                if not chunk:
                    return
                left = None if left is None else left - len(chunk)
                yield chunk

    async def names(self) -> AsyncIterator[Sequence[str]]:
        for name in _FOLDERS:
            yield await asyncio.to_thread(_names_in, self._folder / name)

    async def delete_unused(self, digest: str, untouched_since: datetime) -> bool:
        with self._disk():
            return await asyncio.to_thread(self._delete_unused, self._path(digest), untouched_since)

    def _delete_unused(self, path: Path, untouched_since: datetime) -> bool:
        with self._lock:
            try:
                touched = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            except FileNotFoundError:
                return False
            if touched >= untouched_since:
                return False
            path.unlink()
            return True


def is_blob_name(name: str) -> bool:
    """Whether a blob could have this name."""
    return _DIGEST.fullmatch(name) is not None


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir() if is_blob_name(path.name))
    except FileNotFoundError:
        return []


def _digest_of(path: Path) -> str:
    """The digest of a file's content; empty where there is none that can be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def read_range(path: Path, start: int, end: int | None) -> bytes:
    """The bytes of a file from `start` up to, not including, `end` (None: to the last)."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(-1 if end is None else max(0, end - start))


def _read_whole(path: Path, digest: str) -> bytes:
    data = read_range(path, 0, None)
    if hashlib.sha256(data).hexdigest() != digest:
        raise Refused(f"Blob {digest} is damaged on the service's disk; bring it back from a backup.")
    return data


@contextlib.contextmanager
def _told(digest: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Missing(f"Blob {digest} is not in the store.") from error


async def _finish(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run the work in a thread; a cancellation waits for its end, so that no file is closed beneath it."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
