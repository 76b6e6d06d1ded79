"""Widgets over a session in memory, without a window around them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from PySide6.QtWidgets import QApplication

from labeler.decoding.workers import WORKERS, Workers
from labeler.domain.box import Box
from labeler.domain.image import Image
from labeler.state.pictures import Pictures, Wanted
from labeler.state.selecting import NO_END
from labeler.state.session import Session
from labeler.ui import theme
from labeler.ui.decode import Decoded, PictureLoader
from tests.memory_source import MemoryOutbox, MemorySource, make_session, picture_bytes

BOX = Box("bolt-1", "bolt", 0.25, 0.25, 0.5, 0.5)


@dataclass
class Desk:
    """A session with the pictures that its widgets show."""

    source: MemorySource
    session: Session
    outbox: MemoryOutbox
    thumbnails: Pictures[Decoded]
    pictures: Pictures[Decoded]

    async def begin(self) -> None:
        """Start, and return when the images are there."""
        self.session.start()
        await self.loaded()

    async def loaded(self) -> None:
        """Return when all images of the filter are there."""
        await self.session.library.load(0, NO_END)

    async def decoded(self, pictures: Pictures[Decoded], wanted: Wanted) -> None:
        """Return when there is the picture or the reason why not."""
        settled = asyncio.Event()
        pictures.ready.connect(lambda one: settled.set() if one == wanted else None)
        if pictures.get(wanted) is None and not pictures.problem(wanted):
            async with asyncio.timeout(20):
                await settled.wait()


@pytest.fixture
def images() -> list[Image]:
    """Forty images; the first has a box and a tag, the third cannot be shown."""
    images = [Image(f"image-{place}", f"{place:02}.png") for place in range(40)]
    images[0] = Image("image-0", "00.png", tags=("night",), boxes=(BOX,))
    images[2] = Image("image-2", "02.png", problem="The file is gone: /photos/02.png")
    return images


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    """Processes that decode, for all tests."""
    found = Workers()
    for each in found.start(WORKERS):
        each.result()
    yield found
    found.close()


@pytest_asyncio.fixture
async def desk(qapp: QApplication, workers: Workers, images: list[Image], tmp_path: Path) -> AsyncIterator[Desk]:
    """Not started: a test can change the source before. All pictures are 400 x 300 and red."""
    theme.apply_theme(qapp, "dark")
    picture = picture_bytes(400, 300, (200, 0, 0))
    source = MemorySource(images, {image.id: picture for image in images})
    session, outbox = make_session(source, tmp_path)
    loader = PictureLoader(source, workers)
    thumbnails = Pictures(session.tasks, loader.load, lambda decoded: decoded.size_bytes, 50_000_000)
    pictures = Pictures(session.tasks, loader.load, lambda decoded: decoded.size_bytes, 50_000_000)
    yield Desk(source, session, outbox, thumbnails, pictures)
    await session.close()
