"""The image grid: where cells are, which one the cursor is on, which are selected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labeler.state.signal import Signal

SIZES = (96, 128, 160, 200, 256, 320, 400)
"""Widths of a cell in px; its picture is 3/4 as high, and a caption line follows."""
GAP = 8
CAPTION = 24


@dataclass(frozen=True, slots=True)
class GridLayout:
    """Arithmetic of a grid of equal cells in a viewport `width` px wide; all lengths in px.

    Cells are at least `least` px wide, and wider so that a row fills the width.
    """

    count: int
    width: int
    least: int

    @property
    def cell(self) -> int:
        """The width of a cell."""
        return max(self.least, (self.width - GAP) // self.columns - GAP)

    @property
    def cell_height(self) -> int:
        return self.cell * 3 // 4 + CAPTION

    @property
    def columns(self) -> int:
        return max(1, (self.width - GAP) // (self.least + GAP))

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    @property
    def height(self) -> int:
        return GAP + self.rows * (self.cell_height + GAP)

    def place(self, index: int) -> tuple[int, int]:
        """Left and top of a cell in the whole grid."""
        row, column = divmod(index, self.columns)
        return GAP + column * (self.cell + GAP), GAP + row * (self.cell_height + GAP)

    def visible(self, top: int, height: int) -> range:
        """Indexes of the cells that a view of this height shows when scrolled to `top`."""
        pitch = self.cell_height + GAP
        first = max(0, (top - GAP) // pitch) * self.columns
        last = (max(0, top + height - GAP) // pitch + 1) * self.columns
        return range(min(first, self.count), min(last, self.count))

    def at(self, x: int, y: int) -> int | None:
        """The index of the cell at a point of the whole grid; None between and beyond cells."""
        row = (y - GAP) // (self.cell_height + GAP)
        for column in range(self.columns):
            index = row * self.columns + column
            if row < 0 or index >= self.count:
                return None
            left, top = self.place(index)
            if left <= x < left + self.cell and top <= y < top + self.cell_height:
                return index
        return None


class Grid:
    """Cursor and selection over the images of a library, by index and id.

    Signals: `moved` when the cursor or the selection changed, `resized` when the cell size did.
    """

    def __init__(self) -> None:
        self.moved: Signal[()] = Signal()
        self.resized: Signal[()] = Signal()
        self.cursor = 0
        self.selected: set[str] = set()
        self.visual = False
        self.columns = 1
        self.rows_shown = 1
        self._anchor = 0
        self._size = 3

    @property
    def cell(self) -> int:
        return SIZES[self._size]

    def set_cell(self, width: int) -> None:
        """Take the size nearest to a width in px."""
        self._size = min(range(len(SIZES)), key=lambda place: abs(SIZES[place] - width))
        self.resized.emit()

    def grow(self, steps: int) -> None:
        self._size = min(max(self._size + steps, 0), len(SIZES) - 1)
        self.resized.emit()

    def move_to(self, index: int) -> None:
        """Put the cursor on an index; a range begins there."""
        self.cursor = self._anchor = max(0, index)
        self.moved.emit()

    def range_to(self, index: int) -> tuple[int, int]:
        """The first and the last index of the range from where it began to an index."""
        return min(self._anchor, index), max(self._anchor, index)

    def extend_to(self, index: int, ids: Iterable[str]) -> None:
        """Put the cursor on an index, and select the images of the range to it, which are these."""
        self.cursor = index
        self.select(ids)

    def toggle(self, image_id: str) -> None:
        self._anchor = self.cursor
        self.selected ^= {image_id}
        self.moved.emit()

    def start_range(self) -> None:
        """Begin or end visual selection at the cursor."""
        self.visual = not self.visual
        self._anchor = self.cursor
        self.moved.emit()

    def select(self, ids: Iterable[str]) -> None:
        self.selected = set(ids)
        self.moved.emit()

    def clear(self) -> None:
        """Drop the selection, leave visual mode; the cursor stays."""
        self.selected, self.visual = set(), False
        self._anchor = self.cursor
        self.moved.emit()

    def reset(self) -> None:
        """Begin again for another list."""
        self.cursor = 0
        self.clear()
