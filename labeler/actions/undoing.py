"""Taking back and making again."""

from __future__ import annotations

from collections.abc import Sequence

from labeler.actions.action import Action
from labeler.domain.history import Page, Step
from labeler.domain.image import Choice
from labeler.state.mass import is_large
from labeler.state.prompts import Prompt
from labeler.state.session import Session
from labeler.state.work import Work

MOST_SHOWN = 200
"""Edits in the list on either side of now."""
_OLDER, _LATER = "<", ">"


def undo(session: Session) -> None:
    """Take back the last change, wherever it was."""
    session.undo()


def redo(session: Session) -> None:
    """Make the change again that was taken back last."""
    session.redo()


def show_history(session: Session) -> None:
    """Show the changes as a list, the last first, to go back to one or forward to one that was taken back."""
    done, undone = session.history.around(MOST_SHOWN)
    _ask(session, _undone_choices(undone) + _done_choices(done, session.history.last))


def _done_choices(page: Page, now: Step | None = None) -> tuple[Choice, ...]:
    """The changes of a page and what is before them, the last first; the value says where they end in the history."""
    marks = {now.place: "   (now)"} if now else {}
    changes = tuple(Choice(str(one.place + 1), _title(one) + marks.get(one.place, "")) for one in page.steps)
    first = Choice(f"{_OLDER}{page.edge}", "Older changes") if page.more else Choice("0", "Before all changes")
    return (*changes, first)


def _undone_choices(page: Page) -> tuple[Choice, ...]:
    """The changes of a page that were taken back and what is after them, the last first."""
    changes = (Choice(str(one.place + 1), f"{_title(one)}   (taken back)") for one in reversed(page.steps))
    return (*([Choice(f"{_LATER}{page.edge}", "Later changes")] if page.more else ()), *changes)


def _ask(session: Session, choices: Sequence[Choice]) -> None:
    def accept(text: str) -> None:
        if text.startswith((_OLDER, _LATER)):
            session.run(Work("Reading changes"), _ask_further(session, int(text[1:]), ahead=text.startswith(_LATER)))
        else:
            go_to(session, int(text))

    def suggest(text: str) -> tuple[Choice, ...]:
        wanted = text.strip().casefold()
        return tuple(choice for choice in choices if wanted in choice.title.casefold())

    session.prompted.emit(
        Prompt(
            "Go back to",
            accept,
            suggest=suggest,
            check=lambda text: "" if text in {choice.value for choice in choices} else "Choose one of the changes",
            hint="Everything after the chosen change is taken back",
            only_choices=True,
        )
    )


async def _ask_further(session: Session, place: int, ahead: bool) -> None:
    page = await session.history.page(place, ahead)
    _ask(session, _undone_choices(page) if ahead else _done_choices(page))


def _title(step: Step) -> str:
    return f"{step.edit.at.astimezone():%d %b %H:%M:%S}   {step.edit.title}"


def go_to(session: Session, place: int) -> None:
    """Take changes back, or make them again, until those before a place of the history are done and no others."""
    done, undone = session.history.around(MOST_SHOWN)
    back = [step for step in done.steps if step.place >= place]
    ahead = [step for step in undone.steps if step.place < place]
    is_far = any(page.more and len(steps) == len(page.steps) for page, steps in ((done, back), (undone, ahead)))
    if is_far or session.mass.busy or any(is_large(step.edit) for step in (*back, *ahead)):
        session.mass.go_to(place)
        return
    for _ in back:
        session.undo()
    for _ in ahead:
        session.redo()


def has_history(session: Session) -> bool:
    return session.history.can_undo or session.history.can_redo


ACTIONS = (
    Action("edit.undo", "Undo", undo, ("Ctrl+Z",), "Edit/undo"),
    Action("edit.redo", "Redo", redo, ("Ctrl+Shift+Z", "Ctrl+Y"), "Edit/undo"),
    Action("edit.history", "History", show_history, ("Ctrl+H",), "Edit/undo", when=has_history),
)
