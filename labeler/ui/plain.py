"""Labels that show text as it is: nothing that comes from outside is ever read as markup, or acts otherwise.

Other widgets of Qt that take texts for markup (QLabel itself, message boxes, tool tips, text browsers) are used
nowhere else.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from labeler.domain.text import one_line, readable

MOST_IN_ROW = 300
"""Characters of a text on one line; what follows cannot be seen."""


class PlainLabel(QLabel):
    """A label of plain text; `wraps` over several lines, else one line, with an ellipsis for what has no room."""

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        wraps: bool = False,
        ellipsis: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(parent)
        self._ellipsis = ellipsis
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wraps)
        if not wraps:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(readable(text) if self.wordWrap() else one_line(text))

    def minimumSizeHint(self) -> QSize:
        """Narrow, as a long word from outside must not widen the window."""
        return QSize(8, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        if self.wordWrap():
            return super().sizeHint()
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self.text()) + 4, metrics.height() + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.wordWrap():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = QFontMetrics(self.font()).elidedText(self.text(), self._ellipsis, self.width())
        painter.drawText(self.rect(), int(self.alignment()), text)
        painter.end()


def menu_text(text: str) -> str:
    """A text for buttons and menus, where & would mark a mnemonic."""
    return one_line(text, MOST_IN_ROW).replace("&", "&&")


def row_text(text: str) -> str:
    """A text for one row of a list."""
    return one_line(text, MOST_IN_ROW)


def title_text(text: str) -> str:
    """A text for the title of a window, where [*] would mark what is not saved."""
    return one_line(text, MOST_IN_ROW).replace("[*]", "[*][*]")
