"""What the editor does to boxes."""

from __future__ import annotations

from collections.abc import Callable

from labeler.actions.action import Action, Where, has_box, has_image, no_box
from labeler.domain.image import Choice
from labeler.state.names import DIGITS
from labeler.state.pointer import Tool
from labeler.state.prompts import Prompt
from labeler.state.session import Mode, Session

EDITOR = Where.EDITOR
STEPS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}


def use_label(session: Session, label: str) -> None:
    """Give the selected box the label, and make it the one for the next boxes."""
    session.vocabulary.labels.choose(label)
    session.canvas.relabel(label)
    session.said.emit(f"Label: {label}")


def choose_label(session: Session) -> None:
    """Choose the label by its first letters: of the selected box, else for the next boxes."""
    session.prompted.emit(
        Prompt(
            "Label",
            lambda text: use_label(session, session.vocabulary.labels.meant_by(text)),
            suggest=lambda text: tuple(
                Choice(name, f"{name}   {session.vocabulary.labels.digit_of(name)}".rstrip())
                for name in session.vocabulary.labels.starting_with(text.strip())
            ),
            check=lambda text: "" if text.strip() else "Type a label",
        )
    )


def _label_digit(digit: str) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        label = session.vocabulary.labels.of_digit(digit)
        if label is None:
            session.said.emit(f"No label has the number {digit} yet; l makes one")
        else:
            use_label(session, label)

    run.__doc__ = f"Use label number {digit}: for the selected box, else for the next boxes."
    return run


def next_box(session: Session) -> None:
    """Select the next box, in reading order."""
    session.canvas.select_next(1)


def previous_box(session: Session) -> None:
    """Select the previous box, in reading order."""
    session.canvas.select_next(-1)


def hint(session: Session) -> None:
    """Show letters on the boxes; typing a box's letters selects it."""
    session.canvas.start_hints()


def edge_hint(session: Session) -> None:
    """Show letters on the edges and corners of the selected box; the one typed is moved by Alt+arrows."""
    session.canvas.start_edge_hints()


def _towards(direction: str) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        session.canvas.select_towards(*STEPS[direction])

    where = {"Up": "above", "Down": "below"}.get(direction, f"to the {direction.lower()}")
    run.__doc__ = f"Select the nearest box {where}."
    return run


def _move(direction: str, by: int) -> Callable[[Session], None]:
    dx, dy = STEPS[direction]

    def run(session: Session) -> None:
        session.canvas.nudge(dx * by, dy * by)

    run.__doc__ = f"Move the selected box {direction.lower()} by {by} px of the image."
    return run


def _edge(direction: str, by: int) -> Callable[[Session], None]:
    dx, dy = STEPS[direction]

    def run(session: Session) -> None:
        session.canvas.nudge_edge(dx * by, dy * by)

    run.__doc__ = f"Move the chosen edge of the selected box {direction.lower()} by {by} px of the image."
    return run


def select_all(session: Session) -> None:
    """Select every box of the image that is shown."""
    session.canvas.select_all()


def next_edge(session: Session) -> None:
    """Choose the next edge of the selected box for Alt+arrows."""
    session.canvas.turn_edge(1)


def previous_edge(session: Session) -> None:
    """Choose the previous edge of the selected box for Alt+arrows."""
    session.canvas.turn_edge(-1)


def delete_box(session: Session) -> None:
    """Delete the selected box."""
    session.canvas.delete()


def draw_tool(session: Session) -> None:
    """Draw boxes: click two corners, or drag."""
    session.canvas.pointer.tool = Tool.DRAW
    session.canvas.changed.emit()


def extremes_tool(session: Session) -> None:
    """Draw a box by four clicks: on the leftmost, topmost, rightmost and lowest point of the object, in any order."""
    session.canvas.pointer.tool = Tool.EXTREMES
    session.canvas.changed.emit()


