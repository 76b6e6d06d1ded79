"""Pictures fetched once: those taken along, those of before on this disk, and one call for all who want the same."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from labeler.client.picture_files import PictureFiles

KEEP_FREE = 256 * 1024 * 1024
"""Bytes of the disk that a cache leaves for what matters more."""
_log = logging.getLogger(__name__)


class PictureCache:
    """Pictures on this disk, at most `limit` bytes of them, least recently shown out first.

    A disk that fails or is full costs a fetch, and no more.
    """

    def __init__(self, folder: Path, limit: int, keep_free: int = KEEP_FREE) -> None:
        self._folder, self._limit, self._keep_free = folder, limit, keep_free
        self._files = PictureFiles(folder, durable=False)
        self._files.shrink(limit)
        self._fetching: dict[str, _Fetching] = {}

    async def read(self, image_id: str) -> bytes | None:
        """The picture if it is here."""
        return await asyncio.to_thread(self._read, image_id)

    async def fetched(self, image_id: str, fetch: Callable[[], Awaitable[bytes]]) -> bytes:
        """The picture from here or, once for all who wait for it, from `fetch`, whose errors are raised."""
        content = await self.read(image_id)
        if content is not None:
            return content
        fetching = self._fetching.get(image_id)
        if fetching is None:
            fetching = self._fetching[image_id] = _Fetching(self._fetch(image_id, fetch))
        return await fetching.result()

    async def _fetch(self, image_id: str, fetch: Callable[[], Awaitable[bytes]]) -> bytes:
        try:
            content = await fetch()
            await asyncio.to_thread(self._write, image_id, content)
            return content
        finally:
            del self._fetching[image_id]

    async def clear(self) -> None:
        """Forget all pictures, so that they are fetched again."""
        await asyncio.to_thread(self._shrink, 0)

    def _read(self, image_id: str) -> bytes | None:
        try:
            content = self._files.read(image_id)
        except OSError as error:
            _log.info("a picture kept here cannot be read: %s", error)
            return None
        if content is not None:
            self._files.touch(image_id)
        return content

    def _write(self, image_id: str, content: bytes) -> None:
        try:
            if shutil.disk_usage(self._folder).free - len(content) > self._keep_free:
                self._files.write(image_id, content)
        except OSError as error:
            _log.info("a picture cannot be kept here: %s", error)
        self._shrink(self._limit)

    def _shrink(self, size_bytes: int) -> None:
        try:
            self._files.shrink(size_bytes)
        except OSError as error:
            _log.info("a picture kept here cannot be removed: %s", error)


class _Fetching:
    """A fetch that goes on while anybody waits for it."""

    def __init__(self, fetch: Awaitable[bytes]) -> None:
        self._task = asyncio.ensure_future(fetch)
        self._waiting = 0

    async def result(self) -> bytes:
        self._waiting += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self._waiting -= 1
            if not self._waiting and not self._task.done():
                self._task.cancel()
                await asyncio.gather(self._task, return_exceptions=True)
