"""A service with what this machine keeps of it: pictures are fetched once; offline, what was taken along is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Protocol, TypeVar

from labeler.client.along_store import AlongStore
from labeler.client.keeping import Delivered, Keeping
from labeler.client.local_answers import Edited, LocalAnswers, choices_note, datasets_note
from labeler.client.picture_cache import PictureCache
from labeler.client.reach import Reach, Sleep
from labeler.client.source import ServiceSource
from labeler.client.taking import RESERVE, needed, take
from labeler.domain.along import Need, TakenAlong, Taking
from labeler.domain.amounts import count_text
from labeler.domain.edit import is_local
from labeler.domain.errors import Unreachable
from labeler.domain.filter import Filter, Order
from labeler.domain.image import Choice, Dataset, Image
from labeler.domain.library import OpenProgress, Page, Told
from labeler.domain.trash import TrashPage
from labeler.domain.vocabulary import NameOrder

Result = TypeVar("Result")


class Delivering(Delivered, Edited, Protocol):
    """What is asked of the outbox."""

    def hurry(self) -> None: ...


class KeptSource:
    """The images of a service; while it cannot be reached, those that were taken along.

    It goes offline and online by itself; `subscribe` tells when. All calls raise errors of `labeler.rpc.errors`, and
    Unreachable where the answer is not on this machine. `close` it; what it was made of belongs to the caller.
    """

    opens_paths = False

    def __init__(
        self,
        service: ServiceSource,
        store: AlongStore,
        cache: PictureCache,
        outbox: Delivering,
        *,
        reserve: int = RESERVE,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._service, self._store, self._cache, self._outbox = service, store, cache, outbox
        self._reserve = reserve
        self._reach = Reach(service.connection, self._reach_changed, sleep)
        self.answers = LocalAnswers(store, outbox, service.organization_id)
        """What is said while the service cannot be reached."""
        self._keeping = Keeping(store, outbox, self._set_trouble)
        self._on_change: list[Callable[[], None]] = []
        self.title, self.organization_id, self.orders = service.title, service.organization_id, service.orders
        self.trouble = store.problem
        """What a person should know of the disk, once; else empty."""

    async def close(self) -> None:
        """Return when all that was learned is on disk and nothing is asked any more."""
        await self._reach.close()
        await self._keeping.close()

    # What is taken along.

    @property
    def along(self) -> KeptSource:
        return self

    @property
    def offline(self) -> str:
        """What to say while the service cannot be reached; empty while it can."""
        return f"offline, {count_text(len(self._store.images))} taken along" if self._reach.is_offline else ""

    @property
    def reason(self) -> str:
        """Why it cannot be reached, as a sentence."""
        return self._reach.reason

    @property
    def sets(self) -> tuple[TakenAlong, ...]:
        return self._store.sets

    def subscribe(self, on_change: Callable[[], None]) -> None:
        """Be told when the service can no longer be reached, when it can again, and of `trouble`."""
        self._on_change.append(on_change)

    async def need(self, wanted: Filter) -> Need:
        """What taking along a filter takes."""
        return await self._online(lambda: needed(self._service, self._store, wanted))

    async def take(self, wanted: Filter, name: str) -> AsyncGenerator[Taking, None]:
        """Take the images of a filter along, or what is new and missing of them; tells how far it is.

        What is here when it fails or is cancelled stays, and taking along again goes on from there. Raises
        StorageFailed where there is no room.
        """
        if self._reach.is_offline:
            raise Unreachable(f"Nothing can be taken along now. {self._reach.reason}")
        taking = take(self._service, self._store, self._cache, wanted, name, self._outbox.confirmed, self._reserve)
        async with aclosing(taking):
            async for one in taking:
                yield one
        await asyncio.gather(self.datasets(), self.choices(Filter()))
        await self._keeping.settled()

    async def drop(self, number: int) -> None:
        """Remove a set, with the images and pictures that no other has, from this computer."""
        await self._store.drop(number)

    # The images.

    async def page(self, wanted: Filter, order: Order, after: str, limit: int) -> Page:
        if self.answers.gave(after) or self._is_ours(wanted):
            return await self.answers.page(wanted, order, after, limit)
        try:
            page = await self._reach.call(lambda: self._service.page(wanted, order, after, limit))
        except Unreachable:
            # The rest of a list that the service began is not here.
            if after or not self._is_here:
                raise
            return await self.answers.page(wanted, order, "", limit)
        self._keeping.learn(page.images)
        return page

    def jumps(self, wanted: Filter) -> bool:
        return self._service.jumps(wanted)

    async def page_at(self, wanted: Filter, order: Order, place: int, limit: int) -> Page:
        if self._is_ours(wanted):
            return await self.answers.page_at(wanted, order, place, limit)
        try:
            page = await self._reach.call(lambda: self._service.page_at(wanted, order, place, limit))
        except Unreachable:
            if not self._is_here:
                raise
            return await self.answers.page_at(wanted, order, place, limit)
        self._keeping.learn(page.images)
        return page

    async def count(self, wanted: Filter) -> int | None:
        if self._is_ours(wanted):
            return await self.answers.count(wanted)
        try:
            return await self._reach.call(lambda: self._service.count(wanted))
        except Unreachable:
            if not self._is_here:
                raise
            return await self.answers.count(wanted)

    async def images(self, ids: Sequence[str]) -> tuple[Image, ...]:
        try:
            images = await self._reach.call(lambda: self._service.images(ids))
        except Unreachable:
            here = self.answers.images(ids) if self._is_here else None
            if here is None:
                raise
            return here
        self._keeping.learn(images)
        return images

    async def image_bytes(self, image_id: str) -> bytes:
        content = await self._store.picture(image_id)
        if content is not None:
            return content
        return await self._cache.fetched(image_id, lambda: self._fetched(image_id))

    async def _fetched(self, image_id: str) -> bytes:
        try:
            return await self._reach.call(lambda: self._service.image_bytes(image_id))
        except Unreachable as error:
            if self._reach.is_offline:
                raise Unreachable("Offline, and this picture is not on this computer.") from error
            raise

    async def forget_pictures(self) -> None:
        """Fetch pictures anew that were not taken along."""
        if not self._reach.is_offline:
            await self._cache.clear()

    async def choices(self, wanted: Filter) -> Mapping[str, tuple[Choice, ...]]:
        if self._is_ours(wanted):
            return await self.answers.choices(wanted)
        try:
            found = await self._reach.call(lambda: self._service.choices(wanted))
        except Unreachable:
            if not self._is_here:
                raise
            return await self.answers.choices(wanted)
        if not wanted:
            self._keeping.note("choices", choices_note(found))
        return found

    async def datasets(self) -> tuple[Dataset, ...]:
        try:
            found = await self._reach.call(self._service.datasets)
        except Unreachable:
            if not self._is_here:
                raise
            return self.answers.datasets()
        self._keeping.note("datasets", datasets_note(found))
        return found

    async def names(self) -> NameOrder | None:
        try:
            return await self._reach.call(self._service.names)
        except Unreachable:
            if not self._is_here:
                raise
            return None

    async def add_names(self, names: NameOrder) -> NameOrder:
        return await self._online(lambda: self._service.add_names(names))

    async def rename_label(self, label: str, name: str) -> NameOrder | None:
        return await self._online(lambda: self._service.rename_label(label, name))

    @property
    def follows(self) -> bool:
        return self._service.follows

    def follow(self, position: str) -> AsyncGenerator[Told, None]:
        return self._service.follow(position)

    @property
    def keeps_trash(self) -> bool:
        return self._service.keeps_trash

    async def trash(self, after: str) -> TrashPage:
        return await self._online(lambda: self._service.trash(after))

    async def purge_images(self, ids: Sequence[str]) -> int:
        return await self._online(lambda: self._service.purge_images(ids))

    def open_paths(self, paths: Sequence[Path], copy: bool) -> AsyncIterator[OpenProgress]:
        return self._service.open_paths(paths, copy)

    @property
    def _is_here(self) -> bool:
        """Whether what was taken along is the answer now."""
        return self._reach.is_offline and self.answers.are_there

    def _is_ours(self, wanted: Filter) -> bool:
        """Whether a filter is of a dataset that the service has still to make, so that this machine has the answer."""
        return is_local(wanted.dataset_id) and self.answers.are_there

    async def _online(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """The result of what only the service can do."""
        try:
            return await self._reach.call(call)
        except Unreachable as error:
            if self._reach.is_offline:
                raise Unreachable(f"This cannot be done offline. Do it when {self.title} can be reached.") from error
            raise

    def _reach_changed(self) -> None:
        if not self._reach.is_offline:
            self.answers.forget()
            self._outbox.hurry()
        self._changed()

    def _set_trouble(self, trouble: str) -> None:
        self.trouble = trouble
        self._changed()

    def _changed(self) -> None:
        for on_change in tuple(self._on_change):
            on_change()
