"""What the next key can be, while keys mean something else than usual."""

from __future__ import annotations

from labeler.actions.keymap import Keymap
from labeler.state.session import Mode, Session

GAP = "     "
"""Between the parts of the line."""
_AIM = ("a letter: the column", "a letter: the row", "a to y: the part", "q w e / a s d / z x c: the point")


def what_follows(session: Session, keymap: Keymap) -> str:
    """What can be pressed now, in a line; empty where all keys mean what they always do."""
    if session.mode is Mode.EDITOR:
        return _aiming(session, keymap) or _hints(session, keymap)
    if session.grid.visual:
        moves = "  ".join(keymap.keys_of(f"grid.{way}")[0] for way in _ways(keymap))
        return _line(
            "Range", f"{moves}: extend", _key(keymap, "grid.select_range", "end"), _leave(keymap, "grid.leave")
        )
    return ""


def _ways(keymap: Keymap) -> list[str]:
    return [way for way in ("left", "down", "up", "right") if keymap.keys_of(f"grid.{way}")]


def _aiming(session: Session, keymap: Keymap) -> str:
    aim = session.canvas.aim
    if aim is None:
        return ""
    corner = "First corner" if aim.first is None else "Second corner"
    parts = [_AIM[len(aim.typed)]]
    if len(aim.typed) >= 2:
        parts.append("Space: snap")
    if aim.first is not None and not aim.typed:
        parts.append("arrows: move the first corner, with Shift by 10")
    parts.append("Backspace: a step back")
    return _line(corner + (f" {aim.typed}" if aim.typed else ""), *parts, _leave(keymap, "editor.back"))


def _hints(session: Session, keymap: Keymap) -> str:
    canvas = session.canvas
    if canvas.hints is None:
        return ""
    what = "q w e / a d / z x c: a corner or an edge" if canvas.hints_are_edges else "letters of a box: select it"
    typed = f" {canvas.hints.typed}" if canvas.hints.typed else ""
    return _line("Choose" + typed, what, _leave(keymap, "editor.back"))


def _key(keymap: Keymap, name: str, does: str) -> str:
    keys = keymap.keys_of(name)
    return f"{keys[0]}: {does}" if keys else ""


def _leave(keymap: Keymap, name: str) -> str:
    return _key(keymap, name, "leave")


def _line(*parts: str) -> str:
    return GAP.join(part for part in parts if part)
