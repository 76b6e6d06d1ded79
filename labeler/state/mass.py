"""One edit of so many images that making it takes longer than a frame: in parts, with progress, to be stopped."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Change, DeletionChange, Edit
from labeler.domain.history import Step
from labeler.domain.image import Image
from labeler.state import deleting
from labeler.state.work import Work

if TYPE_CHECKING:
    from labeler.state.session import Session

AT_ONCE = 500
"""Changes that are made before anybody sees it happen."""
PART = 200
"""Changes between which the window paints."""
UNSEEN = 1e-6
"""Of the image's width or height."""
UNSAVED = 4
"""Parts that are ahead of the disk, as all that it took at once is told at once."""


def is_large(edit: Edit) -> bool:
    """Whether an edit is made in parts."""
    return len(edit.changes) > AT_ONCE


class MassEdits:
    """The large edits of one session: one after another, in the order in which they were asked for.

    Each is one step of the history, remembered before its first part is made; a run that ends in between leaves
    the parts that were made, and undo takes them back.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._turn = asyncio.Lock()
        self._asked = 0

    @property
    def busy(self) -> bool:
        """Whether one is being made; what depends on the order of edits waits for its turn then."""
        return self._asked > 0

    def takes(self, step: Step | None, there_is_one: bool) -> bool:
        """Whether it is for here to take an edit back or to make it again; None where it is not in memory."""
        return self.busy or (there_is_one and (step is None or is_large(step.edit)))

    def edit(
        self,
        title: str,
        images: Sequence[Image],
        change_of: Callable[[Image], Change | None],
        for_good: bool = False,
    ) -> None:
        """Change each image, as one edit; None where there is nothing to change. `for_good` as in `Session.edit`."""

        def at_once() -> None:
            changes = (change_of(image) for image in images)
            self._session.edit(title, [change for change in changes if change is not None], for_good=for_good)

        if len(images) <= AT_ONCE and not self.busy:
            at_once()
        else:
            work = Work(title, total=len(images))
            self._run(work, lambda work: self._make(work, images, change_of, for_good), at_once)

    def change(self, title: str, changes: Sequence[Change], for_good: bool = False) -> None:
        """Make changes as one edit."""
        if len(changes) <= AT_ONCE and not self.busy:
            self._session.edit(title, changes, for_good=for_good)
            return
        work = Work(title, total=len(changes))
        self._run(work, lambda work: self._begin(work, Edit(title, tuple(changes)), for_good))

    def undo(self) -> None:
        """Take back the last edit when those before it are made."""
        self._run(Work("Taking back"), self._undo)

    def redo(self) -> None:
        """Make the edit again that was taken back last, when those before it are made."""
        self._run(Work("Making again"), self._redo)

    def go_to(self, place: int) -> None:
        """Take back or make again, one after another, until the edits before a place of the history are done."""
        self._run(Work("Going through the changes"), lambda work: self._go_to(work, place))

    async def _go_to(self, work: Work, place: int) -> None:
        history = self._session.history
        for ahead in (False, True):
            while True:
                await history.reach(ahead)
                step = history.next if ahead else history.last
                if step is None or (step.place < place) is not ahead:
                    break
                await (self._redo if ahead else self._undo)(work)
                await asyncio.sleep(0)

    def _run(
        self, work: Work, step: Callable[[Work], Awaitable[None]], at_the_end: Callable[[], None] = lambda: None
    ) -> None:
        """Make a step when it is its turn; `at_the_end` stands for one whose turn did not come before the end."""
        self._asked += 1
        has_begun = False

        async def body() -> None:
            nonlocal has_begun
            async with self._turn:
                has_begun = True
                with _no_collecting():
                    await step(work)

        def ended() -> None:
            self._asked -= 1
            if not has_begun and self._session.tasks.closing:
                at_the_end()

        self._session.run(work, body(), ended)

    async def _make(
        self, work: Work, images: Sequence[Image], change_of: Callable[[Image], Change | None], for_good: bool
    ) -> None:
        def changes() -> tuple[Change, ...]:
            return tuple(change for image in images if (change := change_of(image)) is not None)

        try:
            made = await asyncio.to_thread(changes)
        except asyncio.CancelledError:
            if self._session.tasks.closing:
                self._session.edit(work.title, changes(), for_good=for_good)
            raise
        await self._begin(work, Edit(work.title, made), for_good)

    async def _begin(self, work: Work, edit: Edit, for_good: bool) -> None:
        if edit.changes:
            if for_good:
                self._session.history.forget(set(edit.image_ids))
            else:
                self._session.history.push(edit)
            await self._put(work, edit, is_new=True)

    async def _undo(self, work: Work) -> None:
        history = self._session.history
        await history.reach(ahead=False)
        edit = history.take_back()
        if edit is not None and is_large(edit):
            names = history.names
            inverse = await _to_the_end(lambda: history.renamed(edit, names).inverse())
            await self._again(work, history.with_new_names(inverse))
        else:
            self._session.make_again(edit and history.inverse_of(edit), "Nothing to undo")

    async def _redo(self, work: Work) -> None:
        history = self._session.history
        await history.reach(ahead=True)
        edit = history.make_again()
        if edit is not None and is_large(edit):
            names = history.names
            again = await _to_the_end(lambda: history.repeated(history.renamed(edit, names)))
            await self._again(work, history.with_new_names(again))
        else:
            self._session.make_again(edit and history.repeat_of(edit), "Nothing to redo")

    async def _again(self, work: Work, edit: Edit) -> None:
        self._session.said.emit(edit.title)
        work.title, work.total = edit.title, len(edit.changes)
        await self._put(work, edit, is_new=False)

    async def _put(self, work: Work, edit: Edit, is_new: bool) -> None:
        """Make the parts, each on disk by itself. Stopped, a new edit is taken back; others go on to their end."""
        made = 0
        work.total = len(edit.changes)
        try:
            async with deleting.moved(self._session, edit):
                while made < len(edit.changes):
                    self._part(edit, edit.changes[made : made + PART])
                    made = min(made + PART, len(edit.changes))
                    work.done = made
                    self._session.works_changed.emit()
                    await asyncio.sleep(0)
                    if made % (UNSAVED * PART) == 0:
                        await self._session.outbox.drained()
        except asyncio.CancelledError:
            rest = edit.changes[made:]
            if self._session.tasks.closing:
                self._part(edit, rest)
            elif is_new:
                self._take_back(edit, made)
            elif rest:
                left = replace(edit, changes=rest)
                self._run(Work(edit.title, total=len(rest)), lambda work: self._put(work, left, is_new=False))
            raise
        deleting.follow_delivery(self._session, edit)

    def _take_back(self, edit: Edit, made: int) -> None:
        """After a stop: what was made of a new edit, and what is not at the service yet where that has no trash."""
        title, session = f"Stopped: {edit.title}", self._session
        back = [change.inverse() for change in reversed(edit.changes[:made]) if deleting.can_take_back(session, change)]
        taken_back = Edit(title, tuple(back))
        if isinstance(first := edit.changes[0], DeletionChange):
            not_made, is_out = [change.image_id for change in edit.changes[made:]], not first.after
            self._run(Work(title, total=len(back)), lambda work: self._leave(work, taken_back, not_made, is_out))
        else:
            self.change(title, back)
        session.said.emit(title)

    async def _leave(self, work: Work, taken_back: Edit, not_made: Sequence[str], out: bool) -> None:
        """Have images in the list, or out of it, as they were before an edit whose parts about them are not made."""
        await self._session.library.begin_moving(not_made, out)
        self._session.library.end_moving(not_made)
        await self._begin(work, taken_back, for_good=not self._session.source.keeps_trash)

    def _part(self, edit: Edit, changes: Sequence[Change]) -> None:
        fresh = tuple(change for change in changes if self._is_still_so(change))
        if fresh:
            self._session.commit(replace(edit, changes=fresh), is_part=True)

    def _is_still_so(self, change: Change) -> bool:
        """Whether a box is as it was when the edit was asked for: what the person did to it since then counts more."""
        if not isinstance(change, BoxChange) or change.before is None:
            return True
        place = self._session.library.index_of(change.image_id)
        image = None if place is None else self._session.library.at(place)
        box = image.box(change.before.id) if image else None
        return image is None or (box is not None and _is_as_seen(box, change.before))


def _is_as_seen(box: Box, seen: Box) -> bool:
    """Whether two say the same; what a service gives back can differ in figures that nobody sees."""
    pairs = ((getattr(box.rect, side), getattr(seen.rect, side)) for side in ("left", "top", "right", "bottom"))
    return box.label == seen.label and all(abs(one - other) < UNSEEN for one, other in pairs)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Let the collector of cycles rest: all that is made stays, and looking through it stops the window for long."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.enable()


async def _to_the_end(make: Callable[[], Edit]) -> Edit:
    """What `make` returns, made in a thread; a cancellation waits, as the history has moved already."""
    making = asyncio.ensure_future(asyncio.to_thread(make))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        return await making
