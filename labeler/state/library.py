"""The filtered images, in order, fetched by page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from labeler.domain.box import Box
from labeler.domain.edit import Change, apply_changes
from labeler.domain.filter import EMPTY, Filter, Order
from labeler.domain.image import Image
from labeler.state.signal import Signal
from labeler.state.source import ImageSource
from labeler.state.tasks import Tasks

FIRST_PAGE = 100
LATER_PAGES = 500
"""Few enough that the window paints between them."""
AHEAD = 500
"""How many images beyond the wanted one are loaded before loading rests."""


class Library:
    """The images of one filter, loaded from the front as far as anybody asked, and a little further.

    Signals: `reset` when the list is another one, `grown` when it has more images or its size is known,
    `replaced(index)` when one image has another value.
    """

    def __init__(self, tasks: Tasks, overlay: Callable[[Image], Image]) -> None:
        self.reset: Signal[()] = Signal()
        self.grown: Signal[()] = Signal()
        self.replaced: Signal[int] = Signal()
        self.filter: Filter = EMPTY
        self.order = Order.NEWEST
        self.images: list[Image] = []
        self.complete = False
        self._counted: int | None = None
        self._index: dict[str, int] = {}
        self._tasks = tasks
        self._overlay = overlay
        self._wanted = 0
        self._wake = asyncio.Event()
        self._loading: asyncio.Task[None] | None = None

    @property
    def size(self) -> int:
        """How many images there are as far as is known: the service's count, or what is loaded."""
        if self.complete or self._counted is None:
            return len(self.images)
        return max(self._counted, len(self.images))

    @property
    def size_is_known(self) -> bool:
        return self.complete or self._counted is not None

    def index_of(self, image_id: str) -> int | None:
        return self._index.get(image_id)

    def at(self, index: int) -> Image | None:
        """The image at the index; None while it is not loaded."""
        return self.images[index] if 0 <= index < len(self.images) else None

    def show(self, source: ImageSource, wanted: Filter, order: Order) -> None:
        """Show another filter or order, from its beginning."""
        self.filter, self.order = wanted, order
        self.images, self._index, self.complete, self._counted, self._wanted = [], {}, False, None, 0
        self._restart(self._load(source, keep=False))
        self.reset.emit()

    def reload(self, source: ImageSource) -> None:
        """Read the same filter again; the images stay in view until the new list is as long."""
        self._wanted = max(self._wanted, len(self.images))
        self._restart(self._load(source, keep=True))

    def want(self, index: int) -> None:
        """Load at least up to the index."""
        if index > self._wanted:
            self._wanted = index
            self._wake.set()

    def want_all(self) -> None:
        self.want(2**62)

    async def loaded(self) -> None:
        """Return when loading has come as far as was wanted or has ended."""
        while not self.complete and self._loading and not self._loading.done() and len(self.images) <= self._wanted:
            changed = asyncio.Event()
            self.grown.connect(changed.set)
            self.reset.connect(changed.set)
            waiting = asyncio.ensure_future(changed.wait())
            await asyncio.wait((waiting, self._loading), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            self.grown.disconnect(changed.set)
            self.reset.disconnect(changed.set)

    def _restart(self, work: object) -> None:
        if self._loading and not self._loading.done():
            self._loading.cancel()
        self._wake = asyncio.Event()
        self._loading = self._tasks.start(work)  # type: ignore[arg-type]

    async def _load(self, source: ImageSource, keep: bool) -> None:
        counting = asyncio.ensure_future(source.count(self.filter))
        try:
            await self._load_pages(source, keep, counting)
        finally:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)

    async def _load_pages(self, source: ImageSource, keep: bool, counting: asyncio.Future[int | None]) -> None:
        fresh: list[Image] = []
        after = ""
        while True:
            page = await source.page(self.filter, self.order, after, LATER_PAGES if after else FIRST_PAGE)
            fresh.extend(self._overlay(image) for image in page.images)
            after = page.next
            if not keep or len(fresh) >= len(self.images) or not after:
                was_kept, keep = keep, False
                self._take(fresh, complete=not after, is_other=was_kept)
            if not after:
                return
            if self._counted is None:
                self._counted = await counting
                self.grown.emit()
            while not keep and len(fresh) > self._wanted + AHEAD:
                self._wake.clear()
                await self._wake.wait()

    def _take(self, fresh: list[Image], complete: bool, is_other: bool) -> None:
        if is_other:
            self._index = {}
        for position in range(len(self._index), len(fresh)):
            self._index[fresh[position].id] = position
        self.images, self.complete = fresh, complete
        (self.reset if is_other else self.grown).emit()

    def apply(self, changes: Iterable[Change]) -> tuple[str, ...]:
        """Make the changes on the images that are loaded; returns the ids of all images they are about."""
        by_image: dict[str, list[Change]] = {}
        for change in changes:
            by_image.setdefault(change.image_id, []).append(change)
        for image_id, its in by_image.items():
            index = self._index.get(image_id)
            if index is not None:
                self._replace(index, apply_changes(self.images[index], its))
        return tuple(by_image)

    def rename_boxes(self, names: Mapping[str, str]) -> None:
        """Give boxes the ids that the service chose for them."""
        for index, image in enumerate(self.images):
            if any(box.id in names for box in image.boxes):
                boxes = tuple(_renamed(box, names) for box in image.boxes)
                self._replace(index, replace(image, boxes=boxes))

    def update(self, images: Iterable[Image]) -> None:
        """Take newer values that the service gave."""
        for image in images:
            index = self._index.get(image.id)
            if index is not None:
                self._replace(index, self._overlay(image))

    def remove(self, ids: Iterable[str]) -> None:
        """Take images out of the list, after they were deleted."""
        gone = set(ids)
        before = len(self.images)
        self.images = [image for image in self.images if image.id not in gone]
        if self._counted is not None:
            self._counted -= before - len(self.images)
        self._index = {image.id: index for index, image in enumerate(self.images)}
        self.reset.emit()

    def _replace(self, index: int, image: Image) -> None:
        if image != self.images[index]:
            self.images[index] = image
            self.replaced.emit(index)


def _renamed(box: Box, names: Mapping[str, str]) -> Box:
    return replace(box, id=names[box.id]) if box.id in names else box
