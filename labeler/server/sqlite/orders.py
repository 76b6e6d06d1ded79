"""The images of an organization in an order, in memory, so that any place in any filter is found at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from typing import Literal

import numpy
from numpy.typing import NDArray
from pyroaring import BitMap

from labeler.server.cursor import Position
from labeler.server.sqlite.columns import pairs
from labeler.server.sqlite.session import Session

_KEPT = 4
"""Filters whose images are kept in order: a person jumps about in one, and a team looks at few."""
_MANY = 4
"""When a quarter of the images is new, sorting all costs as much as putting each into its place."""

_SHORT = 2_000
"""So many numbers are looked up one by one sooner than a table of all is made."""
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")

Numbers = NDArray[numpy.uint32]


class _InOrder(ABC):
    """Numbers of images in an order."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._kept: list[tuple[BitMap, Numbers]] = []
        """The same images never come into another order: neither a time nor a name changes."""

    def at(self, images: BitMap, place: int, falling: bool) -> int | None:
        """The image that has `place` of the images before it; None if there are not so many."""
        if place >= len(images):
            return None
        chosen = self._of(images)
        return int(chosen[-1 - place if falling else place])

    def following(
        self, session: Session, images: BitMap, after: Position | None, falling: bool, limit: int
    ) -> list[int]:
        """The next of the images that follow a position, or the first ones, at most `limit`."""
        if after is None:
            at = len(self._numbers) if falling else 0
        else:
            at = self._index(session, after)
            at += not falling and at < len(self._numbers) and int(self._numbers[at]) == after.number
        found: list[int] = []
        size = 2 * limit
        while len(found) < limit and (at > 0 if falling else at < len(self._numbers)):
            block = self._numbers[max(0, at - size) : at][::-1] if falling else self._numbers[at : at + size]
            found += block[_is_in(block, images)].tolist()
            at += -len(block) if falling else len(block)
            # Where the images are rare, in few steps all the same.
            size *= 2
        return found[:limit]

    @abstractmethod
    def _index(self, session: Session, position: Position) -> int:
        """How many of the organization's images are before a position."""

    def _of(self, images: BitMap) -> Numbers:
        if len(images) == len(self._numbers):
            return self._numbers
        for known, numbers in self._kept:
            if known == images:
                return numbers
        found = self._numbers[_is_in(self._numbers, images)]
        self._kept = [(images.copy(), found), *self._kept[: _KEPT - 1]]
        return found


class TimeOrder(_InOrder):
    """By the time of capture; images of the same time by number."""

    def __init__(self, session: Session, org: int) -> None:
        numbers, times = pairs(session, "time_us", "image WHERE org = ? AND tagged IN (0, 1)", [org])
        self._times = numpy.frombuffer(times, dtype=numpy.int64)
        super().__init__(numpy.frombuffer(numbers, dtype=numpy.uint32))
        self._sort()

    def between(self, start_us: int | None, end_us: int | None) -> BitMap:
        """The images from the start up to, not including, the end; None is no bound."""
        first = 0 if start_us is None else int(numpy.searchsorted(self._times, start_us))
        last = len(self._times) if end_us is None else int(numpy.searchsorted(self._times, end_us))
        return BitMap(array("I", numpy.sort(self._numbers[first:last]).tobytes()))

    def _index(self, session: Session, position: Position) -> int:
        low, high = (int(numpy.searchsorted(self._times, position.key, side)) for side in _SIDES)
        return low + int(numpy.searchsorted(self._numbers[low:high], position.number))

    def change(self, session: Session, born: BitMap, lost: BitMap) -> None:
        if lost:
            stays = ~_is_in(self._numbers, lost)
            self._times = self._times[stays]
            self._numbers = self._numbers[stays]
        if not born:
            return
        new = sorted(set(session.rows_in("SELECT time_us, number FROM image WHERE number IN {in}", list(born))))
        times = numpy.array([time for time, _ in new], dtype=numpy.int64)
        numbers = numpy.array([number for _, number in new], dtype=numpy.uint32)
        if len(new) > len(self._numbers) // _MANY:
            self._times = numpy.concatenate((self._times, times))
            self._numbers = numpy.concatenate((self._numbers, numbers))
            self._sort()
            return
        first, last = (numpy.searchsorted(self._times, times, side) for side in _SIDES)
        at = [
            low + int(numpy.searchsorted(self._numbers[low:high], number)) if high > low else low
            for low, high, number in zip(first.tolist(), last.tolist(), numbers.tolist(), strict=True)
        ]
        self._times = numpy.insert(self._times, at, times)
        self._numbers = numpy.insert(self._numbers, at, numbers)

    def _sort(self) -> None:
        order = numpy.lexsort((self._numbers, self._times))
        self._times = self._times[order]
        self._numbers = self._numbers[order]


class NameOrder(_InOrder):
    """By name as `natural.name_key` has it; images of the same name by number."""

    def __init__(self, session: Session, org: int) -> None:
        self._org = org
        super().__init__(self._read(session))

    def _read(self, session: Session) -> Numbers:
        run = "SELECT name_key, number FROM image WHERE org = ?1 AND tagged = "
        rows = session.rows(f"SELECT number FROM ({run}0 UNION ALL {run}1 ORDER BY 1, 2)", [self._org])
        return numpy.fromiter((number for (number,) in rows), numpy.uint32, len(rows))

    def change(self, session: Session, born: BitMap, lost: BitMap) -> None:
        if len(born) > len(self._numbers) // _MANY:
            self._numbers = self._read(session)
            return
        if lost:
            self._numbers = self._numbers[~_is_in(self._numbers, lost)]
        if born:
            self._put(session, born)

    def _index(self, session: Session, position: Position) -> int:
        before = self._before(session, str(position.key), position.number)
        return int(numpy.flatnonzero(self._numbers == before)[0]) + 1 if before else 0

    def _put(self, session: Session, born: BitMap) -> None:
        new = session.rows_in("SELECT name_key, number FROM image WHERE number IN {in}", list(born))
        ordered = sorted(set(new))
        before = [self._before(session, name, number) for name, number in ordered]
        places = numpy.zeros(int(self._numbers.max(initial=0)) + 1, dtype=numpy.int64)
        places[self._numbers] = numpy.arange(1, len(self._numbers) + 1)
        at: list[int] = []
        for one in before:
            # The one before may be new itself, and then stands where it is put.
            at.append(at[-1] if one in born else int(places[one]) if one else 0)
        self._numbers = numpy.insert(self._numbers, at, [number for _, number in ordered])

    def _before(self, session: Session, name: str, number: int) -> int:
        """The image before a place; 0, which none is, at the begin."""
        rows = [
            session.row(
                "SELECT name_key, number FROM image WHERE org = ? AND tagged = ? AND (name_key, number) < (?, ?) "
                "ORDER BY name_key DESC, number DESC LIMIT 1",
                [self._org, tagged, name, number],
            )
            for tagged in (0, 1)
        ]
        return int(max((row for row in rows if row), default=("", 0))[1])


def _is_in(numbers: Numbers, images: BitMap) -> NDArray[numpy.bool_]:
    """For each of the numbers whether it is one of the images."""
    if len(numbers) <= _SHORT:
        return numpy.fromiter((number in images for number in numbers.tolist()), numpy.bool_, len(numbers))
    found = numpy.zeros(int(max(numbers.max(initial=0), images.max() if images else 0)) + 1, dtype=numpy.bool_)
    found[numpy.frombuffer(images.to_array(), dtype=numpy.uint32)] = True
    return found[numbers]
