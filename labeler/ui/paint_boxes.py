"""Boxes on the canvas: lines with a halo, chips with their labels, handles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from labeler.domain.box import Box
from labeler.domain.geometry import Handle, Rect
from labeler.state.names import Names
from labeler.state.view import View
from labeler.ui import theme
from labeler.ui.chips import Chips
from labeler.ui.marks import chip_size, paint_chip

LINE = 2.0
HALO = 1.0
HANDLE = 7.0
LEAST_FOR_CHIP = 28.0
"""A box whose width and height on the screen are less than this together, in px, has a chip only when it is hovered
or selected: thin ones have one, small ones do not."""
WIDE_ENOUGH = 48.0
"""px that a chip may always have; a wider one is as wide as its box at most, or has the label's short code."""


@dataclass(frozen=True, slots=True)
class Style:
    """How one box is drawn beyond its lines."""

    has_handles: bool = False
    is_selected: bool = False
    edge: Handle | None = None
    """The edge that keys move, marked."""


def on_screen(view: View, box: Box) -> QRectF:
    """The box in widget px, on whole px so that its lines are sharp."""
    rect = view.to_widget(box.rect)
    left, top = round(rect.left), round(rect.top)
    return QRectF(left, top, max(1, round(rect.right) - left), max(1, round(rect.bottom) - top))


def _pen(color: QColor, width: float, dashed: bool = False) -> QPen:
    pen = QPen(color, width)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    if dashed:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([4, 3])
    return pen


def paint_still(painter: QPainter, view: View, room: QRectF, boxes: Iterable[Box], labels: Names, chips: Chips) -> None:
    """Boxes that nobody holds. Those outside the room are left out."""
    seen = [(on_screen(view, box), box) for box in boxes]
    seen = [(rect, box) for rect, box in seen if rect.intersects(room)]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    # On whole px lines are as sharp without it, and thousands of boxes are painted in a fraction of the time.
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(_pen(theme.DARK.halo, LINE + 2 * HALO))
    painter.drawRects([rect for rect, _ in seen])
    for color, dashed, rects in _by_look(seen, labels):
        painter.setPen(_pen(color, LINE, dashed))
        painter.drawRects(rects)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colors = {label: theme.label_color(labels.place_of(label)) for label in {box.label for _, box in seen}}
    for rect, box in seen:
        if rect.width() + rect.height() >= LEAST_FOR_CHIP:
            text = chip_text(box, labels)
            if chips.size(text)[0] > max(WIDE_ENOUGH, rect.width() + LINE):
                text = short_chip_text(box, labels)
            place = _chip_place(rect, room, chips.size(text))
            chips.paint(painter, place.left(), place.top(), text, colors[box.label])


def _by_look(seen: list[tuple[QRectF, Box]], labels: Names) -> list[tuple[QColor, bool, list[QRectF]]]:
    groups: dict[tuple[str, bool], list[QRectF]] = {}
    for rect, box in seen:
        groups.setdefault((box.label, box.is_proposal), []).append(rect)
    return [(theme.label_color(labels.place_of(label)), dashed, rects) for (label, dashed), rects in groups.items()]


def paint_held(painter: QPainter, view: View, room: QRectF, box: Box, labels: Names, style: Style) -> None:
    """The box that is hovered, selected or dragged."""
    rect, color = on_screen(view, box), theme.label_color(labels.place_of(box.label))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(theme.DARK.halo, LINE + 2 * HALO + (2 if style.is_selected else 0)))
    painter.drawRect(rect)
    if style.is_selected:
        painter.setPen(_pen(QColor("#ffffff"), LINE + 1.6))
        painter.drawRect(rect)
    painter.setPen(_pen(color, LINE, box.is_proposal))
    painter.drawRect(rect)
    if style.edge is not None:
        for ink, width in ((theme.DARK.halo, 8), (QColor("#ffffff"), 6)):
            painter.setPen(_pen(ink, width))
            painter.drawLine(_edge_line(rect, style.edge))
    if style.has_handles:
        _paint_handles(painter, rect, color)
    paint_label(painter, rect, room, box, labels)


