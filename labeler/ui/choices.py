"""A dialog around a list, with what can be done to its rows on buttons that each have a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QListWidget, QPushButton, QWidget

from labeler.ui.dialogs import Dialog
from labeler.ui.keys import key_text
from labeler.ui.plain import menu_text
from labeler.ui.rows import set_rows

Choice = tuple[str, str, Callable[[], None]]
"""The key, the title, and what it does."""


class ChoicesDialog(Dialog):
    """Choices are pressed by their key wherever the keyboard is; `also` are other keys for them."""

    def __init__(self, parent: QWidget, title: str, also: Mapping[str, str]) -> None:
        super().__init__(parent, title)
        self._also = also
        self._choices: dict[str, tuple[QPushButton, Callable[[], None]]] = {}

    def take_keys_of(self, view: QAbstractItemView) -> None:
        """Let the choices' keys come before the view's search by letters, and give it rows like others."""
        view.installEventFilter(self)
        if isinstance(view, QListWidget):
            set_rows(view)

    def add_choices(self, *choices: Choice) -> None:
        """Add a row of buttons below."""
        row = QHBoxLayout()
        for key, title, run in choices:
            button = QPushButton(menu_text(f"{title}  {key.upper() if len(key) == 1 else key}"))
            button.setAccessibleName(title)
            button.setAutoDefault(False)
            button.clicked.connect(partial(self._press, key))
            self._choices[key] = (button, run)
            row.addWidget(button)
        self.body.addLayout(row)

    def enable_choices(self, can: Callable[[str], bool]) -> None:
        """Let those be pressed for whose key `can` says so."""
        for key, (button, _) in self._choices.items():
            button.setEnabled(can(key))

    def _press(self, key: str, checked: bool = False) -> None:
        button, run = self._choices[key]
        if button.isEnabled():
            run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._take_key(key_text(event)):
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._take_key(key_text(event)):
            super().keyPressEvent(event)

    def _take_key(self, key: str) -> bool:
        key = self._also.get(key, key)
        if key in self._choices:
            self._press(key)
        return key in self._choices
