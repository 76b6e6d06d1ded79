"""The menus, made from the table of actions; made anew when keys change."""

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
        self._menus = {name: bar.addMenu(name) for name in MENUS}
        for menu in self._menus.values():
            menu.aboutToShow.connect(partial(self._enable, menu))
        self._fill()
        keymap.changed.connect(self._fill)

    def _fill(self) -> None:
        for menu in self._menus.values():
            menu.clear()
        groups: dict[str, str] = {}
        for action in self._keymap.actions:
            if not action.menu:
                continue
            name, _, group = action.menu.partition("/")
            menu = self._menus[name]
            if groups.get(name, group) != group:
                menu.addSeparator()
            groups[name] = group
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
