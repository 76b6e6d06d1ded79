"""Undo and redo: the edits of a person, in the order they were made."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from labeler.domain.edit import (
    BoxChange,
    Change,
    Edit,
    box_ids,
    is_local,
    merge_edits,
    new_id,
    rename_boxes,
    without_images,
)
from labeler.domain.history import Kept, Page, Step

MERGE_SECONDS = 1.0
KEPT = 400
"""Steps on either side of now that stay in memory, where there is a file with the others."""
SLACK = 100
"""Steps that there may be beyond that, so that not each edit lets go of one."""
AHEAD = 200
"""With fewer steps on a side the next page is read: what a held key takes back in seconds."""
MOST_CHANGES = 20_000
"""Changes of the steps that stay in memory on either side, as far as they are more than one step."""


class HistoryFile(Protocol):
    """Where all edits are kept from one run to the next. Writing returns at once, and is durable with the next edit."""

    def begin(self) -> Kept:
        """What former runs did, as far as it is read at once. Called once, as it is not held any longer."""

    def put(self, step: Step) -> None:
        """Keep a step as the last that is done; none is after it any more."""

    def move(self, now: int) -> None:
        """Keep that the steps before this place are done and the others are not."""

    def rename(self, names: Mapping[str, str], before: int) -> None:
        """Give boxes other ids in all steps before this place."""

    def forget(self, image_ids: Collection[str], before: int) -> None:
        """Leave images out of all steps before this place."""

    def read(self, place: int, ahead: bool) -> asyncio.Future[Page]:
        """A page of the steps before a place, or of those from it on; ends in StorageFailed where the disk fails.

        It has what was written before this call.
        """


class _Side:
    """The steps on one side of now that are in memory: all up to `edge`, the nearest last."""

    def __init__(self, page: Page, ahead: bool) -> None:
        self.ahead = ahead
        self.steps = list(reversed(page.steps))
        self.edge, self.more = page.edge, page.more
        self.changes = _changes(self.steps)
        self.reading: asyncio.Future[Page] | None = None

    @property
    def is_low(self) -> bool:
        return self.more and len(self.steps) < AHEAD and self.changes < MOST_CHANGES

    def push(self, step: Step) -> None:
        self.steps.append(step)
        self.changes += len(step.edit.changes)

    def pop(self) -> Step:
        step = self.steps.pop()
        self.changes -= len(step.edit.changes)
        return step

    def clear(self) -> None:
        self.steps.clear()
        self.changes, self.more = 0, False

    def hold(self, steps: list[Step]) -> None:
        """Hold these instead."""
        self.steps, self.changes = steps, _changes(steps)

    def add(self, page: Page) -> None:
        """Go on with the page that follows the edge."""
        self.hold([*reversed(page.steps), *self.steps])
        self.edge, self.more = page.edge, page.more

    def let_go(self) -> None:
        """Drop what is far from now, where there is much."""
        if len(self.steps) <= KEPT + SLACK and (self.changes <= MOST_CHANGES or len(self.steps) == 1):
            return
        count = max(len(self.steps) - KEPT, 0)
        left = self.changes - _changes(self.steps[:count])
        while left > MOST_CHANGES and count < len(self.steps) - 1:
            left -= len(self.steps[count].edit.changes)
            count += 1
        last = self.steps[count - 1]
        self.edge, self.more = (last.place if self.ahead else last.place + 1), True
        self.hold(self.steps[count:])


class History:
    """What can be undone and redone: without a limit.

    With a file it begins where the last run ended, and only the edits around now are in memory: others are read
    from the file before they are needed. A hand that is faster waits with `reach`.
    """

    def __init__(self, file: HistoryFile | None = None) -> None:
        self._file = file
        kept = file.begin() if file else Kept()
        self._done, self._undone = _Side(kept.done, ahead=False), _Side(kept.undone, ahead=True)
        self._next_place = kept.next_place
        self._names: dict[str, str] = {}
        """Ids that boxes have now, of those that edits in memory may still have under former ones: looked up when
        needed, as there are more of them than can be looked through for each box that is delivered."""
        self._told = 0
        """How often something happened that a page does not know which is being read."""

    # What there is.

    @property
    def done(self) -> list[Edit]:
        """The edits in memory that can be undone, the next last."""
        return [step.edit for step in self._done.steps]

    @property
    def undone(self) -> list[Edit]:
        """The edits in memory that can be redone, the next last."""
        return [step.edit for step in self._undone.steps]

    @property
    def last(self) -> Step | None:
        """What is undone next; None where it is not in memory."""
        return self._done.steps[-1] if self._done.steps else None

    @property
    def next(self) -> Step | None:
        """What is redone next; None where it is not in memory."""
        return self._undone.steps[-1] if self._undone.steps else None

    @property
    def can_undo(self) -> bool:
        return bool(self._done.steps or self._done.more)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone.steps or self._undone.more)

    def around(self, count: int) -> tuple[Page, Page]:
        """So many of the steps before now and from now on, as far as they are in memory."""
        return _nearest(self._done, count), _nearest(self._undone, count)

    async def page(self, place: int, ahead: bool) -> Page:
        """Steps before a place, or from it on, without moving there. Raises StorageFailed."""
        if self._file is not None:
            return await self._file.read(place, ahead)
        steps = (self._undone if ahead else self._done).steps
        return Page(tuple(step for step in reversed(steps) if (step.place >= place) is ahead))

    # What a person does.

    def push(self, edit: Edit) -> None:
        """Remember an edit; one that continues the last (same `merge`, same boxes, within a second) joins it."""
        self._undone.clear()
        last = _renamed(self.last.edit, self._names) if self.last and edit.merge else None
        if last and _continues(last, edit):
            step = Step(self._done.pop().place, merge_edits(last, edit))
        else:
            step = Step(self._next_place, edit)
            self._next_place += 1
        self._done.push(step)
        if self._file is not None:
            self._file.put(step)
            self._done.let_go()

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
        return self._move(self._done, self._undone)

    def make_again(self) -> Edit | None:
        """The last edit that was taken back, which counts as made from now on."""
        return self._move(self._undone, self._done)

    def _move(self, source: _Side, to: _Side) -> Edit | None:
        if not source.steps:
            return None
        step = source.pop()
        to.push(step)
        if self._file is not None:
            self._file.move(step.place if to.ahead else step.place + 1)
            to.let_go()
            self._fill(source)
        return step.edit

    def inverse_of(self, edit: Edit) -> Edit:
        """What takes an edit back."""
        return self.with_new_names(_renamed(edit, self._names).inverse())

    def repeat_of(self, edit: Edit) -> Edit:
        """What makes an edit again."""
        return self.with_new_names(self.repeated(_renamed(edit, self._names)))

    @staticmethod
    def repeated(edit: Edit) -> Edit:
        return replace(edit, id=new_id(), title=f"Redid: {edit.title}")

    # Names, and what is gone.

    @property
    def names(self) -> dict[str, str]:
        """A copy of the names that boxes got, for `renamed` in another thread."""
        return dict(self._names)

    @staticmethod
    def renamed(edit: Edit, names: Mapping[str, str]) -> Edit:
        return _renamed(edit, names)

    def rename(self, names: Mapping[str, str]) -> None:
        """Give boxes the ids that they have from now on. Whoever gives names keeps them where the file finds them."""
        self._names.update(names)
        if len(self._names) > self._done.changes + self._undone.changes + SLACK:
            self._use_names()

    def _use_names(self) -> None:
        """Rename boxes in all edits in memory, so that the names are needed no more."""
        for side in (self._done, self._undone):
            side.hold([_with(step, _renamed(step.edit, self._names)) for step in side.steps])
        self._names.clear()
        self._told += 1

    def with_new_names(self, edit: Edit) -> Edit:
        """The edit with a new id for each box that it adds: a service does not give the same id twice."""
        added = [c.after.id for c in edit.changes if isinstance(c, BoxChange) and c.before is None and c.after]
        names = {box_id: new_id() for box_id in added if not is_local(box_id)}
        if not names:
            return edit
        self._names.update(names)
        self._use_names()  # they are not for edits that come after this one
        if self._file is not None:
            self._file.rename(names, self._next_place)
        return replace(edit, changes=rename_boxes(edit.changes, names))

    def forget(self, image_ids: Collection[str]) -> None:
        """Forget what was done to images that cannot be brought back."""
        self._told += 1
        for side in (self._done, self._undone):
            steps = [_with(step, without_images(step.edit, image_ids)) for step in side.steps]
            side.hold([step for step in steps if step.edit.changes])
        if self._file is not None:
            self._file.forget(image_ids, self._next_place)
            for side in (self._done, self._undone):
                self._fill(side)

    # The file.

    def _fill(self, side: _Side) -> None:
        """Read the next page of a side that is low."""
        if self._file is None or not side.is_low or side.reading is not None:
            return
        edge, told = side.edge, self._told
        side.reading = self._file.read(edge, side.ahead)

        def arrived(reading: asyncio.Future[Page]) -> None:
            side.reading = None
            if reading.cancelled() or reading.exception() is not None:
                return  # whoever needs it reads again, and is told
            if (edge, told) == (side.edge, self._told) and side.more:
                side.add(reading.result())
            self._fill(side)

        side.reading.add_done_callback(arrived)

    async def reach(self, ahead: bool) -> None:
        """Return when the next edit is in memory that can be undone, or, `ahead`, redone; or when there is none.

        Raises StorageFailed where the disk does not give it.
        """
        side = self._undone if ahead else self._done
        while not side.steps and side.more:
            self._fill(side)
            if (reading := side.reading) is None:
                return
            await asyncio.wait([reading])
            if reading.cancelled():
                return
            if (error := reading.exception()) is not None:
                raise error


def _changes(steps: Sequence[Step]) -> int:
    return sum(len(step.edit.changes) for step in steps)


def _with(step: Step, edit: Edit) -> Step:
    return step if edit is step.edit else Step(step.place, edit)


def _nearest(side: _Side, count: int) -> Page:
    steps = tuple(side.steps[-count:][::-1])
    if len(steps) == len(side.steps):
        return Page(steps, side.edge, side.more)
    return Page(steps, steps[-1].place + side.ahead, more=True)


def _renamed(edit: Edit, names: Mapping[str, str]) -> Edit:
    """The edit under other names; the same object where it has none of them."""
    found = {box_id: _name_now(box_id, names) for box_id in box_ids(edit) if box_id in names}
    return replace(edit, changes=rename_boxes(edit.changes, found)) if found else edit


def _name_now(box_id: str, names: Mapping[str, str]) -> str:
    while box_id in names:
        box_id = names[box_id]
    return box_id


def _continues(last: Edit, edit: Edit) -> bool:
    """Whether an edit goes on with the last. The box is compared here, as it may have a new name meanwhile."""
    if not edit.merge or last.merge != edit.merge or (edit.at - last.at).total_seconds() > MERGE_SECONDS:
        return False
    return [_box_id(change) for change in last.changes] == [_box_id(change) for change in edit.changes]


def _box_id(change: Change) -> str | None:
    return change.after.id if isinstance(change, BoxChange) and change.after else None
