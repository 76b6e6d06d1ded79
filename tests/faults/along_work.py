"""Work of a laptop: each step takes one image along, its values and its picture."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Self

from labeler.client.along_rows import AlongRow
from labeler.client.along_store import AlongStore
from labeler.domain.filter import Filter
from labeler.domain.image import Image
from tests.faults.work import Found, content


def picture(number: int) -> bytes:
    """Small, so that hundreds of cuts fit on the disk."""
    return content(number)[:3_000]


class AlongWork:
    """What is acknowledged is there whole: an image without its picture would have to be fetched."""

    def __init__(self, store: AlongStore, row: AlongRow) -> None:
        self._store, self._row = store, row

    @classmethod
    async def open(cls, folder: Path) -> Self:
        store = await AlongStore.open(folder / "along")
        return cls(store, await store.begin(Filter(), "All images"))

    async def do(self, number: int) -> None:
        await self._store.add(self._row, [Image(str(number), file_name=f"{number}.png")])
        await self._store.write_picture(str(number), picture(number))

    async def find(self) -> Found:
        steps: Counter[int] = Counter()
        for image_id in self._store.images:
            if await self._store.picture(image_id) == picture(int(image_id)):
                steps[int(image_id)] += 1
        return Found(steps, (self._store.problem,) if self._store.problem else ())

    async def close(self) -> None:
        await self._store.close()
