"""Images taken along: kept on this computer, to be labeled where their service cannot be reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from labeler.domain.filter import Filter


@dataclass(frozen=True, slots=True)
class TakenAlong:
    """The images of one filter that are kept here.

    `name` is the filter in words, `at` when they were last read from the service. `images` of them are known and the
    pictures of `here` are on this disk, together `size_bytes`. `is_complete` tells whether the last reading came to
    its end; else taking along again goes on where it stopped.
    """

    number: int
    name: str
    wanted: Filter
    at: datetime
    images: int
    here: int
    size_bytes: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Need:
    """What taking along a filter takes. `images` and `size_bytes` are of all its images, here already or not."""

    images: int
    size_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Taking:
    """How far taking along has come; bytes are those that were missing when it began."""

    images: int
    of_images: int
    size_bytes: int
    of_bytes: int
