"""Which boxes are at a point, without asking all of thousands."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from labeler.domain.box import Box
from labeler.domain.geometry import Point

MOST_CELLS = 64
"""Cells of the image along each axis, at most."""
LARGE = 16
"""A box over more cells than this is among those that are always asked."""


class BoxIndex:
    """The boxes of an image by the cells of it that they are over."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self._cells = min(max(math.isqrt(len(boxes)), 1), MOST_CELLS)
        self._large: list[Box] = []
        self._in: defaultdict[tuple[int, int], list[Box]] = defaultdict(list)
        for box in boxes:
            left, top, right, bottom = map(self._cell, (box.x_min, box.y_min, box.x_max, box.y_max))
            if (right - left + 1) * (bottom - top + 1) > LARGE:
                self._large.append(box)
                continue
            for column in range(left, right + 1):
                for row in range(top, bottom + 1):
                    self._in[column, row].append(box)

    def _cell(self, fraction: float) -> int:
        return min(max(int(fraction * self._cells), 0), self._cells - 1)

    def at(self, point: Point) -> list[Box]:
        """The boxes that contain a point, in fractions of the image; edges count."""
        near = self._in.get((self._cell(point.x), self._cell(point.y)), ())
        return [box for box in (*self._large, *near) if box.rect.contains(point)]
