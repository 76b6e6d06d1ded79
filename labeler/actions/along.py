"""Taking images along, to label them where the service cannot be reached."""

from __future__ import annotations

from labeler.actions.action import Action, has_images
from labeler.state.prompts import Request
from labeler.state.session import Session


def take_along(session: Session) -> None:
    """Keep the images of the filter on this computer, to label them where the service cannot be reached."""
    session.along.ask()


def taken_along(session: Session) -> None:
    """Show what was taken along, to refresh it, to go on with it, or to remove it from this computer."""
    session.requested.emit(Request.TAKEN_ALONG)


def stop_work(session: Session) -> None:
    """Stop the work in progress. What was done of it stays."""
    if session.works:
        session.works[-1].cancel()
    else:
        session.said.emit("Nothing is in progress")


def _is_away(session: Session) -> bool:
    """Whether the images come from a service that may not be reached one day."""
    return session.along.of_source is not None


def _has_images_away(session: Session) -> bool:
    return _is_away(session) and has_images(session)


ACTIONS = (
    Action("along.take", "Take along", take_along, ("F7",), "File/along", when=_has_images_away),
    Action("along.show", "Taken along", taken_along, ("Shift+F7",), "File/along", when=_is_away),
    Action("work.stop", "Stop the work in progress", stop_work, ("Ctrl+.",), "File/along"),
)
