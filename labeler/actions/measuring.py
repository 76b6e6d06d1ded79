"""How far the work is, and how it goes."""

from __future__ import annotations

from labeler.actions.action import Action, has_images
from labeler.state.prompts import Request
from labeler.state.session import Session


def ready_to_train(session: Session) -> None:
    """Show what the images of the filter or dataset still need to be trained on, and open those that are missing."""
    session.requested.emit(Request.READINESS)


def session_meter(session: Session) -> None:
    """Show boxes and images per hour, seconds and keys per box, and time spent waiting; counted on this computer."""
    session.requested.emit(Request.METER)


def box_chart(session: Session) -> None:
    """Show how many boxes each label has in the images of the filter, and where in them and how large boxes are."""
    session.requested.emit(Request.BOX_CHART)


ACTIONS = (
    Action("progress.ready", "Ready to train", ready_to_train, ("Ctrl+Shift+T",), "View/progress", when=has_images),
    Action("progress.meter", "Session meter", session_meter, ("Ctrl+Shift+M",), "View/progress"),
    Action("progress.chart", "Chart of boxes", box_chart, ("Ctrl+Alt+B",), "View/progress", when=has_images),
)
