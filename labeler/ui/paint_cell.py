"""One cell of the grid: a thumbnail with what is on the image, its name and where its edits are."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPen

from labeler.domain.image import Image
from labeler.domain.saving import SaveState
from labeler.state.grid import CAPTION
from labeler.state.names import Names
from labeler.ui import theme
from labeler.ui.decode import Decoded
from labeler.ui.marks import (
    contained,
    paint_save_state,
    paint_small_boxes,
    paint_tags,
    paint_warning,
    scaled,
)
from labeler.ui.plain import row_text


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows. `image` is None while it is not known, `picture` while it is not loaded."""

    image: Image | None
    picture: Decoded | None
    problem: str
    state: SaveState
    is_selected: bool
    is_cursor: bool
    has_focus: bool


class CellPainter:
    """Paints cells in the colours of a theme."""

    def __init__(self, labels: Names, tags: Names) -> None:
        self.labels, self.tags = labels, tags
        self.small, self.body = theme.font(theme.SMALL_PX), theme.font(theme.SMALL_PX)
        self._scaled: WeakKeyDictionary[Decoded, tuple[tuple[int, int, float], QImage]] = WeakKeyDictionary()
        """Copies as they are painted, as long as the pictures are in memory."""

    def paint(self, painter: QPainter, place: QRect, cell: Cell, colors: theme.Colors) -> None:
        """Paint into `place`, which is `state.grid`'s cell."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(place, colors.selection if cell.is_selected else colors.cell)
        room = QRect(place.x() + 4, place.y() + 4, place.width() - 8, place.height() - CAPTION - 4)
        if cell.picture is not None:
            self._picture(painter, room, cell, cell.picture)
        elif cell.problem:
            self._problem(painter, room, cell.problem, colors)
        elif cell.image is not None:
            painter.fillRect(room.adjusted(room.width() // 4, 8, -room.width() // 4, -8), colors.border)
        if cell.image is not None:
            if cell.image.tags:
                paint_tags(painter, room, cell.image.tags, self.tags, self.small)
            self._caption(painter, place, cell, cell.image, colors)
        self._frame(painter, place, cell, colors)

    def _picture(self, painter: QPainter, room: QRect, cell: Cell, picture: Decoded) -> None:
        where = contained(picture.width, picture.height, room)
        painter.drawImage(where.topLeft(), self._scaled_to(picture, where, painter.device().devicePixelRatioF()))
        if cell.image is not None and cell.image.boxes:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            paint_small_boxes(painter, where, cell.image.boxes, self.labels)

    def _scaled_to(self, picture: Decoded, where: QRect, ratio: float) -> QImage:
        key = (where.width(), where.height(), ratio)
        held = self._scaled.get(picture)
        if held is None or held[0] != key:
            held = self._scaled[picture] = (key, scaled(picture.image, where, ratio))
        return held[1]

    def _problem(self, painter: QPainter, room: QRect, problem: str, colors: theme.Colors) -> None:
        paint_warning(painter, QPointF(room.center().x() + 0.5, room.y() + 16), 8, colors.warning)
        painter.setFont(self.small)
        painter.setPen(colors.text)
        text = room.adjusted(6, 30, -6, -2)
        painter.save()
        painter.setClipRect(text)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextWrapAnywhere
        painter.drawText(text, flags, row_text(problem))
        painter.restore()

    def _caption(self, painter: QPainter, place: QRect, cell: Cell, image: Image, colors: theme.Colors) -> None:
        line = QRect(place.x() + 8, place.bottom() - CAPTION + 2, place.width() - 16, CAPTION - 2)
        name = row_text(image.file_name.rsplit("/", 1)[-1] or image.id)
        if cell.state is not SaveState.DELIVERED:
            paint_save_state(painter, QPointF(line.right() - 3, line.center().y() + 0.5), cell.state, colors)
            line.setRight(line.right() - 14)
        count = len(image.boxes)
        painter.setFont(self.small)
        metrics = QFontMetrics(self.small)
        if count:
            text = f"{count}"
            width = metrics.horizontalAdvance(text)
            painter.setPen(colors.text if cell.is_selected else colors.quiet)
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            line.setRight(line.right() - width - 8)
        painter.setPen(colors.text if cell.is_cursor or cell.is_selected else colors.quiet)
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

    def _frame(self, painter: QPainter, place: QRect, cell: Cell, colors: theme.Colors) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if cell.is_selected:
            painter.setPen(Qt.PenStyle.NoPen)
            mark = QRectF(place.right() - 19, place.y() + 5, 16, 16)
            painter.setBrush(colors.accent)
            painter.drawEllipse(mark)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colors.on_accent, 1.8, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
            x, y = mark.x(), mark.y()
            painter.drawPolyline([QPointF(x + 4.3, y + 8.4), QPointF(x + 7, y + 11), QPointF(x + 11.6, y + 5.4)])
        if cell.is_cursor:
            color = colors.accent if cell.has_focus else colors.control
            painter.setPen(QPen(color, theme.FOCUS, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(QRectF(place).adjusted(-1, -1, 1, 1))
