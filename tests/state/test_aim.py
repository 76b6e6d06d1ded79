"""Any point of the picture in four keys, any box in nine."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labeler.domain.geometry import UNIT, Point, Rect
from labeler.state.aim import Aim, keys_to
from labeler.state.view import fitted

fractions = st.floats(0, 1)
WIDTH, HEIGHT = 1920, 1080


def middle(area: Rect) -> Point:
    return area.center


@given(fractions, fractions)
def test_four_keys_come_within_three_px_at_full_hd(x: float, y: float) -> None:
    aim = Aim(UNIT)
    point = None
    for key in keys_to(UNIT, Point(x, y)):
        assert point is None
        point = aim.press(key, middle)
    assert point is not None
    assert abs(point.x - x) * WIDTH <= 3
    assert abs(point.y - y) * HEIGHT <= 3
    assert aim.typed == ""


def test_keys_choose_within_what_is_in_view() -> None:
    view = fitted(WIDTH, HEIGHT, 1000, 800).zoomed(4, Point(500, 400))
    corner = view.to_image(Point(0, 0))
    shown = Rect(corner.x, corner.y, 1, 1)
    aim = Aim(shown)
    for key in "aaa":
        assert aim.press(key, middle) is None
    point = aim.press("q", middle)
    assert point is not None
    assert 0 <= point.x - shown.left < shown.width / 26 / 15
    assert 0 <= point.y - shown.top < shown.height / 26 / 15


def test_keys_that_choose_nothing_are_ignored() -> None:
    aim = Aim(UNIT)
    assert not aim.takes("1")
    assert not aim.takes("Ctrl+Z")
    assert aim.takes("a")
    for key in "abz":
        assert aim.press(key, middle) is None
    assert aim.typed == "ab", "z is none of the 25 parts"
    assert aim.press("Space", lambda area: Point(area.left, area.top)) == Point(0, 1 / 26)


def test_backspace_steps_back_letter_by_letter_then_to_the_first_corner() -> None:
    aim = Aim(UNIT)
    aim.first = Point(0.5, 0.5)
    aim.press("a", middle)
    assert aim.step_back()
    assert aim.first == Point(0.5, 0.5)
    assert aim.step_back()
    assert aim.first is None
    assert not aim.step_back()


def test_arrows_nudge_the_first_corner_between_corners_only() -> None:
    aim, pixel = Aim(UNIT), Point(0.01, 0.02)
    assert not aim.takes("Right")
    aim.first = Point(0.5, 0.5)
    aim.nudge("Right", pixel)
    aim.nudge("Shift+Up", pixel)
    assert (round(aim.first.x, 6), round(aim.first.y, 6)) == (0.51, 0.3)
    aim.press("a", middle)
    assert not aim.takes("Right")
