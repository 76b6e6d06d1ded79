"""What follows the pointer on the canvas: crosshair, measures, the label in use."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from labeler.domain.geometry import Point, Rect
from labeler.state.view import View
from labeler.ui import theme
from labeler.ui.marks import chip_size, paint_chip

READOUT = QColor("#e01a1a1a")
OFFSET = 16.0


def paint_crosshair(painter: QPainter, view: View, room: QRectF, pointer: Point) -> None:
    """Lines through the pointer across the picture, light beside dark so that one of them is seen."""
    picture = picture_rect(view).intersected(room)
    if not picture.adjusted(-1, -1, 1, 1).contains(QPointF(pointer.x, pointer.y)):
        return
    x, y = round(pointer.x) + 0.5, round(pointer.y) + 0.5
    for shift, color in ((1.0, QColor("#80000000")), (0.0, QColor("#c0ffffff"))):
        painter.setPen(QPen(color, 1))
        painter.drawLine(QLineF(picture.left(), y + shift, picture.right(), y + shift))
        painter.drawLine(QLineF(x + shift, picture.top(), x + shift, picture.bottom()))


def picture_rect(view: View) -> QRectF:
    """The picture in widget px."""
    return QRectF(view.left, view.top, view.width * view.scale, view.height * view.scale)


def paint_drawing(painter: QPainter, view: View, drawing: Rect, color: QColor) -> None:
    """The box that is being drawn."""
    rect = view.to_widget(drawing)
    place = QRectF(rect.left, rect.top, rect.width, rect.height)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(theme.DARK.halo, 4), QPen(color, 2)):
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(place)


def paint_extremes(painter: QPainter, view: View, points: Iterable[Point], color: QColor) -> None:
    """The points clicked so far of a box that is drawn by its extreme points."""
    for point in points:
        at = view.point_to_widget(point)
        for ink, radius in ((theme.DARK.halo, 5.0), (QColor("#ffffff"), 4.0), (color, 3.0)):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            painter.drawEllipse(QPointF(at.x, at.y), radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def size_text(view: View, rect: Rect) -> str:
    """The size of a rectangle of fractions in px of the image."""
    return f"{round(rect.width * view.width)} x {round(rect.height * view.height)} px"


def position_text(view: View, pointer: Point) -> str:
    """The px of the image under a point of the widget, whole px from the top left; empty beside the picture."""
    at = view.to_image(pointer)
    if not (0 <= at.x <= 1 and 0 <= at.y <= 1):
        return ""
    return f"{min(int(at.x * view.width), view.width - 1)}, {min(int(at.y * view.height), view.height - 1)}"


def paint_beside(
    painter: QPainter, room: QRectF, pointer: Point, label: tuple[str, QColor] | None, measures: str
) -> None:
    """Chips to the lower right of the pointer, or where the room is: the label in its colour, measures under it."""
    font = theme.font(theme.SMALL_PX, tabular=True)
    lines: list[tuple[str, QColor]] = [label] if label else []
    lines += [(measures, READOUT)] if measures else []
    sizes = [chip_size(text, font) for text, _ in lines]
    width, height = max((size[0] for size in sizes), default=0.0), sum(size[1] + 2 for size in sizes)
    left = pointer.x + OFFSET if pointer.x + OFFSET + width <= room.right() else pointer.x - OFFSET - width
    top = pointer.y + OFFSET if pointer.y + OFFSET + height <= room.bottom() else pointer.y - OFFSET - height
    for (text, color), (wide, high) in zip(lines, sizes, strict=True):
        place = QRectF(left, top, wide, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.DARK.halo)
        painter.drawRoundedRect(place.adjusted(-1, -1, 1, 1), 4, 4)
        paint_chip(painter, place, text, color, font)
        top += high + 2
