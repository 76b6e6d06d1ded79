"""Which boxes a service takes, and when two say the same."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given

from labeler.domain.box import Box, check_box
from labeler.domain.errors import InvalidValue
from labeler.domain.geometry import Rect
from tests.strategies import boxes, rects

GOOD = Box("1", "bolt", 0.1, 0.2, 0.3, 0.4, 0.5)


@given(boxes())
def test_good_boxes_are_taken(box: Box) -> None:
    check_box(box)


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("label", "", "label"),
        ("label", " \t", "label"),
        ("x_min", -0.001, "x_min"),
        ("y_min", -math.inf, "y_min"),
        ("x_max", 1.001, "x_max"),
        ("y_max", math.nan, "y_max"),
        ("x_max", 0.1, "x_min"),
        ("x_min", 0.5, "x_min"),
        ("y_max", 0.2, "y_min"),
        ("confidence", -0.1, "confidence"),
        ("confidence", 1.1, "confidence"),
        ("confidence", math.nan, "confidence"),
    ],
)
def test_a_bad_box_is_refused_by_the_name_of_the_field(field: str, value: object, named: str) -> None:
    with pytest.raises(InvalidValue, match=f"^{named}: "):
        check_box(replace(GOOD, **{field: value}))  # type: ignore[arg-type]


@given(boxes(), rects())
def test_a_box_takes_a_rectangle_and_keeps_the_rest(box: Box, rect: Rect) -> None:
    changed = box.with_rect(rect)
    assert changed.rect == rect
    assert changed.with_rect(box.rect) == box


def test_the_id_does_not_count_for_what_is_said() -> None:
    assert GOOD.same_value(replace(GOOD, id="2"))


@pytest.mark.parametrize(
    "other",
    [
        replace(GOOD, label="nut"),
        replace(GOOD, confidence=None),
        replace(GOOD, x_min=0.11),
        replace(GOOD, y_max=0.41),
    ],
)
def test_everything_else_counts(other: Box) -> None:
    assert not GOOD.same_value(other)
