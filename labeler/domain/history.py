"""What can be undone and redone, as it is kept from one run to the next: a row of steps, read by page."""

from __future__ import annotations

from dataclasses import dataclass

from labeler.domain.edit import Edit


@dataclass(frozen=True, slots=True)
class Step:
    """An edit at its place in the row: places grow with time, and no two steps ever get the same."""

    place: int
    edit: Edit


@dataclass(frozen=True, slots=True)
class Page:
    """Steps on one side of a place, the nearest to it first.

    `edge` is how far the row was read: the next page in that direction begins there. `more`: there is one.
    """

    steps: tuple[Step, ...] = ()
    edge: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run finds of those before it: the steps that are nearest to where they ended.

    `next_place` is after all places there are and were.
    """

    done: Page = Page()
    undone: Page = Page()
    next_place: int = 0
