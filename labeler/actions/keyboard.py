"""A keyboard as it lies before a person, and what each of its keys does now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from labeler.actions.action import Action
from labeler.actions.keymap import Keymap
from labeler.state.session import Session

HELD = ("Ctrl", "Alt", "Shift", "Meta")
"""Modifiers in the order in which keys are written."""


@dataclass(frozen=True, slots=True)
class Cap:
    """A key of the keyboard: its name, the sign that it gives with Shift, its width in widths of a letter."""

    key: str
    shifted: str = ""
    width: float = 1.0

    def written(self, held: Collection[str]) -> str:
        """The key with the modifiers held as `keymap.parse_key` writes it."""
        if self.shifted and "Shift" in held:
            return "+".join([*(one for one in HELD if one in held and one != "Shift"), self.shifted])
        key = self.key.upper() if held else self.key
        return "+".join([*(one for one in HELD if one in held), key if len(self.key) == 1 else self.key])


def _row(signs: str, shifted: str) -> list[Cap]:
    return [Cap(sign, "" if sign.isalpha() else other) for sign, other in zip(signs, shifted, strict=True)]


ROWS: tuple[tuple[Cap, ...], ...] = (
    (Cap("Esc", width=1.5), *(Cap(f"F{number}", width=1.125) for number in range(1, 13))),
    (*_row("`1234567890-=", "~!@#$%^&*()_+"), Cap("Backspace", width=2)),
    (Cap("Tab"), *_row("qwertyuiop[]\\", "QWERTYUIOP{}|"), Cap("Delete")),
    (Cap("Home", width=1.75), *_row("asdfghjkl;'", 'ASDFGHJKL:"'), Cap("Enter", width=2.25)),
    (Cap("Shift", width=2.25), *_row("zxcvbnm,./", "ZXCVBNM<>?"), Cap("Up"), Cap("End", width=1.75)),
    (
        Cap("Ctrl", width=1.5), Cap("Alt", width=1.5), Cap("Space", width=5), Cap("PageUp", width=2),
        Cap("PageDown", width=2), Cap("Left"), Cap("Down"), Cap("Right"),
    ),
)  # fmt: skip
"""15 letters wide; the keys for moving where there is room for them."""


def meanings(session: Session, keymap: Keymap, held: Collection[str]) -> dict[Cap, Action]:
    """What can be done now by each key that does something while the modifiers are held."""
    found = ((cap, keymap.find(cap.written(held), session)) for row in ROWS for cap in row)
    return {cap: action for cap, action in found if action is not None}
