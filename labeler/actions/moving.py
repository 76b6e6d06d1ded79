"""Going from image to image, and between grid and editor."""

from __future__ import annotations

from labeler.actions.action import Action, Where, has_images
from labeler.state import selecting
from labeler.state.finding import go_to_next, is_unlabeled
from labeler.state.session import Mode, Session


def next_image(session: Session) -> None:
    """Go to the next image."""
    session.step(1)


def previous_image(session: Session) -> None:
    """Go to the previous image."""
    session.step(-1)


def next_unlabeled(session: Session) -> None:
    """Go to the next image that has neither boxes nor tags."""
    go_to_next(session, 1, is_unlabeled, "unlabeled image")


def previous_unlabeled(session: Session) -> None:
    """Go to the previous image that has neither boxes nor tags."""
    go_to_next(session, -1, is_unlabeled, "unlabeled image")


def open_editor(session: Session) -> None:
    """Open the image in the editor."""
    session.set_mode(Mode.EDITOR)


def open_grid(session: Session) -> None:
    """Go back to the grid of images."""
    session.set_mode(Mode.GRID)


def left(session: Session) -> None:
    """Move the cursor one image to the left."""
    session.step(-1)


def right(session: Session) -> None:
    """Move the cursor one image to the right."""
    session.step(1)


def up(session: Session) -> None:
    """Move the cursor one row up."""
    if session.index >= session.grid.columns:
        session.step(-session.grid.columns)


def down(session: Session) -> None:
    """Move the cursor one row down."""
    target = session.index + session.grid.columns
    last_row = (session.library.size - 1) // session.grid.columns
    if target < session.library.size:
        session.go_to(target)
    elif session.index // session.grid.columns < last_row:
        session.go_to(session.library.size - 1)


def extend_left(session: Session) -> None:
    """Extend the selection one image to the left."""
    session.step(-1, extend=True)


def extend_right(session: Session) -> None:
    """Extend the selection one image to the right."""
    session.step(1, extend=True)


def extend_up(session: Session) -> None:
    """Extend the selection one row up."""
    session.go_to(session.index - session.grid.columns, extend=True)


def extend_down(session: Session) -> None:
    """Extend the selection one row down."""
    session.go_to(session.index + session.grid.columns, extend=True)


def first(session: Session) -> None:
    """Go to the first image."""
    session.go_to(0)


def last(session: Session) -> None:
    """Go to the last image."""
    session.go_to(session.library.size - 1)


def page_up(session: Session) -> None:
    """Move up by as many rows as are shown."""
    session.go_to(session.index - session.grid.columns * session.grid.rows_shown)


def page_down(session: Session) -> None:
    """Move down by as many rows as are shown."""
    session.go_to(session.index + session.grid.columns * session.grid.rows_shown)


def select_one(session: Session) -> None:
    """Select the image at the cursor, or take it out of the selection."""
    if session.current:
        session.grid.toggle(session.current.id)


def select_range(session: Session) -> None:
    """Begin to select a range by moving; again to stop."""
    session.grid.start_range()


def select_all(session: Session) -> None:
    """Select all images that match the filter."""
    selecting.select_all(session)


def bigger(session: Session) -> None:
    """Make the thumbnails bigger."""
    session.grid.grow(1)


def smaller(session: Session) -> None:
    """Make the thumbnails smaller."""
    session.grid.grow(-1)


def leave_selection(session: Session) -> None:
    """Drop the selection."""
    session.grid.clear()


GRID = Where.GRID
ACTIONS = (
    Action("image.next", "Next image", next_image, ("d",), "Go/images", when=has_images),
    Action("image.previous", "Previous image", previous_image, ("a",), "Go/images", when=has_images),
    Action("image.next_unlabeled", "Next unlabeled image", next_unlabeled, ("Shift+D",), "Go/images", when=has_images),
    Action(
        "image.previous_unlabeled", "Previous unlabeled image", previous_unlabeled, ("Shift+A",), "Go/images",
        when=has_images,
    ),
    Action("mode.editor", "Editor", open_editor, ("e",), "View/mode", when=has_images),
    Action("grid.open", "Open in the editor", open_editor, ("Enter",), "", GRID, has_images),
    Action("mode.grid", "Grid", open_grid, ("g",), "View/mode"),
    Action("grid.left", "Left", left, ("Left", "h"), "", GRID, has_images),
    Action("grid.right", "Right", right, ("Right", "l"), "", GRID, has_images),
    Action("grid.up", "Up", up, ("Up", "k"), "", GRID, has_images),
    Action("grid.down", "Down", down, ("Down", "j"), "", GRID, has_images),
    Action("grid.extend_left", "Extend selection left", extend_left, ("Shift+Left",), "", GRID, has_images),
    Action("grid.extend_right", "Extend selection right", extend_right, ("Shift+Right",), "", GRID, has_images),
    Action("grid.extend_up", "Extend selection up", extend_up, ("Shift+Up",), "", GRID, has_images),
    Action("grid.extend_down", "Extend selection down", extend_down, ("Shift+Down",), "", GRID, has_images),
    Action("grid.first", "First image", first, ("Home",), "Go/ends", GRID, has_images),
    Action("grid.last", "Last image", last, ("End",), "Go/ends", GRID, has_images),
    Action("grid.page_up", "A page up", page_up, ("PageUp",), "", GRID, has_images),
    Action("grid.page_down", "A page down", page_down, ("PageDown",), "", GRID, has_images),

    Action("grid.select", "Select image", select_one, ("Space",), "Select", GRID, has_images),
    Action("grid.select_range", "Select a range by moving", select_range, ("v",), "Select", GRID, has_images),
    Action("grid.select_all", "Select all that match", select_all, ("Ctrl+A",), "Select", GRID, has_images),
    Action("grid.leave", "Drop the selection", leave_selection, ("Esc",), "Select", GRID),
    Action("grid.bigger", "Bigger thumbnails", bigger, ("+", "="), "View/size", GRID),
    Action("grid.smaller", "Smaller thumbnails", smaller, ("-",), "View/size", GRID),
)  # fmt: skip
