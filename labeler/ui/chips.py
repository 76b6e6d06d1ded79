"""Chips of labels on boxes, each painted once: an image with thousands of boxes has few different ones."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from labeler.ui import theme
from labeler.ui.marks import chip_size, paint_chip

MOST = 1_000
"""Chips that are kept; beyond that all are made anew."""


class Chips:
    """Chips for a screen with `ratio` device px per px."""

    def __init__(self, ratio: float) -> None:
        self.ratio = ratio
        self._font = theme.font(theme.SMALL_PX)
        self._sizes: dict[str, tuple[float, float]] = {}
        self._pictures: dict[tuple[str, int], QPixmap] = {}

    def size(self, text: str) -> tuple[float, float]:
        """Width and height of a chip in px."""
        if (size := self._sizes.get(text)) is None:
            if len(self._sizes) >= MOST:
                self._sizes.clear()
            size = self._sizes[text] = chip_size(text, self._font)
        return size

    def paint(self, painter: QPainter, left: float, top: float, text: str, color: QColor) -> None:
        at = QPointF(round(left * self.ratio) / self.ratio, round(top * self.ratio) / self.ratio)
        painter.drawPixmap(at, self.picture(text, color))

    def picture(self, text: str, color: QColor) -> QPixmap:
        key = (text, color.rgba())
        if (picture := self._pictures.get(key)) is None:
            if len(self._pictures) >= MOST:
                self._pictures.clear()
            picture = self._pictures[key] = self._made(text, color)
        return picture

    def _made(self, text: str, color: QColor) -> QPixmap:
        width, height = self.size(text)
        picture = QPixmap(ceil(width * self.ratio), ceil(height * self.ratio))
        picture.setDevicePixelRatio(self.ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_chip(painter, QRectF(0, 0, width, height), text, color, self._font)
        painter.end()
        return picture