def draw_by_keys(session: Session) -> None:
    """Draw a box by keys: two letters, a letter and one more key choose each of two corners; Space snaps."""
    session.canvas.start_aim()


def select_tool(session: Session) -> None:
    """Select, move and resize boxes with the mouse."""
    session.canvas.pointer.tool = Tool.SELECT
    session.canvas.cancel()
    session.canvas.changed.emit()


def next_image(session: Session) -> None:
    """Go to the next image, where no box is selected."""
    session.step(1)


def previous_image(session: Session) -> None:
    """Go to the previous image, where no box is selected."""
    session.step(-1)


def back(session: Session) -> None:
    """Cancel what is being drawn, else deselect the box, else go back to the grid."""
    if not session.canvas.cancel():
        session.set_mode(Mode.GRID)


ACTIONS = (
    Action("tool.draw", "Draw boxes", draw_tool, ("q",), "Box/tool", EDITOR, has_image),
    Action("tool.extremes", "Draw by extreme points", extremes_tool, ("Shift+Q",), "Box/tool", EDITOR, has_image),
    Action("tool.keys", "Draw a box by keys", draw_by_keys, ("w",), "Box/tool", EDITOR, has_image),
    Action("tool.select", "Select boxes", select_tool, ("s",), "Box/tool", EDITOR, has_image),
    Action("label.choose", "Choose label", choose_label, ("l", ";"), "Box/label", EDITOR, has_image),
    *(
        Action(f"label.{digit}", f"Label number {digit}", _label_digit(digit), (digit,), "", EDITOR, has_image)
        for digit in DIGITS
    ),
    Action("box.next", "Next box", next_box, ("Tab",), "Box/select", EDITOR, has_image),
    Action("box.previous", "Previous box", previous_box, ("Shift+Tab",), "Box/select", EDITOR, has_image),
    Action("box.hint", "Select a box by letters", hint, ("f",), "Box/select", EDITOR, has_image),
    Action("box.edge_hint", "Choose an edge or corner", edge_hint, ("Shift+F",), "Box/edge", EDITOR, has_box),
    Action("box.select_all", "Select all boxes", select_all, ("Ctrl+A",), "Box/select", EDITOR, has_image),
    *(
        Action(f"box.towards_{way.lower()}", f"Nearest box {way.lower()}", _towards(way), (f"Ctrl+{way}",), "", EDITOR)
        for way in STEPS
    ),
    *(
        Action(f"box.move_{way.lower()}", f"Move box {way.lower()}", _move(way, 1), (way,), "", EDITOR, has_box)
        for way in STEPS
    ),
    *(
        Action(
            f"box.move_{way.lower()}_10", f"Move box {way.lower()} by 10", _move(way, 10), (f"Shift+{way}",), "",
            EDITOR, has_box,
        )
        for way in STEPS
    ),
    *(
        Action(
            f"box.edge_{way.lower()}", f"Move edge {way.lower()}", _edge(way, 1), (f"Alt+{way}",), "", EDITOR, has_box
        )
        for way in STEPS
    ),
    *(
        Action(
            f"box.edge_{way.lower()}_10", f"Move edge {way.lower()} by 10", _edge(way, 10), (f"Alt+Shift+{way}",), "",
            EDITOR, has_box,
        )
        for way in STEPS
    ),
    Action("box.next_edge", "Next edge", next_edge, ("]",), "Box/edge", EDITOR, has_box),
    Action("box.previous_edge", "Previous edge", previous_edge, ("[",), "Box/edge", EDITOR, has_box),
    Action("box.delete", "Delete box", delete_box, ("x", "Delete", "Backspace"), "Box/delete", EDITOR, has_box),
    Action("editor.next", "Next image", next_image, ("Right",), "", EDITOR, no_box),
    Action("editor.previous", "Previous image", previous_image, ("Left",), "", EDITOR, no_box),
    Action("editor.back", "Cancel, deselect, back to the grid", back, ("Esc",), "", EDITOR),
)  # fmt: skip
