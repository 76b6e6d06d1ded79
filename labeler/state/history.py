"""Undo and redo: the edits of a person, in the order they were made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from labeler.domain.edit import BoxChange, Change, Edit, is_local, merge_edits, new_id, rename_boxes

MERGE_SECONDS = 1.0


class HistoryFile(Protocol):
    """Where the edits are kept from one run to the next, as one row: those done, then those undone."""

    def write(self, changed: Mapping[int, Edit], length: int, done: int) -> None:
        """Put edits at places of the row, which has this length, `done` of which are done. Returns at once."""


class History:
    """What can be undone and redone. Unlimited; begins with what is given and is kept in the file, if there is one."""

    def __init__(self, done: Iterable[Edit] = (), undone: Iterable[Edit] = (), file: HistoryFile | None = None) -> None:
        self.done: list[Edit] = list(done)
        self.undone: list[Edit] = list(undone)
        self._file = file
        self._kept: list[Edit] = []
        self._keep()

    def _keep(self) -> None:
        """Hand what is new to the file."""
        if self._file is None:
            return
        row = [*self.done, *reversed(self.undone)]
        kept = len(self._kept)
        changed = {i: edit for i, edit in enumerate(row) if i >= kept or edit is not self._kept[i]}
        self._kept = row
        self._file.write(changed, len(row), len(self.done))

    def push(self, edit: Edit) -> None:
        """Remember an edit; one that continues the last (same `merge`, same boxes, within a second) joins it."""
        self.undone.clear()
        last = self.done[-1] if self.done else None
        if last and _continues(last, edit):
            self.done[-1] = merge_edits(last, edit)
        else:
            self.done.append(edit)
        self._keep()

    def undo(self) -> Edit | None:
        """The edit that takes back the last one; None where there is nothing to undo."""
        if not self.done:
            return None
        edit = self.done.pop()
        self.undone.append(edit)
        again = self._with_new_names(edit.inverse())
        self._keep()
        return again

    def redo(self) -> Edit | None:
        """The edit that makes the last undone one again; None where there is nothing to redo."""
        if not self.undone:
            return None
        edit = self.undone.pop()
        self.done.append(edit)
        again = self._with_new_names(replace(edit, id=new_id(), title=f"Redid: {edit.title}"))
        self._keep()
        return again

    def rename(self, names: Mapping[str, str]) -> None:
        """Give boxes the ids that they have from now on."""
        for edits in (self.done, self.undone):
            edits[:] = [_renamed(edit, names) for edit in edits]
        self._keep()

    def forget(self, image_ids: Collection[str]) -> None:
        """Forget what was done to images that cannot be brought back."""
        for edits in (self.done, self.undone):
            edits[:] = [left for edit in edits if (left := _without(edit, image_ids)).changes]
        self._keep()

    def _with_new_names(self, edit: Edit) -> Edit:
        """The edit with a new id for each box that it adds: a service does not give the same id twice."""
        added = [c.after.id for c in edit.changes if isinstance(c, BoxChange) and c.before is None and c.after]
        names = {box_id: new_id() for box_id in added if not is_local(box_id)}
        if names:
            self.rename(names)
        return replace(edit, changes=rename_boxes(edit.changes, names))


def _renamed(edit: Edit, names: Mapping[str, str]) -> Edit:
    """The edit under other names; the same object where it has none of them."""
    changes = rename_boxes(edit.changes, names)
    return edit if changes == edit.changes else replace(edit, changes=changes)


def _without(edit: Edit, image_ids: Collection[str]) -> Edit:
    changes = tuple(change for change in edit.changes if change.image_id not in image_ids)
    return edit if len(changes) == len(edit.changes) else replace(edit, changes=changes)


def _continues(last: Edit, edit: Edit) -> bool:
    """Whether an edit goes on with the last. The box is compared here, as it may have a new name meanwhile."""
    if not edit.merge or last.merge != edit.merge or (edit.at - last.at).total_seconds() > MERGE_SECONDS:
        return False
    return [_box_id(change) for change in last.changes] == [_box_id(change) for change in edit.changes]


def _box_id(change: Change) -> str | None:
    return change.after.id if isinstance(change, BoxChange) and change.after else None
