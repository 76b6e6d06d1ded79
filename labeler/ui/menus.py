"""The menus, made from the table of actions when they open; made anew when keys change."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QMenu, QMenuBar

from labeler.actions.action import Action
from labeler.actions.keymap import Keymap
from labeler.state.session import Session
from labeler.ui.plain import menu_text

MENUS = ("File", "Edit", "View", "Go", "Select", "Box", "Help")


class Menus:
    """Fills a menu bar; entries that cannot be used now are off when a menu opens. `run` does what is chosen."""

    def __init__(self, bar: QMenuBar, session: Session, keymap: Keymap, run: Callable[[Action], None]) -> None:
        self._session, self._keymap, self._run = session, keymap, run
        self._old = set(MENUS)
        """Those to be made (anew) when they open."""
        for name in MENUS:
            menu = bar.addMenu(name)
            menu.aboutToShow.connect(partial(self._open, name, menu))
        keymap.changed.connect(lambda: self._old.update(MENUS))

    def _open(self, name: str, menu: QMenu) -> None:
        if name in self._old:
            self._old.remove(name)
            self._fill(name, menu)
        self._enable(menu)

    def _fill(self, name: str, menu: QMenu) -> None:
        menu.clear()
        former = ""
        for action in self._keymap.actions:
            of, _, group = action.menu.partition("/")
            if of != name:
                continue
            if former not in ("", group):
                menu.addSeparator()
            former = group
            keys = self._keymap.keys_of(action.name)
            entry = menu.addAction(menu_text(action.title) + (f"\t{keys[0]}" if keys else ""))
            entry.setData(action.name)
            entry.setStatusTip(action.help)
            entry.triggered.connect(partial(self._chosen, action))

    def _chosen(self, action: Action, checked: bool = False) -> None:
        self._run(action)

    def _enable(self, menu: QMenu) -> None:
        rows = {action.name: action for action in self._keymap.actions}
        for entry in menu.actions():
            if entry.data():
                entry.setEnabled(rows[str(entry.data())].enabled(self._session))
