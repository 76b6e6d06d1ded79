"""What can be undone and where the person was, from one run to the next."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from labeler.client.outbox import Outbox
from labeler.client.session_rows import AT_MOST
from labeler.domain.edit import Edit, TagChange
from labeler.state.history import History


def edit(number: int) -> Edit:
    return Edit(f"edit {number}", (TagChange("image", f"tag-{number}", True),))


def opened(path: Path, target: str = "here") -> tuple[Outbox, History]:
    outbox = Outbox.open(path, target)
    return outbox, History(outbox.session.done, outbox.session.undone, outbox.session)


async def reopened(path: Path, target: str = "here") -> tuple[list[str], list[str]]:
    outbox, history = opened(path, target)
    await outbox.close()
    return [one.title for one in history.done], [one.title for one in history.undone]


async def test_done_and_undone_come_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox, history = opened(path)
    for number in range(4):
        history.push(edit(number))
    history.undo()
    history.undo()
    await outbox.close()
    assert await reopened(path) == (["edit 0", "edit 1"], ["edit 3", "edit 2"])

    outbox, history = opened(path)
    history.redo()
    history.push(edit(9))
    await outbox.close()
    assert await reopened(path) == (["edit 0", "edit 1", "edit 2", "edit 9"], [])
    assert await reopened(path, "elsewhere") == ([], [])


async def test_the_last_edits_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox, history = opened(path)
    for number in range(AT_MOST + 5):
        history.push(edit(number))
    await outbox.close()
    done, _ = await reopened(path)
    assert (len(done), done[0], done[-1]) == (AT_MOST, "edit 5", f"edit {AT_MOST + 4}")


@pytest.mark.logs("undo of former runs")
async def test_what_cannot_be_read_is_begun_anew_and_edits_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox, history = opened(path)
    history.push(edit(0))
    outbox.put(edit(0))
    await outbox.close()
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE undo SET body = 'not an edit'")
    connection.close()

    outbox, history = opened(path)
    assert (history.done, outbox.counts.waiting) == ([], 1)
    history.push(edit(1))
    await outbox.close()
    assert await reopened(path) == (["edit 1"], [])


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
