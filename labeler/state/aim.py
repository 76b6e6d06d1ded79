"""Aiming at a point of the picture by keys: each key chooses a part of what is left.

Two letters choose a column and a row of a grid of 26 x 26 over the part of the picture that can be seen,
one letter of a to y one of 5 x 5 parts of that cell in reading order, and one key of the block
`q w e / a s d / z x c` one of 3 x 3 parts of that; the point is in the middle of it. `Space` instead of
the last keys snaps to the strongest edges nearby.
"""

from __future__ import annotations

from collections.abc import Callable
from string import ascii_lowercase

from labeler.domain.geometry import Point, Rect, clamp_point

LETTERS = ascii_lowercase
PARTS = ascii_lowercase[:25]
BLOCK = "qweasdzxc"
ARROWS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}

Snap = Callable[[Rect], Point]


def part(area: Rect, columns: int, rows: int, column: int, row: int) -> Rect:
    """One of equal parts of an area."""
    width, height = area.width / columns, area.height / rows
    left, top = area.left + column * width, area.top + row * height
    return Rect(left, top, left + width, top + height)


class Aim:
    """Two corners of a box, chosen one after the other; `area` is the part of the picture in view, in fractions."""

    def __init__(self, area: Rect) -> None:
        self.area = area
        self.first: Point | None = None
        self.typed = ""

    @property
    def left(self) -> Rect:
        """What the letters typed so far leave: all, a column of cells, a cell, a part of a cell."""
        rest = self.area
        if self.typed:
            rest = part(rest, 26, 1, LETTERS.index(self.typed[0]), 0)
        if len(self.typed) > 1:
            rest = part(rest, 1, 26, 0, LETTERS.index(self.typed[1]))
        if len(self.typed) > 2:
            row, column = divmod(PARTS.index(self.typed[2]), 5)
            rest = part(rest, 5, 5, column, row)
        return rest

    @property
    def can_snap(self) -> bool:
        """Whether Space sets the corner: from a cell on."""
        return len(self.typed) >= 2

    def press(self, key: str, snap: Snap) -> Point | None:
        """Take a letter or Space; returns the point when it is chosen. Keys that choose nothing are ignored."""
        if key == "Space":
            return self._chosen(snap(self.left)) if self.can_snap else None
        known = (LETTERS, LETTERS, PARTS, BLOCK)[len(self.typed)]
        if key not in known:
            return None
        if len(self.typed) < 3:
            self.typed += key
            return None
        row, column = divmod(BLOCK.index(key), 3)
        return self._chosen(part(self.left, 3, 3, column, row).center)

    def takes(self, key: str) -> bool:
        """Whether the key means something to aiming; others keep their meaning."""
        return key in ("Space", "Backspace") or (len(key) == 1 and key.isalpha()) or self._nudges(key)

    def step_back(self) -> bool:
        """Take back the last letter, else the first corner; False when there was neither."""
        if self.typed:
            self.typed = self.typed[:-1]
        elif self.first is not None:
            self.first = None
        else:
            return False
        return True

    def nudge(self, key: str, pixel: Point) -> None:
        """Move the first corner by an arrow, with Shift ten px; `pixel` is one px of the image in fractions."""
        dx, dy = ARROWS[key.removeprefix("Shift+")]
        by = 10 if key.startswith("Shift+") else 1
        if self.first is not None:
            self.first = clamp_point(Point(self.first.x + dx * by * pixel.x, self.first.y + dy * by * pixel.y))

    def _nudges(self, key: str) -> bool:
        return self.first is not None and not self.typed and key.removeprefix("Shift+") in ARROWS

    def _chosen(self, point: Point) -> Point:
        self.typed = ""
        return clamp_point(point)


def keys_to(area: Rect, target: Point) -> tuple[str, str, str, str]:
    """The four keys that come nearest to a point of the area."""
    across = (target.x - area.left) / area.width
    down = (target.y - area.top) / area.height

    def at(value: float, count: int) -> int:
        return min(max(int(value * count), 0), count - 1)

    column, row = at(across, 26 * 15), at(down, 26 * 15)
    return (
        LETTERS[column // 15],
        LETTERS[row // 15],
        PARTS[(row % 15 // 3) * 5 + column % 15 // 3],
        BLOCK[(row % 3) * 3 + column % 3],
    )
