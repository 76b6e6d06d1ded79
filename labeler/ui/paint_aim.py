"""What aiming by keys shows: the grid of letters, and beside it the chosen cell enlarged."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from labeler.domain.geometry import Point, Rect
from labeler.state.aim import BLOCK, LETTERS, PARTS, Aim, part
from labeler.state.view import View
from labeler.ui import theme

INSET = 330.0
"""Width of the enlarged cell in px."""
LEAST_CELL = (26.0, 15.0)
"""From this size on, in px, each cell has both of its letters; smaller ones have them along the sides."""
VEIL, LINE = QColor("#48000000"), QColor("#58ffffff")


def paint_aim(painter: QPainter, view: View, room: QRectF, aim: Aim, picture: QImage, snapped: Point | None) -> None:
    """Paint over the picture; `picture` may be of any size, it stands for the whole image.

    `snapped` is where Space would put the corner, None while it would put none.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    area = _on_widget(view, aim.area)
    painter.setFont(theme.font(theme.SMALL_PX, bold=True))
    if len(aim.typed) < 2:
        painter.fillRect(area, VEIL)
        _paint_cells(painter, area, aim)
    else:
        painter.setPen(QPen(theme.DARK.accent_on_canvas, 2))
        painter.drawRect(_on_widget(view, aim.left))
        _paint_inset(painter, view, room, aim, picture, snapped)
    for corner in (aim.first, snapped):
        if corner is not None:
            at = view.point_to_widget(corner)
            _paint_corner(painter, at.x, at.y)
    painter.restore()


def _on_widget(view: View, rect: Rect) -> QRectF:
    place = view.to_widget(rect)
    return QRectF(place.left, place.top, place.width, place.height)


def _paint_corner(painter: QPainter, x: float, y: float) -> None:
    for color, width in ((QColor("#c0000000"), 4), (QColor("#ffffff"), 2)):
        painter.setPen(QPen(color, width))
        painter.drawLine(QLineF(x - 8, y, x + 8, y))
        painter.drawLine(QLineF(x, y - 8, x, y + 8))


def _paint_cells(painter: QPainter, area: QRectF, aim: Aim) -> None:
    wide, high = area.width() / 26, area.height() / 26
    painter.setPen(QPen(LINE, 1))
    painter.drawLines(
        [QLineF(area.left() + n * wide, area.top(), area.left() + n * wide, area.bottom()) for n in range(27)]
        + [QLineF(area.left(), area.top() + n * high, area.right(), area.top() + n * high) for n in range(27)]
    )
    has_room = wide >= LEAST_CELL[0] and high >= LEAST_CELL[1]
    chosen = LETTERS.index(aim.typed[0]) if aim.typed else None
    for column, row in ((column, row) for column in range(26) for row in range(26)):
        is_off = chosen is not None and column != chosen
        if is_off or not (has_room or row == 0 or column == 0 or chosen is not None):
            continue
        place = QRectF(area.left() + column * wide, area.top() + row * high, wide, high)
        text = LETTERS[row] if chosen is not None else LETTERS[column] + LETTERS[row]
        if not has_room and chosen is None:
            text = LETTERS[column] if row == 0 else LETTERS[row]
        _write(painter, place, text)


def _write(painter: QPainter, place: QRectF, text: str) -> None:
    painter.setPen(QColor("#000000"))
    painter.drawText(place.translated(1, 1), int(Qt.AlignmentFlag.AlignCenter), text)
    painter.setPen(QColor("#ffffff"))
    painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)


def _paint_inset(painter: QPainter, view: View, room: QRectF, aim: Aim, picture: QImage, snapped: Point | None) -> None:
    """The cell or its part, enlarged, in the corner of the room that is farther from it, with the next keys."""
    left = aim.left
    height = INSET * (left.height * view.height) / (left.width * view.width)
    middle = _on_widget(view, left).center()
    x = room.right() - INSET - 16 if middle.x() < room.center().x() else room.left() + 16
    place = QRectF(x, room.top() + 16, INSET, min(height, room.height() - 32))
    source = QRectF(
        left.left * picture.width(), left.top * picture.height(),
        left.width * picture.width(), left.height * picture.height(),
    )  # fmt: skip
    painter.drawImage(place, picture, source)
    painter.setPen(QPen(theme.DARK.accent_on_canvas, 2))
    painter.drawRect(place)
    keys, count = (PARTS, 5) if len(aim.typed) == 2 else (BLOCK, 3)
    painter.setFont(theme.font(theme.BODY_PX, bold=True))
    for key, where in _parts(place, keys, count):
        painter.setPen(QPen(LINE, 1))
        painter.drawRect(where)
        _write(painter, where, key)
    if snapped is not None:
        across, down = (snapped.x - left.left) / left.width, (snapped.y - left.top) / left.height
        painter.save()
        painter.setClipRect(place)
        _paint_corner(painter, place.left() + across * place.width(), place.top() + down * place.height())
        painter.restore()
    _write(painter, QRectF(place.left(), place.bottom() + 4, place.width(), 20), "Space: at the cross, on the edges")


def _parts(place: QRectF, keys: str, count: int) -> Iterator[tuple[str, QRectF]]:
    whole = Rect(place.left(), place.top(), place.right(), place.bottom())
    for number, key in enumerate(keys):
        row, column = divmod(number, count)
        where = part(whole, count, count, column, row)
        yield key, QRectF(where.left, where.top, where.width, where.height)
