"""Taking back and making again."""

from __future__ import annotations

from labeler.actions.action import Action
from labeler.domain.edit import Edit
from labeler.domain.image import Choice
from labeler.state.prompts import Prompt
from labeler.state.session import Session

MOST_SHOWN = 200
"""Edits in the list on either side of now."""


def undo(session: Session) -> None:
    """Take back the last change, wherever it was."""
    session.undo()


def redo(session: Session) -> None:
    """Make the change again that was taken back last."""
    session.redo()


def show_history(session: Session) -> None:
    """Show the changes as a list, the last first, to go back to one or forward to one that was taken back."""

    def accept(text: str) -> None:
        go_to(session, int(text))

    def suggest(text: str) -> tuple[Choice, ...]:
        wanted = text.strip().casefold()
        return tuple(choice for choice in _steps(session) if wanted in choice.title.casefold())

    session.prompted.emit(
        Prompt(
            "Go back to",
            accept,
            suggest=suggest,
            check=lambda text: "" if text in {choice.value for choice in suggest("")} else "Choose one of the changes",
            hint="Everything after the chosen change is taken back",
            only_choices=True,
        )
    )


def _steps(session: Session) -> tuple[Choice, ...]:
    """What can be gone to: how many changes are done there, the furthest forward first."""
    history = session.history
    now = len(history.done)
    ahead = list(enumerate(reversed(history.undone[-MOST_SHOWN:]), now + 1))
    shown = list(enumerate(history.done, 1))[-MOST_SHOWN:]
    rows = [(number, f"{_time(edit)}   {edit.title}   (taken back)") for number, edit in ahead]
    rows += [(number, f"{_time(edit)}   {edit.title}{'   (now)' if number == now else ''}") for number, edit in shown]
    if now <= MOST_SHOWN:
        rows.append((0, "Before all changes"))
    return tuple(Choice(str(number), title) for number, title in sorted(rows, reverse=True))


def _time(edit: Edit) -> str:
    return f"{edit.at.astimezone():%d %b %H:%M:%S}"


def go_to(session: Session, number: int) -> None:
    """Take changes back, or make them again, until so many of them are done."""
    steps = number - len(session.history.done)
    for _ in range(-steps):
        session.undo()
    for _ in range(min(steps, len(session.history.undone))):
        session.redo()


def has_history(session: Session) -> bool:
    return bool(session.history.done or session.history.undone)


ACTIONS = (
    Action("edit.undo", "Undo", undo, ("Ctrl+Z",), "Edit/undo"),
    Action("edit.redo", "Redo", redo, ("Ctrl+Shift+Z", "Ctrl+Y"), "Edit/undo"),
    Action("edit.history", "History", show_history, ("Ctrl+H",), "Edit/undo", when=has_history),
)
