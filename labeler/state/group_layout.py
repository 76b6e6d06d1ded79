"""Where the cells of groups are: each group on rows of its own, under a line that tells of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from labeler.state.grid import GAP, GridLayout

HEAD = 28
"""Height of the line above a group, in px."""


class GroupLayout:
    """Arithmetic of groups of equal cells in a viewport `width` px wide; all lengths in px.

    Cells have one index through all groups. A width of cell as in `GridLayout`.
    """

    def __init__(self, sizes: Sequence[int], width: int, least: int) -> None:
        grid = GridLayout(1, width, least)
        self.cell, self.cell_height, self.columns = grid.cell, grid.cell_height, grid.columns
        self.starts = [0, *accumulate(sizes)]
        """The index of the first cell of each group, and the number of cells."""
        heights = (HEAD + -(-size // self.columns) * (self.cell_height + GAP) + GAP for size in sizes)
        self._tops = [GAP, *accumulate(heights, initial=GAP)][1:]
        self.height = self._tops[-1]

    @property
    def count(self) -> int:
        return self.starts[-1]

    def group_of(self, index: int) -> int:
        """The group that a cell is in."""
        return bisect_right(self.starts, index, hi=len(self.starts) - 1) - 1

    def top(self, group: int) -> int:
        """The top of a group's line."""
        return self._tops[group]

    def place(self, index: int) -> tuple[int, int]:
        """Left and top of a cell."""
        group = self.group_of(index)
        row, column = divmod(index - self.starts[group], self.columns)
        return GAP + column * (self.cell + GAP), self._tops[group] + HEAD + row * (self.cell_height + GAP)

    def groups_between(self, top: int, bottom: int) -> range:
        """Groups of which something is between two heights."""
        count = len(self.starts) - 1
        return range(max(bisect_right(self._tops, top) - 1, 0), min(bisect_right(self._tops, bottom), count))

    def visible(self, top: int, height: int) -> list[int]:
        """The cells that a view of this height shows when scrolled to `top`."""
        found = []
        for group in self.groups_between(top, top + height):
            for index in range(self.starts[group], self.starts[group + 1]):
                above = self.place(index)[1]
                if above + self.cell_height > top and above < top + height:
                    found.append(index)
        return found

    def at(self, x: int, y: int) -> int | None:
        """The index of the cell at a point; None between and beyond cells."""
        for index in self.visible(y, 1):
            left, top = self.place(index)
            if left <= x < left + self.cell and top <= y < top + self.cell_height:
                return index
        return None

    def beside(self, index: int, rows: int) -> int:
        """The cell so many rows below, or above where negative, as near to its column as there is one."""
        for _ in range(abs(rows)):
            index = self._below(index) if rows > 0 else self._above(index)
        return index

    def _below(self, index: int) -> int:
        group = self.group_of(index)
        start, end = self.starts[group : group + 2]
        column, last_row = (index - start) % self.columns, (end - start - 1) // self.columns
        if (index - start) // self.columns < last_row:
            return min(index + self.columns, end - 1)
        if end == self.count:
            return index
        return min(end + column, self.starts[group + 2] - 1)

    def _above(self, index: int) -> int:
        group = self.group_of(index)
        start = self.starts[group]
        if index - self.columns >= start:
            return index - self.columns
        if group == 0:
            return index
        column, before = (index - start) % self.columns, self.starts[group - 1]
        last_row = (start - before - 1) // self.columns
        return min(before + last_row * self.columns + column, start - 1)
