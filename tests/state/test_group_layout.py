"""Cells of groups: none over another, all found again, and up and down by rows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labeler.state.group_layout import HEAD, GroupLayout

_SIZES = st.lists(st.integers(2, 9), min_size=1, max_size=8)
_WIDTHS = st.integers(100, 900)


@given(_SIZES, _WIDTHS)
def test_every_cell_has_a_place_of_its_own_under_the_line_of_its_group(sizes: list[int], width: int) -> None:
    layout = GroupLayout(sizes, width, 128)
    places = [layout.place(index) for index in range(layout.count)]
    assert len(set(places)) == layout.count == sum(sizes)
    assert places == sorted(places, key=lambda place: (place[1], place[0]))
    for index, (left, top) in enumerate(places):
        assert layout.top(layout.group_of(index)) + HEAD <= top
        assert top + layout.cell_height <= layout.height
        assert layout.at(left, top) == layout.at(left + layout.cell - 1, top + layout.cell_height - 1) == index
        assert layout.at(left - 1, top) is None


@given(_SIZES, _WIDTHS, st.integers(0, 3_000), st.integers(1, 900))
def test_what_is_seen_is_what_reaches_into_the_view(sizes: list[int], width: int, top: int, height: int) -> None:
    layout = GroupLayout(sizes, width, 128)
    assert layout.visible(top, height) == [
        index
        for index in range(layout.count)
        if layout.place(index)[1] < top + height and layout.place(index)[1] + layout.cell_height > top
    ]


@given(_SIZES, _WIDTHS)
def test_down_and_up_reach_the_ends_row_by_row(sizes: list[int], width: int) -> None:
    layout = GroupLayout(sizes, width, 128)
    rows = len({layout.place(index)[1] for index in range(layout.count)})
    for step, start, end in ((1, 0, layout.count - 1), (-1, layout.count - 1, 0)):
        seen = [start]
        while (after := layout.beside(seen[-1], step)) != seen[-1]:
            seen.append(after)
        assert len({layout.place(index)[1] for index in seen}) == rows
        assert layout.place(seen[-1])[1] == layout.place(end)[1]
