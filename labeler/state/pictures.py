"""Decoded pictures in memory: what is wanted is fetched and decoded, visible first; what is not is dropped."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from labeler.domain.errors import InvalidValue, LabelerError, Unreachable
from labeler.state.signal import Signal
from labeler.state.tasks import Tasks

Picture = TypeVar("Picture")
IN_FLIGHT = 4
AGAIN_SECONDS = 1.0
"""After these a picture is asked for again whose service could not be reached."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture of an image: scaled so that it covers `size` px on its longer side, or whole (0).

    `at_least` so many px, if that is had sooner.
    """

    image_id: str
    size: int = 0
    at_least: bool = False


class Pictures(Generic[Picture]):
    """Pictures by what was wanted, bounded by a number of bytes, least recently used out first.

    What is wanted now stays even where it is larger than that.

    `load(wanted)` gives a picture or raises a LabelerError whose text is shown in its place.
    Signals: `ready(wanted)` when a picture or the reason for its absence can be had, `broken(image_id)` when there is
    a picture that cannot be shown.
    """

    def __init__(
        self,
        tasks: Tasks,
        load: Callable[[Wanted], Awaitable[Picture]],
        size_of: Callable[[Picture], int],
        budget: int,
        again_seconds: float = AGAIN_SECONDS,
    ) -> None:
        self.ready: Signal[Wanted] = Signal()
        self.broken: Signal[str] = Signal()
        self._tasks, self._load, self._size_of, self._budget = tasks, load, size_of, budget
        self._again_seconds = again_seconds
        self._held: OrderedDict[Wanted, Picture] = OrderedDict()
        self._bytes = 0
        self._problems: dict[Wanted, str] = {}
        self._unreached: list[Wanted] = []
        self._asking: asyncio.Task[None] | None = None
        self._queue: list[Wanted] = []
        self._now: frozenset[Wanted] = frozenset()
        """What is wanted, in memory or not."""
        self._loading: dict[Wanted, asyncio.Task[None]] = {}

    def get(self, wanted: Wanted) -> Picture | None:
        """The picture if it is in memory."""
        picture = self._held.get(wanted)
        if picture is not None:
            self._held.move_to_end(wanted)
        return picture

    def problem(self, wanted: Wanted) -> str:
        """Why there is no picture, or nothing."""
        return self._problems.get(wanted, "")

    def is_settled(self, image_id: str) -> bool:
        """Whether any picture of the image, or the reason for its absence, can be had."""
        return any(one.image_id == image_id for one in (*self._held, *self._problems))

    def want(self, wanted: Iterable[Wanted]) -> None:
        """Replace the list of what is wanted, most urgent first; what is no longer on it is not begun."""
        wanted = list(wanted)
        self._now = frozenset(wanted)
        self._queue = [one for one in wanted if one not in self._held]
        for one, task in self._loading.items():
            if one not in self._queue:
                task.cancel()
        self._go_on()

    def forget(self, image_id: str) -> None:
        """Drop what is held of an image, because it is another one now."""
        for one in [one for one in self._held if one.image_id == image_id]:
            self._bytes -= self._size_of(self._held.pop(one))
        for one in [one for one in self._problems if one.image_id == image_id]:
            del self._problems[one]

    def forget_problems(self) -> None:
        """Try again what could not be had, because what hindered it is gone."""
        self._forget(list(self._problems))

    def _forget(self, problems: Iterable[Wanted]) -> None:
        for one in problems:
            if self._problems.pop(one, None) is not None:
                self.ready.emit(one)
        self._go_on()

    def clear(self) -> None:
        self.want(())
        self._held.clear()
        self._problems.clear()
        self._bytes = 0

    def _is_settled(self, wanted: Wanted) -> bool:
        return wanted in self._held or wanted in self._problems

    def _go_on(self) -> None:
        for one in self._queue:
            if len(self._loading) >= IN_FLIGHT or self._tasks.closing:
                return
            if one not in self._loading and not self._is_settled(one):
                self._loading[one] = self._tasks.start(self._fetch(one), then=partial(self._ended, one))

    async def _fetch(self, wanted: Wanted) -> None:
        try:
            picture = await self._load(wanted)
        except LabelerError as error:
            self._problems[wanted] = str(error)
            if isinstance(error, InvalidValue):
                self.broken.emit(wanted.image_id)
            if isinstance(error, Unreachable):
                self._unreached.append(wanted)
                if self._asking is None or self._asking.done():
                    self._asking = self._tasks.start(self._again())
        else:
            self._held[wanted] = picture
            self._bytes += self._size_of(picture)
            self._drop_surplus()

    def _drop_surplus(self) -> None:
        for one in [one for one in self._held if one not in self._now]:
            if self._bytes <= self._budget:
                return
            self._bytes -= self._size_of(self._held.pop(one))

    async def _again(self) -> None:
        """Ask again, after a while, for what nobody answered."""
        await asyncio.sleep(self._again_seconds)
        unreached, self._unreached = self._unreached, []
        self._forget(unreached)

    def _ended(self, wanted: Wanted) -> None:
        self._loading.pop(wanted, None)
        if self._is_settled(wanted):
            self.ready.emit(wanted)
        self._go_on()
