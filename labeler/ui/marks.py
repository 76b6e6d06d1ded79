"""Small things that several widgets paint: boxes on thumbnails, chips, sentences."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from labeler.domain.box import Box
from labeler.domain.saving import SaveState
from labeler.domain.text import one_line
from labeler.state.names import Names
from labeler.ui import theme
from labeler.ui.plain import row_text

MOST_ON_CHIP = 60
MOST_IN_SENTENCES = 1_000


def contained(width: int, height: int, room: QRect) -> QRect:
    """The largest rectangle of the proportions that fits into the middle of the room, not larger than the picture."""
    factor = min(room.width() / max(1, width), room.height() / max(1, height))
    across, down = max(1, round(width * factor)), max(1, round(height * factor))
    return QRect(room.x() + (room.width() - across) // 2, room.y() + (room.height() - down) // 2, across, down)


def scaled(image: QImage, room: QRect, ratio: float) -> QImage:
    """A copy that fills `room` px on a screen with `ratio` device px per px."""
    copy = image.scaled(
        round(room.width() * ratio),
        round(room.height() * ratio),
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    copy.setDevicePixelRatio(ratio)
    return copy


def paint_small_boxes(painter: QPainter, picture: QRect, boxes: Iterable[Box], labels: Names) -> None:
    """Boxes on a thumbnail: their outlines in the labels' colours, over a dark one."""
    rects = [
        (
            QRectF(
                picture.x() + box.x_min * picture.width(),
                picture.y() + box.y_min * picture.height(),
                max(2.0, (box.x_max - box.x_min) * picture.width()),
                max(2.0, (box.y_max - box.y_min) * picture.height()),
            ),
            box,
        )
        for box in boxes
    ]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.DARK.halo, 3))
    painter.drawRects([rect for rect, _ in rects])
    for rect, box in rects:
        pen = QPen(theme.label_color(labels.place_of(box.label)), 1.5)
        if box.is_proposal:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRect(rect)


def chip_size(text: str, font: QFont) -> tuple[float, float]:
    """Width and height in px of a chip with the text, which is cut to `MOST_ON_CHIP` characters."""
    metrics = QFontMetricsF(font)
    return metrics.horizontalAdvance(one_line(text, MOST_ON_CHIP)) + 8, metrics.height() + 2


def paint_chip(painter: QPainter, place: QRectF, text: str, background: QColor, font: QFont) -> None:
    """A rounded patch with text that can be read on it."""
    painter.setFont(font)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(background)
    painter.drawRoundedRect(place, 3, 3)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(theme.text_on(background))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, one_line(text, MOST_ON_CHIP))


def paint_tags(painter: QPainter, room: QRect, tags: Iterable[str], names: Names, font: QFont) -> None:
    """Tags as chips from the left of the room's bottom, as many as fit; "+2" for those that do not."""
    left, bottom = float(room.left()), float(room.bottom() + 1)
    waiting = list(tags)
    while waiting:
        text = one_line(waiting[0], MOST_ON_CHIP)
        width, height = chip_size(text, font)
        more = f"+{len(waiting)}"
        needs_more = len(waiting) > 1
        reserve = chip_size(more, font)[0] + 3 if needs_more else 0
        if left + width + reserve > room.right() + 1:
            metrics = QFontMetricsF(font)
            space = room.right() + 1 - left - reserve - 8
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, space) if space > 30 else ""
            width = chip_size(text, font)[0]
            if not text:
                width = chip_size(more, font)[0]
                paint_chip(painter, QRectF(left, bottom - height, width, height), more, QColor("#d0d0d0"), font)
                return
        color = theme.label_color(names.place_of(waiting.pop(0)))
        paint_chip(painter, QRectF(left, bottom - height, width, height), text, color, font)
        left += width + 3


def paint_save_state(painter: QPainter, center: QPointF, state: SaveState, colors: theme.Colors) -> None:
    """A ring while saving, a dot for what is saved on this machine only, a warning sign for what a person must see."""
    if state is SaveState.DELIVERED:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if state in (SaveState.SAVING, SaveState.SAVED_HERE):
        painter.setPen(QPen(colors.quiet, 1.5))
        painter.setBrush(colors.quiet if state is SaveState.SAVED_HERE else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(center, 3, 3)
        return
    paint_warning(painter, center, 7, colors.warning)


def paint_warning(painter: QPainter, center: QPointF, radius: float, color: QColor) -> None:
    """A filled triangle with an exclamation mark."""
    x, y = center.x(), center.y()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon(
        [QPointF(x, y - radius), QPointF(x + radius, y + radius * 0.8), QPointF(x - radius, y + radius * 0.8)]
    )
    painter.setPen(QPen(theme.text_on(color), max(1.2, radius / 5), c=Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(x, y - radius * 0.3), QPointF(x, y + radius * 0.2))
    painter.drawPoint(QPointF(x, y + radius * 0.55))


def paint_sentences(painter: QPainter, room: QRect, title: str, text: str, colors: tuple[QColor, QColor]) -> None:
    """A title and a sentence under it, in the middle of the room."""
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    title, text = row_text(title), one_line(text, MOST_IN_SENTENCES)
    middle = room.adjusted(room.width() // 8, 0, -room.width() // 8, 0)
    painter.setFont(theme.font(theme.TITLE_PX))
    head = painter.boundingRect(middle, flags, title)
    painter.setFont(theme.font())
    body = painter.boundingRect(middle, flags, text) if text else QRect()
    top = room.y() + (room.height() - head.height() - theme.GAP - body.height()) // 2
    painter.setFont(theme.font(theme.TITLE_PX))
    painter.setPen(colors[0])
    painter.drawText(QRect(middle.x(), top, middle.width(), head.height()), flags, title)
    painter.setFont(theme.font())
    painter.setPen(colors[1])
    painter.drawText(QRect(middle.x(), top + head.height() + theme.GAP, middle.width(), body.height() + 4), flags, text)
