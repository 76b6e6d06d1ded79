"""What changes on the canvas while the picture stands still: held boxes, proposals, hints, the pointer."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from labeler.domain.box import Box
from labeler.domain.geometry import handle_spot
from labeler.state.canvas import Canvas
from labeler.state.hints import OF_HANDLES
from labeler.state.pointer import Tool
from labeler.state.session import Session
from labeler.state.view import View
from labeler.ui import theme
from labeler.ui.paint_boxes import Style, paint_held, paint_hints, paint_of_others, paint_proposals
from labeler.ui.paint_pointer import (
    paint_beside,
    paint_crosshair,
    paint_drawing,
    paint_extremes,
    position_text,
    size_text,
)


class Overlay:
    """Paints over the picture and the boxes that nobody holds. The room is the widget, in px."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def paint(self, painter: QPainter, view: View, room: QRectF) -> None:
        """Boxes of others in conflict, held boxes, proposals, hints."""
        if self._session.current is not None:
            paint_of_others(painter, view, room, self._session.review.boxes_of_others(self._session.current.id))
        self._paint_held(painter, view, room)
        self._paint_proposals(painter, view, room)
        self._paint_hints(painter, view, room)

    def _paint_held(self, painter: QPainter, view: View, room: QRectF) -> None:
        canvas = self._session.canvas
        for box in boxes_to_paint(canvas)[1]:
            is_selected = box.id in canvas.selection
            is_primary = box.id == canvas.selection.primary
            can_be_held = canvas.can_change(box) and (
                is_primary or canvas.pointer.draft is not None or canvas.pointer.tool is Tool.SELECT
            )
            style = Style(can_be_held, is_selected, canvas.marked_edge if is_primary else None)
            paint_held(painter, view, room, box, self._session.vocabulary.labels, style)

    def _paint_proposals(self, painter: QPainter, view: View, room: QRectF) -> None:
        proposals = self._session.proposals
        if self._session.canvas.visibility.is_off or not (at := proposals.next):
            return
        shown = [*proposals.made, *(box for box in proposals.waiting if box.id == at.id and box not in proposals.made)]
        paint_proposals(painter, view, room, shown, at.id, self._session.vocabulary.labels)

    def _paint_hints(self, painter: QPainter, view: View, room: QRectF) -> None:
        canvas = self._session.canvas
        hints, box = canvas.hints, canvas.selected_box
        if hints is None:
            return
        if canvas.hints_are_edges and box is not None:
            words = [(key, handle_spot(box.rect, handle)) for key, handle in OF_HANDLES.items()]
        else:
            rects = {box.id: box.rect for box in canvas.boxes}
            words = [(word, rects[one]) for word, one in hints.left() if one in rects]
        paint_hints(painter, view, room, words, len(hints.typed))

    def paint_pointer(self, painter: QPainter, view: View, room: QRectF) -> None:
        """What follows the pointer: crosshair, label in use, measures, the box that is being drawn."""
        canvas = self._session.canvas
        pointer = canvas.pointer.at
        if pointer is None:
            return
        if canvas.pointer.draft is not None:
            paint_beside(painter, room, pointer, None, size_text(view, canvas.pointer.draft.rect))
            return
        drawing = canvas.pointer.drawing
        holds = drawing is None and canvas.pointer.handle_under(pointer) is not None
        position = position_text(view, pointer)
        if canvas.pointer.tool is Tool.SELECT or holds or not (position or drawing):
            return
        label, color = self._current_label()
        paint_crosshair(painter, view, room, pointer)
        if drawing is not None:
            paint_drawing(painter, view, drawing, color)
            paint_extremes(painter, view, canvas.pointer.extremes, color)
        measures = size_text(view, drawing) if drawing is not None else position
        paint_beside(painter, room, pointer, (label, color), measures)

    def _current_label(self) -> tuple[str, QColor]:
        labels = self._session.vocabulary.labels
        name = labels.current or "object"
        return "  ".join(part for part in (labels.digit_of(name), name) if part), theme.label_color(
            labels.place_of(name)
        )


def boxes_to_paint(canvas: Canvas) -> tuple[tuple[Box, ...], list[Box]]:
    """Boxes that stand still, and those that are held: selected, dragged, hovered, the most important last."""
    boxes, draft, over = canvas.boxes, canvas.pointer.draft, canvas.pointer.hovered
    held = canvas.selection.ids | ({draft.id} if draft else set())
    still = tuple(box for box in boxes if box.id not in held) if held else boxes
    above = [box for box in boxes if box.id in held or box.id == over] if held or over else []
    return still, sorted(above, key=lambda box: box.id in held)
