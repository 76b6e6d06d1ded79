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
        self._names: dict[str, str] = {}
        """Ids that boxes have now, of those that edits may still have under former ones: looked up when needed, as
        there are more edits in a day than can be looked through for each box that is delivered."""
        self._keep(self._row)

    @property
    def _row(self) -> dict[int, Edit]:
        """Those done and then those undone, the next to be redone first, by place."""
        return dict(enumerate([*self.done, *reversed(self.undone)]))

    def _keep(self, changed: Mapping[int, Edit]) -> None:
        """Hand what is new to the file."""
        if self._file is not None:
            self._file.write(changed, len(self.done) + len(self.undone), len(self.done))

    def push(self, edit: Edit) -> None:
        """Remember an edit; one that continues the last (same `merge`, same boxes, within a second) joins it."""
        self.undone.clear()
        last = _renamed(self.done[-1], self._names) if self.done and edit.merge else None
        if last and _continues(last, edit):
            self.done[-1] = merge_edits(last, edit)
        else:
            self.done.append(edit)
        self._keep({len(self.done) - 1: self.done[-1]})

    def undo(self) -> Edit | None:
        """The edit that takes back the last one; None where there is nothing to undo."""
        edit = self.take_back()
        return edit and self.inverse_of(edit)

    def redo(self) -> Edit | None:
        """The edit that makes the last undone one again; None where there is nothing to redo."""
        edit = self.make_again()
        return edit and self.repeat_of(edit)

    def take_back(self) -> Edit | None:
        """The last edit, which counts as taken back from now on."""
        return self._move(self.done, self.undone)

    def make_again(self) -> Edit | None:
        """The last edit that was taken back, which counts as made from now on."""
        return self._move(self.undone, self.done)

    def _move(self, source: list[Edit], to: list[Edit]) -> Edit | None:
        if not source:
            return None
        to.append(source.pop())
        self._keep({})
        return to[-1]

    def inverse_of(self, edit: Edit) -> Edit:
        """What takes an edit back."""
        return self.with_new_names(_renamed(edit, self._names).inverse())

    def repeat_of(self, edit: Edit) -> Edit:
        """What makes an edit again."""
        return self.with_new_names(self.repeated(_renamed(edit, self._names)))

    @staticmethod
    def repeated(edit: Edit) -> Edit:
        return replace(edit, id=new_id(), title=f"Redid: {edit.title}")

    @property
    def names(self) -> dict[str, str]:
        """A copy of the names that boxes got, for `renamed` in another thread."""
        return dict(self._names)

    @staticmethod
    def renamed(edit: Edit, names: Mapping[str, str]) -> Edit:
        return _renamed(edit, names)

    def rename(self, names: Mapping[str, str]) -> None:
        """Give boxes the ids that they have from now on. Whoever gives names keeps them from one run to the next."""
        self._names.update(names)

    def _rename_all(self, names: Mapping[str, str]) -> None:
        """Rename boxes in every edit, in the file too."""
        self.rename(names)
        before = self._row
        for edits in (self.done, self.undone):
            edits[:] = [_renamed(edit, self._names) for edit in edits]
        self._names.clear()
        self._keep({place: edit for place, edit in self._row.items() if edit is not before[place]})

    def forget(self, image_ids: Collection[str]) -> None:
        """Forget what was done to images that cannot be brought back."""
        for edits in (self.done, self.undone):
            edits[:] = [left for edit in edits if (left := _without(edit, image_ids)).changes]
        self._keep(self._row)

    def with_new_names(self, edit: Edit) -> Edit:
        """The edit with a new id for each box that it adds: a service does not give the same id twice."""
        added = [c.after.id for c in edit.changes if isinstance(c, BoxChange) and c.before is None and c.after]
        names = {box_id: new_id() for box_id in added if not is_local(box_id)}
        if not names:
            return edit
        self._rename_all(names)
        return replace(edit, changes=rename_boxes(edit.changes, names))


def _renamed(edit: Edit, names: Mapping[str, str]) -> Edit:
    """The edit under other names; the same object where it has none of them."""
    present = [box.id for c in edit.changes if isinstance(c, BoxChange) for box in (c.before, c.after) if box]
    found = {box_id: _name_now(box_id, names) for box_id in present if box_id in names}
    return replace(edit, changes=rename_boxes(edit.changes, found)) if found else edit


def _name_now(box_id: str, names: Mapping[str, str]) -> str:
    while box_id in names:
        box_id = names[box_id]
    return box_id


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
