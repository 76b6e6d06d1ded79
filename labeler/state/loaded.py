"""The images of a library that are in memory, each at its place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from labeler.domain.image import Image


class Loaded:
    """Images by their place in the library's order, 0 the first; places between them can be empty."""

    def __init__(self) -> None:
        self._images: dict[int, Image] = {}
        self._places: dict[str, int] = {}
        self.end = 0
        """One more than the last place with an image."""
        self.version = 0
        """Another number after each change."""

    def copy(self) -> Loaded:
        made = Loaded()
        made._images, made._places = self._images.copy(), self._places.copy()
        made.end, made.version = self.end, self.version
        return made

    def __len__(self) -> int:
        return len(self._images)

    def __iter__(self) -> Iterator[Image]:
        """All of them, by place."""
        return (self._images[place] for place in sorted(self._images))

    def at(self, place: int) -> Image | None:
        return self._images.get(place)

    def place_of(self, image_id: str) -> int | None:
        return self._places.get(image_id)

    def of(self, ids: Collection[str]) -> list[Image]:
        """Those of the images that are here, by place."""
        places = sorted(self._places[one] for one in self._places.keys() & ids)
        return [self._images[place] for place in places]

    def put(self, place: int, images: Sequence[Image]) -> None:
        """Put images at a place and those after it; an image that was at another place leaves that."""
        self.version += 1
        for number, image in enumerate(images, place):
            self._drop(number)
            if (former := self._places.get(image.id)) is not None:
                self._drop(former)
            self._images[number] = image
            self._places[image.id] = number
        if images:
            self.end = max(self.end, place + len(images))

    def replace(self, image: Image) -> int | None:
        """Give a loaded image another value; returns its place, or None if it has that value already."""
        place = self._places[image.id]
        if self._images[place] == image:
            return None
        self.version += 1
        self._images[place] = image
        return place

    def _drop(self, place: int) -> None:
        self.version += 1
        image = self._images.pop(place, None)
        if image is not None:
            del self._places[image.id]

    def remove(self, ids: Collection[str]) -> list[tuple[int, Image]]:
        """Take images out, so that those after them move up; returns those that were here, by the place they had."""
        gone = sorted(self._places[image_id] for image_id in ids if image_id in self._places)
        if not gone:
            return []
        self.version += 1
        removed = [(place, self._images[place]) for place in gone]
        kept: list[tuple[int, Image]] = []
        before = 0
        for place in sorted(self._images):
            while before < len(gone) and gone[before] < place:
                before += 1
            if before == len(gone) or gone[before] != place:
                kept.append((place - before, self._images[place]))
        end = self.end - len(gone)
        self._images = dict(kept)
        self._places = {image.id: place for place, image in kept}
        self.end = end
        return removed

    def insert(self, rows: Sequence[tuple[int, Image]]) -> None:
        """Put images in between: by place, which is the one that each has when all are in."""
        if not rows:
            return
        self.version += 1
        starts = [place - number for number, (place, _) in enumerate(rows)]
        moved = {place + bisect_right(starts, place): image for place, image in self._images.items()}
        self._images = moved | dict(rows)
        self._places = {image.id: place for place, image in self._images.items()}
        self.end = max(self.end + len(rows), rows[-1][0] + 1)

    def missing(self, places: range) -> Iterator[int]:
        return (place for place in places if place not in self._images)

    def first_gap(self, first: int, last: int) -> int | None:
        """The first place without an image from one to another, both included."""
        if first == 0 and len(self._images) == self.end > last:
            return None
        return next(self.missing(range(first, last + 1)), None)

    def cut(self, end: int) -> None:
        """Take out what is at this place and after it: the list ends before."""
        for place in [place for place in self._images if place >= end]:
            self._drop(place)
        self.end = min(self.end, end)

    def trim(self, most: int, around: int, is_kept: Callable[[str], bool]) -> None:
        """Let go of those farthest from a place until `most` are left, but of none that is to be kept."""
        surplus = len(self._images) - most
        if surplus <= 0:
            return
        for place in sorted(self._images, key=lambda place: abs(place - around), reverse=True):
            if surplus == 0:
                return
            if not is_kept(self._images[place].id):
                self._drop(place)
                surplus -= 1

    def between(self, first: int, last: int) -> Iterable[Image]:
        """Images of a run of places, both ends included; empty places are left out."""
        return (image for place in range(first, last + 1) if (image := self._images.get(place)) is not None)
