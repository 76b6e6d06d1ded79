"""What the pointer does on the canvas: draws boxes, moves and resizes them.

All points that come in are widget px; all boxes are fractions of the image.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from labeler.domain.box import Box
from labeler.domain.geometry import Handle, Point, Rect, around, between, clamp_point, drag, handle_at, smallest_at

if TYPE_CHECKING:
    from labeler.state.canvas import Canvas

REACH = 6.0
"""How far from an edge a handle is still held, in widget px."""
CLICK = 4.0
"""A press and release closer than this, in widget px, is a click."""
EXTREMES = 4
"""Points of an object that make its box: its leftmost, topmost, rightmost and lowest, in any order."""


class Tool(Enum):
    DRAW = "draw"
    EXTREMES = "extremes"
    SELECT = "select"


@dataclass(frozen=True, slots=True)
class Drag:
    """A box being moved or resized: how it was, by what it is held, and where that began (fractions)."""

    box: Box
    handle: Handle
    start: Point


class Pointer:
    """The pointer over one canvas."""

    def __init__(self, canvas: Canvas) -> None:
        self.tool = Tool.DRAW
        self.at: Point | None = None
        """Where it is, in widget px; None while it is elsewhere."""
        self.hovered = ""
        self.corner: Point | None = None
        self.extremes: tuple[Point, ...] = ()
        """Points of the box that is drawn by its extreme points, in fractions."""
        self.draft: Box | None = None
        """The box that is being dragged, as it is now."""
        self._canvas = canvas
        self._drag: Drag | None = None
        self._pressed: Point | None = None

    @property
    def is_busy(self) -> bool:
        return self.corner is not None or self._drag is not None or bool(self.extremes)

    def stop(self) -> None:
        """Give up what is being drawn or dragged."""
        self.corner = self._drag = self.draft = self._pressed = None
        self.extremes = ()

    @property
    def drawing(self) -> Rect | None:
        """The rectangle that is being drawn, in fractions."""
        view = self._canvas.view
        if view is None or self.at is None:
            return None
        here = clamp_point(view.to_image(self.at))
        if self.extremes:
            return around((*self.extremes, here))
        return None if self.corner is None else between(self.corner, here)

    def handle_under(self, point: Point) -> tuple[Box, Handle] | None:
        """What a press at the point would hold: the selected box first; others only with the select tool."""
        canvas = self._canvas
        if canvas.view is None:
            return None
        at, reach = canvas.view.to_image(point), canvas.view.fraction(REACH)
        chosen = canvas.selected_box
        if chosen and canvas.can_change(chosen) and (handle := handle_at(chosen.rect, at, reach)):
            return chosen, handle
        if self.tool is Tool.SELECT and (hit := self.box_under(point)):
            return hit, handle_at(hit.rect, at, reach) or Handle.INSIDE
        return None

    def boxes_under(self, point: Point) -> tuple[str, ...]:
        """Ids of the boxes that contain the point and can be held, the smallest first."""
        canvas = self._canvas
        if canvas.view is None:
            return ()
        at = canvas.view.to_image(point)
        return smallest_at(((box.id, box.rect) for box in canvas.boxes_at(at) if canvas.can_change(box)), at)

    def box_under(self, point: Point) -> Box | None:
        """The smallest box that contains the point."""
        hits = self.boxes_under(point)
        return self._canvas.image.box(hits[0]) if hits and self._canvas.image else None

    def press(self, point: Point, select: bool = False) -> None:
        """The main button went down; `select` (a modifier) picks a box instead of drawing."""
        self.at = self._pressed = point
        canvas = self._canvas
        if canvas.view is None or canvas.image is None:
            return
        if select:
            canvas.select_under(point)
        elif self.corner is not None:
            pass
        elif not self.extremes and (held := self.handle_under(point)):
            if held[0].id not in canvas.selection:
                canvas.selection.choose(held[0].id)
            self._drag = Drag(held[0], held[1], canvas.view.to_image(point))
        elif self.tool is Tool.EXTREMES:
            self._add_extreme(clamp_point(canvas.view.to_image(point)))
        else:
            canvas.selection.choose("")
            if self.tool is Tool.DRAW:
                self.corner = clamp_point(canvas.view.to_image(point))
        canvas.changed.emit()

    def _add_extreme(self, point: Point) -> None:
        self._canvas.selection.choose("")
        self.extremes = (*self.extremes, point)
        if len(self.extremes) == EXTREMES:
            rect, self.extremes = around(self.extremes), ()
            self._canvas.add_if_large_enough(rect)

    def hover(self, point: Point) -> None:
        """The pointer moved, with or without a button."""
        self.at = point
        canvas = self._canvas
        if self._drag and canvas.view:
            here, least = canvas.view.to_image(point), canvas.least_size
            rect = drag(
                self._drag.box.rect, self._drag.handle, here.x - self._drag.start.x, here.y - self._drag.start.y, least
            )
            self.draft = self._drag.box.with_rect(rect)
        else:
            under = self.box_under(point)
            self.hovered = under.id if under else ""
        canvas.changed.emit()

    def release(self, point: Point) -> None:
        """The main button came up: ends a drag or a drawing; a click leaves the first corner set."""
        self.at = point
        pressed, self._pressed = self._pressed, None
        view = self._canvas.view
        if self._drag:
            self._end_drag()
        elif self.corner is not None and view and pressed:
            first = view.point_to_widget(self.corner)
            if max(abs(first.x - point.x), abs(first.y - point.y)) > CLICK:
                rect, self.corner = self.drawing, None
                if rect is not None:
                    self._canvas.add_if_large_enough(rect)
        self._canvas.changed.emit()

    def leave(self) -> None:
        """The pointer left the canvas."""
        self.hovered = ""
        if not self.is_busy:
            self.at = None
        self._canvas.changed.emit()

    def _end_drag(self) -> None:
        held, moved, self._drag, self.draft = self._drag, self.draft, None, None
        if held and moved and moved.rect != held.box.rect:
            what = "Moved" if held.handle is Handle.INSIDE else "Resized"
            self._canvas.change(f"{what} {held.box.label}", [(held.box, moved)])
