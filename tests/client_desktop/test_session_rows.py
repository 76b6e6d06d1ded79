"""What can be undone and where the person was, from one run to the next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from labeler.client.outbox import Outbox
from labeler.client.session_rows import PAGE
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit, TagChange
from labeler.domain.errors import StorageFailed
from labeler.state.history import KEPT, SLACK, History
from tests.all_edits import all_edits
from tests.failing_disk import Disk


def edit(number: int, image: str = "image") -> Edit:
    return Edit(f"edit {number}", (TagChange(image, f"tag-{number}", True),))


def opened(path: Path, target: str = "here") -> tuple[Outbox, History]:
    outbox = Outbox.open(path, target)
    return outbox, History(outbox.session)


async def reopened(path: Path, target: str = "here") -> tuple[list[str], list[str]]:
    """The titles of what can be undone, the next last, and of what can be redone, the next first."""
    outbox, history = opened(path, target)
    done, undone = await all_edits(history, outbox.session)
    await outbox.close()
    return [one.title for one in done], [one.title for one in undone]


def titles(first: int, end: int) -> list[str]:
    return [f"edit {number}" for number in range(first, end)]


async def back(history: History) -> list[str]:
    """Take everything back, the last first, waiting for the file where it has to be."""
    found: list[str] = []
    while True:
        await history.reach(ahead=False)
        if (edit := history.take_back()) is None:
            return found
        found.append(edit.title)


async def forward(history: History) -> list[str]:
    """Make everything again."""
    found: list[str] = []
    while True:
        await history.reach(ahead=True)
        if (edit := history.make_again()) is None:
            return found
        found.append(edit.title)


async def test_done_and_undone_come_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox, history = opened(path)
    for number in range(4):
        history.push(edit(number))
    history.undo()
    history.undo()
    await outbox.close()
    assert await reopened(path) == (["edit 0", "edit 1"], ["edit 2", "edit 3"])

    outbox, history = opened(path)
    history.redo()
    history.push(edit(9))
    await outbox.close()
    assert await reopened(path) == (["edit 0", "edit 1", "edit 2", "edit 9"], [])
    assert await reopened(path, "elsewhere") == ([], [])


async def test_thousands_of_edits_are_undone_and_redone_over_restarts_with_few_in_memory(tmp_path: Path) -> None:
    path, count = tmp_path / "outbox.db", 5 * (KEPT + SLACK)
    outbox, history = opened(path)
    for number in range(count):
        history.push(edit(number))
        assert len(history.done) <= KEPT + SLACK
    await outbox.close()
    outbox, history = opened(path)
    assert [one.title for one in history.done] == titles(count - PAGE, count), "the newest page is read at once"
    most = 0
    for number in reversed(range(count)):
        await history.reach(ahead=False)
        taken = history.take_back()
        assert taken is not None
        assert taken.title == f"edit {number}"
        most = max(most, len(history.done) + len(history.undone))
    assert most <= 2 * (KEPT + SLACK)
    assert (history.can_undo, history.take_back()) == (False, None)
    await outbox.close()
    outbox, history = opened(path)
    assert await forward(history) == titles(0, count)
    assert await back(history) == titles(0, count)[::-1]
    await forward(history)
    await outbox.close()
    assert await reopened(path) == (titles(0, count), [])


async def test_older_edits_are_there_before_they_are_needed(tmp_path: Path) -> None:
    path, count = tmp_path / "outbox.db", 4 * PAGE
    outbox, history = opened(path)
    for number in range(count):
        history.push(edit(number))
    await outbox.close()
    outbox, history = opened(path)
    for _ in range(count):
        history.undo()
        assert history.last is not None or not history.can_undo, "a hand with the writer's time between two keys"
        await outbox.drained()
    await outbox.close()


async def test_an_edit_after_an_undo_drops_what_was_undone_in_the_file_too(tmp_path: Path) -> None:
    path, count = tmp_path / "outbox.db", 3 * (KEPT + SLACK)
    outbox, history = opened(path)
    for number in range(count):
        history.push(edit(number))
    for _ in range(count - 10):
        await history.reach(ahead=False)
        history.undo()
    history.push(edit(count))
    assert not history.can_redo
    await history.reach(ahead=True)
    assert history.redo() is None
    await outbox.close()
    assert await reopened(path) == ([*titles(0, 10), f"edit {count}"], [])


async def test_a_page_that_arrives_late_is_not_put_where_it_no_longer_belongs(tmp_path: Path) -> None:
    path, count = tmp_path / "outbox.db", 2 * PAGE
    outbox, history = opened(path)
    for number in range(count):
        history.push(edit(number))
    await outbox.close()
    outbox, history = opened(path)
    for _ in range(10):
        history.undo()  # asks for the page before
    for number in range(count, count + KEPT + SLACK):
        history.push(edit(number))  # until those before are let go
    assert (await back(history)) == [*titles(0, count - 10), *titles(count, count + KEPT + SLACK)][::-1]
    await outbox.close()


async def test_boxes_have_the_names_of_now_in_edits_that_are_in_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    box = Box("served-1", "bolt", 0.25, 0.25, 0.5, 0.5)
    outbox, history = opened(path)
    history.push(Edit("drew", (BoxChange("image", None, box),)))
    history.push(Edit("deleted", (BoxChange("image", box, None),)))
    again = history.undo()
    assert again is not None
    (change,) = again.changes
    assert isinstance(change, BoxChange)
    assert change.after is not None
    name = change.after.id
    assert name != box.id
    for number in range(2 * (KEPT + SLACK)):
        history.push(edit(number))
    history.push(Edit("others", (BoxChange("image", None, box),)))
    assert history.last is not None
    assert history.inverse_of(history.last.edit).changes == (BoxChange("image", box, None),)
    await outbox.close()
    for restarted in (False, True):
        outbox, history = opened(path)
        done, _ = await all_edits(history, outbox.session)
        names = [one.after.id for edit in done for one in edit.changes if isinstance(one, BoxChange) and one.after]
        assert names == [name, box.id], restarted
        await outbox.close()


async def test_images_that_are_gone_for_good_are_gone_from_edits_that_are_in_the_file_alone(tmp_path: Path) -> None:
    path, count = tmp_path / "outbox.db", 2 * (KEPT + SLACK)
    outbox, history = opened(path)
    for number in range(count):
        history.push(edit(number, "gone" if number % 2 else "kept"))
    history.push(Edit("both", (TagChange("gone", "tag", True), TagChange("kept", "tag", True))))
    for _ in range(3):
        history.undo()
    history.forget({"gone"})
    assert await back(history) == titles(0, count - 2)[::2][::-1]
    await outbox.close()
    outbox, history = opened(path)
    done, undone = await all_edits(history, outbox.session)
    assert ([one.title for one in done], [one.title for one in undone]) == ([], [*titles(0, count)[::2], "both"])
    assert undone[-1].changes == (TagChange("kept", "tag", True),)
    history.push(edit(count, "gone"))
    await outbox.close()
    assert await reopened(path) == ([f"edit {count}"], []), "what is done to another image of that name counts"


async def test_a_file_of_former_versions_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox, history = opened(path)
    for number in range(3):
        history.push(edit(number))
    history.undo()
    await outbox.close()
    connection = apsw.Connection(str(path))
    connection.execute("DROP TABLE undo_name; DROP TABLE undo_gone;").fetchall()
    assert connection.execute("SELECT place FROM undo").fetchall() == [(0,), (1,), (2,)]
    connection.close()
    outbox, history = opened(path)
    history.push(edit(3))
    await outbox.close()
    assert await reopened(path) == (["edit 0", "edit 1", "edit 3"], [])


@pytest.mark.logs("undo of former runs")
async def test_what_cannot_be_read_is_begun_anew_and_edits_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox, history = opened(path)
    history.push(edit(0))
    history.push(edit(1))
    outbox.put(edit(0))
    await outbox.close()
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE undo SET body = 'not an edit' WHERE place = 1")
    connection.close()

    outbox, history = opened(path)
    assert (history.done, history.can_undo, outbox.counts.waiting) == ([], False, 1)
    history.push(edit(2))
    await outbox.close()
    assert await reopened(path) == (["edit 2"], [])


async def test_edits_of_odd_texts_come_back(tmp_path: Path) -> None:
    path, odd = tmp_path / "outbox.db", "\ud800 \0"
    outbox, history = opened(path)
    made = Edit(odd, (BoxChange(odd, Box(odd, odd, 0.25, 0.25, 0.5, 0.5), None), TagChange("b", odd, True)))
    history.push(made)
    history.push(edit(1))
    history.undo()
    history.undo()
    history.redo()
    await outbox.close()
    outbox, history = opened(path)
    assert [one.changes[1:] for one in history.done] == [made.changes[1:]]
    history.forget({odd})
    await outbox.close()
    outbox, history = opened(path)
    assert [one.changes for one in history.done] == [made.changes[1:]]
    await outbox.close()


@pytest.mark.logs("fails .told to fail.")
async def test_a_disk_that_does_not_give_older_edits_is_said_and_gives_them_later(tmp_path: Path, disk: Disk) -> None:
    """Meanwhile nothing counts as undone, and edits are kept."""
    path, count = tmp_path / "outbox.db", 12
    outbox, history = opened(path)
    for number in range(count):
        history.push(replace(edit(number), merge=f"{number}" * 1_000_000))
    await outbox.close()
    outbox = Outbox.open(path, "here", vfs=disk.name, retry_seconds=0.01)
    history = History(outbox.session)
    near = len(history.done)
    assert near < count
    for number in range(near):
        assert history.take_back(), number
    await outbox.drained()
    disk.unreadable = apsw.IOError
    with pytest.raises(StorageFailed, match="fails"):
        await history.reach(ahead=False)
    assert history.take_back() is None
    assert history.can_undo
    disk.unreadable = None
    outbox.put(edit(count))
    await outbox.drained()
    assert await back(history) == titles(0, count - near)[::-1]
    await outbox.close()


async def test_the_place_is_durable_when_edits_are(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox, _ = opened(path)
    assert outbox.place == ""
    for number in range(50):
        outbox.keep_place(f"image {number}")
    await outbox.close()
    outbox, _ = opened(path)
    assert outbox.place == "image 49"
    await outbox.close()
