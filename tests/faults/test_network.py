"""Whatever the network does, the service ends with what was labeled, each once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from labeler.client.channel import PLAINTEXT, Connection, Endpoint
from labeler.client.outbox import Outbox
from labeler.client.source import ServiceSource
from labeler.disk import make_data_directory
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit, new_id
from labeler.domain.filter import Filter, Order
from labeler.domain.saving import OutboxCounts
from tests.faults.proxy import FAULTS, Proxy
from tests.faults.work import ServiceWork
from tests.server.served import Served

IMAGES = 40


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """A data directory with images."""
    data = tmp_path / "data"
    make_data_directory(data)
    work = await ServiceWork.open(data)
    for number in range(IMAGES):
        await work.upload(number)
    await work.close()
    return data


async def delivered(outbox: Outbox) -> None:
    """Return when nothing waits any more."""
    changed = asyncio.Event()

    def told(_: Sequence[str]) -> None:
        changed.set()

    outbox.subscribe(told, lambda names: None)
    while outbox.counts.saving or outbox.counts.waiting:
        changed.clear()
        await changed.wait()


@pytest.mark.parametrize("edits", [1_000, pytest.param(20_000, marks=pytest.mark.long)])
async def test_every_edit_arrives_once_through_a_network_that_breaks(tmp_path: Path, data: Path, edits: int) -> None:
    served = await asyncio.to_thread(Served, data, "--insecure", "--listen", "127.0.0.1:0")
    key = await served.new_key()
    proxy = Proxy(served.address, random.Random(1))
    outbox = Outbox.open(tmp_path / "outbox.db", "test", sleep=lambda seconds: asyncio.sleep(min(seconds, 0.02)))
    try:
        async with proxy:
            endpoint = Endpoint(proxy.address, PLAINTEXT, key["api_key_id"], key["api_key"])
            async with await Connection.open(endpoint) as connection:
                source = await ServiceSource.open(connection)
                images = (await source.page(Filter(), Order.NAME, "", IMAGES)).images
                proxy.share = 0.1
                await outbox.start(connection)
                for number in range(edits):
                    box = Box(new_id(), str(number), 0.25, 0.25, 0.75, 0.75)
                    outbox.put(Edit("Added a box", (BoxChange(images[number % IMAGES].id, None, box),)))
                await delivered(outbox)
                proxy.share = 0.0
                assert outbox.counts == OutboxCounts()
                await outbox.stop()
        endpoint = Endpoint(served.address, PLAINTEXT, key["api_key_id"], key["api_key"])
        async with await Connection.open(endpoint) as direct:
            kept = await (await ServiceSource.open(direct)).images([image.id for image in images])
    finally:
        await outbox.close()
        await asyncio.to_thread(served.stop)
    found = Counter(int(box.label) for image in kept for box in image.boxes)
    lost, doubled = edits - len(found), [number for number, times in found.items() if times > 1]
    print(f"{edits} edits, {sum(proxy.made.values())} faults {dict(proxy.made)}: {lost} lost, {len(doubled)} doubled")  # noqa: T201
    assert (lost, doubled) == (0, [])
    assert set(proxy.made) == set(FAULTS)
