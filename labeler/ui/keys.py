"""Key events of Qt as the keymap writes keys, and who gets them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from labeler.actions.action import Action
from labeler.actions.keymap import Keymap
from labeler.state.session import Session

_NAMES = {
    Qt.Key.Key_Space: "Space", Qt.Key.Key_Return: "Enter", Qt.Key.Key_Enter: "Enter", Qt.Key.Key_Escape: "Esc",
    Qt.Key.Key_Tab: "Tab", Qt.Key.Key_Backtab: "Tab", Qt.Key.Key_Backspace: "Backspace", Qt.Key.Key_Delete: "Delete",
    Qt.Key.Key_Insert: "Insert", Qt.Key.Key_Home: "Home", Qt.Key.Key_End: "End", Qt.Key.Key_PageUp: "PageUp",
    Qt.Key.Key_PageDown: "PageDown", Qt.Key.Key_Left: "Left", Qt.Key.Key_Right: "Right", Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down", **{Qt.Key(Qt.Key.Key_F1.value + n): f"F{n + 1}" for n in range(12)},
}  # fmt: skip
_MODIFIERS = (
    (Qt.KeyboardModifier.ControlModifier, "Ctrl"),
    (Qt.KeyboardModifier.AltModifier, "Alt"),
    (Qt.KeyboardModifier.ShiftModifier, "Shift"),
    (Qt.KeyboardModifier.MetaModifier, "Meta"),
)
TEXT_INPUTS = (QLineEdit, QPlainTextEdit)
_LIST_KEYS = {"Up", "Down", "Home", "End", "PageUp", "PageDown", "Space", "Enter", "Tab", "Shift+Tab", "Left", "Right"}
_EDITING = {"Ctrl+A", "Ctrl+C", "Ctrl+V", "Ctrl+X", "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+Left", "Ctrl+Right", "Ctrl+Y"}


def key_text(event: QKeyEvent) -> str:
    """The key of an event as `keymap.parse_key` writes it; empty for a modifier alone."""
    held = [name for modifier, name in _MODIFIERS if event.modifiers() & modifier]
    key = Qt.Key(event.key())
    if key in _NAMES:
        return "+".join([*held, _NAMES[key]])
    is_letter = Qt.Key.Key_A <= key <= Qt.Key.Key_Z
    if is_letter:
        return "+".join([*held, chr(key)]) if held else chr(key).lower()
    if event.text().isprintable() and event.text().strip() and not {"Ctrl", "Alt", "Meta"} & set(held):
        return event.text()
    if 0x20 < key < 0x7F:
        return "+".join([*(name for name in held if name != "Shift"), chr(key)])
    return ""


class KeyFilter(QObject):
    """Runs actions for keys before widgets see them, except where a person types or walks a list."""

    def __init__(self, window: QWidget, session: Session, keymap: Keymap, is_blocked: Callable[[], bool]) -> None:
        super().__init__(window)
        self._window, self._session, self.keymap, self._is_blocked = window, session, keymap, is_blocked
        self._held: dict[int, Action] = {}
        self._last_click = 0
        self.pointer_was_last = False
        """Whether the person's last movement was with the pointer, not on the keyboard."""
        application = QApplication.instance()
        assert application is not None  # noqa: S101 - a window exists only within an application
        application.installEventFilter(self)

    def remove(self) -> None:
        """Listen no more."""
        if application := QApplication.instance():
            application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.KeyPress):
            self.pointer_was_last = kind != QEvent.Type.KeyPress
            self._measure(watched, event)
        if kind not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride):
            return False
        if not isinstance(watched, QWidget) or watched.window() is not self._window or not isinstance(event, QKeyEvent):
            return False
        if kind == QEvent.Type.KeyRelease:
            return self._release(event)
        focus = QApplication.focusWidget()
        if watched is not (focus or self._window) or self._is_blocked():
            return False
        key = key_text(event)
        if not key or self._belongs_to_widget(watched, key):
            return False
        if kind == QEvent.Type.KeyPress and self._session.canvas.take_key(key):
            return True
        if kind == QEvent.Type.ShortcutOverride:
            if self.keymap.is_bound(key, self._session.mode):
                event.accept()
            return False
        action = self.keymap.find(key, self._session)
        if action is None:
            return self.keymap.is_bound(key, self._session.mode)
        if action.released:
            if event.isAutoRepeat():
                return True
            self._held[event.key()] = action
        action.run(self._session)
        return True

    def _measure(self, watched: QObject, event: QEvent) -> None:
        """Count a key or a click once, though widgets pass on to their parents what they do not take."""
        if not isinstance(watched, QWidget) or watched.window() is not self._window:
            return
        if isinstance(event, QKeyEvent):
            is_first = watched is (QApplication.focusWidget() or self._window) and not event.isAutoRepeat()
            if is_first and key_text(event):
                self._session.meter.key()
        elif isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            if event.timestamp() != self._last_click:
                self._session.meter.click()
            self._last_click = event.timestamp()

    def _release(self, event: QKeyEvent) -> bool:
        if event.isAutoRepeat() or event.key() not in self._held:
            return False
        action = self._held.pop(event.key())
        if action.released:
            action.released(self._session)
        return True

    @staticmethod
    def _belongs_to_widget(widget: QWidget, key: str) -> bool:
        if isinstance(widget, TEXT_INPUTS):
            has_modifier = key.startswith(("Ctrl+", "Alt+", "Meta+"))
            is_function = len(key) > 1 and key[0] == "F" and key[1:].isdigit()
            return not (has_modifier or is_function) or key in _EDITING
        if isinstance(widget, QAbstractItemView | QComboBox):
            return key in _LIST_KEYS
        if isinstance(widget, QAbstractButton):
            return key in ("Space", "Enter", "Tab", "Shift+Tab")
        return False
