"""What others change meanwhile, shown while a person looks."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING

from labeler.domain.amounts import count_text
from labeler.domain.errors import LabelerError, Missing, Refused
from labeler.domain.image import Image
from labeler.domain.library import Told
from labeler.state.source import ImageSource

if TYPE_CHECKING:
    from labeler.state.session import Session

AT_MOST = 200
"""Images read at a time."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds: the bounds of the random pause before a service is followed again, doubled with each failure in a row."""


class Following:
    """Shows what others change, while the window is active.

    Where the service tells what is changed, those images that are loaded are read when they are; elsewhere the image
    in front and those around it are read every `seconds`. Silent while the service cannot be reached: the status
    bar says that already.
    """

    def __init__(self, session: Session) -> None:
        self.seconds = 5.0
        self._session = session
        self._is_active = False
        self._running: asyncio.Task[None] | None = None
        self._source: ImageSource | None = None
        self._position = ""
        """Up to where the source has told, and that is shown."""
        self._is_lost = False
        """Whether the source did not know the position."""
        self._told_count = 0
        self._taken_in = 0
        """How many runs of this window are under way that put images into the list."""

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
            self._running = self._session.tasks.start(self._run(self._session.source))

    @contextmanager
    def not_telling_of_new(self) -> Iterator[None]:
        """While this window itself puts images in, and shows them: they are no news."""
        self._taken_in += 1
        try:
            yield
        finally:
            self._taken_in -= 1

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

    async def _run(self, source: ImageSource) -> None:
        if source is not self._source:
            self._source, self._position, self._is_lost = source, "", False
        failures = 0
        while True:
            if not source.follows:
                await self._look()
                await asyncio.sleep(self.seconds)
                continue
            if await self._listen(source):
                failures = 0
            most = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures, 10))
            failures += 1
            await asyncio.sleep(random.uniform(0, most))  # noqa: S311 - spreads clients over time
            await self._look()

    async def _listen(self, source: ImageSource) -> bool:
        """Show what the service tells, until it ends; whether it told anything."""
        has_told = False
        try:
            async with aclosing(source.follow(self._position)) as stream:
                async for told in stream:
                    if self._is_lost:
                        # The service's data is of an older copy: anything may be otherwise.
                        self._is_lost = False
                        self._session.reload()
                    elif not self._position:
                        await self._look()
                    await self._take(told)
                    has_told = True
        except Refused:
            self._is_lost, self._position = bool(self._position), ""
        except LabelerError:
            pass
        return has_told

    async def _take(self, told: Told) -> None:
        """Read those of the images that are of use here, the nearest first. Raises LabelerError."""
        session = self._session
        wanted = {held.change.image_id: 0 for held in session.review.items if held.change.image_id}
        for image_id in told.ids:
            if (index := session.library.index_of(image_id)) is not None:
                wanted[image_id] = abs(index - session.index)
        ids = sorted(set(told.ids) & wanted.keys(), key=wanted.__getitem__)
        for start in range(0, len(ids), AT_MOST):
            await self._show(ids[start : start + AT_MOST])
        if len(ids) < len(set(told.ids)):
            await self._count_new()
        self._position = told.position

    async def _count_new(self) -> None:
        """Say how many more images match the filter by now; they are not put among those that somebody looks at."""
        session = self._session
        library = session.library
        if not self._can_count:
            return
        wanted = library.filter
        count = await session.source.count(wanted)
        if count is None or wanted is not library.filter or not self._can_count:
            return
        fresh = count - library.size
        if fresh > 0 and count != self._told_count:
            session.said.emit(f"{count_text(fresh)} more by now; F5 shows {'it' if fresh == 1 else 'them'}")
        self._told_count = count

    @property
    def _can_count(self) -> bool:
        """Whether the size of the list is that of the list that the person asked for and sees."""
        library = self._session.library
        return library.size_is_known and not (library.is_old or library.moves_images or self._taken_in)

    def _ids(self) -> list[str]:
        """The image in front first, then the screenful around it."""
        session, library = self._session, self._session.library
        around = min(session.grid.columns * session.grid.rows_shown, AT_MOST // 2)
        first = max(session.index - around, 0)
        places = [session.index, *range(first, session.index + around)]
        found = (library.at(place) for place in places)
        return list(dict.fromkeys(image.id for image in found if image is not None))

    async def _look(self) -> None:
        if ids := self._ids():
            try:
                await self._show(ids)
            except LabelerError:
                return

    async def _show(self, ids: Sequence[str]) -> None:
        """Show images as the service has them, and take out those that it has no more. Raises LabelerError."""
        gone: list[str] = []
        self.receive(await self.found(ids, gone))
        if gone:
            self._session.library.remove(gone)

    async def found(self, ids: Sequence[str], gone: list[str]) -> tuple[Image, ...]:
        """The images that exist; the ids of the others are added to `gone`. Raises LabelerError."""
        if not ids:
            return ()
        try:
            return await self._session.source.images(ids)
        except Missing:
            if len(ids) == 1:
                gone.extend(ids)
                return ()
        middle = len(ids) // 2
        return (*await self.found(ids[:middle], gone), *await self.found(ids[middle:], gone))
