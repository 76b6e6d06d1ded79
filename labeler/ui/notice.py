"""Lines that stay: what went wrong, to be read and copied."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from labeler.state.session import Session
from labeler.ui.plain import PlainLabel


class Notice(QFrame):
    """The latest failure, with its text selectable, and a button that hides it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("notice")
        close = QToolButton()
        close.setText("Dismiss")
        close.clicked.connect(self.hide)
        self.text = _line(self, close)
        session.failed.connect(self.tell)
        self.hide()

    def tell(self, text: str) -> None:
        self.text.setText(text)
        self.text.setAccessibleName(text)
        self.show()


class Trouble(QFrame):
    """What keeps edits from being saved or delivered until somebody mends a disk; goes when that is done."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("trouble")
        self._session = session
        self.text = _line(self)
        session.saving_changed.connect(self._show)
        self.hide()

    def _show(self) -> None:
        text = self._session.outbox.counts.trouble
        if text != self.text.text():
            self.text.setText(text)
            self.text.setAccessibleName(text)
        self.setVisible(bool(text))


def _line(frame: QFrame, *beside: QWidget) -> PlainLabel:
    """A frame's text, which can be read and copied, and what is beside it."""
    frame.setFrameShape(QFrame.Shape.StyledPanel)
    text = PlainLabel(wraps=True)
    text.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    layout = QHBoxLayout(frame)
    layout.setContentsMargins(12, 4, 12, 4)
    layout.addWidget(text, 1)
    for widget in beside:
        layout.addWidget(widget)
    return text
