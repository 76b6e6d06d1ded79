"""Sizes of many images, added up for any set of them without looking at each."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from pyroaring import BitMap

from labeler.server.sqlite.columns import pairs
from labeler.server.sqlite.session import Session

_MANY = 20_000
"""For fewer, importing numpy costs more than it saves."""


class Sizes:
    """For each binary digit, which images have it in their size in bytes."""

    def __init__(self, session: Session, org: int) -> None:
        numbers, sizes = pairs(session, "size_bytes", "image WHERE org = ?", [org])
        self._digits: list[BitMap] = []
        if len(numbers) < _MANY:
            self.add(numbers, sizes)
        else:
            self._add_many(numbers, sizes)

    def total(self, images: BitMap) -> int:
        """The size of the images together."""
        return sum(digit.intersection_cardinality(images) << place for place, digit in enumerate(self._digits))

    def add(self, numbers: Sequence[int], sizes: Sequence[int]) -> None:
        """Add images; those that are there have the same size."""
        having: list[list[int]] = [[] for _ in range(max(sizes, default=0).bit_length())]
        for number, size in zip(numbers, sizes, strict=True):
            for place in range(size.bit_length()):
                if size >> place & 1:
                    having[place].append(number)
        self._digits += [BitMap() for _ in range(len(having) - len(self._digits))]
        for digit, images in zip(self._digits, having, strict=False):
            digit.update(images)

    def _add_many(self, numbers: array[int], sizes: array[int]) -> None:
        import numpy

        ordered = numpy.frombuffer(sizes, dtype=numpy.int64)
        images = numpy.frombuffer(numbers, dtype=numpy.uint32)
        for place in range(int(ordered.max()).bit_length()):
            self._digits.append(BitMap(array("I", images[(ordered >> place) & 1 == 1].tobytes())))
