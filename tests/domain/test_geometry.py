"""Rectangles stay where they belong, and what is pointed at is what is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.domain.geometry import (
    UNIT,
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
from tests.strategies import points, rects

steps = st.floats(-2, 2)
LEAST = Point(0.01, 0.02)
REACH = Point(0.05, 0.1)
SHOWN = Rect(0.2, 0.4, 0.6, 0.9)


def is_inside(rect: Rect, bounds: Rect = UNIT) -> bool:
    return (
        bounds.left <= rect.left <= rect.right <= bounds.right
        and bounds.top <= rect.top <= rect.bottom <= bounds.bottom
    )


def test_measures() -> None:
    rect = Rect(1, 2, 4, 10)
    assert (rect.width, rect.height, rect.area, rect.center) == (3, 8, 24, Point(2.5, 6))


@pytest.mark.parametrize(
    ("point", "margin", "held"),
    [
        (Point(1, 2), 0, True),
        (Point(4, 10), 0, True),
        (Point(0.9, 5), 0, False),
        (Point(4.1, 5), 0, False),
        (Point(2, 1.9), 0, False),
        (Point(2, 10.1), 0, False),
        (Point(0.9, 1.9), 0.2, True),
        (Point(4.3, 5), 0.2, False),
    ],
)
def test_contains(point: Point, margin: float, held: bool) -> None:
    assert Rect(1, 2, 4, 10).contains(point, margin) is held


@given(points, points)
def test_two_points_make_the_same_rectangle_whichever_comes_first(one: Point, other: Point) -> None:
    rect = between(one, other)
    assert rect == between(other, one)
    assert rect.contains(one)
    assert rect.contains(other)
    assert {rect.left, rect.right} == {one.x, other.x}
    assert {rect.top, rect.bottom} == {one.y, other.y}


@given(st.builds(Point, steps, steps))
def test_a_clamped_point_is_the_nearest_inside(point: Point) -> None:
    clamped = clamp_point(point)
    assert UNIT.contains(clamped)
    if UNIT.contains(point):
        assert clamped == point


@given(rects(), steps, steps)
def test_what_moves_stays_inside_and_keeps_its_size(rect: Rect, dx: float, dy: float) -> None:
    moved = move(rect, dx, dy)
    assert is_inside(moved)
    assert moved.width == pytest.approx(rect.width, abs=1e-12)
    assert moved.height == pytest.approx(rect.height, abs=1e-12)


def test_moves_as_far_as_it_is_asked_to() -> None:
    assert move(Rect(1, 1, 2, 2), 3, -0.5, Rect(0, 0, 10, 10)) == Rect(4, 0.5, 5, 1.5)


def test_moves_as_far_as_there_is_room() -> None:
    assert move(Rect(1, 1, 2, 2), 100, -100, Rect(0, 0, 10, 10)) == Rect(9, 0, 10, 1)


@given(rects(), st.sampled_from([handle for handle in Handle if handle is not Handle.INSIDE]), steps, steps)
def test_what_is_dragged_stays_inside_and_is_not_made_too_small(
    rect: Rect, handle: Handle, dx: float, dy: float
) -> None:
    dragged = drag(rect, handle, dx, dy, LEAST)
    assert is_inside(dragged)
    assert dragged.width >= min(rect.width, LEAST.x) - 1e-12
    assert dragged.height >= min(rect.height, LEAST.y) - 1e-12
    for edge in ("left", "top", "right", "bottom"):
        if edge not in handle.edges:
            assert getattr(dragged, edge) == getattr(rect, edge)


@pytest.mark.parametrize(
    ("handle", "dragged"),
    [
        (Handle.LEFT, Rect(5, 4, 8, 8)),
        (Handle.TOP, Rect(4, 3, 8, 8)),
        (Handle.RIGHT, Rect(4, 4, 9, 8)),
        (Handle.BOTTOM, Rect(4, 4, 8, 7)),
        (Handle.TOP_LEFT, Rect(5, 3, 8, 8)),
        (Handle.TOP_RIGHT, Rect(4, 3, 9, 8)),
        (Handle.BOTTOM_LEFT, Rect(5, 4, 8, 7)),
        (Handle.BOTTOM_RIGHT, Rect(4, 4, 9, 7)),
        (Handle.INSIDE, Rect(5, 3, 9, 7)),
    ],
)
def test_the_edges_that_are_held_follow(handle: Handle, dragged: Rect) -> None:
    assert drag(Rect(4, 4, 8, 8), handle, 1, -1, Point(1, 1), Rect(0, 0, 10, 10)) == dragged


@pytest.mark.parametrize(
    ("handle", "dragged"),
    [
        (Handle.LEFT, Rect(7, 4, 8, 8)),
        (Handle.RIGHT, Rect(4, 4, 10, 8)),
        (Handle.TOP, Rect(4, 6, 8, 8)),
        (Handle.BOTTOM, Rect(4, 4, 8, 10)),
    ],
)
def test_a_drag_ends_at_the_bounds_and_at_the_least_size(handle: Handle, dragged: Rect) -> None:
    assert drag(Rect(4, 4, 8, 8), handle, 50, 50, Point(1, 2), Rect(0, 0, 10, 10)) == dragged


@pytest.mark.parametrize("handle", Handle)
def test_a_box_thinner_than_the_least_at_the_border_does_not_leave_the_image(handle: Handle) -> None:
    thin = Rect(0, 0.999, 0.001, 1)
    assert is_inside(drag(thin, handle, 0, 0, Point(0.1, 0.1)))
    assert drag(thin, handle, 0, 0, Point(0.1, 0.1)) == thin


@pytest.mark.parametrize(
    ("point", "handle"),
    [
        (Point(0.2, 0.6), Handle.LEFT),
        (Point(0.16, 0.6), Handle.LEFT),
        (Point(0.6, 0.6), Handle.RIGHT),
        (Point(0.4, 0.4), Handle.TOP),
        (Point(0.4, 0.95), Handle.BOTTOM),
        (Point(0.22, 0.42), Handle.TOP_LEFT),
        (Point(0.58, 0.42), Handle.TOP_RIGHT),
        (Point(0.22, 0.88), Handle.BOTTOM_LEFT),
        (Point(0.58, 0.88), Handle.BOTTOM_RIGHT),
        (Point(0.4, 0.65), Handle.INSIDE),
        (Point(0.1, 0.6), None),
        (Point(0.7, 0.6), None),
        (Point(0.4, 0.2), None),
        (Point(0.2, 0.2), None),
    ],
)
def test_the_handle_under_the_pointer(point: Point, handle: Handle | None) -> None:
    assert handle_at(SHOWN, point, REACH) is handle


def test_the_smallest_of_nested_rectangles_comes_first() -> None:
    nested = [("outer", Rect(0, 0, 1, 1)), ("inner", Rect(0.4, 0.4, 0.6, 0.6)), ("beside", Rect(0.7, 0.7, 0.8, 0.8))]
    assert smallest_at(nested, Point(0.5, 0.5)) == ("inner", "outer")
    assert smallest_at(nested, Point(0.1, 0.1)) == ("outer",)


def around(x: float, y: float) -> Rect:
    return Rect(x - 1, y - 1, x + 1, y + 1)


PLACES = [
    ("right", around(10, 0)),
    ("further right", around(20, 0)),
    ("nearer but askew", around(8, 7)),
    ("up", around(0, -10)),
    ("down left", around(-12, 10)),
]


@pytest.mark.parametrize(("dx", "dy", "found"), [(1, 0, "right"), (0, -1, "up"), (-1, 0, "down left"), (0, 1, None)])
def test_the_nearest_in_a_direction(dx: int, dy: int, found: str | None) -> None:
    assert nearest_towards(PLACES, Point(0, 0), dx, dy) == found


def test_nothing_is_found_where_nothing_is() -> None:
    assert nearest_towards([("here", around(0, 0))], Point(0, 0), 1, 0) is None
