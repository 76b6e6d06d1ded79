"""What a service does for itself from time to time: forget what has been kept long enough."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from labeler.domain.errors import StorageFailed
from labeler.domain.trash import TRASH_AGE
from labeler.server.blobs import BlobStore
from labeler.server.catalog import Catalog
from labeler.server.changes import ANSWER_AGE

_PAUSE_SECONDS = 6 * 3600
_LONGEST_UPLOAD = timedelta(days=1)

logger = logging.getLogger(__name__)


async def empty_trash(catalog: Catalog, blobs: BlobStore, now: datetime) -> int:
    """Forget images that were deleted longer ago than `TRASH_AGE`, with bytes nothing else has; returns how many."""
    return await remove_bytes(blobs, await catalog.purge(now - TRASH_AGE), now)


async def remove_bytes(blobs: BlobStore, unused: Sequence[str], now: datetime) -> int:
    """Delete blobs that the catalog does not refer to, except those put within a day; returns how many."""
    removed = 0
    for digest in unused:
        try:
            # An upload under way has put its bytes, and the catalog may not know of them yet.
            removed += await blobs.delete_unused(digest, now - _LONGEST_UPLOAD)
        except StorageFailed as error:
            # Nothing refers to them, and they are looked for again every few hours.
            logger.warning("Bytes that nothing needs cannot be removed. %s", error)
    return removed


async def remove_unused(catalog: Catalog, blobs: BlobStore, now: datetime) -> int:
    """Delete blobs that no image has and that were not put within a day; returns how many.

    They are of uploads that did not come to their end, and of images purged within a day.
    """
    return sum([await remove_bytes(blobs, await catalog.unused(names), now) async for names in blobs.names()])


async def keep_house(catalog: Catalog, blobs: BlobStore) -> None:
    """Empty the trash and forget old answers now and every few hours, until cancelled.

    A failure is logged and tried again later.
    """
    while True:
        try:
            gone = await empty_trash(catalog, blobs, datetime.now(UTC))
            if gone:
                logger.info("Removed the bytes of %d images deleted %d days ago", gone, TRASH_AGE.days)
            unused = await remove_unused(catalog, blobs, datetime.now(UTC))
            if unused:
                logger.info("Removed the bytes of %d images that were purged or never came whole", unused)
            await catalog.forget_answers(datetime.now(UTC) - ANSWER_AGE)
        except Exception:
            logger.exception("The trash could not be emptied")
        await asyncio.sleep(_PAUSE_SECONDS)
