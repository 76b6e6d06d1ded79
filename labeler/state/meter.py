"""How labeling goes: boxes and images per hour, seconds per box, keys per box, time lost in waiting. Stays here."""

from __future__ import annotations

import math
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from labeler.domain.edit import BoxChange, Edit, TagChange
from labeler.state.pictures import Pictures

if TYPE_CHECKING:
    from labeler.state.session import Session

Picture = TypeVar("Picture")
PAUSE_SECONDS = 60.0
"""Longer than this without anything done is a pause, and counts for nothing."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was done since the meter was reset. Times are in seconds; `median` and `p90` are None before the first box.

    `boxes` were drawn, pasted or accepted, also those taken back later; `images` got a box or a tag.
    `active` is the time worked, pauses left out, `waiting` the part of it in which a picture was not there yet.
    """

    boxes: int
    images: int
    keys: int
    clicks: int
    active: float
    waiting: float
    median: float | None
    p90: float | None

    def per_hour(self, count: int) -> float:
        return count * 3600 / self.active if self.active else 0.0

    def per_box(self, count: int) -> float | None:
        return count / self.boxes if self.boxes else None


class Meter:
    """Counts while the person works; `clock` gives seconds."""

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic) -> None:
        self._session, self._clock = session, clock
        self._still_waits: Callable[[], bool] = lambda: False
        self.reset()
        session.edited.connect(self._edited)
        session.current_changed.connect(self._look)
        session.mode_changed.connect(self._look)

    def reset(self) -> None:
        """Begin anew."""
        self._keys = self._clicks = self._boxes = 0
        self._images: set[str] = set()
        self._seconds: Counter[float] = Counter()
        """How many boxes took so many seconds, to the hundredth: few different ones, however many boxes."""
        self._active = self._waiting = self._active_at_box = 0.0
        self._last: float | None = None
        self._waits_since: float | None = None

    def watch(self, pictures: Pictures[Picture]) -> None:
        """Take it for waiting while the editor's picture is not among these."""

        def waits() -> bool:
            image = self._session.current
            if image is None or image.problem or self._session.mode.value != "editor":
                return False
            return not pictures.is_settled(image.id)

        self._still_waits = waits
        pictures.ready.connect(lambda wanted: self._look_again())

    def key(self) -> None:
        """A key was pressed."""
        self._work()
        self._keys += 1

    def click(self) -> None:
        """A mouse button was pressed."""
        self._work()
        self._clicks += 1

    def _work(self) -> None:
        now = self._clock()
        if self._last is not None and now - self._last <= PAUSE_SECONDS:
            self._active += now - self._last
        self._last = now

    def _edited(self, edit: Edit) -> None:
        self._work()
        made = sum(isinstance(change, BoxChange) and _is_new(change) for change in edit.changes)
        self._images.update(change.image_id for change in edit.changes if isinstance(change, BoxChange | TagChange))
        if made:
            self._boxes += made
            self._seconds[round((self._active - self._active_at_box) / made, 2)] += made
            self._active_at_box = self._active

    def _look(self) -> None:
        """Another image, or none, is in front."""
        self._end_waiting()
        if self._still_waits():
            self._waits_since = self._clock()

    def _look_again(self) -> None:
        if self._waits_since is not None and not self._still_waits():
            self._end_waiting()

    def _end_waiting(self) -> None:
        if self._waits_since is not None:
            waited = self._clock() - self._waits_since
            self._waiting += waited if waited <= PAUSE_SECONDS else 0.0
            self._waits_since = None

    @property
    def figures(self) -> Figures:
        """What was done so far."""
        middle = [self._at(self._boxes // 2), self._at((self._boxes - 1) // 2)]
        return Figures(
            self._boxes,
            len(self._images),
            self._keys,
            self._clicks,
            self._active,
            self._waiting,
            statistics.mean(middle) if self._boxes else None,
            self._at(math.ceil(self._boxes * 0.9) - 1) if self._boxes else None,
        )

    def _at(self, place: int) -> float:
        """The seconds of the box at a place, 0 for the fastest."""
        for seconds in sorted(self._seconds):
            place -= self._seconds[seconds]
            if place < 0:
                return seconds
        return 0.0


def _is_new(change: BoxChange) -> bool:
    """Whether a box is there that was not, or was only proposed."""
    before, after = change.before, change.after
    return after is not None and not after.is_proposal and (before is None or before.is_proposal)
