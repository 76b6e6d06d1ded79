"""The source and the outbox on the labeler's own data service, as the desktop uses them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest

from labeler.client.channel import Connection
from labeler.client.source import ServiceSource
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit, MembershipChange, TagChange, new_id
from labeler.domain.filter import Filter, Order
from labeler.domain.saving import OutboxCounts, SaveState
from labeler.local import LocalService, open_local
from tests.client_desktop.conftest import TARGET, watched
from tests.making import make_dataset

PICTURES = 12


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of small pictures and a file that is none."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(1, PICTURES + 1):
        PIL.Image.new("RGB", (32, 24), (number * 20, 0, 0)).save(folder / f"part {number}.png")
    (folder / "notes.txt").write_text("not a picture")
    return folder


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[LocalService]:
    async with open_local(tmp_path / "data") as running:
        yield running


@pytest.fixture
async def source(service: LocalService, pictures: Path) -> AsyncIterator[ServiceSource]:
    """The library of a service that has taken the folder."""
    async with await Connection.open(service.endpoint) as connection:
        opened = await ServiceSource.open(connection)
        async for progress in opened.open_paths([pictures], copy=False):
            last = progress
        assert (last.found, last.opened, last.listed) == (PICTURES, PICTURES, True)
        yield opened


async def test_a_folder_is_labeled_and_found_again(source: ServiceSource, outbox_path: Path) -> None:
    first = await source.page(Filter(), Order.NAME, "", 10)
    rest = await source.page(Filter(), Order.NAME, first.next, 10)
    names = [image.file_name for image in (*first.images, *rest.images)]
    assert names == [f"part {number}.png" for number in range(1, PICTURES + 1)]
    image, other = first.images[:2]
    dataset = await make_dataset(source, "Bolts")
    box = Box(new_id(), "bolt", 0.1, 0.2, 0.3, 0.4)
    async with watched(outbox_path) as one:
        await one.outbox.start(source.connection)
        one.put(BoxChange(image.id, None, box))
        one.put(BoxChange(image.id, box, replace(box, label="nut")))
        tags = tuple(TagChange(one_of.id, "night", True) for one_of in (image, other))
        one.outbox.put(Edit("Tagged", tags))
        one.outbox.put(Edit("Added", (MembershipChange(other.id, dataset, True),)))
        await one.delivered()
        assert (one.outbox.counts, one.outbox.state_of(image.id)) == (OutboxCounts(), SaveState.DELIVERED)
    image, other = await source.images([image.id, other.id])
    (found,) = image.boxes
    assert found.label == "nut"
    assert found.x_min == pytest.approx(0.1, abs=1e-9)
    assert (image.tags, other.tags, other.dataset_ids) == (("night",), ("night",), (dataset,))
    assert [(one_of.name, one_of.images) for one_of in await source.datasets()] == [("Bolts", 1)]
    choices = await source.choices(Filter())
    assert [(choice.value, choice.count) for choice in choices["tags"]] == [("night", 2)]
    assert await source.count(Filter(labels=("nut",))) == 1
    assert await source.image_bytes(image.id) != b""


async def test_twins_and_undo_and_conflicts(source: ServiceSource, outbox_path: Path) -> None:
    image = (await source.page(Filter(), Order.NAME, "", 1)).images[0]
    async with watched(outbox_path) as mine, watched(outbox_path.with_name("theirs.db")) as theirs:
        await mine.outbox.start(source.connection)
        await theirs.outbox.start(source.connection)
        mine.put_box(image.id)
        mine.put_box(image.id)
        await mine.delivered()
        seen, kept = (await source.images([image.id]))[0].boxes
        theirs.put(BoxChange(image.id, seen, replace(seen, label="washer")))
        await theirs.delivered()
        mine.put(BoxChange(image.id, seen, replace(seen, x_min=0.5)))
        mine.put(BoxChange(image.id, kept, None))
        mine.put(BoxChange(image.id, None, kept))
        mine.put(BoxChange(image.id, kept, None))
        await mine.delivered()
        assert mine.outbox.counts == OutboxCounts(conflicts=1)
        boxes = (await source.images([image.id]))[0].boxes
        assert [(box.label, box.x_min) for box in boxes] == [("washer", seen.x_min)]


LABEL_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from labeler.client.channel import PLAINTEXT, Connection, Endpoint
from labeler.client.outbox import Outbox
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit, new_id

async def main():
    path, target, address, token, images, start = sys.argv[1:]
    ids = images.split()
    outbox = Outbox.open(Path(path), target)
    await outbox.start(await Connection.open(Endpoint(address, PLAINTEXT, token=token)))
    number = int(start)
    while True:
        box = Box(new_id(), f"label {number}", 0.25, 0.25, 0.75, 0.75)
        outbox.put(Edit("Added a box", (BoxChange(ids[number % len(ids)], None, box),)))
        await outbox.drained()
        print(number, flush=True)
        number += 1

asyncio.run(main())
"""


async def test_killed_while_delivering_no_box_is_lost_or_doubled(
    service: LocalService, source: ServiceSource, outbox_path: Path
) -> None:
    """Labels in a process that is killed at various moments; the last run delivers what is left."""
    images = (await source.page(Filter(), Order.NAME, "", 4)).images
    ids = [image.id for image in images]
    acknowledged: set[int] = set()
    arguments = (outbox_path, TARGET, service.endpoint.target, service.endpoint.token, " ".join(ids))
    for kill_after in (1, 5, 12, 30):
        start = max(acknowledged, default=-1) + 100
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", LABEL_UNTIL_KILLED, *arguments, str(start), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        async with asyncio.timeout(20):
            for _ in range(kill_after):
                acknowledged.add(int(await process.stdout.readline()))
        process.kill()
        acknowledged.update(int(line) for line in (await process.stdout.read()).decode().split("\n")[:-1])
        await process.wait()
    async with watched(outbox_path) as one:
        await one.outbox.start(source.connection)
        await one.delivered()
        assert one.outbox.counts == OutboxCounts()
    labels = [box.label for image in await source.images(ids) for box in image.boxes]
    assert len(labels) == len(set(labels))
    assert {f"label {number}" for number in acknowledged} <= set(labels)
