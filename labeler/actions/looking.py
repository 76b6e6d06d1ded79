"""How the editor shows the picture, and which boxes it shows."""

from __future__ import annotations

from collections.abc import Callable

from labeler.actions.action import Action, Where, has_box, has_image
from labeler.state.session import Session
from labeler.state.tones import Tones

EDITOR = Where.EDITOR


def fit(session: Session) -> None:
    """Show the whole picture; again, its actual size."""
    session.canvas.viewport.fit()


def zoom_in(session: Session) -> None:
    """Zoom in, at the pointer."""
    session.canvas.zoom(1.25)


def zoom_out(session: Session) -> None:
    """Zoom out, at the pointer."""
    session.canvas.zoom(1 / 1.25)


def zoom_to_box(session: Session) -> None:
    """Show the selected box in the middle, with some of what is around it."""
    box = session.canvas.selected_box
    if box:
        session.canvas.viewport.zoom_to(box.rect)


def hide_boxes(session: Session) -> None:
    """Hide the boxes while the key is held."""
    session.canvas.visibility.is_off = True
    session.canvas.changed.emit()


def show_boxes(session: Session) -> None:
    """Show the boxes again."""
    session.canvas.visibility.is_off = False
    session.canvas.changed.emit()


def hide_selected(session: Session) -> None:
    """Hide the selected boxes until all are shown again."""
    canvas = session.canvas
    boxes = canvas.selected_boxes
    canvas.visibility.toggle_hidden(boxes)
    canvas.select("")
    hidden = len(canvas.visibility.hidden)
    session.said.emit(f"{hidden} box{'' if hidden == 1 else 'es'} hidden; Shift+H shows all")


def only_label(session: Session) -> None:
    """Show only boxes of the selected box's label, or of the current label; again, all of them."""
    canvas = session.canvas
    box = canvas.selected_box
    label = box.label if box else session.vocabulary.labels.current
    shown = canvas.visibility
    shown.only_label = "" if shown.only_label == label else label
    session.said.emit(f"Only {label} is shown" if shown.only_label else "All labels are shown")
    canvas.changed.emit()


def show_all(session: Session) -> None:
    """Show all boxes again, of all labels."""
    session.canvas.visibility.show_all()
    session.said.emit("All boxes are shown")
    session.canvas.changed.emit()


def lock_selected(session: Session) -> None:
    """Lock the selected boxes, so that nothing moves, relabels or deletes them; again, unlock them."""
    canvas = session.canvas
    canvas.visibility.toggle_locked(canvas.selected_boxes)
    locked = canvas.selection.primary in canvas.visibility.locked
    session.said.emit("Locked" if locked else "Unlocked")
    canvas.changed.emit()


def _tone(name: str, by: int) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        viewport = session.canvas.viewport
        viewport.set_tones(viewport.tones.changed(name, by))
        session.said.emit(f"Shown with {viewport.tones}")

    run.__doc__ = f"Show pictures with {'more' if by > 0 else 'less'} {name}; the files stay as they are."
    return run


def plain_tones(session: Session) -> None:
    """Show pictures as they are, without other brightness, contrast or gamma."""
    session.canvas.viewport.set_tones(Tones())
    session.said.emit("Shown as it is")


TONE_KEYS = {"brightness": "{}", "contrast": "Alt+{}", "gamma": "Ctrl+Alt+{}"}


ACTIONS = (
    Action("view.fit", "Fit or actual size", fit, ("z",), "View/zoom", EDITOR, has_image),
    Action("view.zoom_in", "Zoom in", zoom_in, ("+", "="), "View/zoom", EDITOR, has_image),
    Action("view.zoom_out", "Zoom out", zoom_out, ("-",), "View/zoom", EDITOR, has_image),
    Action("view.hide_boxes", "Hide boxes while held", hide_boxes, ("o",), "View/zoom", EDITOR, has_image, show_boxes),
    Action("view.zoom_to_box", "Zoom to box", zoom_to_box, ("Shift+Z",), "View/zoom", EDITOR, has_box),
    Action("view.hide_selected", "Hide selected boxes", hide_selected, ("h",), "View/boxes", EDITOR, has_box),
    Action("view.only_label", "Show only this label", only_label, ("i",), "View/boxes", EDITOR, has_image),
    Action("view.show_all", "Show all boxes", show_all, ("Shift+H",), "View/boxes", EDITOR, has_image),
    Action("box.lock", "Lock boxes", lock_selected, ("Shift+L",), "Box/lock", EDITOR, has_box),
    *(
        Action(
            f"view.{'more' if by > 0 else 'less'}_{name}", f"{'More' if by > 0 else 'Less'} {name}", _tone(name, by),
            (keys.format("." if by > 0 else ","),), "View/tones", EDITOR, has_image,
        )
        for name, keys in TONE_KEYS.items()
        for by in (-1, 1)
    ),
    Action("view.plain_tones", "Plain brightness", plain_tones, ("F12",), "View/tones", EDITOR, has_image),
)  # fmt: skip
