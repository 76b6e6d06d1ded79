"""A ring around what has the keyboard, wherever the style shows that too faintly or not at all."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication, QFocusFrame, QLineEdit, QMenu, QMenuBar, QWidget

from labeler.ui import theme
from labeler.ui.accessible import Painted

_SHOWN_BY_THEMSELVES = (QLineEdit, QMenu, QMenuBar)


class FocusRing(QFocusFrame):
    """One per window, as it lives and dies with what is in the window."""

    def paintEvent(self, event: QPaintEvent) -> None:
        inner = self.rect().adjusted(theme.FOCUS, theme.FOCUS, -theme.FOCUS, -theme.FOCUS)
        painter = QPainter(self)
        painter.setClipRegion(QRegion(self.rect()) - QRegion(QRect(inner)))
        painter.fillRect(self.rect(), theme.colors().accent)
        painter.end()


class FocusFollower(QObject):
    """Puts the ring around what gets the keyboard, for as long as its parent lives."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        application = QApplication.instance()
        assert isinstance(application, QApplication)  # noqa: S101 - a window exists only within an application
        application.focusChanged.connect(self._moved)

    def _moved(self, old: QWidget | None, now: QWidget | None) -> None:
        if now is None:
            return
        ring = now.window().findChild(FocusRing)
        if isinstance(now, (*_SHOWN_BY_THEMSELVES, Painted)):
            if ring is not None:
                ring.setWidget(None)  # type: ignore[arg-type]
            return
        (ring or FocusRing(now.window())).setWidget(now)
