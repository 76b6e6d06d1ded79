"""Taking images along, and what a person is told while the service cannot be reached."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Protocol

from labeler.domain.along import Need, TakenAlong, Taking
from labeler.domain.amounts import count_text, size_text
from labeler.domain.errors import LabelerError
from labeler.domain.filter import Filter
from labeler.state.prompts import Question
from labeler.state.signal import Signal
from labeler.state.work import SURE_AFTER, Work

if TYPE_CHECKING:
    from labeler.state.session import Session


class Along(Protocol):
    """Images of a source kept on this computer, for when its service cannot be reached.

    The source goes offline and online by itself; offline it answers from these.
    """

    @property
    def offline(self) -> str:
        """What to say while the service cannot be reached; empty while it can."""

    @property
    def reason(self) -> str:
        """Why it cannot be reached, as a sentence; empty while it can."""

    @property
    def trouble(self) -> str:
        """What a person should know about the disk that the images are on; else empty."""

    @property
    def sets(self) -> tuple[TakenAlong, ...]:
        """What was taken along."""

    def subscribe(self, on_change: Callable[[], None]) -> None:
        """Be told when one of the above is another."""

    async def need(self, wanted: Filter) -> Need:
        """What taking along a filter takes."""

    def take(self, wanted: Filter, name: str) -> AsyncGenerator[Taking, None]:
        """Take the images of a filter along, or what is new and missing of them; tells how far it is.

        What is here when it fails or is cancelled stays, and taking along again goes on from there.
        """

    async def drop(self, number: int) -> None:
        """Remove a set, with the images and pictures that no other has, from this computer."""


class TakingAlong:
    """What one session does about it.

    Signals: `changed` when there are other sets, or the service went away or came back; `back` when it came back.
    """

    def __init__(self, session: Session) -> None:
        self.changed: Signal[()] = Signal()
        self.back: Signal[()] = Signal()
        self._session = session
        self._was_offline = False
        self._told = ""

    @property
    def of_source(self) -> Along | None:
        """None where nothing can be taken along, because the service is on this machine."""
        return self._session.source.along

    @property
    def sets(self) -> tuple[TakenAlong, ...]:
        along = self.of_source
        return along.sets if along else ()

    @property
    def offline(self) -> str:
        along = self.of_source
        return along.offline if along else ""

    def begin(self) -> None:
        """Listen to the session's source, which is another one now."""
        self._was_offline, self._told = False, ""
        along = self.of_source
        if along is not None:
            along.subscribe(lambda: self._source_changed(along))
            self._source_changed(along)
        self.changed.emit()

    def _source_changed(self, along: Along) -> None:
        session = self._session
        if along is not self.of_source:
            return
        if along.trouble and along.trouble != self._told:
            session.failed.emit(along.trouble)
        self._told = along.trouble
        was_offline, self._was_offline = self._was_offline, bool(along.offline)
        session.saving_changed.emit()
        self.changed.emit()
        if self._was_offline and not was_offline:
            session.said.emit(f"Offline. {along.reason}")
        elif was_offline and not self._was_offline:
            session.said.emit(f"{session.source.title} can be reached again")
            self.back.emit()
            session.reload()

    def ask(self) -> None:
        """Ask whether to take the images of the filter along, with what that takes."""
        session = self._session
        if self.of_source is None:
            session.said.emit("These images are on this computer already")
            return
        session.tasks.start(self._ask(self.of_source))

    async def _ask(self, along: Along) -> None:
        wanted, name = self._session.library.filter, self._session.filter_text
        need = await along.need(wanted)
        images = count_text(need.images)
        if not need.images:
            self._session.said.emit("There are no images to take along")
            return
        shown = f"that match {name}" if name else f"of {self._session.source.title}"
        self._session.asked.emit(
            Question(
                f"Take {images} along?",
                f"{images} {shown}, {size_text(need.size_bytes)}, are kept on this computer so that they can be "
                f"labeled where the service cannot be reached. {size_text(need.free_bytes)} are free. What is here "
                "already is not fetched again.",
                "Take along",
                lambda: self.take(wanted, name or "All images"),
            )
        )

    def take(self, wanted: Filter, name: str) -> None:
        """Take the images of a filter along, or refresh them, in the background."""
        along = self.of_source
        if along is not None:
            work = Work(f"Taking along {name}")
            self._session.run(work, self._take(along, work, wanted, name))

    def refresh(self, one: TakenAlong) -> None:
        self.take(one.wanted, one.name)

    async def _take(self, along: Along, work: Work, wanted: Filter, name: str) -> None:
        try:
            async with aclosing(along.take(wanted, name)) as progress:
                async for taking in progress:
                    work.done, work.total = taking.images, taking.of_images
                    work.left = _seconds_left(taking, time.monotonic() - work.begun)
                    self._session.works_changed.emit()
        except LabelerError as error:
            here = f" {work.done:,} of {work.total:,} images are here; take along again to go on." if work.total else ""
            raise LabelerError(f"Not all was taken along. {error}{here}") from error
        finally:
            self.changed.emit()
            self._session.saving_changed.emit()
        self._session.said.emit(f"Took {count_text(work.total)} along: {name}")

    def drop(self, one: TakenAlong) -> None:
        """Remove a set from this computer, in the background."""
        along = self.of_source
        if along is not None:
            self._session.tasks.start(self._drop(along, one))

    async def _drop(self, along: Along, one: TakenAlong) -> None:
        await along.drop(one.number)
        self._session.said.emit(f"{one.name} is no longer on this computer")
        self.changed.emit()
        self._session.saving_changed.emit()


def _seconds_left(taking: Taking, elapsed: float) -> float | None:
    """By the bytes so far; None while nothing can be said."""
    if elapsed < SURE_AFTER or not taking.size_bytes or taking.size_bytes >= taking.of_bytes:
        return None
    return elapsed / taking.size_bytes * (taking.of_bytes - taking.size_bytes)


def set_text(one: TakenAlong) -> str:
    """A set in one line."""
    count = count_text(one.images) if one.here == one.images else f"{one.here:,} of {count_text(one.images)}"
    state = "" if one.is_complete else ", not complete"
    return f"{one.name}: {count}, {size_text(one.size_bytes)}, read {one.at.astimezone():%Y-%m-%d %H:%M}{state}"
