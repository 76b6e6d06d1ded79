"""Bytes of images, wherever they are: a blob, or a file of the user."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from labeler.domain.errors import Refused
from labeler.server.blobs import BlobStore
from labeler.server.catalog import FileReference, ImageRecord
from labeler.server.files import read_range

_CHUNK = 1 << 20


def reference_problem(reference: FileReference) -> str:
    """Why the file's bytes are no longer those that were opened, as a sentence; "" if they are."""
    try:
        status = Path(reference.path).stat()
    except FileNotFoundError:
        return f"The file is gone: {reference.path}. Put it back, or open it where it is now."
    except OSError as error:
        return f"The file cannot be read: {reference.path} ({error.strerror})."
    if (status.st_size, status.st_mtime_ns) != (reference.size, reference.mtime_ns):
        return f"The file was changed since it was opened: {reference.path}. Open it again to label what it is now."
    return ""


class Content:
    """Reads the bytes of images. A file that is gone or changed is Refused with the sentence to show."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    async def problems(self, records: Sequence[ImageRecord]) -> tuple[str, ...]:
        """Why each picture cannot be shown, "" where nothing is known against it."""
        if not any(record.reference for record in records):
            return ("",) * len(records)
        return await asyncio.to_thread(
            lambda: tuple(reference_problem(one.reference) if one.reference else "" for one in records)
        )

    async def read(self, record: ImageRecord) -> bytes:
        """All bytes."""
        if record.reference is None:
            return await self._blobs.read(record.digest)
        return await asyncio.to_thread(_read_file, record.reference)

    async def stream(self, record: ImageRecord, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, not including, `end` (None: to the last), in chunks."""
        if record.reference is None:
            async for chunk in self._blobs.stream(record.digest, start, end):
                yield chunk
            return
        last = record.size_bytes if end is None else min(end, record.size_bytes)
        for at in range(start, last, _CHUNK):
            yield await asyncio.to_thread(_read_file, record.reference, at, min(at + _CHUNK, last))


def _read_file(reference: FileReference, start: int = 0, end: int | None = None) -> bytes:
    if problem := reference_problem(reference):
        raise Refused(problem)
    try:
        data = read_range(Path(reference.path), start, end)
    except OSError as error:
        raise Refused(f"The file cannot be read: {reference.path} ({error.strerror}).") from error
    # It may have been written to while it was read.
    if problem := reference_problem(reference):
        raise Refused(problem)
    return data
