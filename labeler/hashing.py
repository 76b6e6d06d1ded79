"""Hashes of a service's pictures: made by the workers once, kept in the data directory."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from labeler.client.plain_choices import side_by_side
from labeler.decoding.kept_hashes import KEY_BYTES, KeptHashes
from labeler.decoding.workers import Workers
from labeler.domain.errors import LabelerError, Unreachable
from labeler.domain.image import Image
from labeler.state.source import ImageSource

AT_ONCE = 3
"""Pictures that are fetched and looked at side by side: few, so that pictures for the screen need not wait."""


class PictureHashes:
    """What images look like; see `state.duplicates.Hashes`. `source` is where their pictures are fetched."""

    def __init__(self, source: ImageSource, workers: Workers, path: Path) -> None:
        self.source = source
        self._workers, self._kept = workers, KeptHashes(path)
        self._turn = asyncio.Lock()
        """One thread at a time for the file."""

    async def of(self, images: Sequence[Image], told: Callable[[], None]) -> dict[str, bytes]:
        """Hashes by image id, without pictures that cannot be read; `told` after each. Raises Unreachable."""
        keys = {image.id: _key(image) for image in images}
        async with self._turn:
            here = await asyncio.to_thread(self._kept.of, keys.values())
        found = {image_id: here[key] for image_id, key in keys.items() if key in here}
        for _ in found:
            told()
        made: dict[bytes, bytes] = {}

        async def make(image: Image) -> None:
            try:
                content = await self.source.image_bytes(image.id)
                made[keys[image.id]] = found[image.id] = await self._workers.hash(content)
            except Unreachable:
                raise
            except LabelerError:
                pass
            told()

        try:
            await side_by_side(make, [image for image in images if image.id not in found], AT_ONCE)
        finally:
            if made:
                async with self._turn:
                    await asyncio.to_thread(self._kept.add, made)
        return found


def _key(image: Image) -> bytes:
    """Of the image and its bytes' number: a file that was opened in place can become another picture."""
    text = f"{image.id}\n{image.size_bytes}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES, person=b"dhash 8").digest()
