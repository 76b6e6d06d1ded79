"""Delivery to our own service, which remembers what it did: each edit once, nothing of others overwritten or undone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from labeler.client.channel import PLAINTEXT, Connection, Endpoint
from labeler.client.source import ServiceSource
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Change, Edit, MembershipChange, TagChange, new_id
from labeler.domain.image import Image
from labeler.domain.saving import OutboxCounts
from tests.client_desktop.conftest import Watched, watched
from tests.faults.proxy import Proxy
from tests.making import make_dataset
from tests.server.services.running import Running, running, upload

ADD, UPDATE, REMOVE = "AddBoundingBoxToImageByID", "UpdateBoundingBox", "RemoveBoundingBoxFromImageByID"
TAG = "AddTagsToBinaryDataByIDs"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)


async def until_at(source: ServiceSource, image_id: str, condition: Callable[[Image], bool]) -> None:
    """Return when the service's image is so."""
    async with asyncio.timeout(20):
        while not condition(await at(source, image_id)):  # noqa: ASYNC110 - the network is not to be followed here
            await asyncio.sleep(0.005)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path / "data") as started:
        yield started


@pytest.fixture
async def other(service: Running) -> AsyncIterator[ServiceSource]:
    """Somebody else at the same service."""
    async with await service.connect() as connection:
        yield await ServiceSource.open(connection)


@pytest.fixture
async def images(service: Running, other: ServiceSource) -> list[str]:
    return [await upload(other.connection, service.key.part_id, f"{name}.png") for name in "abc"]


async def at(source: ServiceSource, image_id: str) -> Image:
    """What the service has of an image."""
    return (await source.images([image_id]))[0]


@contextmanager
def busy(folder: Path) -> Iterator[None]:
    """Hold the catalog as long: the service takes changes in and cannot make them."""
    holder = apsw.Connection(str(folder / "data" / "catalog.db"))
    holder.execute("BEGIN IMMEDIATE").fetchall()
    try:
        yield
    finally:
        holder.execute("ROLLBACK").fetchall()
        holder.close()


class Sitting:
    """A window's outbox, over a network that can be cut."""

    def __init__(self, one: Watched, proxy: Proxy, service: Running) -> None:
        self.one, self.service = one, service
        self._proxy = proxy

    def put(self, *changes: Change) -> None:
        self.one.outbox.put(Edit("Changed", changes))

    async def made(self, *changes: Change) -> None:
        """Return when the service has confirmed the changes."""
        self.put(*changes)
        await self.one.delivered()
        assert self.one.outbox.counts == OutboxCounts()

    async def cut_in(self, name: str) -> None:
        """Cut the network as soon as the service has the next call of the RPC; return when that was noticed."""
        before = len(self.service.edit_ids(name))
        self.one.pauses.immediate = False
        await until(lambda: len(self.service.edit_ids(name)) > before)
        await until(lambda: bool(self.service.services.catalog._writing))
        assert self._proxy.cut()
        await self.one.pauses.begun()

    def go_on(self) -> None:
        self.one.pauses.immediate = True
        self.one.outbox.hurry()


@asynccontextmanager
async def sitting(service: Running, path: Path) -> AsyncIterator[Sitting]:
    async with Proxy(service.address, random.Random(1)) as proxy, watched(path) as one:
        key = service.key
        async with await Connection.open(Endpoint(proxy.address, PLAINTEXT, key.api_key_id, key.api_key)) as connection:
            await one.outbox.start(connection)
            yield Sitting(one, proxy, service)
            await one.outbox.stop()


@pytest.mark.parametrize("when", ["while it is made", "when it was made", "by the next run"])
async def test_a_box_whose_reply_is_cut_while_the_service_makes_it_is_added_once(
    tmp_path: Path, service: Running, other: ServiceSource, images: list[str], outbox_path: Path, when: str
) -> None:
    box = Box(new_id(), "bolt", 0.25, 0.25, 0.75, 0.75)
    async with sitting(service, outbox_path) as mine:
        with busy(tmp_path):
            mine.put(BoxChange(images[0], None, box))
            await mine.cut_in(ADD)
            if when == "while it is made":
                mine.go_on()
                await until(lambda: len(service.edit_ids(ADD)) == 2)
        if when == "when it was made":
            await until_at(other, images[0], lambda image: bool(image.boxes))
            mine.go_on()
        if when != "by the next run":
            await mine.one.delivered()
        names = mine.one.names
    async with sitting(service, outbox_path) as mine:
        await mine.one.delivered()
        assert mine.one.outbox.counts == OutboxCounts()
        names |= mine.one.names
    assert [found.id for found in (await at(other, images[0])).boxes] == [names[box.id]]
    first, again = service.edit_ids(ADD)
    assert first == again != ""
    assert "BinaryDataByIDs" not in [name for name, _ in service.calls[: service.calls.index((ADD, first))]]


