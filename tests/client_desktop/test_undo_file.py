"""What can be undone, from one run to the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from labeler.client.undo_file import AT_MOST, UndoFile
from labeler.domain.edit import Edit, TagChange
from labeler.state.history import History


def edit(number: int) -> Edit:
    return Edit(f"edit {number}", (TagChange("image", f"tag-{number}", True),))


async def reopened(path: Path) -> tuple[list[str], list[str]]:
    file = UndoFile.open(path)
    await file.close()
    return [one.title for one in file.done], [one.title for one in file.undone]


async def test_done_and_undone_come_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "undo.db"
    file = UndoFile.open(path)
    history = History(file.done, file.undone, file)
    for number in range(4):
        history.push(edit(number))
    history.undo()
    history.undo()
    await file.close()
    assert await reopened(path) == (["edit 0", "edit 1"], ["edit 3", "edit 2"])

    file = UndoFile.open(path)
    history = History(file.done, file.undone, file)
    history.redo()
    history.push(edit(9))
    await file.close()
    assert await reopened(path) == (["edit 0", "edit 1", "edit 2", "edit 9"], [])


async def test_the_last_edits_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "undo.db"
    file = UndoFile.open(path)
    history = History(file=file)
    for number in range(AT_MOST + 5):
        history.push(edit(number))
    await file.close()
    done, _ = await reopened(path)
    assert (len(done), done[0], done[-1]) == (AT_MOST, "edit 5", f"edit {AT_MOST + 4}")


@pytest.mark.logs("undo of former runs")
async def test_a_file_that_cannot_be_read_is_put_aside(tmp_path: Path) -> None:
    path, content = tmp_path / "undo.db", b"not a database, only some text " * 40
    path.write_bytes(content)
    file = UndoFile.open(path)
    History(file=file).push(edit(1))
    await file.close()
    assert await reopened(path) == (["edit 1"], [])
    assert (tmp_path / "undo.db.unreadable").read_bytes() == content
