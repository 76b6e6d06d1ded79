"""Keys of other programs, for hands that know them.

A preset says which actions of ours have other keys than by default: those that the other program has under its
own keys, and those of ours that had to make room. What a program has and we do not is left out.

labelme 7.9 and X-AnyLabeling 4.2: `shortcuts` of their default configurations; CVAT 2.74: its table of shortcuts;
vi: normal mode of POSIX vi.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labeler.state.names import DIGITS

Keys = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Preset:
    """Keys by the names of actions; what is not named keeps its default."""

    title: str
    keys: Keys


LABELME: Keys = {
    "file.open_files": ("Ctrl+O",),
    "file.open_folder": ("Ctrl+U", "Ctrl+I"),
    "image.next": ("d", "Ctrl+Shift+D"),
    "image.previous": ("a", "Ctrl+Shift+A"),
    "view.zoom_in": ("Ctrl++", "Ctrl+=", "+", "="),
    "view.zoom_out": ("Ctrl+-", "-"),
    "view.fit": ("Ctrl+F", "z"),
    "view.zoom_to_box": ("Ctrl+Shift+F", "Shift+Z"),
    "tool.draw": ("Ctrl+R", "q"),
    "tool.select": ("Ctrl+J", "s"),
    "box.delete": ("Delete", "x"),
    "box.duplicate": ("Ctrl+D",),
    "box.lock": ("Ctrl+Shift+L",),
    "label.choose": ("Ctrl+E", "l", ";"),
    "filter.order": ("Ctrl+Shift+R",),
    "filter.clear": ("Ctrl+/",),
    "file.datasets": ("Ctrl+Shift+B",),
    "file.export": ("Ctrl+Shift+E",),
    "file.pending": ("Ctrl+Shift+J",),
}
X_ANYLABELING: Keys = {
    "file.open_files": ("Ctrl+I",),
    "file.open_folder": ("Ctrl+U", "Ctrl+O"),
    "image.next_unlabeled": ("Ctrl+Shift+D", "Shift+D"),
    "image.previous_unlabeled": ("Ctrl+Shift+A", "Shift+A"),
    "image.delete": ("Ctrl+Shift+Delete", "Delete"),
    "done.mark": ("Ctrl+Alt+K", "Shift+M"),
    "tool.draw": ("r", "q"),
    "tool.select": ("Ctrl+J",),
    "box.delete": ("Delete", "x"),
    "box.duplicate": ("Ctrl+D",),
    "label.choose": ("Ctrl+E", "l", ";"),
    "view.hide_selected": ("s",),
    "view.show_all": ("w",),
    "view.zoom_in": ("Ctrl++", "Ctrl+=", "+", "="),
    "view.zoom_out": ("Ctrl+-", "-"),
    "view.fit": ("Ctrl+F", "z"),
    "tool.keys": ("Shift+W",),
    "box.stamp": ("Shift+S",),
    "file.datasets": ("Ctrl+Shift+B",),
    "file.export": ("Ctrl+Shift+E",),
    "file.pending": ("Ctrl+Shift+J",),
}
CVAT: Keys = {
    "image.next": ("f",),
    "image.previous": ("d",),
    "image.delete": ("Alt+Delete", "Delete"),
    "grid.go_to": ("`", "Shift+G"),
    "tool.draw": ("n", "q"),
    "box.delete": ("Delete", "x"),
    "box.lock": ("l",),
    "label.choose": (";",),
    **{f"label.{digit}": (f"Ctrl+{digit}", digit) for digit in DIGITS},
    **{f"view.open_{digit}": (f"Ctrl+Alt+{digit}",) for digit in DIGITS},
    "image.next_unlabeled": ("Shift+F",),
    "image.previous_unlabeled": ("Shift+D",),
    "box.hint": ("j",),
    "box.edge_hint": ("Shift+J",),
    "propose.reject": ("Shift+X",),
}
VI: Keys = {
    "edit.undo": ("u", "Ctrl+Z"),
    "edit.redo": ("Ctrl+R", "Ctrl+Shift+Z"),
    "grid.page_down": ("Ctrl+F", "PageDown"),
    "grid.page_up": ("Ctrl+B", "PageUp"),
    "image.next": ("n", "d"),
    "image.previous": ("Shift+N", "a"),
    "editor.next": ("l", "Right"),
    "editor.previous": ("h", "Left"),
    "box.move_left": ("h", "Left"),
    "box.move_down": ("j", "Down"),
    "box.move_up": ("k", "Up"),
    "box.move_right": ("l", "Right"),
    "box.delete": ("x", "Delete"),
    "box.copy": ("y", "Ctrl+C"),
    "box.paste": ("p", "Ctrl+V"),
    "label.choose": (";",),
    "view.hide_selected": ("Ctrl+Shift+H",),
    "propose.accept": ("Enter",),
    "propose.reject": ("Backspace",),
    "image.next_proposals": ("Ctrl+Shift+N",),
    "filter.order": ("Ctrl+Shift+R",),
}
PRESETS: Mapping[str, Preset] = {
    "labeler": Preset("Labeler", {}),
    "labelme": Preset("labelme", LABELME),
    "x-anylabeling": Preset("X-AnyLabeling", X_ANYLABELING),
    "cvat": Preset("CVAT", CVAT),
    "vi": Preset("vi", VI),
}
"""By the name that the settings have for them; the first is the default."""
