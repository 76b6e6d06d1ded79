"""labeler.v1: tells clients which images are changed, as it happens."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.server.accounts import Caller
from labeler.server.catalog import Catalog

LARGEST_BATCH = 1_000
HEARTBEAT_SECONDS = 15.0
"""Between responses when nothing is changed."""
_GATHERING_SECONDS = 0.05
"""What is changed within this time after a response is told together."""


class FollowService:
    """RPCs by name; each takes the request and who calls.

    Nothing is kept for a client but its position in the catalog, so that a slow one costs nothing.
    """

    def __init__(self, catalog: Catalog, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        self._catalog, self._heartbeat_seconds = catalog, heartbeat_seconds
        self._stopping = False
        self._waiting: set[asyncio.Event] = set()

    def stop(self) -> None:
        """End all streams, and those to come at once."""
        self._stopping = True
        for each in self._waiting:
            each.set()

    async def Follow(
        self, request: labeler_pb2.FollowRequest, caller: Caller
    ) -> AsyncIterator[labeler_pb2.FollowResponse]:
        organization_id, author = caller.organization_id, caller.terms.author
        with self._catalog.listening(organization_id) as news:
            self._waiting.add(news)
            try:
                # Asked once without a use for the answer, so that a wrong position is refused first.
                found = await self._catalog.changed(organization_id, request.position, 0, author)
                position = request.position or found.position
                yield labeler_pb2.FollowResponse(position=position)
                while not self._stopping:
                    news.clear()
                    found = await self._catalog.changed(organization_id, position, LARGEST_BATCH, author)
                    position = found.position
                    if found.ids:
                        yield labeler_pb2.FollowResponse(binary_data_ids=found.ids, position=position)
                        await asyncio.sleep(_GATHERING_SECONDS)
                    elif not await self._is_told(news):
                        yield labeler_pb2.FollowResponse(position=position)
            finally:
                self._waiting.discard(news)

    async def _is_told(self, news: asyncio.Event) -> bool:
        """Wait for news; whether any came before a heartbeat was due."""
        if self._stopping:
            return True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._heartbeat_seconds):
                await news.wait()
        return news.is_set()
