"""The canvas editor: what the pointer and the keys do to the boxes of one image.

All points that come in are widget px; all boxes are fractions of the image. Nothing here paints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, new_id
from labeler.domain.geometry import (
    EDGES,
    Handle,
    Point,
    Rect,
    between,
    clamp_point,
    drag,
    handle_at,
    move,
    nearest_towards,
    smallest_at,
)
from labeler.domain.image import Image
from labeler.state.aim import ARROWS, Aim, Snap
from labeler.state.signal import Signal
from labeler.state.view import View, actual_size, fitted

LEAST_BOX = 3.0
"""Least width and height of a box, in px of the image."""
REACH = 6.0
"""How far from an edge a handle is still held, in widget px."""
CLICK = 4.0
"""A press and release closer than this, in widget px, is a click."""

Commit = Callable[[str, BoxChange, str], None]
"""Make a change: title, change, merge key."""


class Tool(Enum):
    DRAW = "draw"
    SELECT = "select"


@dataclass(frozen=True, slots=True)
class Drag:
    """A box being moved or resized: how it was, by what it is held, and where that began (fractions)."""

    box: Box
    handle: Handle
    start: Point


class Canvas:
    """State of the editor for one image.

    Signals: `changed` when anything to paint changed.
    """

    def __init__(self, commit: Commit, say: Callable[[str], None], label: Callable[[], str]) -> None:
        self.changed: Signal[()] = Signal()
        self.image: Image | None = None
        self.view: View | None = None
        self.tool = Tool.DRAW
        self.selected = ""
        self.hovered = ""
        self.pointer: Point | None = None
        self.corner: Point | None = None
        self.draft: Box | None = None
        self.edge = Handle.RIGHT
        self._edge_is_used = False
        self.boxes_hidden = False
        self.aim: Aim | None = None
        self.snap: Snap = lambda area: area.center
        self._drag: Drag | None = None
        self._pressed: Point | None = None
        self._room = (800, 600)
        self._fits = True
        self._commit, self._say, self._label = commit, say, label

    def show(self, image: Image | None) -> None:
        """Edit another image, or the same with newer values."""
        is_other = image is None or self.image is None or image.id != self.image.id
        self.image = image
        if is_other:
            self.selected = self.hovered = ""
            self.corner = self.draft = self._drag = self._pressed = self.aim = None
        elif self.selected and image and image.box(self.selected) is None:
            self.selected = ""
        self.changed.emit()

    def rename_boxes(self, names: dict[str, str]) -> None:
        self.selected = names.get(self.selected, self.selected)

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The boxes to paint: the image's, with the one being dragged where it is now."""
        if self.image is None or self.boxes_hidden:
            return ()
        if self._drag is None or self.draft is None:
            return self.image.boxes
        return tuple(self.draft if box.id == self.draft.id else box for box in self.image.boxes)

    @property
    def drawing(self) -> Rect | None:
        """The rectangle that is being drawn, in fractions."""
        if self.corner is None or self.pointer is None or self.view is None:
            return None
        return between(self.corner, clamp_point(self.view.to_image(self.pointer)))

    @property
    def selected_box(self) -> Box | None:
        return self.image.box(self.selected) if self.image and self.selected else None

    # The picture in its room.

    def set_picture_size(self, width: int, height: int) -> None:
        """Tell the size of the displayed picture in px (orientation applied)."""
        if self.view is None or (self.view.width, self.view.height) != (width, height):
            self._fits = True
            self.view = fitted(width, height, *self._room)
            self.changed.emit()

    def set_room(self, width: int, height: int) -> None:
        """Tell the size of the widget in px."""
        self._room = (width, height)
        if self.view and self._fits:
            self.view = fitted(self.view.width, self.view.height, width, height)
        self.changed.emit()

    def fit(self) -> None:
        """Show the whole picture; when it is shown whole already, at its actual size."""
        if self.view is None:
            return
        self._fits = not self._fits
        place = fitted if self._fits else actual_size
        self.view = place(self.view.width, self.view.height, *self._room)
        self.changed.emit()

    def zoom(self, factor: float, at: Point | None = None) -> None:
        if self.view:
            at = at or self.pointer or Point(self._room[0] / 2, self._room[1] / 2)
            self.view, self._fits = self.view.zoomed(factor, at), False
            self.changed.emit()

    def pan(self, dx: float, dy: float) -> None:
        if self.view:
            self.view, self._fits = self.view.panned(dx, dy), False
            self.changed.emit()

    # The pointer.

    def handle_under(self, point: Point) -> tuple[Box, Handle] | None:
        """What a press at the point would hold: the selected box first; others only with the select tool."""
        if self.view is None:
            return None
        at, reach = self.view.to_image(point), self.view.fraction(REACH)
        chosen = self.selected_box
        if chosen and (handle := handle_at(chosen.rect, at, reach)):
            return chosen, handle
        if self.tool is Tool.SELECT and (hit := self.box_under(point)):
            return hit, handle_at(hit.rect, at, reach) or Handle.INSIDE
        return None

    def box_under(self, point: Point) -> Box | None:
        """The smallest box that contains the point."""
        if self.view is None or self.image is None:
            return None
        hits = smallest_at(((box.id, box.rect) for box in self.boxes), self.view.to_image(point))
        return self.image.box(hits[0]) if hits else None

    def press(self, point: Point, select: bool = False) -> None:
        """The main button went down; `select` (a modifier) picks a box instead of drawing."""
        self.pointer = self._pressed = point
        if self.view is None or self.image is None:
            return
        if select:
            self.select_under(point)
        elif self.corner is not None:
            pass
        elif held := self.handle_under(point):
            self.selected = held[0].id
            self._drag = Drag(held[0], held[1], self.view.to_image(point))
        elif self.tool is Tool.DRAW:
            self.selected = ""
            self.corner = clamp_point(self.view.to_image(point))
        else:
            self.selected = ""
        self.changed.emit()

    def hover(self, point: Point) -> None:
        """The pointer moved, with or without a button."""
        self.pointer = point
        if self._drag and self.view:
            here = self.view.to_image(point)
            least = Point(LEAST_BOX / self.view.width, LEAST_BOX / self.view.height)
            rect = drag(
                self._drag.box.rect, self._drag.handle, here.x - self._drag.start.x, here.y - self._drag.start.y, least
            )
            self.draft = self._drag.box.with_rect(rect)
        else:
            under = self.box_under(point)
            self.hovered = under.id if under else ""
        self.changed.emit()

    def release(self, point: Point) -> None:
        """The main button came up: ends a drag or a drawing; a click leaves the first corner set."""
        self.pointer = point
        pressed, self._pressed = self._pressed, None
        if self._drag:
            self._end_drag()
        elif self.corner is not None and self.view and pressed:
            first = self.view.point_to_widget(self.corner)
            if max(abs(first.x - point.x), abs(first.y - point.y)) > CLICK:
                self._end_drawing()
        self.changed.emit()

    def leave(self) -> None:
        """The pointer left the canvas."""
        self.hovered = ""
        if self._drag is None and self.corner is None:
            self.pointer = None
        self.changed.emit()

    def _end_drag(self) -> None:
        held, moved, self._drag, self.draft = self._drag, self.draft, None, None
        if held and moved and moved.rect != held.box.rect:
            what = "Moved" if held.handle is Handle.INSIDE else "Resized"
            self._change(f"{what} {held.box.label}", held.box, moved)

    def _end_drawing(self) -> None:
        rect, self.corner = self.drawing, None
        if rect is not None:
            self._add_if_large_enough(rect)

    def _add_if_large_enough(self, rect: Rect) -> None:
        if self.view is None or self.image is None:
            return
        if rect.width * self.view.width < LEAST_BOX or rect.height * self.view.height < LEAST_BOX:
            self._say(f"Too small for a box: it needs at least {LEAST_BOX:.0f} x {LEAST_BOX:.0f} px")
            return
        self.add(rect)

    def cancel(self) -> bool:
        """Give up what is going on, else deselect; False when there was nothing of either."""
        was_busy = self.corner is not None or self._drag is not None or self.aim is not None
        if was_busy:
            self.corner = self._drag = self.draft = self.aim = None
        elif self.selected:
            self.selected = ""
        else:
            return False
        self.changed.emit()
        return True

    # The keyboard instead of the pointer.

    def start_aim(self) -> None:
        """Begin to draw by keys on the part of the picture that can be seen."""
        if self.view and self.image:
            corner = self.view.to_image(Point(*map(float, self._room)))
            self.aim = Aim(between(clamp_point(self.view.to_image(Point(0, 0))), clamp_point(corner)))
            self.selected = ""
            self.changed.emit()

    def aim_key(self, key: str) -> bool:
        """Take a key for aiming; False where it keeps its other meaning."""
        aim, view = self.aim, self.view
        if aim is None or view is None or not aim.takes(key):
            return False
        if key == "Backspace":
            if not aim.step_back():
                self.aim = None
        elif key.removeprefix("Shift+") in ARROWS:
            aim.nudge(key, Point(1 / view.width, 1 / view.height))
        elif point := aim.press(key, self.snap):
            self._aimed(aim, point)
        self.changed.emit()
        return True

    def _aimed(self, aim: Aim, point: Point) -> None:
        if aim.first is None:
            aim.first = point
            return
        self._add_if_large_enough(between(aim.first, point))
        self.aim = None

    # Boxes.

    def add(self, rect: Rect) -> None:
        """Add a box with the current label, and select it."""
        label = self._label()
        box = Box(new_id(), label, rect.left, rect.top, rect.right, rect.bottom)
        self._change(f"Drew {label}", None, box)
        self.selected = box.id
        self.changed.emit()

    def relabel(self, label: str) -> None:
        """Give the selected box another label."""
        box = self.selected_box
        if box and box.label != label:
            self._change(f"Relabeled {box.label} to {label}", box, replace(box, label=label))

    def delete(self) -> None:
        """Delete the selected box and select the next one."""
        box = self.selected_box
        if box is None or self.image is None:
            return
        others = [other.id for other in self.image.boxes]
        place = others.index(box.id)
        others.remove(box.id)
        self._change(f"Deleted {box.label}", box, None)
        self.selected = others[min(place, len(others) - 1)] if others else ""
        self.changed.emit()

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selected box by px of the image."""
        box = self.selected_box
        if box and self.view:
            moved = box.with_rect(move(box.rect, dx / self.view.width, dy / self.view.height))
            self._nudged(box, moved, f"Moved {box.label}", "move")

    def nudge_edge(self, dx: float, dy: float) -> None:
        """Move the chosen edge of the selected box by px of the image; the edge follows the direction's axis."""
        box = self.selected_box
        if box is None or self.view is None:
            return
        self._edge_is_used = True
        across = self.edge in (Handle.LEFT, Handle.RIGHT)
        if across == (dx == 0):
            self.edge = Handle.RIGHT if dx else Handle.BOTTOM
        least = Point(LEAST_BOX / self.view.width, LEAST_BOX / self.view.height)
        rect = drag(box.rect, self.edge, dx / self.view.width, dy / self.view.height, least)
        self._nudged(box, box.with_rect(rect), f"Resized {box.label}", f"edge {self.edge.value}")

    def turn_edge(self, step: int) -> None:
        """Choose the next edge of the selected box for the keys."""
        self.edge = EDGES[(EDGES.index(self.edge) + step) % len(EDGES)]
        self._edge_is_used = True
        self.changed.emit()

    def _nudged(self, before: Box, after: Box, title: str, what: str) -> None:
        if after.rect != before.rect:
            self._change(title, before, after, merge=what)

    def _change(self, title: str, before: Box | None, after: Box | None, merge: str = "") -> None:
        if self.image:
            self._commit(title, BoxChange(self.image.id, before, after), merge)

    # Selection.

    @property
    def marked_edge(self) -> Handle | None:
        """The edge that keys move, once a person has turned to edges."""
        return self.edge if self._edge_is_used else None

    def select(self, box_id: str) -> None:
        self._edge_is_used &= box_id == self.selected
        self.selected = box_id
        self.changed.emit()

    def select_under(self, point: Point) -> None:
        """Select the smallest box under the point; again on the same point the next larger one."""
        if self.view is None:
            return
        hits = smallest_at(((box.id, box.rect) for box in self.boxes), self.view.to_image(point))
        place = hits.index(self.selected) + 1 if self.selected in hits else 0
        self.selected = hits[place % len(hits)] if hits else ""
        self.changed.emit()

    def select_next(self, step: int) -> None:
        """Select the next box, in reading order."""
        ordered = sorted(self.boxes, key=lambda box: (round(box.rect.center.y, 1), box.x_min))
        if ordered:
            ids = [box.id for box in ordered]
            place = ids.index(self.selected) + step if self.selected in ids else (0 if step > 0 else -1)
            self.select(ids[place % len(ids)])

    def select_towards(self, dx: int, dy: int) -> None:
        """Select the nearest box in a direction; without a selection, seen from the picture's middle."""
        box = self.selected_box
        origin = box.rect.center if box else Point(0.5, 0.5)
        others = ((other.id, other.rect) for other in self.boxes if other.id != self.selected)
        if found := nearest_towards(others, origin, dx, dy):
            self.select(found)
