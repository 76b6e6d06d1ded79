"""What every blob store does; run for each implementation."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from labeler.domain.errors import Missing
from labeler.server.blobs import BlobStore

PARTS = (b"first ", b"", b"x" * 3_000_000, b" last")
DATA = b"".join(PARTS)
PAST, FUTURE = datetime(2000, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=1)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_bytes_come_back(blobs: BlobStore) -> None:
    blob = await blobs.put(chunks(*PARTS))
    assert (blob.digest, blob.size) == (hashlib.sha256(DATA).hexdigest(), len(DATA))
    assert await blobs.read(blob.digest) == DATA
    assert await blobs.size(blob.digest) == len(DATA)
    assert b"".join([chunk async for chunk in blobs.stream(blob.digest)]) == DATA


@pytest.mark.parametrize(("start", "end"), [(0, 5), (3, None), (3, 3), (10, 2_000_000), (2_999_999, 9_000_000)])
async def test_a_range_of_bytes(blobs: BlobStore, start: int, end: int | None) -> None:
    blob = await blobs.put(chunks(*PARTS))
    assert await blobs.read(blob.digest, start, end) == DATA[start:end]
    assert b"".join([chunk async for chunk in blobs.stream(blob.digest, start, end)]) == DATA[start:end]


async def test_the_same_content_is_one_blob_and_an_empty_one_is_a_blob(blobs: BlobStore) -> None:
    one, other, empty = await asyncio.gather(*(blobs.put(chunks(data)) for data in (b"a", b"a", b"")))
    assert one == other
    assert await blobs.read(empty.digest) == b""
    assert await blobs.delete_unused(one.digest, FUTURE)
    with pytest.raises(Missing):
        await blobs.read(one.digest)


@pytest.mark.parametrize("digest", ["0" * 64, "../../etc/passwd", ""])
async def test_what_is_not_there_is_missing(blobs: BlobStore, digest: str) -> None:
    for ask in (blobs.read(digest), blobs.size(digest)):
        with pytest.raises(Missing):
            await ask
    with pytest.raises(Missing):
        async for _ in blobs.stream(digest):
            pass


async def test_a_blob_put_again_lately_is_not_deleted(blobs: BlobStore) -> None:
    blob = await blobs.put(chunks(b"a"))
    assert not await blobs.delete_unused(blob.digest, PAST)
    assert await blobs.read(blob.digest) == b"a"
    assert not await blobs.delete_unused("0" * 64, FUTURE)


async def test_an_upload_that_ends_early_leaves_nothing(blobs: BlobStore) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await blobs.put(broken())
    with pytest.raises(Missing):
        await blobs.read(hashlib.sha256(b"half").hexdigest())


async def test_all_names_are_told_once(blobs: BlobStore) -> None:
    assert [name async for names in blobs.names() for name in names] == []
    put = [(await blobs.put(chunks(str(number).encode()))).digest for number in range(20)]
    await blobs.delete_unused(put[0], FUTURE)
    assert sorted([name async for names in blobs.names() for name in names]) == sorted(put[1:])
