"""The boxes at a point are those that contain it, however many there are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labeler.domain.box import Box
from labeler.domain.box_index import BoxIndex
from labeler.domain.geometry import Point

fractions = st.sampled_from([0.0, 1e-9, 0.1, 0.25, 0.3, 0.5, 0.7, 0.75, 0.999, 1.0]) | st.floats(0, 1)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[Box, ...]:
    corners = draw(st.lists(st.tuples(fractions, fractions, fractions, fractions), max_size=60))
    return tuple(
        Box(str(number), "bolt", min(a, b), min(c, d), max(a, b), max(c, d))
        for number, (a, b, c, d) in enumerate(corners)
    )


@given(boxes(), st.floats(-0.5, 1.5) | fractions, st.floats(-0.5, 1.5) | fractions)
def test_it_finds_what_a_look_at_all_finds(some: tuple[Box, ...], x: float, y: float) -> None:
    point = Point(x, y)
    found = BoxIndex(some).at(point)
    assert {box.id for box in found} == {box.id for box in some if box.rect.contains(point)}
    assert len(found) == len({box.id for box in found})
