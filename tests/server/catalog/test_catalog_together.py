"""Changes that are asked for at the same time share a sync of the disk; each has an outcome of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import apsw
import pytest

from labeler.domain.box import Box
from labeler.domain.errors import InvalidValue, Missing, StorageFailed
from labeler.domain.filter import EMPTY
from labeler.server.catalog import BoxPatch, Catalog
from labeler.server.changes import Terms
from labeler.server.sqlite import SqliteCatalog
from labeler.server.sqlite.session import Session
from labeler.server.sqlite.writer import Writer
from labeler.sqlite_handle import Handle
from tests.failing_disk import Disk, disk
from tests.server.catalog.conftest import MakeImage

__all__ = ["disk"]
ORG = "org"


class Numbers:
    """Numbers in a file on the disk, and what writes them; while it is held, what is asked for waits."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._disk, self.path = disk, path
        self._go = threading.Event()
        self.writer = Writer(path, Handle(path, self._opened(), self._opened))
        self.writer.ask(lambda on: on.change("CREATE TABLE number (value INTEGER UNIQUE)")).result()

    def _opened(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.path), vfs=self._disk.name)
        connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").fetchall()
        return connection

    def hold(self) -> Future[object]:
        self._go.clear()
        return self.writer.ask(lambda _: self._go.wait())

    def go_on(self) -> None:
        self._go.set()

    def put(self, value: int, together: bool = True) -> Future[int]:
        return self.writer.ask(lambda on: _put(on, value), together)

    @property
    def all(self) -> list[int]:
        connection = apsw.Connection(str(self.path))
        try:
            return [int(value) for (value,) in connection.execute("SELECT value FROM number ORDER BY rowid")]
        finally:
            connection.close()


def _put(session: Session, value: int) -> int:
    session.change("INSERT INTO number VALUES (?)", [value])
    if value < 0:
        raise InvalidValue("less than nothing")
    return value


@pytest.fixture
def numbers(tmp_path: Path, disk: Disk) -> Iterator[Numbers]:
    one = Numbers(tmp_path / "numbers.db", disk)
    yield one
    one.go_on()
    disk.failing = None
    one.writer.close()


def test_many_at_once_are_on_disk_with_one_sync(numbers: Numbers, disk: Disk) -> None:
    holding = numbers.hold()
    asked = [numbers.put(value) for value in range(20)]
    disk.syncs.clear()
    assert not any(one.done() for one in asked)
    numbers.go_on()
    assert [one.result() for one in asked] == list(range(20)) == numbers.all
    holding.result()
    assert sum(name.endswith("-wal") for name in disk.syncs) == 1


def test_one_that_is_refused_takes_no_other_along(numbers: Numbers) -> None:
    numbers.hold()
    asked = {value: numbers.put(value) for value in (1, -1, 2, -2, 3)}
    again = numbers.put(2)
    numbers.go_on()
    for value, one in asked.items():
        if value < 0:
            with pytest.raises(InvalidValue):
                one.result()
        else:
            assert one.result() == value
    with pytest.raises(apsw.ConstraintError):
        again.result()
    assert numbers.all == [1, 2, 3]


@pytest.mark.logs("numbers.db: The disk of .* fails")
def test_a_disk_that_fails_confirms_none_of_them(numbers: Numbers, disk: Disk) -> None:
    numbers.hold()
    asked = [numbers.put(value) for value in range(5)]
    disk.failing, disk.where = apsw.IOError, "-wal"
    numbers.go_on()
    for one in asked:
        with pytest.raises(StorageFailed):
            one.result()
    disk.failing = None
    assert numbers.put(7).result() == 7
    assert 7 in numbers.all


@pytest.mark.logs("numbers.db: The disk of .* fails")
def test_a_disk_that_fails_in_the_midst_confirms_none_of_them(numbers: Numbers) -> None:
    numbers.hold()
    asked = [numbers.put(1), numbers.writer.ask(_meet_a_broken_disk, together=True), numbers.put(2)]
    numbers.go_on()
    for one in asked:
        with pytest.raises(StorageFailed):
            one.result()
    assert numbers.all == []


def _meet_a_broken_disk(_: Session) -> int:
    raise apsw.IOError("told to fail")


def test_what_may_take_long_is_done_alone_and_in_its_turn(numbers: Numbers, disk: Disk) -> None:
    numbers.hold()
    order = [numbers.put(value, together=value % 3 != 0) for value in range(7)]
    disk.syncs.clear()
    numbers.go_on()
    for one in order:
        one.result()
    assert numbers.all == list(range(7))
    assert sum(name.endswith("-wal") for name in disk.syncs) == 5


def test_what_is_given_up_before_its_turn_is_not_done(numbers: Numbers) -> None:
    numbers.hold()
    asked = [numbers.put(value) for value in range(3)]
    assert asked[1].cancel()
    numbers.go_on()
    assert asked[2].result() == 2
    assert numbers.all == [0, 2]


async def test_edits_of_many_at_once_have_the_answers_of_each(catalog: Catalog, make_image: MakeImage) -> None:
    assert isinstance(catalog, SqliteCatalog)
    ids = await catalog.insert_images(ORG, [make_image(number) for number in range(4)])
    terms = Terms(edit_id="once", request=b"same")
    go = threading.Event()
    holding = asyncio.ensure_future(catalog._database.write(lambda _: go.wait()))
    box = Box("", "bolt", 0, 0, 1, 1)
    asked = [
        asyncio.ensure_future(one)
        for one in (
            catalog.add_boxes(ORG, ids[0], [box], terms),
            catalog.add_boxes(ORG, "unknown", [box], Terms(edit_id="other", request=b"other")),
            catalog.add_boxes(ORG, ids[0], [box], terms),
            catalog.add_tags(ORG, [ids[1]], ["night"]),
            catalog.delete_images(ORG, [ids[2], ids[2]]),
            catalog.update_box(ORG, ids[0], "unknown", BoxPatch(label="nut")),
        )
    ]
    await asyncio.sleep(0)
    go.set()
    await holding
    first, refused, again, tagged, deleted, missing = await asyncio.gather(*asked, return_exceptions=True)
    assert first == again
    assert isinstance(refused, Missing)
    assert isinstance(missing, Missing)
    assert tagged is None
    assert deleted == 1
    assert (await catalog.count(ORG, EMPTY)).images == 3
    (image,) = await catalog.images(ORG, [ids[0]])
    assert tuple(one.id for one in image.boxes) == first
