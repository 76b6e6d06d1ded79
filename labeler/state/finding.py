"""The next image of a kind, also among those that are not loaded yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from labeler.domain.image import Image
from labeler.domain.saving import SaveState
from labeler.state.work import Work

if TYPE_CHECKING:
    from labeler.state.session import Session

BLOCK = 500
"""How many images are read at a time while looking."""


def is_unlabeled(session: Session, image: Image) -> bool:
    return not image.is_labeled


def has_proposals(session: Session, image: Image) -> bool:
    return image.has_proposals


def has_problem(session: Session, image: Image) -> bool:
    """Whether somebody has to look: a conflict, a refused change, a proposal, a picture that cannot be shown.

    Of the last it is known once the picture was to be shown, or the service says so.
    """
    is_held = session.outbox.state_of(image.id) in (SaveState.CONFLICT, SaveState.REFUSED)
    return bool(image.problem) or image.id in session.broken or is_held or image.has_proposals


def go_to_next(session: Session, by: int, fits: Callable[[Session, Image], bool], what: str) -> None:
    """Go to the nearest image in a direction (1 or -1) that fits; told when there is none."""
    index = _nearest_loaded(session, session.index + by, by, fits)
    image = session.library.at(index)
    if image is not None and fits(session, image):
        session.go_to(index)
    elif not 0 <= index < session.library.size:
        session.said.emit(f"No {what} that way")
    else:
        work = Work(f"Looking for the {'next' if by > 0 else 'previous'} {what}")
        session.run(work, _look(session, work, index, by, fits, what))


def _nearest_loaded(session: Session, index: int, by: int, fits: Callable[[Session, Image], bool]) -> int:
    """The index of the first image that fits or is not loaded, or one beyond the list."""
    while (image := session.library.at(index)) is not None and not fits(session, image):
        index += by
    return index


async def _look(
    session: Session, work: Work, index: int, by: int, fits: Callable[[Session, Image], bool], what: str
) -> None:
    library, start = session.library, session.index
    work.total = library.size - start if by > 0 else start
    while 0 <= index < library.size:
        first, last = (index, index + BLOCK - 1) if by > 0 else (max(index - BLOCK + 1, 0), index)
        await library.load(first, last)
        index = _nearest_loaded(session, index, by, fits)
        image = library.at(index)
        if image is not None:
            session.go_to(index)
            return
        if first <= index <= last:
            break
        work.done = abs(index - start)
        session.works_changed.emit()
    session.said.emit(f"No {what} that way")
