"""Proposals: boxes that nobody has accepted yet."""

from __future__ import annotations

from labeler.actions.action import Action, Where, has_image
from labeler.state.finding import go_to_next, has_problem, has_proposals
from labeler.state.proposers import Between, PreviousImage
from labeler.state.session import Session

EDITOR = Where.EDITOR


def propose_previous(session: Session) -> None:
    """Propose the boxes of the previous image that this one does not have."""
    session.proposals.propose(PreviousImage(session))


def propose_between(session: Session) -> None:
    """Propose boxes between those of the labeled images of the same camera before and after this one."""
    session.proposals.propose(Between(session))


def accept(session: Session) -> None:
    """Accept the proposal, and go to the next one."""
    session.proposals.accept()


def reject(session: Session) -> None:
    """Reject the proposal, and go to the next one."""
    session.proposals.reject()


def accept_all(session: Session) -> None:
    """Accept all proposals of the image."""
    session.proposals.accept_all()


def accept_and_next(session: Session) -> None:
    """Accept all proposals of the image, and go to the next image."""
    session.proposals.accept_all()
    session.step(1)


def next_with_proposals(session: Session) -> None:
    """Go to the next image that has proposals."""
    go_to_next(session, 1, has_proposals, "image with proposals")


def next_with_problem(session: Session) -> None:
    """Go to the next image that somebody has to look at: a conflict, a broken picture, a proposal."""
    go_to_next(session, 1, has_problem, "image with a problem")


def previous_with_problem(session: Session) -> None:
    """Go to the previous image that somebody has to look at: a conflict, a broken picture, a proposal."""
    go_to_next(session, -1, has_problem, "image with a problem")


def has_waiting(session: Session) -> bool:
    return bool(session.proposals.waiting)


ACTIONS = (
    Action("propose.previous", "Propose the previous image's boxes", propose_previous, ("c",), "Box/propose", EDITOR,
           has_image),
    Action("propose.between", "Propose between two images", propose_between, ("Shift+C",), "Box/propose", EDITOR,
           has_image),
    Action("propose.accept", "Accept proposal", accept, ("y",), "Box/accept", EDITOR, has_waiting),
    Action("propose.reject", "Reject proposal", reject, ("n",), "Box/accept", EDITOR, has_waiting),
    Action("propose.accept_all", "Accept all proposals", accept_all, ("Shift+Y",), "Box/accept", EDITOR, has_waiting),
    Action("propose.accept_next", "Accept all and next image", accept_and_next, ("Ctrl+Enter",), "Box/accept", EDITOR,
           has_image),
    Action("image.next_proposals", "Next with proposals", next_with_proposals, ("Shift+N",), "Go/problem"),
    Action("image.next_problem", "Next with a problem", next_with_problem, (">",), "Go/problem"),
    Action("image.previous_problem", "Previous with a problem", previous_with_problem, ("<",), "Go/problem"),
)  # fmt: skip
