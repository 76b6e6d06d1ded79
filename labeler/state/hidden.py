"""Images taken out of a list that can come back to their places."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence

from labeler.domain.image import Image

Placed = tuple[int, Image]


class Hidden:
    """Images that are not in a list any more, in its order, each with the number of listed images before it."""

    def __init__(self) -> None:
        self._rows: list[Placed] = []
        self._ids: set[str] = set()

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, image_id: str) -> bool:
        return image_id in self._ids

    def copy(self) -> Hidden:
        made = Hidden()
        made._rows, made._ids = self._rows.copy(), self._ids.copy()
        return made

    def append(self, place: int, images: Sequence[Image]) -> None:
        """Take in images that follow `place` listed ones and all that are hidden so far."""
        self._rows += [(place, image) for image in images]
        self._ids.update(image.id for image in images)

    def hide(self, taken_out: Sequence[Placed]) -> None:
        """Take in images that were taken out of the list: by place, which is the one they had."""
        if not taken_out:
            return
        rows = [(place, 0, image) for place, image in self._rows] + [(place, 1, image) for place, image in taken_out]
        rows.sort(key=_order)
        self._rows, before = [], 0
        for place, is_new, image in rows:
            self._rows.append((place - before, image))
            before += is_new
        self._ids.update(image.id for _, image in taken_out)

    def moved_up(self, taken_out: Sequence[Placed]) -> None:
        """Listed images at these places are gone for good."""
        places = [place for place, _ in taken_out]
        self._rows = [(place - bisect_left(places, place), image) for place, image in self._rows]

    def take(self, ids: Collection[str]) -> list[Placed]:
        """Give images back, by place: the one that each has in the list when all of them are in it."""
        if self._ids.isdisjoint(ids):
            return []
        back, kept = list[Placed](), list[Placed]()
        for place, image in self._rows:
            (back if image.id in ids else kept).append((place + len(back), image))
        self._rows = kept
        self._ids.difference_update(image.id for _, image in back)
        return back


def _order(row: tuple[int, int, Image]) -> tuple[int, int]:
    return row[0], row[1]
