"""Which thumbnails to ask for, and which of those in memory to show."""

from __future__ import annotations

from labeler.state.pictures import Pictures, Wanted
from labeler.ui.decode import Decoded

BUCKETS = (160, 240, 320, 512, 800, 1200)
"""Sizes in device px in which thumbnails are asked for, so that a change of cell size seldom asks again."""


def bucket(pixels: float) -> int:
    """The size to ask for so that a thumbnail covers so many device px."""
    return next((size for size in BUCKETS if size >= pixels), BUCKETS[-1])


def thumbnail(thumbnails: Pictures[Decoded], image_id: str, size: int) -> Decoded | None:
    """The thumbnail of a size, else the largest of another size that is in memory."""
    sizes = (size, *(other for other in reversed(BUCKETS) if other != size))
    found = (thumbnails.get(Wanted(image_id, one)) for one in sizes)
    return next((picture for picture in found if picture is not None), None)


def small_picture(thumbnails: Pictures[Decoded], image_id: str) -> Decoded | None:
    """A thumbnail in memory, of any size."""
    return thumbnail(thumbnails, image_id, BUCKETS[0])
