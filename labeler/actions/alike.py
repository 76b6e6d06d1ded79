"""What all pictures of the filter are looked through for: copies of each other, and broken ones."""

from __future__ import annotations

from labeler.actions.action import Action, has_image, has_images
from labeler.state.prompts import Request
from labeler.state.session import Session


def like_this(session: Session) -> None:
    """Show the images of the filter that look like the one in front, to tag them or to leave them out."""
    session.requested.emit(Request.LIKE_THIS)


def near_duplicates(session: Session) -> None:
    """Show groups of images of the filter that look alike, to label one of each and to tag or leave out the others."""
    session.requested.emit(Request.DUPLICATES)


def check_pictures(session: Session) -> None:
    """Read all pictures of the filter, to find those that are broken before you come to them."""
    session.requested.emit(Request.CHECK_PICTURES)


ACTIONS = (
    Action("alike.this", "Images like this one", like_this, ("Ctrl+Alt+I",), "View/labels", when=has_image),
    Action("alike.all", "Near-duplicates", near_duplicates, ("Ctrl+Alt+D",), "View/labels", when=has_images),
    Action("alike.check", "Check pictures", check_pictures, ("Ctrl+Alt+P",), "Go/problem", when=has_images),
)
