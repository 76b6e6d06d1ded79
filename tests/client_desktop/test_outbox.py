"""Edits are on disk before they count as saved, and stay until they are delivered."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from labeler.client.outbox import Outbox
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit, MembershipChange, TagChange
from labeler.domain.errors import Refused
from labeler.domain.image import Image
from labeler.domain.saving import OutboxCounts, SaveState
from tests.client_desktop.conftest import TARGET, watched
from tests.failing_disk import Disk


@pytest.fixture
def damaged(outbox_path: Path) -> bytes:
    """What is in the outbox's file, which is no outbox."""
    outbox_path.parent.mkdir()
    outbox_path.write_bytes(b"not a database " * 100)
    return outbox_path.read_bytes()


ODD = "night \u202e\ud800 \0 =cmd|"


async def test_an_edit_is_shown_at_once_and_is_saved_after_the_commit(outbox_path: Path) -> None:
    async with watched(outbox_path) as one:
        box = one.put_box("image")
        assert one.outbox.state_of("image") is SaveState.SAVING
        assert one.outbox.counts == OutboxCounts(saving=1)
        assert [shown.id for shown in one.outbox.overlay(Image("image")).boxes] == [box.id]
        await one.outbox.drained()
        assert one.outbox.state_of("image") is SaveState.SAVED_HERE
        assert one.outbox.counts == OutboxCounts(waiting=1)
        await one.until(lambda counts: one.told == [("image",), ("image",)])


async def test_edits_come_back_exactly_after_a_restart(outbox_path: Path) -> None:
    edit = Edit(
        ODD,
        (
            BoxChange("a", Box("old", ODD, 0.1, 0.2, 1 / 3, 2 / 3, 0.1 + 0.2), Box("old", "x", 0.1, 0.2, 0.3, 1.0)),
            TagChange("a", ODD, True),
            MembershipChange("b", "set", False),
            TagChange(ODD, "strange id", True),
        ),
        merge="held",
    )
    image = Image("a", boxes=(Box("old", "x", 0.5, 0.5, 0.6, 0.6),), dataset_ids=("set",))
    async with watched(outbox_path) as one:
        one.outbox.put(edit)
        before = one.outbox.overlay(image), one.outbox.overlay(replace(image, id="b"))
    async with watched(outbox_path) as one:
        assert one.outbox.counts == OutboxCounts(waiting=1)
        assert (one.outbox.overlay(image), one.outbox.overlay(replace(image, id="b"))) == before
        assert before[0].boxes == (edit.changes[0].after,)
        assert before[1].dataset_ids == ()


async def test_edits_of_another_target_are_left_alone(outbox_path: Path) -> None:
    async with watched(outbox_path) as one:
        one.put_box("image")
    async with watched(outbox_path, target="elsewhere") as other:
        assert other.outbox.counts == OutboxCounts()
        assert other.outbox.state_of("image") is SaveState.DELIVERED
        other.put_box("image")
    async with watched(outbox_path) as one:
        assert one.outbox.counts == OutboxCounts(waiting=1)


async def test_two_windows_cannot_have_one_outbox(outbox_path: Path) -> None:
    async with watched(outbox_path):
        with pytest.raises(Refused, match="another window"):
            Outbox.open(outbox_path, TARGET)


async def test_a_damaged_file_is_kept_and_named(outbox_path: Path, damaged: bytes) -> None:
    with pytest.raises(Refused, match=r"outbox\.db: the file is damaged"):
        Outbox.open(outbox_path, TARGET)
    assert await asyncio.to_thread(outbox_path.read_bytes) == damaged


