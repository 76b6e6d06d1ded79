"""The command palette: every action that can be done now, found by its title and its help."""

from __future__ import annotations

from collections.abc import Callable

from labeler.actions import palette
from labeler.actions.action import Action
from labeler.actions.keymap import Keymap
from labeler.domain.image import Choice
from labeler.state.prompts import Prompt
from labeler.state.session import Session

MOST_RECENT = 12
RECENT = "palette.recent"


def commands(session: Session, keymap: Keymap, run: Callable[[Action], None]) -> Prompt:
    """What asks for an action and runs it; those used last come first, and are kept in the settings."""
    recent = tuple(session.settings.get(RECENT, []))
    rows = {action.name: action for action in keymap.actions}

    def suggest(typed: str) -> tuple[Choice, ...]:
        able = [action for action in rows.values() if action.enabled(session)]
        return tuple(_choice(found, keymap) for found in palette.search(typed, able, recent))

    def accept(name: str) -> None:
        session.settings.set(RECENT, [name, *(one for one in recent if one != name)][:MOST_RECENT])
        session.saver.save_soon()
        run(rows[name])

    return Prompt(
        "Commands",
        accept,
        suggest=suggest,
        check=lambda text: "" if text in rows else "No command fits",
        hint="Type letters of what you want     Up, Down: choose     Enter: do it     Esc: leave",
        only_choices=True,
    )


def _choice(found: palette.Found, keymap: Keymap) -> Choice:
    action = found.action
    title = f"{action.title}: {action.help}" if found.by_help else action.title
    return Choice(action.name, f"{title}   {'  '.join(keymap.keys_of(action.name))}".rstrip())
