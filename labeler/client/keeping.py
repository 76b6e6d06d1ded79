"""What was taken along follows what the service is seen to have, and what is delivered to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from labeler.client.along_store import AlongStore
from labeler.domain.errors import StorageFailed
from labeler.domain.image import Image
from labeler.domain.saving import SaveState


class Delivered(Protocol):
    """What is asked of the outbox."""

    def confirmed(self, image: Image) -> Image: ...

    def is_deleted(self, image_id: str) -> bool | None: ...

    def state_of(self, image_id: str) -> SaveState: ...

    def subscribe(
        self, on_state: Callable[[Sequence[str]], None], on_names: Callable[[Mapping[str, str]], None]
    ) -> None: ...


class Keeping:
    """Writes newer values of images to a store, in the background. `on_trouble` is told why that fails."""

    def __init__(self, store: AlongStore, outbox: Delivered, on_trouble: Callable[[str], None]) -> None:
        self._store, self._outbox, self._on_trouble = store, outbox, on_trouble
        self._fresh: dict[str, Image] = {}
        self._gone: dict[str, None] = {}
        self._notes: dict[str, str] = {}
        self._writing: asyncio.Task[None] | None = None
        self._closed = False
        outbox.subscribe(self._delivered, lambda names: None)

    def learn(self, images: Iterable[Image]) -> None:
        """Take values that the service gave; they can be older than what was delivered to it a moment ago."""
        here = self._store.images
        self._keep(replace(self._outbox.confirmed(one), problem="") for one in images if one.id in here)

    def note(self, name: str, body: str) -> None:
        """Keep what was seen of the organization."""
        if self._store.images and self._store.note(name) != body:
            self._notes[name] = body
            self._write_soon()

    async def settled(self) -> None:
        """Return when what was learned so far is on disk, or could not be put there."""
        if self._writing is not None:
            await asyncio.wait([self._writing])

    async def close(self) -> None:
        """As `settled`, and learn no more from the outbox."""
        self._closed = True
        await self.settled()

    def _delivered(self, image_ids: Sequence[str]) -> None:
        if self._closed:
            return
        here = self._store.images
        known = [self._fresh.get(one, here[one]) for one in image_ids if one in here]
        self._keep(self._outbox.confirmed(one) for one in known)
        deleted = (one.id for one in known if self._outbox.is_deleted(one.id))
        self._gone.update({one: None for one in deleted if self._outbox.state_of(one) is SaveState.DELIVERED})
        self._write_soon()

    def _keep(self, images: Iterable[Image]) -> None:
        here = self._store.images
        self._fresh.update((image.id, image) for image in images if here[image.id] != image)
        self._write_soon()

    def _write_soon(self) -> None:
        if (self._fresh or self._gone or self._notes) and (self._writing is None or self._writing.done()):
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._fresh or self._gone or self._notes:
            fresh, gone, notes = self._fresh, self._gone, self._notes
            self._fresh, self._gone, self._notes = {}, {}, {}
            try:
                await self._store.update(fresh.values())
                await self._store.remove(tuple(gone))
                await self._store.set_notes(notes)
            except StorageFailed as error:
                self._on_trouble(f"What was taken along is not up to date on this disk. {error}")
                return
