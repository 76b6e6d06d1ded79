"""A blob store of each implementation."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labeler.domain.errors import Missing
from labeler.server.blobs import Blob, BlobStore
from labeler.server.files import FileBlobs


class MemoryBlobs:
    """The protocol in its fewest words: what the suite says must hold without files, too."""

    def __init__(self) -> None:
        self._blobs: dict[str, tuple[bytes, datetime]] = {}

    async def put(self, chunks: AsyncIterator[bytes]) -> Blob:
        data = b"".join([chunk async for chunk in chunks])
        digest = hashlib.sha256(data).hexdigest()
        self._blobs[digest] = data, datetime.now(UTC)
        return Blob(digest, len(data))

    async def size(self, digest: str) -> int:
        return len(await self.read(digest))

    async def read(self, digest: str, start: int = 0, end: int | None = None) -> bytes:
        if digest not in self._blobs:
            raise Missing(f"Blob {digest} is not in the store.")
        return self._blobs[digest][0][start:end]

    async def stream(self, digest: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        yield await self.read(digest, start, end)

    async def names(self) -> AsyncIterator[Sequence[str]]:
        yield list(self._blobs)

    async def delete_unused(self, digest: str, untouched_since: datetime) -> bool:
        if digest not in self._blobs or self._blobs[digest][1] >= untouched_since:
            return False
        del self._blobs[digest]
        return True


@pytest.fixture(params=["files", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return FileBlobs(tmp_path / "blobs") if request.param == "files" else MemoryBlobs()
