"""The trash is emptied in time, and not before."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labeler.domain.errors import Missing
from labeler.domain.trash import TRASH_AGE
from labeler.server.catalog import NewImage, Source
from labeler.server.files import FileBlobs
from labeler.server.housekeeping import empty_trash, remove_unused
from labeler.server.sqlite.catalog import SqliteCatalog

ORGANIZATION = "11111111-1111-4111-8111-111111111111"


async def one(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_bytes_go_when_the_trash_is_old_and_nothing_else_has_them(tmp_path: Path) -> None:
    catalog, blobs = SqliteCatalog(tmp_path / "catalog.db"), FileBlobs(tmp_path / "blobs")
    now = datetime.now(UTC)
    contents = (b"shared", b"shared", b"alone")
    kept = [await blobs.put(one(content)) for content in contents]
    source = Source(location_id="abcdefghij", mime_type="image/jpeg")
    images = [NewImage(source, now, now, size_bytes=blob.size, digest=blob.digest) for blob in kept]
    ids = await catalog.insert_images(ORGANIZATION, images)
    await catalog.delete_images(ORGANIZATION, ids[1:])
    assert await empty_trash(catalog, blobs, now + TRASH_AGE - timedelta(minutes=1)) == 0
    assert await blobs.read(kept[2].digest) == b"alone"
    assert await empty_trash(catalog, blobs, now + TRASH_AGE + timedelta(minutes=1)) == 1
    assert await blobs.read(kept[0].digest) == b"shared"
    with pytest.raises(Missing):
        await blobs.read(kept[2].digest)
    assert (await catalog.trash(ORGANIZATION)).images == ()
    await catalog.close()


async def test_bytes_that_an_upload_has_just_put_stay(tmp_path: Path) -> None:
    catalog, blobs = SqliteCatalog(tmp_path / "catalog.db"), FileBlobs(tmp_path / "blobs")
    now = datetime.now(UTC)
    blob = await blobs.put(one(b"again"))
    image = NewImage(Source(), now, now, size_bytes=blob.size, digest=blob.digest)
    ids = await catalog.insert_images(ORGANIZATION, [image])
    await catalog.delete_images(ORGANIZATION, ids)
    long_after = now + TRASH_AGE + timedelta(minutes=1)
    put_again = (long_after - timedelta(minutes=5)).timestamp()
    os.utime(tmp_path / "blobs" / blob.digest[:2] / blob.digest, (put_again, put_again))
    assert await empty_trash(catalog, blobs, long_after) == 0
    assert await blobs.read(blob.digest) == b"again"
    await catalog.close()


async def test_bytes_that_no_image_has_go_after_a_day(tmp_path: Path) -> None:
    catalog, blobs = SqliteCatalog(tmp_path / "catalog.db"), FileBlobs(tmp_path / "blobs")
    now = datetime.now(UTC)
    shown, trashed, purged, abandoned = [await blobs.put(one(str(n).encode())) for n in range(4)]
    images = [NewImage(Source(), now, now, size_bytes=1, digest=blob.digest) for blob in (shown, trashed, purged)]
    ids = await catalog.insert_images(ORGANIZATION, images)
    await catalog.delete_images(ORGANIZATION, ids[1:])
    assert (await catalog.purge_images(ORGANIZATION, ids[2:])).unused == (purged.digest,)
    assert await remove_unused(catalog, blobs, now) == 0
    assert await remove_unused(catalog, blobs, now + timedelta(days=1, minutes=1)) == 2
    for blob, content in ((shown, b"0"), (trashed, b"1")):
        assert await blobs.read(blob.digest) == content
    for blob in (purged, abandoned):
        with pytest.raises(Missing):
            await blobs.read(blob.digest)
    await catalog.close()
