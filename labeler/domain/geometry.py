"""Rectangles, and what can be done to one: move, resize, hit, clamp.

All functions are unit-free: they work on fractions of an image as well as on pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle by its edges; top is less than bottom."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def center(self) -> Point:
        return Point((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    def contains(self, point: Point, margin: float = 0) -> bool:
        inside_x = self.left - margin <= point.x <= self.right + margin
        return inside_x and self.top - margin <= point.y <= self.bottom + margin


UNIT = Rect(0, 0, 1, 1)


def between(one: Point, other: Point) -> Rect:
    """The rectangle with the two points as opposite corners, whichever they are."""
    return Rect(min(one.x, other.x), min(one.y, other.y), max(one.x, other.x), max(one.y, other.y))


def around(points: Sequence[Point]) -> Rect:
    """The smallest rectangle that holds all of the points, of which there is at least one."""
    across, down = [point.x for point in points], [point.y for point in points]
    return Rect(min(across), min(down), max(across), max(down))


def clamp_point(point: Point, bounds: Rect = UNIT) -> Point:
    return Point(min(max(point.x, bounds.left), bounds.right), min(max(point.y, bounds.top), bounds.bottom))


def move(rect: Rect, dx: float, dy: float, bounds: Rect = UNIT) -> Rect:
    """The rectangle moved, kept inside `bounds` without changing its size."""
    dx = min(max(dx, bounds.left - rect.left), bounds.right - rect.right)
    dy = min(max(dy, bounds.top - rect.top), bounds.bottom - rect.bottom)
    first = clamp_point(Point(rect.left + dx, rect.top + dy), bounds)
    last = clamp_point(Point(rect.right + dx, rect.bottom + dy), bounds)
    return Rect(first.x, first.y, last.x, last.y)


class Handle(Enum):
    """Where a rectangle is held: an edge, a corner or the whole. Values are the edges that follow."""

    LEFT = "left"
    TOP = "top"
    RIGHT = "right"
    BOTTOM = "bottom"
    TOP_LEFT = "top left"
    TOP_RIGHT = "top right"
    BOTTOM_LEFT = "bottom left"
    BOTTOM_RIGHT = "bottom right"
    INSIDE = "inside"

    @property
    def edges(self) -> tuple[str, ...]:
        return () if self is Handle.INSIDE else tuple(self.value.split())


EDGES = (Handle.LEFT, Handle.TOP, Handle.RIGHT, Handle.BOTTOM)


def drag(rect: Rect, handle: Handle, dx: float, dy: float, least: Point, bounds: Rect = UNIT) -> Rect:
    """The rectangle after its handle was dragged, inside `bounds` as it was before.

    It gets at least `least` wide and high; one that is narrower already does not get narrower.
    """
    if handle is Handle.INSIDE:
        return move(rect, dx, dy, bounds)
    furthest = {
        "left": max(bounds.left, rect.right - least.x if rect.width > least.x else rect.left),
        "right": min(bounds.right, rect.left + least.x if rect.width > least.x else rect.right),
        "top": max(bounds.top, rect.bottom - least.y if rect.height > least.y else rect.top),
        "bottom": min(bounds.bottom, rect.top + least.y if rect.height > least.y else rect.bottom),
    }
    changed = rect
    for edge in handle.edges:
        by = dx if edge in ("left", "right") else dy
        low, high = sorted((getattr(bounds, edge), furthest[edge]))
        changed = replace(changed, **{edge: min(max(getattr(rect, edge) + by, low), high)})
    return changed


def handle_at(rect: Rect, point: Point, reach: Point) -> Handle | None:
    """The handle of the rectangle under the point, corners before edges before the inside; None outside.

    `reach` is how far from an edge it is still held, per axis.
    """
    near_x = "left" if abs(point.x - rect.left) <= reach.x else "right" if abs(point.x - rect.right) <= reach.x else ""
    near_y = "top" if abs(point.y - rect.top) <= reach.y else "bottom" if abs(point.y - rect.bottom) <= reach.y else ""
    within_x = rect.left - reach.x <= point.x <= rect.right + reach.x
    within_y = rect.top - reach.y <= point.y <= rect.bottom + reach.y
    if not (within_x and within_y):
        return None
    name = f"{near_y} {near_x}".strip()
    return Handle(name) if name else Handle.INSIDE


def handle_spot(rect: Rect, handle: Handle) -> Rect:
    """Where a handle of a rectangle is: a rectangle without width and height."""
    x = {"left": rect.left, "right": rect.right}
    y = {"top": rect.top, "bottom": rect.bottom}
    across = next((x[part] for part in x if part in handle.value), rect.center.x)
    down = next((y[part] for part in y if part in handle.value), rect.center.y)
    return Rect(across, down, across, down)


def smallest_at(rects: Iterable[tuple[str, Rect]], point: Point) -> tuple[str, ...]:
    """The keys of the rectangles that contain the point, smallest first, so that inner ones can be reached."""
    hits = [(rect.area, key) for key, rect in rects if rect.contains(point)]
    return tuple(key for _, key in sorted(hits))


def nearest_towards(rects: Iterable[tuple[str, Rect]], origin: Point, dx: int, dy: int) -> str | None:
    """The key of the rectangle whose centre is nearest to `origin` in the direction (dx, dy), one of them 0.

    Distance across the direction counts twice, and only what lies within 45 degrees of it is considered.
    """
    best: tuple[float, str] | None = None
    for key, rect in rects:
        off_x, off_y = rect.center.x - origin.x, rect.center.y - origin.y
        along = off_x * dx + off_y * dy
        across = abs(off_x * dy) + abs(off_y * dx)
        if along <= 0 or across > along:
            continue
        if best is None or (along + 2 * across, key) < best:
            best = (along + 2 * across, key)
    return best[1] if best else None
