"""An edit until it is safe on this machine: what the hand waits for, and when it is on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from labeler.client.outbox import Outbox
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit, new_id
from tests.bench.bench import Bench
from tests.bench.figures import Row, Side
from tests.bench.floors import commits
from tests.bench.timing import into


def rows(bench: Bench) -> Iterator[Row]:
    count = bench.either(100, 5)
    handed: list[float] = []
    durable: list[float] = []
    alone: list[float] = []
    for _ in range(bench.either(5, 2)):
        for samples, more in zip((handed, durable), asyncio.run(_put(bench, count)), strict=True):
            samples += more
        alone += commits(bench.run, count)
    floor = Side("SQLite commit of 3 rows", alone)
    yield Row("outbox", "an edit, for the hand", "ms", Side("labeler", handed), at_most=1)
    yield Row("outbox", "an edit, until it is on disk", "ms", Side("labeler", durable), floor=floor, at_most=10)


async def _put(bench: Bench, count: int) -> tuple[list[float], list[float]]:
    handed: list[float] = []
    durable: list[float] = []
    outbox = Outbox.open(bench.run / "outbox.db", "bench")
    try:
        for number in range(count):
            box = Box(new_id(), "bolt", 0.1, 0.1, 0.5, 0.5)
            edit = Edit("Drew a box", (BoxChange(f"image-{number % 50}", None, box),))
            with into(durable):
                with into(handed):
                    outbox.put(edit)
                await outbox.drained()
    finally:
        await outbox.close()
    return handed, durable
