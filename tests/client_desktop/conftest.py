"""Fixtures for tests of what the desktop needs of the client."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from labeler.client.channel import Connection
from labeler.client.outbox import Outbox
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit, new_id
from labeler.domain.saving import OutboxCounts
from tests.client_desktop.data_api import DataApi
from tests.failing_disk import disk

__all__ = ["disk"]

TARGET = "unix:test/org"


class Pauses:
    """Stands for the clock: keeps what delivery wants to wait, and ends each pause when `end` is called."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.immediate = True
        self.now = 0.0
        self._begun = asyncio.Event()
        self._ended = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self._begun.set()
        if not self.immediate:
            self._ended.clear()
            await self._ended.wait()

    def end(self) -> None:
        self._ended.set()

    async def begun(self) -> None:
        """Return when a pause began since the last call."""
        async with asyncio.timeout(10):
            await self._begun.wait()
        self._begun.clear()


class Watched:
    """An outbox, what it told, and a way to wait for what it will tell."""

    def __init__(self, outbox: Outbox, pauses: Pauses) -> None:
        self.outbox, self.pauses = outbox, pauses
        self.names: dict[str, str] = {}
        self.told: list[tuple[str, ...]] = []
        self._changed = asyncio.Event()
        outbox.subscribe(self._on_state, self._on_names)

    def _on_state(self, ids: Sequence[str]) -> None:
        self.told.append(tuple(ids))
        self._changed.set()

    def _on_names(self, names: Mapping[str, str]) -> None:
        self.names.update(names)

    async def until(self, condition: Callable[[OutboxCounts], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition(self.outbox.counts):
                self._changed.clear()
                await self._changed.wait()

    async def delivered(self) -> None:
        await self.until(lambda counts: counts.saving == counts.waiting == 0)

    def put_box(self, image_id: str, label: str = "bolt", at: float = 0.25) -> Box:
        """Add a box on an image."""
        box = Box(new_id(), label, at, 0.25, 0.75, 0.75)
        self.put(BoxChange(image_id, None, box))
        return box

    def put(self, *changes: BoxChange) -> None:
        self.outbox.put(Edit("Changed boxes", changes))


@asynccontextmanager
async def watched(path: Path, target: str = TARGET, vfs: str = "") -> AsyncIterator[Watched]:
    """An open outbox on the file, closed at the end."""
    pauses = Pauses()
    outbox = Outbox.open(
        path,
        target,
        sleep=pauses.sleep,
        clock=lambda: pauses.now,
        uniform=lambda low, high: high,
        vfs=vfs,
        retry_seconds=0.001,
    )
    try:
        yield Watched(outbox, pauses)
    finally:
        await outbox.close()


@pytest.fixture
def outbox_path(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "outbox.db"


@pytest.fixture
def address() -> Iterator[str]:
    """An address for a service; a unix socket's path has to be short."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"unix:{folder}/s"


@pytest.fixture
async def connection(api: DataApi, address: str) -> AsyncIterator[Connection]:
    async with api.connected(address) as open_connection:
        yield open_connection


@pytest.fixture
async def one(outbox_path: Path) -> AsyncIterator[Watched]:
    async with watched(outbox_path) as open_outbox:
        yield open_outbox
