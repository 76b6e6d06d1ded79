"""Services that change coordinates a little: what was added is told from its twins by counting."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import apsw
import grpc
import pytest

from labeler.client.channel import Connection
from labeler.domain.box import Box
from labeler.domain.image import Image
from labeler.domain.saving import OutboxCounts
from tests.client_desktop.conftest import TARGET, watched
from tests.client_desktop.data_api import DataApi

ADD, READ = "AddBoundingBoxToImageByID", "BinaryDataByIDs"


@pytest.fixture
def api() -> DataApi:
    return DataApi("a", "b")


async def test_an_exact_service_is_looked_at_once(api: DataApi, connection: Connection, outbox_path: Path) -> None:
    for _ in range(2):
        async with watched(outbox_path) as one:
            await one.outbox.start(connection)
            for _ in range(2):
                one.put_box("a")
                await one.delivered()
    assert api.names_called() == [READ, ADD, READ, ADD, ADD, ADD]


async def test_what_was_found_of_one_service_is_not_taken_for_another(
    api: DataApi, connection: Connection, outbox_path: Path
) -> None:
    for target in (TARGET, "unix:other/org"):
        async with watched(outbox_path, target) as one:
            await one.outbox.start(connection)
            one.put_box("a")
            await one.delivered()
    assert api.names_called() == [READ, ADD, READ] * 2


async def test_an_inexact_service_is_asked_before_each_box(
    api: DataApi, connection: Connection, outbox_path: Path
) -> None:
    api.rounds = True
    for _ in range(2):
        async with watched(outbox_path) as one:
            await one.outbox.start(connection)
            one.put_box("a")
            await one.delivered()
    assert api.names_called() == [READ, ADD, READ, READ, ADD]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("lost", ["request", "reply"])
async def test_a_box_among_twins_is_added_once(
    api: DataApi, connection: Connection, outbox_path: Path, lost: str, first: bool
) -> None:
    """Also when it is the first box that ever went there, and the program ended before it was settled."""
    api.rounds = True
    twin = Box("twin", "bolt", 0.25, 0.25, 0.75, 0.75)
    api.images["a"].boxes["twin"] = twin
    if not first:
        async with watched(outbox_path) as one:
            await one.outbox.start(connection)
            one.put_box("b")
            await one.delivered()
    (api.fail_before if lost == "request" else api.fail_after)[ADD].append(grpc.StatusCode.UNAVAILABLE)
    async with watched(outbox_path) as one:
        one.pauses.immediate = False
        await one.outbox.start(connection)
        box = one.put_box("a")
        await one.pauses.begun()
    async with watched(outbox_path) as one:
        await one.outbox.start(connection)
        await one.delivered()
        assert one.outbox.counts == OutboxCounts()
        found = api.boxes("a")
        assert [each.id for each in found] == ["twin", one.names[box.id]]
        one.put_box("a")
        await one.delivered()
    assert len(api.boxes("a")) == 3


OLD_FILE = """
    CREATE TABLE edit (number INTEGER PRIMARY KEY, target TEXT NOT NULL, head TEXT NOT NULL);
    CREATE TABLE change (
        edit INTEGER NOT NULL REFERENCES edit (number), place INTEGER NOT NULL, body TEXT NOT NULL,
        stage TEXT NOT NULL, sent INTEGER NOT NULL, problem TEXT NOT NULL, PRIMARY KEY (edit, place)
    ) WITHOUT ROWID;
    CREATE TABLE name (
        target TEXT NOT NULL, ours TEXT NOT NULL, given TEXT NOT NULL, PRIMARY KEY (target, ours)
    ) WITHOUT ROWID;
    PRAGMA application_id = 0x4C424F58;
    PRAGMA user_version = 1;
"""


async def test_what_the_first_version_of_the_outbox_left_is_delivered_once(
    api: DataApi, connection: Connection, outbox_path: Path
) -> None:
    async with watched(outbox_path) as one:
        sent, unsent = one.put_box("a"), one.put_box("b")
        await one.outbox.drained()
    new = apsw.Connection(str(outbox_path))
    edits, changes = (new.execute(f"SELECT * FROM {table}").fetchall() for table in ("edit", "change"))
    new.close()
    await asyncio.to_thread(outbox_path.unlink)
    old = apsw.Connection(str(outbox_path))
    old.execute(OLD_FILE).fetchall()
    old.executemany("INSERT INTO edit VALUES (?, ?, ?)", edits)
    old.executemany("INSERT INTO change VALUES (?, ?, ?, ?, ?, ?)", [change[:6] for change in changes])
    old.execute("UPDATE change SET sent = 1 WHERE edit = 1").fetchall()
    old.close()
    async with watched(outbox_path) as one:
        (box,) = one.outbox.overlay(Image("a")).boxes
        api.images["a"].boxes["given"] = replace(box, id="given")
        await one.outbox.start(connection)
        await one.delivered()
        assert one.names == {sent.id: "given", unsent.id: api.boxes("b")[0].id}
    assert [len(api.boxes(image_id)) for image_id in "ab"] == [1, 1]
