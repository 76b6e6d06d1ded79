"""Bytes of images by content."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Blob:
    digest: str
    """SHA-256 of the bytes, 64 lower-case hex digits: the blob's name."""
    size: int


class BlobStore(Protocol):
    """Blobs by the digest of their content; the same content is kept once."""

    async def put(self, chunks: AsyncIterator[bytes]) -> Blob:
        """Keep the bytes of the chunks, without holding them all in memory.

        When it returns they are durable. If the iterator raises, or the call is cancelled, nothing stays.
        Bytes that were damaged since they were put are mended. Raises StorageFailed if the disk fails or is full.
        """
        ...

    async def size(self, digest: str) -> int:
        """Raises Missing if there is no such blob."""
        ...

    async def read(self, digest: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from `start` up to, not including, `end` (None: to the last). Raises Missing.

        A whole blob is checked against its digest; Refused says that it is damaged.
        """
        ...

    def stream(self, digest: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The same bytes in chunks, unchecked. Raises Missing before the first."""
        ...

    def names(self) -> AsyncIterator[Sequence[str]]:
        """The digests of all blobs, some at a time; of those that come or go meanwhile, any."""
        ...

    async def delete_unused(self, digest: str, untouched_since: datetime) -> bool:
        """Delete a blob that nothing refers to, unless it was put at or after the time; tells whether it did.

        An upload puts its bytes before the catalog refers to them: the time must be earlier than the begin
        of any upload under way. Raises StorageFailed if the disk does not remove it.
        """
        ...
