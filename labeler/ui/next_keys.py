"""A line over the pictures that says what can be pressed next, while keys mean something else than usual."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from labeler.actions.following import GAP, what_follows
from labeler.actions.keymap import Keymap
from labeler.state.session import Session
from labeler.ui.plain import PlainLabel

BESIDE, ABOVE = 12, 4
"""Room around the text, in px."""


class NextKeys(QFrame):
    """At the bottom of its parent, over what is there."""

    def __init__(self, parent: QWidget, session: Session, keymap: Keymap) -> None:
        super().__init__(parent)
        self._room, self._session, self._keymap = parent, session, keymap
        self.setObjectName("next_keys")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.text = PlainLabel(wraps=True)
        self._shown = ""
        layout = QHBoxLayout(self)
        layout.setContentsMargins(BESIDE, ABOVE, BESIDE, ABOVE)
        layout.addWidget(self.text)
        parent.installEventFilter(self)
        for signal in (session.canvas.changed, session.grid.moved, session.mode_changed, session.current_changed):
            signal.connect(self.refresh)
        self.hide()

    def refresh(self) -> None:
        """Show what can follow now, or nothing."""
        text = what_follows(self._session, self._keymap)
        if text != self._shown:
            self._shown = text
            self.text.setText(GAP.join(part.replace(" ", "\u00a0") for part in text.split(GAP)))
            self.text.setAccessibleName(text)
            self._place()
        self.setVisible(bool(text))

    def _place(self) -> None:
        room, above = self._room.rect(), 2 * (ABOVE + self.frameWidth())
        beside = 2 * (BESIDE + self.frameWidth())
        wanted = self.text.fontMetrics().horizontalAdvance(self._shown) + 4
        width = min(wanted, room.width() - 16 - beside)
        height = self.text.heightForWidth(width) + above
        self.setGeometry((room.width() - width - beside) // 2, room.height() - height - 8, width + beside, height)
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False
