"""Taking along: the images of a filter are listed, and the pictures that are not on this disk fetched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from labeler.client.along_store import AlongStore
from labeler.client.picture_cache import PictureCache
from labeler.client.prefetch import in_order
from labeler.client.source import ServiceSource
from labeler.domain.along import Need, Taking
from labeler.domain.amounts import size_text
from labeler.domain.errors import Refused, StorageFailed, Unreachable
from labeler.domain.filter import Filter, Order
from labeler.domain.image import Image

PAGE = 500
IN_FLIGHT = 4
"""Pictures fetched ahead; each can have tens of MiB."""
RESERVE = 256 * 1024 * 1024
"""Bytes of the disk that taking along leaves, for labels among others."""
ROW_BYTES = 4_096
"""What an image needs beside its picture, at most in practice."""
TRIES = 3


async def needed(service: ServiceSource, store: AlongStore, wanted: Filter) -> Need:
    """What taking along the images of a filter takes."""
    free = await asyncio.to_thread(lambda: store.free_bytes)
    total = await service.total(wanted)
    if total is not None:
        return Need(*total, free)
    images = [image async for page in _pages(service, wanted) for image in page]
    return Need(len(images), sum(image.size_bytes for image in images), free)


async def take(
    service: ServiceSource,
    store: AlongStore,
    cache: PictureCache,
    wanted: Filter,
    name: str,
    as_now: Callable[[Image], Image],
    reserve: int = RESERVE,
) -> AsyncGenerator[Taking, None]:
    """Take the images of a filter along, or what is new and missing of them; tells how far it is.

    What is on this disk by the time it ends, is cancelled or fails, stays and is not fetched again. Raises
    StorageFailed where there is not room for all, and Unreachable. `as_now` makes on an image what the service was
    told while it answered.
    """
    row = await store.begin(wanted, name)
    images: list[Image] = []
    async for page in _pages(service, wanted):
        await store.add(row, [as_now(image) for image in page])
        images += page
        yield Taking(0, 0, 0, 0)
    await store.end_listing(row, {image.id for image in images})
    missing = [image for image in images if not store.has_picture(image.id)]
    of_bytes = sum(image.size_bytes for image in missing)
    await _check_room(store, len(missing), of_bytes, reserve)
    done, done_bytes = len(images) - len(missing), 0
    yield Taking(done, len(images), done_bytes, of_bytes)

    async def fetch(image: Image) -> Image:
        await _fetch(service, store, cache, image.id)
        return image

    async with aclosing(in_order(_each(missing), fetch, IN_FLIGHT)) as fetched:
        async for image in fetched:
            done, done_bytes = done + 1, done_bytes + image.size_bytes
            yield Taking(done, len(images), done_bytes, of_bytes)
    await store.complete(row)


async def _pages(service: ServiceSource, wanted: Filter) -> AsyncGenerator[tuple[Image, ...], None]:
    after = ""
    while True:
        page = await service.page(wanted, Order.NEWEST, after, PAGE)
        yield page.images
        after = page.next
        if not after:
            return


async def _each(images: list[Image]) -> AsyncGenerator[Image, None]:
    for image in images:
        yield image


async def _check_room(store: AlongStore, pictures: int, size_bytes: int, reserve: int) -> None:
    needs = size_bytes + pictures * ROW_BYTES
    free = await asyncio.to_thread(lambda: store.free_bytes)
    if pictures and needs + reserve > free:
        raise StorageFailed(
            f"Not taken along: {size_text(needs)} are needed, and {size_text(reserve)} are to stay free, but the disk "
            f"of {store.folder} has {size_text(free)}. Free some space, or take fewer images."
        )


async def _fetch(service: ServiceSource, store: AlongStore, cache: PictureCache, image_id: str) -> None:
    """Get one picture onto the disk; one that the service does not have stays away."""
    content = await cache.read(image_id)
    tries = 0
    while content is None:
        try:
            content = await service.image_bytes(image_id)
        except Refused:
            return
        except Unreachable:
            tries += 1
            if tries == TRIES:
                raise
            await asyncio.sleep(tries)
    await store.write_picture(image_id, content)