async def test_a_file_of_a_later_version_is_refused(outbox_path: Path) -> None:
    async with watched(outbox_path):
        pass
    connection = sqlite3.connect(outbox_path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(Refused, match="later version"):
        Outbox.open(outbox_path, TARGET)


async def test_the_file_is_written_through_to_the_disk(outbox_path: Path, disk: Disk) -> None:
    async with watched(outbox_path, vfs=disk.name) as one:
        disk.syncs.clear()
        one.put_box("image")
        await one.outbox.drained()
        assert [name.rpartition("-")[2] for name in disk.syncs] == ["wal"]


@pytest.mark.parametrize(
    ("error", "words"), [(apsw.FullError, "is full: free some space"), (apsw.IOError, "fails (told to fail)")]
)
async def test_a_disk_that_fails_is_said_and_the_edit_is_kept_until_it_works(
    outbox_path: Path, disk: Disk, error: type[apsw.Error], words: str
) -> None:
    async with watched(outbox_path, vfs=disk.name) as one:
        disk.failing = error
        one.put_box("image", at=0.1)
        await one.until(lambda counts: counts.problem == "not saved")
        assert f"Not saved. The disk of {outbox_path.parent} {words}" in one.outbox.counts.trouble
        one.put_box("image", at=0.2)
        assert one.outbox.counts.saving == 2
        assert one.outbox.state_of("image") is SaveState.SAVING
        assert len(one.outbox.overlay(Image("image")).boxes) == 2
        disk.failing = None
        await one.until(lambda counts: counts == OutboxCounts(waiting=2))
        assert disk.opened > 1, "a handle is not trusted after it failed"
    async with watched(outbox_path) as one:
        lefts = [box.x_min for box in one.outbox.overlay(Image("image")).boxes]
        assert lefts == pytest.approx([0.1, 0.2], abs=2e-9)


async def test_closing_on_a_full_disk_says_so_and_can_be_done_again(outbox_path: Path, disk: Disk) -> None:
    async with watched(outbox_path, vfs=disk.name) as one:
        disk.failing = apsw.FullError
        one.put_box("image")
        with pytest.raises(Refused, match="could not be written"):
            await one.outbox.close()
        disk.failing = None
    async with watched(outbox_path) as one:
        assert one.outbox.counts == OutboxCounts(waiting=1)


PUT_AND_SAY = """
import asyncio, sys
from pathlib import Path
from labeler.client.outbox import Outbox
from labeler.domain.edit import Edit, TagChange

async def main():
    outbox = Outbox.open(Path(sys.argv[1]), sys.argv[2])
    number = 0
    while True:
        outbox.put(Edit("Tagged", (TagChange("image", f"tag {number}", True),)))
        await outbox.drained()
        print(number, flush=True)
        number += 1

asyncio.run(main())
"""


@pytest.mark.process
async def test_what_was_acknowledged_survives_a_kill(outbox_path: Path) -> None:
    """Three times: a process acknowledges edits and is killed; the next one finds all it acknowledged."""
    for round_number in range(1, 4):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PUT_AND_SAY, outbox_path, f"target {round_number}", stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        acknowledged = -1
        async with asyncio.timeout(20):
            while acknowledged < 20 * round_number:
                acknowledged = int(await process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        rest = (await process.stdout.read()).decode().split("\n")[:-1]
        acknowledged = int(rest[-1]) if rest else acknowledged
        await process.wait()
        async with watched(outbox_path, target=f"target {round_number}") as one:
            tags = one.outbox.overlay(Image("image")).tags
            assert tags[: acknowledged + 1] == tuple(f"tag {number}" for number in range(acknowledged + 1))


@pytest.mark.process
async def test_an_outbox_that_is_not_closed_writes_its_edits_at_exit(outbox_path: Path) -> None:
    code = PUT_AND_SAY.replace("while True:", "for _ in range(50):").replace("await outbox.drained()", "pass")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, outbox_path, TARGET, stdout=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(20):
        assert await process.wait() == 0
    async with watched(outbox_path) as one:
        assert one.outbox.counts == OutboxCounts(waiting=50)


async def test_a_put_after_closing_is_an_error_not_a_loss(outbox_path: Path) -> None:
    async with watched(outbox_path) as one:
        await one.outbox.close()
        with pytest.raises(RuntimeError, match="closed"):
            one.put_box("image")


async def test_an_edit_that_cannot_be_written_is_an_error_and_later_ones_are_saved(outbox_path: Path) -> None:
    async with watched(outbox_path) as one:
        with pytest.raises(TypeError):
            one.outbox.put(Edit("Tagged", (TagChange("image", b"bytes", True),)))  # type: ignore[arg-type]
        assert one.outbox.counts == OutboxCounts()
        one.put_box("image")
        await one.outbox.drained()
        assert one.outbox.counts == OutboxCounts(waiting=1)
