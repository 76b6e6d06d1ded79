"""What others change meanwhile, read again while a person looks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from labeler.domain.errors import LabelerError, Missing
from labeler.domain.image import Image

if TYPE_CHECKING:
    from labeler.state.session import Session

AT_MOST = 200
"""Images read at a time."""


class Following:
    """Reads the image in front and those around it every `seconds`, while the window is active.

    Silent while the service cannot be reached: the status bar says that already.
    """

    def __init__(self, session: Session) -> None:
        self.seconds = 5.0
        self._session = session
        self._is_active = False
        self._running: asyncio.Task[None] | None = None

    def set_active(self, active: bool) -> None:
        """Follow from now on, beginning at once, or no more."""
        if active != self._is_active:
            self._is_active = active
            self.begin()

    def begin(self) -> None:
        """Follow anew if the window is active, as after another service was connected."""
        if self._running is not None:
            self._running.cancel()
            self._running = None
        if self._is_active:
            self._running = self._session.tasks.start(self._run())

    def receive(self, images: Sequence[Image]) -> None:
        """Show what the service has of images, with what is on its way to it."""
        session = self._session
        before = {image.id: self._shown(image.id) for image in images}
        session.library.update(images)
        session.review.learn(images)
        changed = tuple(image_id for image_id, shown in before.items() if self._shown(image_id) is not shown)
        if changed:
            session.images_changed.emit(changed)

    def _shown(self, image_id: str) -> Image | None:
        index = self._session.library.index_of(image_id)
        return None if index is None else self._session.library.at(index)

    async def read(self, ids: Sequence[str]) -> None:
        """Read images again at the service. Raises LabelerError."""
        self.receive(await self._session.source.images(ids))

    async def _run(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(self.seconds)

    def _ids(self) -> list[str]:
        """The image in front first, then the screenful around it."""
        session, library = self._session, self._session.library
        around = min(session.grid.columns * session.grid.rows_shown, AT_MOST // 2)
        first = max(session.index - around, 0)
        places = [session.index, *range(first, session.index + around)]
        found = (library.at(place) for place in places)
        return list(dict.fromkeys(image.id for image in found if image is not None))

    async def _look(self) -> None:
        ids = self._ids()
        if not ids:
            return
        gone: list[str] = []
        try:
            images = await self._found(ids, gone)
        except LabelerError:
            return
        self.receive(images)
        if gone:
            self._session.library.remove(gone)

    async def _found(self, ids: Sequence[str], gone: list[str]) -> tuple[Image, ...]:
        """The images that exist; the ids of the others are added to `gone`."""
        try:
            return await self._session.source.images(ids)
        except Missing:
            if len(ids) == 1:
                gone.extend(ids)
                return ()
        middle = len(ids) // 2
        return (*await self._found(ids[:middle], gone), *await self._found(ids[middle:], gone))
