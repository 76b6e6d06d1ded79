"""One row of the table of actions."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from labeler.state.session import Mode, Session


class Where(Enum):
    """Where an action's keys work."""

    ANYWHERE = "anywhere"
    GRID = "grid"
    EDITOR = "editor"

    def includes(self, mode: Mode) -> bool:
        return self is Where.ANYWHERE or self.value == mode.value


def always(session: Session) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the user can do.

    `name` is what the keymap file calls it. `keys` are alternatives, as `keymap.parse_key` reads them.
    `menu` is "Menu" or "Menu/group"; actions of a menu stay in the table's order, groups apart.
    `when` tells whether it can be done now. The docstring of `run` is the help text. `released` is run
    when the key comes up, for what lasts while a key is held.
    """

    name: str
    title: str
    run: Callable[[Session], None]
    keys: tuple[str, ...] = ()
    menu: str = ""
    where: Where = Where.ANYWHERE
    when: Callable[[Session], bool] = always
    released: Callable[[Session], None] | None = None

    @property
    def help(self) -> str:
        return inspect.cleandoc(self.run.__doc__ or self.title)

    def enabled(self, session: Session) -> bool:
        return self.where.includes(session.mode) and self.when(session)


def has_image(session: Session) -> bool:
    return session.current is not None


def has_images(session: Session) -> bool:
    return session.library.size > 0


def has_box(session: Session) -> bool:
    return session.canvas.selected_box is not None


def no_box(session: Session) -> bool:
    return not has_box(session)


def in_editor(session: Session) -> bool:
    return session.mode is Mode.EDITOR and has_image(session)
