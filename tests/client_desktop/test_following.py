"""What others change is shown in an open session as it happens, without asking again and again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from labeler.client.channel import PLAINTEXT, Connection, Endpoint
from labeler.client.outbox import Outbox
from labeler.client.source import ServiceSource
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Change, DeletionChange, Edit, MembershipChange, TagChange, new_id
from labeler.domain.filter import Filter, Order
from labeler.domain.image import Image
from labeler.state import datasets, following
from labeler.state.session import Session
from labeler.state.settings import Settings
from tests.client_desktop.conftest import watched
from tests.client_desktop.data_api import DataApi
from tests.faults.proxy import Proxy
from tests.making import make_dataset
from tests.memory_source import no_export
from tests.server.services.running import Running, running, upload

NEVER = 3600.0


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the state tells in many ways
            await asyncio.sleep(0.005)


class Window:
    """A session without its widgets, that never asks by itself."""

    def __init__(self, session: Session, connection: Connection, proxy: Proxy) -> None:
        self.session, self.proxy = session, proxy
        self.connection = connection

    def image(self, image_id: str) -> Image | None:
        index = self.session.library.index_of(image_id)
        return None if index is None else self.session.library.at(index)

    async def until(self, image_id: str, condition: Callable[[Image], bool]) -> None:
        def is_so() -> bool:
            image = self.image(image_id)
            return image is not None and condition(image)

        await until(is_so)

    async def follows(self) -> None:
        """Return when the service tells what changes."""
        await until(lambda: self.session.following._position != "")


@asynccontextmanager
async def window(service: Running, folder: Path, images: int) -> AsyncIterator[Window]:
    key = service.key
    async with Proxy(service.address, random.Random(1)) as proxy:
        endpoint = Endpoint(proxy.address, PLAINTEXT, key.api_key_id, key.api_key)
        async with await Connection.open(endpoint) as connection:
            source = await ServiceSource.open(connection)
            outbox = Outbox.open(folder / "mine.db", "mine")
            await outbox.start(connection)
            session = Session(source, outbox, Settings(folder / "settings.toml", {}), no_export)
            session.following.seconds = NEVER
            session.start(Filter())
            await until(lambda: session.library.size == images)
            session.following.set_active(True)
            opened = Window(session, connection, proxy)
            await opened.follows()
            try:
                yield opened
            finally:
                await session.close()
                await outbox.close()


class Other:
    """Somebody else at the same service."""

    def __init__(self, source: ServiceSource, outbox: Outbox) -> None:
        self.source, self.outbox = source, outbox

    async def change(self, *changes: Change) -> None:
        self.outbox.put(Edit("changed elsewhere", changes))
        await until(lambda: self.outbox.counts.saving == self.outbox.counts.waiting == 0)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path / "data") as started:
        yield started


@pytest.fixture
async def other(service: Running, tmp_path: Path) -> AsyncIterator[Other]:
    async with await service.connect() as connection, watched(tmp_path / "theirs.db") as theirs:
        await theirs.outbox.start(connection)
        yield Other(await ServiceSource.open(connection), theirs.outbox)


@pytest.fixture
async def images(service: Running, other: Other) -> list[str]:
    return [await upload(other.source.connection, service.key.part_id, f"{name}.png") for name in "abc"]


def reads(service: Running) -> int:
    return sum(name == "BinaryDataByIDs" for name, _ in service.calls)


async def test_each_change_of_others_is_shown_with_one_read(
    service: Running, other: Other, images: list[str], tmp_path: Path
) -> None:
    async with window(service, tmp_path, 3) as mine:
        await until(lambda: reads(service) == 1)
        await other.change(BoxChange(images[2], None, Box(new_id(), "bolt", 0.1, 0.1, 0.5, 0.5)))
        await mine.until(images[2], lambda image: [box.label for box in image.boxes] == ["bolt"])
        assert reads(service) == 2
        await other.change(TagChange(images[0], "night", True))
        await mine.until(images[0], lambda image: image.tags == ("night",))
        dataset = await make_dataset(other.source, "Bolts")
        await other.change(MembershipChange(images[1], dataset, True))
        await mine.until(images[1], lambda image: image.dataset_ids == (dataset,))
        await other.change(DeletionChange(images[1], True))
        await until(lambda: mine.session.library.size == 2)
        assert mine.image(images[1]) is None


async def test_a_dataset_that_was_made_meanwhile_is_used(
    service: Running, other: Other, images: list[str], tmp_path: Path
) -> None:
    async with window(service, tmp_path, 3) as mine:
        vocabulary = mine.session.vocabulary
        await vocabulary.read()
        theirs = await make_dataset(other.source, "Bolts")
        assert vocabulary.dataset_id("Bolts") is None
        ours = datasets.make(mine.session, "Bolts")
        assert vocabulary.dataset_id("Bolts") == ours
        await until(lambda: vocabulary.dataset_id("Bolts") == theirs)


async def test_own_edits_are_not_read_again(service: Running, other: Other, images: list[str], tmp_path: Path) -> None:
    async with window(service, tmp_path, 3) as mine:
        await until(lambda: reads(service) == 1)
        for number in range(5):
            box = Box(new_id(), str(number), 0.1, 0.1, 0.5, 0.5)
            mine.session.edit("Added", [BoxChange(images[0], None, box)])
            mine.session.edit("Tagged", [TagChange(images[1], str(number), True)])
        await until(lambda: mine.session.outbox.counts.waiting == mine.session.outbox.counts.saving == 0)
        await other.change(TagChange(images[2], "last", True))
        await mine.until(images[2], lambda image: image.tags == ("last",))
        assert reads(service) == 2


async def test_what_others_add_to_an_image_of_mine_is_shown_beside_it(
    service: Running, other: Other, images: list[str], tmp_path: Path
) -> None:
    async with window(service, tmp_path, 3) as mine:
        for number in range(5):
            box = Box(new_id(), f"theirs {number}", 0.1, 0.1, 0.5, 0.5)
            mine.session.edit("Added", [BoxChange(images[0], None, replace(box, id=new_id(), label=f"mine {number}"))])
            await other.change(BoxChange(images[0], None, box))
        labels = sorted(f"{who} {number}" for who in ("mine", "theirs") for number in range(5))
        await mine.until(images[0], lambda image: sorted(box.label for box in image.boxes) == labels)


async def test_what_changed_while_the_network_was_cut_is_shown_when_it_is_back(
    service: Running, other: Other, images: list[str], tmp_path: Path
) -> None:
    async with window(service, tmp_path, 3) as mine:
        for tag in ("one", "two"):
            assert mine.proxy.cut()
            await other.change(TagChange(images[1], tag, True))
            await mine.until(images[1], lambda image, tag=tag: tag in image.tags)  # type: ignore[misc]


async def test_what_changed_while_the_window_was_not_active_is_shown_when_it_is(
    service: Running, other: Other, images: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AT_MOST", 1)
    async with window(service, tmp_path, 3) as mine:
        await other.change(TagChange(images[0], "night", True))
        await mine.until(images[0], lambda image: image.tags == ("night",))
        mine.session.following.set_active(False)
        await other.change(TagChange(images[1], "night", True))
        before = reads(service)
        mine.session.following.set_active(True)
        await mine.until(images[1], lambda image: image.tags == ("night",))
        assert reads(service) == before + 1


async def test_new_images_that_match_are_told_and_shown_when_they_are_asked_for(
    service: Running, other: Other, images: list[str], tmp_path: Path
) -> None:
    async with window(service, tmp_path, 3) as mine:
        said: list[str] = []
        mine.session.said.connect(said.append)
        await upload(other.source.connection, service.key.part_id, "d.png")
        await until(lambda: "1 image more by now; F5 shows it" in said)
        assert mine.session.library.size == 3
        mine.session.reload()
        await until(lambda: mine.session.library.size == 4)


async def test_images_that_this_window_puts_in_are_no_news(
    service: Running, other: Other, images: list[str], tmp_path: Path
) -> None:
    async with window(service, tmp_path, 3) as mine:
        said: list[str] = []
        mine.session.said.connect(said.append)
        with mine.session.following.not_telling_of_new():
            await upload(other.source.connection, service.key.part_id, "d.png")
            await other.change(TagChange(images[0], "night", True))
            await mine.until(images[0], lambda image: image.tags == ("night",))
        assert said == []


async def test_many_changes_are_read_in_parts(
    service: Running, other: Other, images: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AT_MOST", 2)
    async with window(service, tmp_path, 3) as mine:
        await other.change(*(TagChange(image_id, "night", True) for image_id in images))
        for image_id in images:
            await mine.until(image_id, lambda image: image.tags == ("night",))


async def test_a_position_that_the_service_does_not_know_is_given_up(
    service: Running, other: Other, images: list[str], tmp_path: Path
) -> None:
    """As after a backup of the service's data was put in place: all that is shown is read anew."""
    async with window(service, tmp_path, 3) as mine:
        mine.session.following.set_active(False)
        await other.change(TagChange(images[0], "night", True))
        mine.session.following._position = "999999.1"
        mine.session.following.set_active(True)
        await mine.until(images[0], lambda image: image.tags == ("night",))
        await mine.follows()
        await other.change(TagChange(images[0], "day", True))
        await mine.until(images[0], lambda image: image.tags == ("night", "day"))


async def test_a_service_that_tells_nothing_is_asked(tmp_path: Path, address: str) -> None:
    api = DataApi("a", "b")
    async with api.connected(address) as connection:
        source = await ServiceSource.open(connection)
        assert not source.follows
        outbox = Outbox.open(tmp_path / "mine.db", "mine")
        session = Session(source, outbox, Settings(tmp_path / "settings.toml", {}), no_export)
        session.following.seconds = 0.01
        session.show(Filter(), Order.OLDEST)
        session.following.set_active(True)
        await until(lambda: session.library.size == 2)
        api.images["a"].tags.append("night")
        index = session.library.index_of("a")
        assert index is not None
        await until(lambda: (image := session.library.at(index)) is not None and image.tags == ("night",))
        await session.close()
        await outbox.close()
