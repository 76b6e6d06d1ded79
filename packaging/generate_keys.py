"""Write the key tables that people read from the table of actions: the help page, and the README's ten.

python packaging/generate_keys.py
"""

from __future__ import annotations

from pathlib import Path

from labeler.actions.action import Where
from labeler.actions.keymap import Keymap
from labeler.actions.table import ACTIONS, BY_NAME

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "resources" / "help" / "keys.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- keys -->", "<!-- /keys -->"
MOST_USED = (
    "image.next", "image.previous", "mode.editor", "mode.grid", "label.choose", "image.tag", "image.add_to_dataset",
    "filter.text", "edit.undo", "help.palette",
)  # fmt: skip


def _cell(keys: tuple[str, ...]) -> str:
    return ", ".join(f"`{key}`" for key in keys)


def _table(rows: list[tuple[str, str]]) -> str:
    return "\n".join(["| key | does |", "|---|---|", *(f"| {keys} | {text} |" for keys, text in rows)])


def page() -> str:
    """The help page with every key."""
    keymap = Keymap(ACTIONS)
    parts = ["# Keys", "Generated from the table of actions. All of them can be changed (Ctrl+Shift+K)."]
    for where in Where:
        rows = [
            (_cell(keymap.keys_of(a.name)), a.help.replace("\n", " ")) for a in ACTIONS if a.where is where and a.keys
        ]
        parts += [f"## {where.value.capitalize()}", _table(rows)]
    return "\n\n".join(parts) + "\n"


def most_used() -> str:
    """The README's table."""
    keymap = Keymap(ACTIONS)
    return _table([(_cell(keymap.keys_of(name)), BY_NAME[name].help.replace("\n", " ")) for name in MOST_USED])


def readme(text: str) -> str:
    """The README's text with its table renewed."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{most_used()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    README.write_text(readme(README.read_text(encoding="utf-8")), encoding="utf-8")
