"""The overlay that shows every key for where the user is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from labeler.actions.keymap import Keymap
from labeler.state.session import Mode
from labeler.ui.plain import PlainLabel

COLUMN, KEYS = 320, 152


class HelpOverlay(QFrame):
    """Keys and what they do, in columns; any key closes it. `closed` is emitted when it goes away."""

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._room = parent
        self.setObjectName("help")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        self._title = PlainLabel()
        font = self._title.font()
        font.setPixelSize(16)
        font.setBold(True)
        self._title.setFont(font)
        self._area = QScrollArea()
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout.addWidget(self._title)
        layout.addWidget(self._area)
        self.hide()

    def show_keys(self, keymap: Keymap, mode: Mode) -> None:
        """Show the keys of a mode."""
        self._title.setText(f"Keys in the {mode.value}   (any key closes)")
        self.setGeometry(self._room.rect().adjusted(24, 24, -24, -24))
        self._area.setWidget(self._page(keymap, mode, max(1, (self.width() - 48) // COLUMN)))
        self.show()
        self.raise_()
        self.setFocus()

    def _page(self, keymap: Keymap, mode: Mode, columns: int) -> QWidget:
        rows = [a for a in keymap.actions if a.keys and a.where.includes(mode)]
        page = QWidget()
        across = QHBoxLayout(page)
        across.setSpacing(24)
        each = -(-len(rows) // columns)
        for start in range(0, len(rows), each):
            column = QGridLayout()
            column.setVerticalSpacing(4)
            column.setColumnStretch(1, 1)
            for place, action in enumerate(rows[start : start + each]):
                keys = PlainLabel("  ".join(keymap.keys_of(action.name)))
                keys.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
                keys.setFixedWidth(KEYS)
                bold = keys.font()
                bold.setBold(True)
                keys.setFont(bold)
                title = PlainLabel(action.title)
                title.setAccessibleDescription(action.help)
                column.addWidget(keys, place, 0)
                column.addWidget(title, place, 1)
            column.setRowStretch(each, 1)
            across.addLayout(column, 1)
        return page

    def keyPressEvent(self, event: QKeyEvent) -> None:
        scrolls = {Qt.Key.Key_Down: 56, Qt.Key.Key_Up: -56, Qt.Key.Key_PageDown: 400, Qt.Key.Key_PageUp: -400}
        by = scrolls.get(Qt.Key(event.key()))
        if by:
            bar = self._area.verticalScrollBar()
            bar.setValue(bar.value() + by)
        elif Qt.Key(event.key()) not in (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt):
            self.dismiss()

    def dismiss(self) -> None:
        if self.isVisible():
            self.hide()
            self.closed.emit()
