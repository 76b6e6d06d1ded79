"""Deleting images, as an edit like any other; what follows from it for what is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from labeler.domain.amounts import count_text
from labeler.domain.edit import DeletionChange, Edit, OnImage
from labeler.domain.image import Image
from labeler.domain.saving import SaveState
from labeler.state.work import Work

if TYPE_CHECKING:
    from labeler.state.session import Session

AT_ONCE = 500
"""So many images are deleted before anybody sees it happen; the progress of more is shown."""
_ON_THEIR_WAY = (SaveState.SAVING, SaveState.SAVED_HERE)


def delete_images(session: Session, images: Sequence[Image]) -> None:
    """Delete images, with what is on them."""
    kept = session.source.keeps_trash
    changes = [DeletionChange(image.id, True, None if kept else OnImage.of(image)) for image in images]
    title = f"Deleted {count_text(len(images))}"
    session.edit(title, changes, for_good=not kept)
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
    if len(changes) > AT_ONCE:
        work = Work(edit.title, total=len(changes))
        session.run(work, _until_delivered(session, work, edit))


async def _until_delivered(session: Session, work: Work, edit: Edit) -> None:
    """Show how many are at the service, until all are or wait for a decision. Stopped, the rest is left as it was."""
    state_of = session.outbox.state_of
    left = {one for one in edit.image_ids if state_of(one) in _ON_THEIR_WAY}
    changed = asyncio.Event()

    def told(image_ids: tuple[str, ...]) -> None:
        left.difference_update(one for one in image_ids if one in left and state_of(one) not in _ON_THEIR_WAY)
        work.done = work.total - len(left)
        session.works_changed.emit()
        changed.set()

    session.images_changed.connect(told)
    try:
        while left:
            changed.clear()
            await changed.wait()
    except asyncio.CancelledError:
        if not session.tasks.closing:
            rest = [change.inverse() for change in edit.changes if change.image_id in left]
            session.edit(f"Stopped: {edit.title}", rest, for_good=not session.source.keeps_trash)
        raise
    finally:
        session.images_changed.disconnect(told)