@pytest.mark.parametrize("when", ["in the same run", "by the next run"])
async def test_a_tag_that_another_took_off_again_is_not_put_back_by_a_repeat(
    tmp_path: Path, service: Running, other: ServiceSource, images: list[str], outbox_path: Path, when: str
) -> None:
    async with sitting(service, outbox_path) as mine, sitting(service, tmp_path / "theirs.db") as theirs:
        with busy(tmp_path):
            mine.put(*(TagChange(image_id, "night", True) for image_id in images))
            await mine.cut_in(TAG)
        await until_at(other, images[2], lambda image: image.tags == ("night",))
        await theirs.made(TagChange(images[1], "night", False))
        if when == "in the same run":
            mine.go_on()
            await mine.one.delivered()
    async with sitting(service, outbox_path) as mine:
        await mine.one.delivered()
        assert mine.one.outbox.counts == OutboxCounts()
    assert [(await at(other, image_id)).tags for image_id in images] == [("night",), (), ("night",)]
    first, again = service.edit_ids(TAG)
    assert first == again != ""


async def test_what_another_made_of_a_change_whose_reply_was_lost_is_no_conflict(
    tmp_path: Path, service: Running, other: ServiceSource, images: list[str], outbox_path: Path
) -> None:
    async with sitting(service, outbox_path) as mine, sitting(service, tmp_path / "theirs.db") as theirs:
        await theirs.made(BoxChange(images[0], None, Box(new_id(), "bolt", 0.1, 0.1, 0.5, 0.5)))
        (before,) = (await at(other, images[0])).boxes
        after = replace(before, label="nut")
        with busy(tmp_path):
            mine.put(BoxChange(images[0], before, after))
            await mine.cut_in(UPDATE)
        await until_at(other, images[0], lambda image: image.boxes == (after,))
        theirs_now = replace(after, label="washer")
        await theirs.made(BoxChange(images[0], after, theirs_now))
        mine.go_on()
        await mine.one.delivered()
        assert mine.one.outbox.counts == OutboxCounts()
    assert (await at(other, images[0])).boxes == (theirs_now,)


@pytest.mark.parametrize("removes", [True, False])
async def test_of_two_who_change_a_box_at_once_one_is_told_of_the_other(
    tmp_path: Path, service: Running, other: ServiceSource, images: list[str], outbox_path: Path, removes: bool
) -> None:
    """Both have compared the box, and both calls are at the service, before either is made."""
    name = REMOVE if removes else UPDATE
    async with sitting(service, outbox_path) as mine, sitting(service, tmp_path / "theirs.db") as theirs:
        await theirs.made(BoxChange(images[0], None, Box(new_id(), "bolt", 0.1, 0.1, 0.5, 0.5)))
        (before,) = (await at(other, images[0])).boxes
        with busy(tmp_path):
            theirs.put(BoxChange(images[0], before, replace(before, label="theirs")))
            await until(lambda: len(service.edit_ids(UPDATE)) == 1)
            mine.put(BoxChange(images[0], before, None if removes else replace(before, label="mine")))
            await until(lambda: len(service.edit_ids(UPDATE)) + len(service.edit_ids(REMOVE)) == 2)
        await theirs.one.delivered()
        await mine.one.delivered()
        conflicts = [len(each.one.outbox.held) for each in (mine, theirs)]
        found = [box.label for box in (await at(other, images[0])).boxes]
        assert (conflicts, found) in [([1, 0], ["theirs"]), ([0, 1], [] if removes else ["mine"])]
        assert len(service.edit_ids(name)) >= 1


async def test_who_changes_another_box_of_the_image_at_once_is_no_conflict(
    tmp_path: Path, service: Running, other: ServiceSource, images: list[str], outbox_path: Path
) -> None:
    async with sitting(service, outbox_path) as mine, sitting(service, tmp_path / "theirs.db") as theirs:
        for number in range(2):
            await theirs.made(BoxChange(images[0], None, Box(new_id(), str(number), 0.1, 0.1, 0.5, 0.5)))
        first, second = (await at(other, images[0])).boxes
        with busy(tmp_path):
            theirs.put(BoxChange(images[0], first, replace(first, label="theirs")))
            mine.put(BoxChange(images[0], second, replace(second, label="mine")))
            await until(lambda: len(service.edit_ids(UPDATE)) == 2)
        await theirs.one.delivered()
        await mine.one.delivered()
        assert mine.one.outbox.counts == theirs.one.outbox.counts == OutboxCounts()
    assert [box.label for box in (await at(other, images[0])).boxes] == ["theirs", "mine"]
    assert len(service.edit_ids(UPDATE)) == 3


async def test_each_kind_of_change_has_an_id_of_its_own(
    tmp_path: Path, service: Running, other: ServiceSource, images: list[str], outbox_path: Path
) -> None:
    dataset = await make_dataset(other, "Bolts")
    async with sitting(service, outbox_path) as mine:
        box = Box(new_id(), "bolt", 0.1, 0.1, 0.5, 0.5)
        await mine.made(BoxChange(images[0], None, box))
        (added,) = (await at(other, images[0])).boxes
        await mine.made(BoxChange(images[0], added, replace(added, label="nut")))
        await mine.made(BoxChange(images[0], replace(added, label="nut"), None))
        for after in (True, False):
            await mine.made(TagChange(images[0], "night", after))
            await mine.made(MembershipChange(images[0], dataset, after))
    ids = [edit_id for _, edit_id in service.calls if edit_id]
    assert len(set(ids)) == len(ids) == 7
