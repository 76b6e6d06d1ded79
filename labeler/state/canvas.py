"""The canvas editor: the boxes of one image, and what a person does to them.

Points are widget px where they come from the pointer; boxes are fractions of the image. Nothing here paints.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from labeler.domain.box import Box
from labeler.domain.box_index import BoxIndex
from labeler.domain.edit import BoxChange, new_id
from labeler.domain.geometry import EDGES, Handle, Point, Rect, around, between, drag, move, nearest_towards
from labeler.domain.image import Image
from labeler.state.aim import ARROWS, Aim, Snap
from labeler.state.box_selection import BoxSelection
from labeler.state.hints import OF_HANDLES, Hints
from labeler.state.pointer import Pointer
from labeler.state.signal import Signal
from labeler.state.view import View
from labeler.state.viewport import Viewport
from labeler.state.visibility import Visibility

LEAST_BOX = 3.0
"""Least width and height of a box, in px of the image."""

Commit = Callable[[str, Sequence[BoxChange], str], None]
"""Make changes as one edit: title, changes, merge key."""


class Canvas:
    """State of the editor for one image.

    Signals: `changed` when anything to paint changed.
    """

    def __init__(self, commit: Commit, say: Callable[[str], None], label: Callable[[], str]) -> None:
        self.changed: Signal[()] = Signal()
        self.image: Image | None = None
        self.viewport = Viewport()
        self.selection = BoxSelection()
        self.visibility = Visibility()
        self.pointer = Pointer(self)
        self.edge = Handle.RIGHT
        self._edge_is_used = False
        self.aim: Aim | None = None
        self.hints: Hints | None = None
        self.hints_are_edges = False
        self.snap: Snap = lambda area: area.center
        self._index: tuple[tuple[Box, ...], BoxIndex] | None = None
        """The boxes that it was made of, and where they are."""
        self._commit, self._say, self._label = commit, say, label
        self.viewport.changed.connect(self.changed.emit)

    def show(self, image: Image | None) -> None:
        """Edit another image, or the same with newer values."""
        is_other = image is None or self.image is None or image.id != self.image.id
        self.image = image
        if is_other:
            self.selection.choose("")
            self.pointer.hovered, self.aim, self.hints = "", None, None
            self.pointer.stop()
        elif image:
            self.selection.keep(image.boxes)
        self.changed.emit()

    def rename_boxes(self, names: dict[str, str]) -> None:
        self.selection.rename(names)
        self.visibility.rename(names)

    @property
    def view(self) -> View | None:
        return self.viewport.view

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The boxes to paint: the image's that are shown, with the one being dragged where it is now."""
        if self.image is None:
            return ()
        shown, draft = self.visibility.shown(self.image.boxes), self.pointer.draft
        if draft is None:
            return shown
        return tuple(draft if box.id == draft.id else box for box in shown)

    def boxes_at(self, point: Point) -> list[Box]:
        """The image's boxes that contain a point, in fractions of it, shown or not."""
        boxes = self.image.boxes if self.image else ()
        if self._index is None or self._index[0] is not boxes:
            self._index = (boxes, BoxIndex(boxes))
        return self._index[1].at(point)

    def can_change(self, box: Box) -> bool:
        """Whether the box is shown and not locked."""
        return box.id not in self.visibility.locked and self.visibility.shows(box)

    @property
    def least_size(self) -> Point:
        """Least width and height of a box, in fractions."""
        view = self.view
        return Point(LEAST_BOX / view.width, LEAST_BOX / view.height) if view else Point(0, 0)

    def zoom(self, factor: float, at: Point | None = None) -> None:
        """Scale by a factor, with what is at a point kept there; the pointer without one."""
        self.viewport.zoom(factor, at or self.pointer.at)

    def cancel(self) -> bool:
        """Give up what is going on, else deselect; False when there was nothing of either."""
        if self.pointer.is_busy or self.aim is not None or self.hints is not None:
            self.pointer.stop()
            self.aim = self.hints = None
        elif self.selection:
            self.selection.choose("")
        else:
            return False
        self.changed.emit()
        return True

    # The keyboard instead of the pointer.

    def start_aim(self) -> None:
        """Begin to draw by keys on the part of the picture that can be seen."""
        if self.image and (seen := self.viewport.seen()):
            self.aim = Aim(seen)
            self.selection.choose("")
            self.changed.emit()

    def start_hints(self) -> None:
        """Show letters on the boxes, to select one by them."""
        if boxes := in_reading_order(self.boxes):
            self.hints, self.hints_are_edges = Hints(box.id for box in boxes), False
            self.changed.emit()

    def start_edge_hints(self) -> None:
        """Show letters on the edges and corners of the selected box, to choose the one that keys move."""
        if self.selected_box is not None:
            self.hints, self.hints_are_edges = Hints(()), True
            self.changed.emit()

    def take_key(self, key: str) -> bool:
        """Take a key for hints or aiming; False where it keeps its other meaning."""
        return self._hint_key(key) if self.hints is not None else self._aim_key(key)

    def _hint_key(self, key: str) -> bool:
        hints = self.hints
        if hints is None or key == "Esc":
            return False
        if self.hints_are_edges:
            self.hints = None
            if handle := OF_HANDLES.get(key):
                self.edge, self._edge_is_used = handle, True
        elif (chosen := hints.press(key)) is None:
            self._say(f"No box has the letters {hints.typed}{key}")
        elif chosen:
            self.hints = None
            self.select(chosen)
        self.changed.emit()
        return True

    def _aim_key(self, key: str) -> bool:
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
        self.add_if_large_enough(between(aim.first, point))
        self.aim = None

    # Boxes.

    def add_if_large_enough(self, rect: Rect) -> None:
        """Add a box, or say why not."""
        if self.view is None or self.image is None:
            return
        if rect.width < self.least_size.x or rect.height < self.least_size.y:
            self._say(f"Too small for a box: it needs at least {LEAST_BOX:.0f} x {LEAST_BOX:.0f} px")
            return
        self.add(rect)

    def add(self, rect: Rect) -> None:
        """Add a box with the current label, and select it."""
        label = self._label()
        box = Box(new_id(), label, rect.left, rect.top, rect.right, rect.bottom)
        self.change(f"Drew {label}", [(None, box)])
        self.selection.choose(box.id)
        self.changed.emit()

    def relabel(self, label: str) -> None:
        """Give the selected boxes another label."""
        boxes = [box for box in self.changeable if box.label != label]
        self.change(f"Relabeled {named(boxes)} to {label}", [(box, replace(box, label=label)) for box in boxes])

    def delete(self) -> None:
        """Delete the selected boxes and select the next one."""
        boxes = self.changeable
        if not boxes or self.image is None:
            return
        ids = {box.id for box in boxes}
        place = next(place for place, box in enumerate(self.image.boxes) if box.id in ids)
        others = [box.id for box in self.image.boxes if box.id not in ids]
        self.change(f"Deleted {named(boxes)}", [(box, None) for box in boxes])
        self.selection.choose(others[min(place, len(others) - 1)] if others else "")
        self.changed.emit()

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selected boxes by px of the image, together, as far as all of them can go."""
        boxes, view = self.changeable, self.view
        if not boxes or view is None:
            return
        corners = [corner for box in boxes for corner in (Point(box.x_min, box.y_min), Point(box.x_max, box.y_max))]
        whole = around(corners)
        there = move(whole, dx / view.width, dy / view.height)
        if there != whole:
            step = Point(there.left - whole.left, there.top - whole.top)
            moved = [(box, box.with_rect(move(box.rect, step.x, step.y))) for box in boxes]
            self.change(f"Moved {named(boxes)}", moved, merge="move")

    def nudge_edge(self, dx: float, dy: float) -> None:
        """Move the chosen edge of the selected box by px of the image; an edge follows the direction's axis."""
        box, view = self.selected_box, self.view
        if box is None or view is None or not self.can_change(box):
            return
        self._edge_is_used = True
        if self.edge in EDGES and (self.edge in (Handle.LEFT, Handle.RIGHT)) == (dx == 0):
            self.edge = Handle.RIGHT if dx else Handle.BOTTOM
        after = box.with_rect(drag(box.rect, self.edge, dx / view.width, dy / view.height, self.least_size))
        if after.rect != box.rect:
            self.change(f"Resized {box.label}", [(box, after)], merge=f"edge {self.edge.value}")

    def turn_edge(self, step: int) -> None:
        """Choose the next edge of the selected box for the keys."""
        place = EDGES.index(self.edge) + step if self.edge in EDGES else 0
        self.edge = EDGES[place % len(EDGES)]
        self._edge_is_used = True
        self.changed.emit()

    def change(self, title: str, boxes: Sequence[tuple[Box | None, Box | None]], merge: str = "") -> None:
        """Make changes of boxes, each before and after, as one edit."""
        if self.image and boxes:
            self._commit(title, [BoxChange(self.image.id, before, after) for before, after in boxes], merge)

    # Selection.

    @property
    def selected_box(self) -> Box | None:
        """The box that keys are about, of those that are selected."""
        return self.image.box(self.selection.primary) if self.image and self.selection.primary else None

    @property
    def selected_boxes(self) -> list[Box]:
        return [box for box in self.image.boxes if box.id in self.selection] if self.image else []

    @property
    def changeable(self) -> list[Box]:
        """The selected boxes that are not locked."""
        return [box for box in self.selected_boxes if box.id not in self.visibility.locked]

    @property
    def marked_edge(self) -> Handle | None:
        """The edge that keys move, once a person has turned to edges."""
        return self.edge if self._edge_is_used else None

    def select(self, box_id: str) -> None:
        self._edge_is_used &= box_id == self.selection.primary
        self.selection.choose(box_id)
        self.changed.emit()

    def select_also(self, box_id: str) -> None:
        """Add a box to the selection, or take it out."""
        self.selection.toggle(box_id)
        self.changed.emit()

    def select_also_under(self, point: Point) -> None:
        """Add the smallest box under the point to the selection, or take it out."""
        if hits := self.pointer.boxes_under(point):
            self.select_also(hits[0])

    def select_all(self) -> None:
        """Select every box that is shown."""
        self.selection.choose_all(box.id for box in self.boxes)
        self.changed.emit()

    def select_under(self, point: Point) -> None:
        """Select the smallest box under the point; again on the same point the next larger one."""
        hits = self.pointer.boxes_under(point)
        place = hits.index(self.selection.primary) + 1 if self.selection.primary in hits else 0
        self.select(hits[place % len(hits)] if hits else "")

    def select_next(self, step: int) -> None:
        """Select the next box, in reading order."""
        ids = [box.id for box in in_reading_order(self.boxes)]
        if ids:
            primary = self.selection.primary
            place = ids.index(primary) + step if primary in ids else (0 if step > 0 else -1)
            self.select(ids[place % len(ids)])

    def select_towards(self, dx: int, dy: int) -> None:
        """Select the nearest box in a direction; without a selection, seen from the picture's middle."""
        box = self.selected_box
        origin = box.rect.center if box else Point(0.5, 0.5)
        others = ((other.id, other.rect) for other in self.boxes if box is None or other.id != box.id)
        if found := nearest_towards(others, origin, dx, dy):
            self.select(found)


def in_reading_order(boxes: Sequence[Box]) -> list[Box]:
    """From top to bottom, those of about the same height from left to right."""
    return sorted(boxes, key=lambda box: (round(box.rect.center.y, 1), box.x_min))


def named(boxes: Sequence[Box]) -> str:
    """One box by its label, several by their number."""
    return boxes[0].label if len(boxes) == 1 else f"{len(boxes)} boxes"
