"""The filtered images, in order, fetched by page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from labeler.domain.box import Box
from labeler.domain.edit import Change, apply_changes
from labeler.domain.filter import EMPTY, Filter, Order
from labeler.domain.image import Image
from labeler.state.hidden import Hidden
from labeler.state.loaded import Loaded
from labeler.state.signal import Signal
from labeler.state.source import ImageSource, Outbox
from labeler.state.tasks import Tasks

FIRST_PAGE = 100
LATER_PAGES = 500
"""Few enough that the window paints between them."""
AROUND = 500
"""How many images before and after the wanted one are loaded before loading rests."""
MOST = 5_000
"""How many images stay in memory where the source can give them again from any place."""


class Library:
    """The images of one filter, each at its index in the order; loaded are those around where anybody looks.

    A source whose pages begin anywhere (`ImageSource.jumps`) is read around the wanted index, and what is
    far from it is let go; any other is read from the front as far as wanted, and kept.

    Images whose deletion is pending are not in it. While the service has not heard of some deletions, its
    places are not those of this list: pages that begin at a place wait until it has.

    Signals: `reset` when the list is another one, `grown` when more of it is loaded or its size is known,
    `replaced(index)` when one image has another value.
    """

    def __init__(self, tasks: Tasks, outbox: Callable[[], Outbox], is_kept: Callable[[str], bool]) -> None:
        self.reset: Signal[()] = Signal()
        self.grown: Signal[()] = Signal()
        self.replaced: Signal[int] = Signal()
        self.filter: Filter = EMPTY
        self.order = Order.NEWEST
        self._source: ImageSource | None = None
        self._loaded, self._hidden = Loaded(), Hidden()
        self._size: int | None = None
        self._tasks = tasks
        self._outbox, self._is_kept = outbox, is_kept
        self._jumps = False
        self._moves = 0
        self._moving: dict[str, bool] = {}
        """Images that are being taken out (True) or brought back by an edit that is made in parts."""
        self._wanted = 0
        self._spans = 0
        self._is_old = False
        """Whether what is loaded is of the list as it was before it was read again."""
        self._wake = asyncio.Event()
        self._loading: asyncio.Task[None] | None = None

    @property
    def size(self) -> int:
        """How many images there are as far as is known: the service's count, or what is loaded."""
        return max(self._size or 0, self._loaded.end)

    @property
    def size_is_known(self) -> bool:
        return self._size is not None

    @property
    def is_old(self) -> bool:
        """Whether the list is being read again, and what is loaded is of the former reading."""
        return self._is_old

    @property
    def complete(self) -> bool:
        """Whether every image is loaded."""
        return self._size is not None and len(self._loaded) >= self._size

    @property
    def images(self) -> list[Image]:
        """The images that are loaded, in order."""
        return list(self._loaded)

    @property
    def loaded_count(self) -> int:
        return len(self._loaded)

    def index_of(self, image_id: str) -> int | None:
        """The index of a loaded image."""
        return self._loaded.place_of(image_id)

    def at(self, index: int) -> Image | None:
        """The image at the index; None while it is not loaded."""
        return self._loaded.at(index)

    def between(self, first: int, last: int) -> list[Image]:
        """The loaded images from one index to another, both included."""
        return list(self._loaded.between(first, last))

    def of(self, ids: Collection[str]) -> list[Image]:
        """Those of the images that are loaded, in order."""
        return self._loaded.of(ids)

    def show(self, source: ImageSource, wanted: Filter, order: Order) -> None:
        """Show another filter or order, from its beginning."""
        self.filter, self.order = wanted, order
        self._loaded, self._hidden, self._size, self._wanted = Loaded(), Hidden(), None, 0
        self._restart(source, keep=False)
        self.reset.emit()

    def reload(self, source: ImageSource) -> None:
        """Read the same filter again; the images stay in view until others are there in their stead.

        That begins when the service has heard of all deletions.
        """
        self._restart(source, keep=True)

    def want(self, index: int) -> None:
        """Load the image at the index and those around it."""
        if index != self._wanted:
            self._wanted = index
            self._wake.set()

    def is_loaded(self, first: int, last: int) -> bool:
        """Whether all images are loaded from one index to another, both included, as far as there are any."""
        if self._is_old or (last >= self.size and not self.size_is_known):
            return False
        return self._loaded.first_gap(first, min(last, self.size - 1)) is None

    async def load(self, first: int, last: int) -> None:
        """Load all images from one index to another, both included. Raises LabelerError."""
        source, loading = self._source, self._loading
        if source is None or not self._jumps:
            self.want(max(last, self._wanted))
            await self.loaded()
            return
        await self._until(lambda: self.size_is_known and not self._is_old)
        self._spans += 1
        try:
            place: int | None = first
            while self._loading is loading and place is not None:
                await self._until(lambda: not self.moves_images)
                place = self._loaded.first_gap(place, min(last, self.size - 1))
                if place is not None:
                    await self._fetch(source, place, LATER_PAGES)
        finally:
            self._spans -= 1

    async def loaded(self) -> None:
        """Return when what is wanted is loaded, or loading has ended."""
        await self._until(lambda: self.is_loaded(max(self._wanted - AROUND, 0) if self._jumps else 0, self._wanted))

    async def _until(self, is_so: Callable[[], bool]) -> None:
        """Return when it is so, or loading has ended."""
        while not is_so() and self._loading and not self._loading.done():
            changed = asyncio.Event()
            self.grown.connect(changed.set)
            self.reset.connect(changed.set)
            waiting = asyncio.ensure_future(changed.wait())
            await asyncio.wait((waiting, self._loading), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            self.grown.disconnect(changed.set)
            self.reset.disconnect(changed.set)

    def _restart(self, source: ImageSource, keep: bool) -> None:
        if self._loading and not self._loading.done():
            self._loading.cancel()
        self._source, self._wake = source, asyncio.Event()
        self._is_old = keep and not self.moves_images
        self._jumps = source.jumps(self.filter) and (keep or not self.moves_images)
        self._loading = self._tasks.start(self._load(source, keep))

    async def _load(self, source: ImageSource, keep: bool) -> None:
        while keep and self.moves_images:
            await self._next_wake()
        self._is_old = keep
        counting = asyncio.ensure_future(source.count(self.filter))
        try:
            await (self._load_around if self._jumps else self._load_from_front)(source, keep, counting)
        finally:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)

    async def _load_from_front(self, source: ImageSource, keep: bool, counting: asyncio.Future[int | None]) -> None:
        ahead: list[Image] = []
        needed = self._loaded.end if keep else 0
        after = ""
        while True:
            page = await source.page(self.filter, self.order, after, LATER_PAGES if after else FIRST_PAGE)
            after = page.next
            ahead.extend(page.images)
            if len(ahead) >= needed or not after:
                if keep:
                    self._forget()
                self._append(ahead, is_end=not after)
                (self.reset if keep else self.grown).emit()
                ahead, needed, keep = [], 0, False
            if not after:
                return
            if not counting.done() or self._size is None:
                self._note_size(await counting)
            while not keep and self._loaded.end > self._wanted + AROUND:
                await self._next_wake()

    def _append(self, images: list[Image], is_end: bool) -> None:
        """Put a page at the end, without those whose deletion is pending."""
        outbox, place, known = self._outbox(), self._loaded.end, len(self._hidden)
        shown: list[Image] = []
        for image in images:
            if self._is_deleted(image.id):
                self._hidden.append(place + len(shown), [outbox.overlay(image)])
            else:
                shown.append(outbox.overlay(image))
        self._loaded.put(place, shown)
        if is_end:
            self._size = self._loaded.end
        elif self._size is not None:
            self._size -= len(self._hidden) - known

    async def _load_around(self, source: ImageSource, keep: bool, counting: asyncio.Future[int | None]) -> None:
        if keep:
            size, moves = await counting, self._moves
            start = max(min(self._wanted, self.size if size is None else size) - AROUND, 0)
            page = await source.page_at(self.filter, self.order, start, 2 * AROUND)
            if moves != self._moves:
                await self._load(source, keep)
                return
            self._size = size
            self._forget()
            self._loaded.put(start, [self._outbox().overlay(image) for image in page.images])
            self.reset.emit()
        else:
            await self._fetch(source, 0, FIRST_PAGE)
            self._note_size(await counting)
        while True:
            if not self.moves_images and (place := self._next_place()) is not None:
                await self._fetch(source, place, LATER_PAGES)
            else:
                await self._next_wake()

    async def _next_wake(self) -> None:
        self._wake.clear()
        await self._wake.wait()

    def _next_place(self) -> int | None:
        """Where the next page begins: it holds the missing place nearest to the wanted index."""
        near = range(max(self._wanted - AROUND, 0), min(self._wanted + AROUND, self.size))
        missing = self._loaded.missing(near)
        nearest = min(missing, key=lambda place: abs(place - self._wanted), default=None)
        if nearest is None or nearest >= self._wanted:
            return nearest
        return max(nearest - LATER_PAGES + 1, 0)

    async def _fetch(self, source: ImageSource, place: int, limit: int) -> None:
        moves = self._moves
        page = await source.page_at(self.filter, self.order, place, limit)
        counted = None if page.images else await source.count(self.filter)
        if moves != self._moves:
            return  # the places are others by now
        if not page.next:
            self._size = (
                place + len(page.images) if page.images else min(place, self.size if counted is None else counted)
            )
            self._loaded.cut(self._size)
        self._loaded.put(place, [self._outbox().overlay(image) for image in page.images])
        if not self._spans:
            self._loaded.trim(MOST, self._wanted, self._is_kept)
        self.grown.emit()
        if self._wanted >= self.size > 0:
            self._wanted = self.size - 1
            self.reset.emit()

    def _note_size(self, counted: int | None) -> None:
        if counted is not None and counted - len(self._hidden) != self._size:
            self._size = counted - len(self._hidden)
            self.grown.emit()

    def _forget(self) -> None:
        self._loaded, self._hidden, self._is_old = Loaded(), Hidden(), False

    def apply(self, changes: Iterable[Change]) -> tuple[str, ...]:
        """Make the changes on the images that are loaded; returns the ids of all images they are about."""
        by_image: dict[str, list[Change]] = {}
        for change in changes:
            if change.image_id:
                by_image.setdefault(change.image_id, []).append(change)
        for image_id, its in by_image.items():
            if (image := self._known(image_id)) is not None:
                self._replace(apply_changes(image, its))
        return tuple(by_image)

    def rename(self, names: Mapping[str, str]) -> None:
        """Give boxes and datasets the ids that the service chose for them."""
        for image in list(self._loaded):
            if any(box.id in names for box in image.boxes) or not names.keys().isdisjoint(image.dataset_ids):
                boxes = tuple(_renamed(box, names) for box in image.boxes)
                dataset_ids = tuple(names.get(one, one) for one in image.dataset_ids)
                self._replace(replace(image, boxes=boxes, dataset_ids=dataset_ids))

    def update(self, images: Iterable[Image]) -> None:
        """Take newer values that the service gave."""
        for image in images:
            if self._known(image.id) is not None:
                self._replace(self._outbox().overlay(image))

    def remove(self, ids: Iterable[str]) -> None:
        """Take images out of the list that others deleted; not those that are on their way back."""
        removed = self._loaded.remove({one for one in ids if self._is_deleted(one) is not False})
        self._hidden.moved_up(removed)
        self._moved(-len(removed))

    def follow_deletions(self, ids: Iterable[str]) -> bool:
        """Take images out of the list, or put them back, as pending deletions say by now.

        Returns whether one is to come back that is not known here, so that the list has to be read again.
        """
        if not self.moves_images and not self._hidden:
            self._wake.set()
            return False
        deleted = {one: self._is_deleted(one) for one in ids if one not in self._moving}
        gone = self._loaded.remove([one for one, is_gone in deleted.items() if is_gone])
        self._hidden.hide(gone)
        there = {one for one, is_gone in deleted.items() if is_gone is False}
        back = self._hidden.take(there)
        self._loaded.insert(back)
        self._wake.set()
        if gone or back:
            self._moved(len(back) - len(gone))
        elif not self.moves_images:
            self.grown.emit()
        return any(self._loaded.place_of(one) is None for one in there)

    @property
    def moves_images(self) -> bool:
        """Whether images are on their way out of the service's lists or back into them: places there are others."""
        return bool(self._moving) or self._outbox().moves_images

    def _is_deleted(self, image_id: str) -> bool | None:
        is_out = self._moving.get(image_id)
        return self._outbox().is_deleted(image_id) if is_out is None else is_out

    async def begin_moving(self, ids: Collection[str], out: bool) -> list[int]:
        """Take very many images out, or put them back, before the edit that says so is made in parts.

        What the parts say of them is not followed until `end_moving`. Returns the places that they had or have.
        The list is made in a thread, anew where it is changed meanwhile: moving all after each takes long.
        """
        self._moving.update(dict.fromkeys(ids, out))
        while True:
            loaded, version = self._loaded, self._loaded.version
            made = loaded.copy(), self._hidden.copy()
            places = await asyncio.to_thread(_move, *made, ids, out)
            if loaded is self._loaded and version == loaded.version:
                break
        self._loaded, self._hidden = made
        if places:
            self._moved(-len(places) if out else len(places))
        return places

    def end_moving(self, ids: Iterable[str]) -> None:
        """Follow again what the outbox says of these."""
        for one in ids:
            self._moving.pop(one, None)
        self._wake.set()

    def _moved(self, by: int) -> None:
        self._moves += 1
        if self._size is not None:
            self._size += by
        self.reset.emit()

    def _known(self, image_id: str) -> Image | None:
        place = self._loaded.place_of(image_id)
        return None if place is None else self._loaded.at(place)

    def _replace(self, image: Image) -> None:
        if (place := self._loaded.replace(image)) is not None:
            self.replaced.emit(place)


def _move(loaded: Loaded, hidden: Hidden, ids: Collection[str], out: bool) -> list[int]:
    rows = loaded.remove(ids) if out else hidden.take(set(ids))
    if out:
        hidden.hide(rows)
    else:
        loaded.insert(rows)
    return [place for place, _ in rows]


def _renamed(box: Box, names: Mapping[str, str]) -> Box:
    return replace(box, id=names[box.id]) if box.id in names else box
