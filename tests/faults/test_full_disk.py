"""A disk that is full: nothing is said to be kept that is not, it is told, and all goes on when there is room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from labeler.client.channel import PLAINTEXT, Connection, Endpoint
from labeler.client.outbox import Outbox
from labeler.client.source import ServiceSource
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit, new_id
from labeler.domain.errors import StorageFailed
from labeler.domain.filter import Filter, Order
from labeler.domain.saving import OutboxCounts
from tests.faults.conftest import require
from tests.faults.small_disk import SmallDisk, small_disk
from tests.faults.work import ServiceWork
from tests.faults.works import WORKS
from tests.server.served import Served, run_labeler

TIMES = 3


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    require("mount")
    with small_disk(tmp_path / "disk", 24) as one:
        yield one


@pytest.mark.parametrize(
    "name",
    [
        "upload",
        *(
            pytest.param(one, marks=pytest.mark.logs("is full"))
            for one in ("service", "tag", "delete", "restore", "purge", "accounts")
        ),
    ],
)
async def test_the_service_refuses_and_goes_on(disk: SmallDisk, name: str) -> None:
    work = await WORKS[name].open(disk.root)
    refused = 0
    for number in range(1, TIMES + 1):
        disk.fill()
        try:
            # What fits into pages that the files have already is kept.
            await work.do(number)
        except StorageFailed as error:
            refused += "is full: free some space" in str(error)
            disk.make_room()
            await work.do(number)
        else:
            disk.make_room()
    done = set(range(1, TIMES + 1))
    assert (await work.find()).against(done).is_good
    await work.close()
    again = await WORKS[name].open(disk.root)
    assert (await again.find()).against(done).is_good
    await again.close()
    print(f"{name}: {refused} of {TIMES} steps refused")  # noqa: T201
    assert refused


async def test_a_start_on_a_full_disk_is_refused_in_a_sentence(disk: SmallDisk) -> None:
    work = await ServiceWork.open(disk.root)
    await work.upload(0)
    await work.close()
    disk.fill()
    code, out, err = await asyncio.to_thread(run_labeler, "serve", "--data", disk.root, "--listen", "127.0.0.1:0")
    assert (code, out, err) == (1, "", f"labeler: The disk of {disk.root} is full: free some space.\n")
    disk.make_room()
    served = await asyncio.to_thread(Served, disk.root, "--insecure", "--listen", "127.0.0.1:0")
    assert (await asyncio.to_thread(served.stop))[0] == 0


@dataclass
class Told:
    """What an outbox says of itself, and a way to wait for what it will say."""

    outbox: Outbox

    async def until(self, seen: Callable[[OutboxCounts], bool]) -> OutboxCounts:
        changed = asyncio.Event()
        self.outbox.subscribe(lambda ids: changed.set(), lambda names: None)
        async with asyncio.timeout(60):
            while not seen(self.outbox.counts):
                changed.clear()
                await changed.wait()
        return self.outbox.counts


async def test_edits_wait_for_a_service_whose_disk_is_full(disk: SmallDisk, tmp_path: Path) -> None:
    data = disk.root / "data"
    data.mkdir()
    work = await ServiceWork.open(data)
    await work.upload(0)
    await work.close()
    served = await asyncio.to_thread(Served, data, "--insecure", "--listen", "127.0.0.1:0", state=tmp_path / "state")
    key = await served.new_key()
    outbox = Outbox.open(tmp_path / "outbox.db", "test", sleep=lambda seconds: asyncio.sleep(min(seconds, 0.02)))
    told = Told(outbox)
    try:
        endpoint = Endpoint(served.address, PLAINTEXT, key["api_key_id"], key["api_key"])
        async with await Connection.open(endpoint) as connection:
            source = await ServiceSource.open(connection)
            (image,) = (await source.page(Filter(), Order.NAME, "", 10)).images
            disk.fill()
            await outbox.start(connection)
            edits = 0
            while outbox.counts.problem != "the service cannot save":
                edits += 1
                outbox.put(
                    Edit("Added", (BoxChange(image.id, None, Box(new_id(), f"{edits}", 0.25, 0.25, 0.75, 0.75)),))
                )
                await outbox.drained()
                await told.until(lambda counts: bool(counts.problem) or not counts.waiting)
            counts = outbox.counts
            assert f"The disk of {data} is full: free some space." in counts.trouble
            assert (counts.waiting, counts.refused, counts.conflicts) == (1, 0, 0)
            disk.make_room()
            await told.until(lambda counts: counts == OutboxCounts())
            (kept,) = await source.images([image.id])
            assert sorted(int(box.label) for box in kept.boxes) == list(range(1, edits + 1))
            await outbox.stop()
    finally:
        await outbox.close()
        await asyncio.to_thread(served.stop)
