"""A viewport that paints cells by arithmetic, for dialogs that show pictures side by side."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from labeler.state.grid import GAP


class CellsView(QAbstractScrollArea):
    """Scrolls over cells, one of which is in front; keys are the dialog's."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def lay_out(self) -> None:
        """Take what is there now, scrolled as little as needed so that the cell in front is seen."""
        raise NotImplementedError

    def want(self) -> None:
        """Ask for the pictures of what is seen."""
        raise NotImplementedError

    def clicked(self, x: int, y: int) -> None:
        """A point of all that can be scrolled to was clicked."""
        raise NotImplementedError

    def scroll_to(self, height: int, place: QRect) -> None:
        """Scroll over so many px, so that a place of the viewport is seen."""
        bar, shown = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, height - shown))
        bar.setEnabled(bar.maximum() > 0)
        bar.setPageStep(shown)
        if place.top() < GAP:
            bar.setValue(bar.value() + place.top() - GAP)
        elif place.bottom() > shown - GAP:
            bar.setValue(bar.value() + place.bottom() - shown + GAP)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.want()
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        self.clicked(point.x(), point.y() + self.verticalScrollBar().value())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.lay_out()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def sizeHint(self) -> QSize:
        return QSize(900, 560)
