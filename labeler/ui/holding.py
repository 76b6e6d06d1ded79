"""Shows the keyboard while a modifier is held alone for a while."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from labeler.state.settings import Settings
from labeler.ui.keyboard import MODIFIERS, Keyboard

SECONDS = 0.6
HOLD, NEVER = "keyboard.hold", "never"
"""The setting: the modifier to hold, or never."""
CHOICES = ("Ctrl", "Alt", "Shift", "Meta", NEVER)
_POINTER = (QEvent.Type.MouseButtonPress, QEvent.Type.Wheel, QEvent.Type.WindowDeactivate)


class Holding(QObject):
    """Any other key, the pointer, and letting go hide the keyboard; other modifiers show their keys."""

    def __init__(self, window: QWidget, keyboard: Keyboard, settings: Settings, is_blocked: Callable[[], bool]) -> None:
        super().__init__(window)
        self._window, self._keyboard, self._settings, self._is_blocked = window, keyboard, settings, is_blocked
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(round(SECONDS * 1000))
        self.timer.timeout.connect(self._show)
        application = QApplication.instance()
        assert application is not None  # noqa: S101 - a window exists only within an application
        application.installEventFilter(self)

    def remove(self) -> None:
        """Listen no more."""
        self.timer.stop()
        if application := QApplication.instance():
            application.removeEventFilter(self)

    @property
    def modifier(self) -> str:
        return str(self._settings.get(HOLD, CHOICES[0]))

    @property
    def _shows(self) -> bool:
        return self._keyboard.isVisible() and not self._keyboard.stays

    def _show(self) -> None:
        if not self._is_blocked():
            self._keyboard.show_held({self.modifier})

    def _end(self) -> None:
        self.timer.stop()
        if self._shows:
            self._keyboard.dismiss()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in _POINTER:
            if isinstance(watched, QWidget):
                self._end()
        elif kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) and isinstance(event, QKeyEvent):
            focus = QApplication.focusWidget() or self._window
            if watched is focus and focus.window() is self._window and not event.isAutoRepeat():
                self._key(event, kind == QEvent.Type.KeyPress)
        return False

    def _key(self, event: QKeyEvent, is_down: bool) -> None:
        key = MODIFIERS.get(Qt.Key(event.key()), "")
        if self._shows and key and key != self.modifier:
            held = self._keyboard.held
            self._keyboard.show_held(held | {key} if is_down else held - {key})
        elif is_down and key == self.modifier and not self._other_held(event, key) and not self._is_blocked():
            self.timer.start()
        else:
            self._end()

    @staticmethod
    def _other_held(event: QKeyEvent, key: str) -> bool:
        names = {
            Qt.KeyboardModifier.ControlModifier: "Ctrl", Qt.KeyboardModifier.AltModifier: "Alt",
            Qt.KeyboardModifier.ShiftModifier: "Shift", Qt.KeyboardModifier.MetaModifier: "Meta",
        }  # fmt: skip
        return any(event.modifiers() & modifier for modifier, name in names.items() if name != key)
