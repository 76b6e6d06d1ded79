"""Whose box is it: telling apart, across a service that names boxes and drops replies.

A service gives no receipt for a box. What makes ours recognisable is a random offset of at most
`OFFSET` on each coordinate, put there before the box is first sent: nobody else's box has the same
four doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from labeler.domain.box import Box

OFFSET = 1e-9
"""Most that a coordinate is moved, as a fraction of the image: a thousandth of a pixel of a million-pixel side."""
TOLERANCE = 1e-7
"""Within this two coordinates are the same for people; more than a service loses that keeps 32-bit floats."""

_COORDINATES = ("x_min", "y_min", "x_max", "y_max")


def fingerprinted(box: Box, uniform: Callable[[float, float], float]) -> Box:
    """The box with a random offset on each coordinate, still in [0, 1] with min < max.

    A box too thin to be moved is returned as it is.
    """
    left, top, right, bottom = (_moved(getattr(box, name), uniform(-OFFSET, OFFSET)) for name in _COORDINATES)
    if left >= right or top >= bottom:
        return box
    return replace(box, x_min=left, y_min=top, x_max=right, y_max=bottom)


def _moved(value: float, offset: float) -> float:
    return value + offset if 0 <= value + offset <= 1 else value - offset


def find_ours(ours: Box, boxes: Sequence[Box], known: Collection[str], twins_before: int | None = None) -> Box | None:
    """The box that adding `ours` made: the same label and doubles, under an id not known before.

    `twins_before` is given where the service does not keep doubles: how many boxes like it the image had. If
    it has more now, the last of them is taken.
    """
    exact = next((box for box in boxes if box.id not in known and _identical(box, ours)), None)
    if exact is not None or twins_before is None:
        return exact
    twins = twins_of(ours, boxes)
    new = [box for box in twins if box.id not in known]
    return new[-1] if new and len(twins) > twins_before else None


def twins_of(box: Box, boxes: Iterable[Box]) -> list[Box]:
    """The boxes that a person would say are the same."""
    return [one for one in boxes if agrees(one, box)]


def agrees(one: Box | None, other: Box | None) -> bool:
    """Whether a person would say that both are the same box, or that both are gone.

    Confidence does not count: no service lets it be taken away, so it cannot be compared.
    """
    if one is None or other is None:
        return one is other
    near = all(abs(getattr(one, name) - getattr(other, name)) <= TOLERANCE for name in _COORDINATES)
    return near and one.label == other.label


def changes_nothing(before: Box | None, after: Box | None) -> bool:
    """Whether going from one to the other leaves a service's box as it is."""
    if before is None or after is None:
        return before is after
    return agrees(before, after) and before.confidence == after.confidence


def _identical(one: Box, other: Box) -> bool:
    return one.label == other.label and one.rect == other.rect