def paint_hints(painter: QPainter, view: View, room: QRectF, words: Iterable[tuple[str, Rect]], typed: int) -> None:
    """Letters in the middle of parts of the picture that keys choose; those typed already are left out."""
    font = theme.font(theme.TITLE_PX, bold=True)
    for word, rect in words:
        middle = view.point_to_widget(rect.center)
        width, height = chip_size(word[typed:].upper(), font)
        left = min(max(middle.x - width / 2, room.left()), room.right() - width)
        top = min(max(middle.y - height / 2, room.top()), room.bottom() - height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.DARK.halo)
        painter.drawRoundedRect(QRectF(left - 1, top - 1, width + 2, height + 2), 4, 4)
        paint_chip(painter, QRectF(left, top, width, height), word[typed:].upper(), theme.DARK.accent_on_canvas, font)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_proposals(painter: QPainter, view: View, room: QRectF, boxes: Sequence[Box], at: str, labels: Names) -> None:
    """Boxes that nobody has accepted, dashed; the one that is decided next has a white line around it."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for box in sorted(boxes, key=lambda box: box.id == at):
        rect = on_screen(view, box)
        painter.setPen(_pen(theme.DARK.halo, LINE + 2 * HALO + (2 if box.id == at else 0)))
        painter.drawRect(rect)
        if box.id == at:
            painter.setPen(_pen(QColor("#ffffff"), LINE + 1.6))
            painter.drawRect(rect)
        painter.setPen(_pen(theme.label_color(labels.place_of(box.label)), LINE, dashed=True))
        painter.drawRect(rect)
        paint_label(painter, rect, room, box, labels)


def paint_of_others(painter: QPainter, view: View, room: QRectF, boxes: Iterable[Box]) -> None:
    """The service's versions of boxes in conflict: dashed beside the person's, and named so."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for box in boxes:
        rect = on_screen(view, box)
        painter.setPen(_pen(theme.DARK.halo, LINE + 2 * HALO))
        painter.drawRect(rect)
        for color, dashed in ((QColor("#ffffff"), False), (theme.DARK.warning, True)):
            painter.setPen(_pen(color, LINE, dashed))
            painter.drawRect(rect)
        font = theme.font(theme.SMALL_PX)
        text = f"theirs: {box.label}"
        width, height = chip_size(text, font)
        left = min(max(rect.left(), room.left()), room.right() - width)
        top = min(rect.bottom() + LINE, room.bottom() - height)
        paint_chip(painter, QRectF(left, top, width, height), text, theme.DARK.warning, font)


def _edge_line(rect: QRectF, edge: Handle) -> QLineF:
    return {
        Handle.LEFT: QLineF(rect.topLeft(), rect.bottomLeft()),
        Handle.RIGHT: QLineF(rect.topRight(), rect.bottomRight()),
        Handle.TOP: QLineF(rect.topLeft(), rect.topRight()),
        Handle.BOTTOM: QLineF(rect.bottomLeft(), rect.bottomRight()),
    }[edge]


def _paint_handles(painter: QPainter, rect: QRectF, color: QColor) -> None:
    xs = [rect.left(), rect.right()] + ([rect.center().x()] if rect.width() > 5 * HANDLE else [])
    ys = [rect.top(), rect.bottom()] + ([rect.center().y()] if rect.height() > 5 * HANDLE else [])
    spots = [
        QRectF(x - HANDLE / 2, y - HANDLE / 2, HANDLE, HANDLE)
        for x in xs
        for y in ys
        if not (x not in xs[:2] and y not in ys[:2])
    ]
    painter.setPen(_pen(theme.DARK.halo, 3))
    painter.setBrush(QColor("#ffffff"))
    painter.drawRects(spots)
    painter.setPen(_pen(color.darker(160), 1))
    painter.drawRects(spots)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def chip_text(box: Box, labels: Names) -> str:
    """The digit and the label, and the confidence of a proposal."""
    sure = f"{box.confidence * 100:.0f} %" if box.is_proposal and box.confidence is not None else ""
    return "  ".join(part for part in (labels.digit_of(box.label), box.label, sure) if part)


def short_chip_text(box: Box, labels: Names) -> str:
    """The digit and the short code of the label."""
    return " ".join(part for part in (labels.digit_of(box.label), labels.code_of(box.label)) if part)


def _chip_place(rect: QRectF, room: QRectF, size: tuple[float, float]) -> QRectF:
    """Over the top left corner of a box, below it inside the box where there is no room above."""
    width, height = size
    outside = LINE / 2 + HALO
    top = rect.top() - outside - height
    if top < room.top():
        top = max(rect.top(), room.top()) + outside
    left = min(max(rect.left() - outside, room.left()), room.right() - width)
    return QRectF(left, top, width, height)


def paint_label(painter: QPainter, rect: QRectF, room: QRectF, box: Box, labels: Names) -> None:
    """The chip of a box with its whole label."""
    font, text = theme.font(theme.SMALL_PX), chip_text(box, labels)
    place = _chip_place(rect, room, chip_size(text, font))
    paint_chip(painter, place, text, theme.label_color(labels.place_of(box.label)), font)
