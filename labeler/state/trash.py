"""The trash of a service, as far as somebody has looked at it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from labeler.domain.amounts import count_text
from labeler.domain.edit import DeletionChange
from labeler.domain.errors import LabelerError
from labeler.domain.trash import TrashedImage
from labeler.state.signal import Signal
from labeler.state.work import Work

if TYPE_CHECKING:
    from labeler.state.session import Session

PURGED_AT_ONCE = 500
"""Images that one call forgets: few enough to show how far it is."""


class Trash:
    """Deleted images, the last deleted first, read by page; without those that are on their way back.

    `problem` says why the trash cannot be read, and is empty when nothing is known against it.

    Signals: `changed` when there are others, or more.
    """

    def __init__(self, session: Session) -> None:
        self.changed: Signal[()] = Signal()
        self.images: list[TrashedImage] = []
        self.complete = False
        self.problem = ""
        self._session = session
        self._source = session.source
        self._next = ""
        self._reading = asyncio.Lock()
        self._more: asyncio.Task[None] | None = None
        self._was_moving = session.outbox.moves_images
        session.images_changed.connect(self._edits_moved)
        session.tasks.start(self._read(again=True))

    def close(self) -> None:
        """Follow what is deleted and brought back no more."""
        self._session.images_changed.disconnect(self._edits_moved)

    def more(self) -> None:
        """Read the next page, if there is one."""
        if not self.complete and (self._more is None or self._more.done()):
            self._more = self._session.tasks.start(self._read())

    def restore(self, images: Sequence[TrashedImage]) -> None:
        """Bring images back, with all that was on them: an edit, which can be undone."""
        title = f"Restored {count_text(len(images))}"
        self._session.mass.change(title, [DeletionChange(image.id, False) for image in images])
        self._session.said.emit(title)
        self._drop()

    def restore_all(self) -> None:
        """Bring all images back."""
        work = Work("Reading the trash")

        async def body() -> None:
            await self._read_all()
            if self.images:
                self.restore(self.images)

        self._session.run(work, body())

    def purge(self, images: Sequence[TrashedImage]) -> None:
        """Forget images for good, in the background."""
        work = Work("Removing for good", total=len(images))
        self._session.run(work, self._purge(work, [image.id for image in images]))

    def purge_all(self) -> None:
        """Forget all images that are in the trash now, in the background."""
        work = Work("Removing for good")

        async def body() -> None:
            await self._read_all()
            await self._purge(work, [image.id for image in self.images])

        self._session.run(work, body())

    async def _purge(self, work: Work, ids: Sequence[str]) -> None:
        work.total = len(ids)
        try:
            for start in range(0, len(ids), PURGED_AT_ONCE):
                some = ids[start : start + PURGED_AT_ONCE]
                await self._source.purge_images(some)
                self._session.history.forget(set(some))
                work.done += len(some)
                self._session.works_changed.emit()
        finally:
            if work.done:
                self._session.said.emit(f"Removed {count_text(work.done)} for good")
            self._session.tasks.start(self._read(again=True))

    def _edits_moved(self, image_ids: tuple[str, ...]) -> None:
        moving = self._session.outbox.moves_images
        if self._was_moving and not moving:
            self._session.tasks.start(self._read(again=True))
        self._was_moving = moving

    async def _read_all(self) -> None:
        while not self.complete:
            await self._read()
            if self.problem:
                raise LabelerError(self.problem)

    async def _read(self, again: bool = False) -> None:
        """Read the next page; `again`, the first."""
        async with self._reading:
            if self.complete and not again:
                return
            try:
                page = await self._source.trash("" if again else self._next)
            except LabelerError as error:
                self.problem = str(error)
                self.changed.emit()
                return
            self.problem = ""
            self.images = [*page.images] if again else [*self.images, *page.images]
            self._next, self.complete = page.next, not page.next
        self._drop()

    def _drop(self) -> None:
        """Leave out what is on its way back."""
        is_deleted = self._session.outbox.is_deleted
        self.images = [image for image in self.images if is_deleted(image.id) is not False]
        self.changed.emit()
