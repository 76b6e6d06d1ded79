"""Deleting images, as an edit like any other; what follows from it for what is shown."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from labeler.domain.amounts import count_text
from labeler.domain.edit import Change, DeletionChange, Edit, OnImage
from labeler.domain.image import Image
from labeler.domain.saving import SaveState
from labeler.state.work import Work

if TYPE_CHECKING:
    from labeler.state.session import Session

CHUNK = 2_000
"""States that are asked for between two turns of the event loop."""
_ON_THEIR_WAY = (SaveState.SAVING, SaveState.SAVED_HERE)


def delete_images(session: Session, images: Sequence[Image]) -> None:
    """Delete images, with what is on them."""
    kept = session.source.keeps_trash
    title = f"Deleted {count_text(len(images))}"
    session.mass.edit(
        title, images, lambda one: DeletionChange(one.id, True, None if kept else OnImage.of(one)), for_good=not kept
    )
    session.said.emit(title)


def follow(session: Session, edit: Edit) -> None:
    """After an edit: take its images out of the list or put them back, and put in front what is there now."""
    changes = [change for change in edit.changes if isinstance(change, DeletionChange)]
    if not changes:
        return
    gone = {change.image_id for change in changes if change.after}
    ahead = sum(place is not None and place < session.index for place in map(session.library.index_of, gone))
    following = session.index - ahead
    if session.library.follow_deletions(edit.image_ids):
        session.reload_when_delivered()
    if session.grid.selected & gone:
        session.grid.select(session.grid.selected - gone)
    back = (session.library.index_of(change.image_id) for change in changes if not change.after)
    session.go_to(min((place for place in back if place is not None), default=following))


@asynccontextmanager
async def moved(session: Session, edit: Edit) -> AsyncIterator[None]:
    """While an edit is made in parts: its images out of the list, or back in it, from the first part on.

    Where it ends early the list is that of before, but for the parts that were made.
    """
    first = edit.changes[0]
    if not isinstance(first, DeletionChange):
        yield
        return
    library, ids = session.library, edit.image_ids
    try:
        places = await library.begin_moving(ids, first.after)
        if first.after:
            gone = set(ids)
            if session.grid.selected & gone:
                session.grid.select(session.grid.selected - gone)
            session.go_to(session.index - bisect_left(places, session.index))
        elif places:
            session.go_to(places[0])
        if not first.after and len(places) < len(ids):
            session.reload_when_delivered()
        yield
    finally:
        library.end_moving(ids)


def can_take_back(session: Session, change: Change) -> bool:
    """Whether a change that was just made can be: not where it deleted an image for good and that was delivered."""
    is_for_good = isinstance(change, DeletionChange) and not session.source.keeps_trash
    return not is_for_good or session.outbox.state_of(change.image_id) in _ON_THEIR_WAY


def follow_delivery(session: Session, edit: Edit) -> None:
    """Show how many images of an edit that was made in parts are deleted or brought back at the service."""
    if isinstance(edit.changes[0], DeletionChange):
        work = Work(edit.title, total=len(edit.changes))
        session.run(work, _until_delivered(session, work, edit))


async def _until_delivered(session: Session, work: Work, edit: Edit) -> None:
    """Show how many are at the service, until all are or wait for a decision. Stopped, the rest is left as it was."""
    state_of, ids = session.outbox.state_of, edit.image_ids
    left = set(ids)
    changed = asyncio.Event()

    def told(image_ids: Sequence[str]) -> None:
        left.difference_update([one for one in image_ids if one in left and state_of(one) not in _ON_THEIR_WAY])
        work.done = work.total - len(left)
        session.works_changed.emit()
        changed.set()

    session.images_changed.connect(told)
    try:
        for start in range(0, work.total, CHUNK):
            told(ids[start : start + CHUNK])
            await asyncio.sleep(0)
        while left:
            changed.clear()
            await changed.wait()
    except asyncio.CancelledError:
        if not session.tasks.closing:
            rest = [change.inverse() for change in edit.changes if change.image_id in left]
            session.mass.change(f"Stopped: {edit.title}", rest, for_good=not session.source.keeps_trash)
        raise
    finally:
        session.images_changed.disconnect(told)
