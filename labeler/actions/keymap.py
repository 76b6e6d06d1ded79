"""Which key means which action, where; and how a person changes that.

A key is written `Ctrl+Shift+Z`, `Alt+Left`, `d`, `?`, `Space`: modifiers in the order Ctrl, Alt, Shift,
then the key. A letter without Shift is small, with Shift large; a sign is written as it is typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from labeler.actions.action import Action, Where, has_box, no_box
from labeler.domain.errors import InvalidValue
from labeler.state.session import Mode, Session
from labeler.state.signal import Signal

NAMED = frozenset(
    (
        *("Space", "Enter", "Esc", "Tab", "Backspace", "Delete", "Insert", "Home", "End", "PageUp", "PageDown"),
        *("Left", "Right", "Up", "Down"),
        *(f"F{number}" for number in range(1, 13)),
    )
)
_EXCLUSIVE = frozenset((has_box, no_box))
"""Conditions of which only one holds at a time."""
_KEY = re.compile(r"((?:(?:Ctrl|Alt|Shift|Meta)\+)*)(\S+)")


def parse_key(text: str) -> str:
    """The key in its one way of writing. Raises InvalidValue."""
    match = _KEY.fullmatch(text.strip())
    if not match or not (len(match[2]) == 1 or match[2] in NAMED):
        raise InvalidValue(f"{text}: not a key; write it as Ctrl+K, Shift+D, d, ?, Space or F5")
    modifiers = [name for name in ("Ctrl", "Alt", "Shift", "Meta") if name + "+" in match[1]]
    key = match[2]
    if key.isalpha() and len(key) == 1:
        key = key.upper() if modifiers else key.lower()
    return "+".join([*modifiers, key])


@dataclass(frozen=True, slots=True)
class Clash:
    """Two actions that the same key would mean in the same place."""

    key: str
    first: Action
    second: Action

    def __str__(self) -> str:
        return (
            f"{self.key} means both {self.first.title} ({self.first.name}) and {self.second.title} ({self.second.name})"
        )


def _clash(one: Action, other: Action) -> bool:
    if one.where is other.where:
        return {one.when, other.when} != _EXCLUSIVE
    return Where.ANYWHERE in (one.where, other.where)


def _by_key(actions: Iterable[Action]) -> dict[str, list[Action]]:
    result: dict[str, list[Action]] = {}
    for action in actions:
        for key in dict.fromkeys(map(parse_key, action.keys)):
            result.setdefault(key, []).append(action)
    return result


def _clashes(by_key: Mapping[str, list[Action]]) -> tuple[Clash, ...]:
    return tuple(
        Clash(key, one, other)
        for key, actions in by_key.items()
        for one, other in combinations(actions, 2)
        if _clash(one, other)
    )


class Keymap:
    """The keys of a table of actions, which can change while the program runs; `changed` tells when they did.

    Actions that exclude each other by `when` may share a key (arrows move a box where one is selected).
    """

    def __init__(self, actions: Iterable[Action], changed: Mapping[str, Iterable[str]] | None = None) -> None:
        """`changed` gives other keys to actions, by name.

        Raises InvalidValue for unknown names, wrong keys and clashes.
        """
        self.changed: Signal[()] = Signal()
        self._defaults = tuple(actions)
        self.use(changed or {})

    def use(self, changed: Mapping[str, Iterable[str]]) -> None:
        """Have the default keys but for these, by the names of actions; raises InvalidValue and stays as it was."""
        rows = {action.name: action for action in self._defaults}
        for name, keys in changed.items():
            if name not in rows:
                raise InvalidValue(f"{name}: no action has this name; the list of keys (Ctrl+Shift+K) shows the names")
            rows[name] = replace(rows[name], keys=tuple(keys))
        by_key = _by_key(rows.values())
        if clashes := _clashes(by_key):
            raise InvalidValue("; ".join(map(str, clashes)))
        self.actions = tuple(rows.values())
        self._by_key = by_key
        self.changed.emit()

    def rivals(self, name: str, key: str) -> tuple[Action, ...]:
        """The actions that the key means already where it would mean the action too."""
        mine = self.action(name)
        return tuple(one for one in self._by_key.get(parse_key(key), ()) if one is not mine and _clash(mine, one))

    def action(self, name: str) -> Action:
        """The action with its keys of now. The name is one of the table."""
        return next(action for action in self.actions if action.name == name)

    def default_keys(self, name: str) -> tuple[str, ...]:
        """The keys that the table gives to an action."""
        return next(tuple(map(parse_key, action.keys)) for action in self._defaults if action.name == name)

    def clashes(self) -> tuple[Clash, ...]:
        """Pairs that a key cannot tell apart."""
        return _clashes(self._by_key)

    def find(self, key: str, session: Session) -> Action | None:
        """The action that the key means now; None if there is none or it cannot be done now."""
        return next((action for action in self._by_key.get(key, ()) if action.enabled(session)), None)

    def is_bound(self, key: str, mode: Mode) -> bool:
        """Whether the key means anything in a mode, even if it cannot be done now."""
        return any(action.where.includes(mode) for action in self._by_key.get(key, ()))

    def keys_of(self, name: str) -> tuple[str, ...]:
        """All keys of an action, as they are shown."""
        return next((tuple(map(parse_key, action.keys)) for action in self.actions if action.name == name), ())
