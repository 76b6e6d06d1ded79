"""Where the grid's cells are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labeler.state.grid import GAP, SIZES, Grid, GridLayout

layouts = st.builds(GridLayout, st.integers(1, 500), st.integers(80, 2000), st.sampled_from(SIZES))


@given(layouts, st.data())
def test_the_middle_of_each_cell_is_in_that_cell(layout: GridLayout, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, layout.count - 1))
    left, top = layout.place(index)
    assert layout.at(left + layout.cell // 2, top + layout.cell_height // 2) == index
    assert layout.at(left + layout.cell // 2, top + layout.cell_height) is None
    assert top + layout.cell_height + GAP <= layout.height


@given(layouts, st.integers(0, 20_000), st.integers(1, 3000))
def test_every_cell_that_touches_the_view_is_visible(layout: GridLayout, top: int, height: int) -> None:
    visible = layout.visible(top, height)
    for index in range(layout.count):
        at = layout.place(index)[1]
        if at < top + height and at + layout.cell_height > top:
            assert index in visible


def test_of_a_million_cells_only_a_screenful_is_visible() -> None:
    layout = GridLayout(1_000_000, 1600, 200)
    assert 5 * layout.columns <= len(layout.visible(10_000_000, 1000)) <= 8 * layout.columns


def test_the_size_stops_at_both_ends() -> None:
    grid = Grid()
    grid.grow(100)
    assert grid.cell == SIZES[-1]
    grid.grow(-100)
    assert grid.cell == SIZES[0]
    grid.set_cell(205)
    assert grid.cell == 200
