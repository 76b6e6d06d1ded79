"""Boxes taken from one image to another."""

from __future__ import annotations

from dataclasses import replace

from labeler.actions.action import Action, Where, has_box, has_image
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, new_id
from labeler.domain.geometry import Point, Rect, move
from labeler.domain.image import Image
from labeler.state.canvas import named
from labeler.state.session import Session

EDITOR = Where.EDITOR
DUPLICATE_STEP = 12.0
"""How far from a box its copy is put, in widget px."""


def _add(session: Session, image: Image, boxes: tuple[Box, ...]) -> None:
    """Add boxes that the image does not have yet, as one edit."""
    fresh = [box for box in boxes if not any(box.same_value(other) for other in image.boxes)]
    changes = [
        BoxChange(image.id, None, Box(new_id(), box.label, box.x_min, box.y_min, box.x_max, box.y_max)) for box in fresh
    ]
    count = "1 box" if len(changes) == 1 else f"{len(changes)} boxes"
    title = f"Pasted {count}" if changes else "Nothing new to add"
    session.edit(title, changes)
    session.said.emit(title)


def copy_boxes(session: Session) -> None:
    """Copy the selected boxes, or all boxes of the image where none is selected."""
    image, chosen = session.current, session.canvas.selected_boxes
    if image:
        session.copied = tuple(chosen) or image.boxes
        session.said.emit("Copied 1 box" if len(session.copied) == 1 else f"Copied {len(session.copied)} boxes")


def paste_boxes(session: Session) -> None:
    """Paste the copied boxes where they were, on this image."""
    if session.current:
        _add(session, session.current, session.copied)


def duplicate(session: Session) -> None:
    """Put a copy of each selected box beside it, and select the copies."""
    image, canvas = session.current, session.canvas
    if image is None or canvas.view is None:
        return
    step = canvas.view.fraction(DUPLICATE_STEP)
    copies = [replace(box.with_rect(move(box.rect, step.x, step.y)), id=new_id()) for box in canvas.selected_boxes]
    canvas.change(f"Duplicated {named(copies)}", [(None, copy) for copy in copies])
    canvas.selection.choose_all(copy.id for copy in copies)
    canvas.changed.emit()


def stamp(session: Session) -> None:
    """Put a box of the last one's size at the pointer, or in the middle of what is seen."""
    canvas, image = session.canvas, session.current
    last = session.last_drawn
    if canvas.view is None or image is None:
        return
    if last is None:
        session.said.emit("Draw a box first; then r repeats its size")
        return
    middle = canvas.view.to_image(canvas.pointer.at) if canvas.pointer.at else Point(0.5, 0.5)
    size = Rect(0, 0, last.width, last.height)
    canvas.add(move(size, middle.x - last.width / 2, middle.y - last.height / 2))


def has_copied(session: Session) -> bool:
    return has_image(session) and bool(session.copied)


ACTIONS = (
    Action("box.copy", "Copy boxes", copy_boxes, ("Ctrl+C",), "Box/copy", EDITOR, has_image),
    Action("box.paste", "Paste boxes", paste_boxes, ("Ctrl+V",), "Box/copy", EDITOR, has_copied),
    Action("box.duplicate", "Duplicate boxes", duplicate, ("Shift+R",), "Box/copy", EDITOR, has_box),
    Action("box.stamp", "Stamp the last size", stamp, ("r",), "Box/copy", EDITOR, has_image),
)
