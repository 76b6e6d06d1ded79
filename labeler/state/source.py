"""What the user's half asks of the data's half. `app` puts an implementation in.

All coroutines raise errors of `labeler.domain.errors` and nothing else, are cancellable, and end in
bounded time.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from labeler.domain.box import Box
from labeler.domain.edit import Edit
from labeler.domain.filter import Filter, Order
from labeler.domain.image import Choice, Dataset, Image
from labeler.domain.library import OpenProgress, Page, Told
from labeler.domain.saving import Held, OutboxCounts, SaveState
from labeler.domain.trash import TrashPage
from labeler.domain.vocabulary import NameOrder
from labeler.state.along import Along


class ImageSource(Protocol):
    """A service of images, bound to one organization."""

    title: str
    """What a person calls it: "This computer", a host name, "app.viam.com, Acme"."""
    organization_id: str
    opens_paths: bool
    """Whether `open_paths` works: only where the service runs on this machine for this user."""
    orders: tuple[Order, ...]
    """The orders that `page` can give, the default first."""

    @property
    def along(self) -> Along | None:
        """What is kept of it on this computer; None where it is on this computer itself."""

    async def page(self, wanted: Filter, order: Order, after: str, limit: int) -> Page:
        """The images of the filter that follow `after` ("" for the first); exactly those the filter keeps.

        A page can have fewer than `limit` images, or none, while `next` is not empty.
        """

    def jumps(self, wanted: Filter) -> bool:
        """Whether `page_at` works for the filter."""

    async def page_at(self, wanted: Filter, order: Order, place: int, limit: int) -> Page:
        """The images of the filter from a place on, 0 the first; short, with `next` empty, only at the end."""

    async def count(self, wanted: Filter) -> int | None:
        """How many images match; None where the service cannot tell without reading them all."""

    async def images(self, ids: Sequence[str]) -> tuple[Image, ...]:
        """The images with these ids, in this order. Raises Missing if one does not exist."""

    async def image_bytes(self, image_id: str) -> bytes:
        """The encoded picture. Raises Missing or Refused, with the reason to show, if there is none."""

    async def choices(self, wanted: Filter) -> Mapping[str, tuple[Choice, ...]]:
        """Values to choose from, by the name of the `Filter` field."""

    async def datasets(self) -> tuple[Dataset, ...]:
        """All datasets that the service has, by name."""

    async def names(self) -> NameOrder | None:
        """The labels and tags in the order that the organization has; None where none is kept, or none is at hand."""

    async def add_names(self, names: NameOrder) -> NameOrder:
        """Put those that are new behind the organization's others; returns all."""

    async def rename_label(self, label: str, name: str) -> NameOrder | None:
        """Give a label's place among the names to a new name; returns all, None where that is not kept."""

    @property
    def follows(self) -> bool:
        """Whether `follow` works."""

    def follow(self, position: str) -> AsyncGenerator[Told, None]:
        """Tell what others change after a position ("" for now), while they do; each image once until it is told.

        What the outbox of this source delivers is left out. The first, without images, comes at once. Ends now and
        then, to be followed anew. Raises Unreachable, and Refused for a position that the service does not know.
        """

    @property
    def keeps_trash(self) -> bool:
        """Whether deleted images can be brought back, and `trash` and `purge_images` work."""

    async def trash(self, after: str) -> TrashPage:
        """Deleted images that follow `after` ("" for the first), the last deleted first."""

    async def purge_images(self, ids: Sequence[str]) -> int:
        """Forget deleted images for good; returns how many. Raises Missing, and forgets none, for an unknown one."""

    def open_paths(self, paths: Sequence[Path], copy: bool) -> AsyncIterator[OpenProgress]:
        """Take files and folders of this machine; ends when all are listed and known by content."""


class Outbox(Protocol):
    """Edits on their way to the service, durable on this machine before they count as saved."""

    def put(self, edit: Edit) -> None:
        """Hand over an edit; returns at once. It is delivered after it is durable."""

    def state_of(self, image_id: str) -> SaveState:
        """The worst state of the image's edits; DELIVERED where nothing is pending."""

    def overlay(self, image: Image) -> Image:
        """The image as the service has it, with the pending edits made on it."""

    def datasets(self, known: Sequence[Dataset], organization_id: str) -> Sequence[Dataset]:
        """The service's datasets with pending edits, and those just delivered, made on them; `known` itself without."""

    def dataset_id_now(self, dataset_id: str) -> str:
        """The id that a dataset has by now, by one that it had before."""

    def members_of(self, dataset_id: str) -> Mapping[str, bool]:
        """Images that pending edits put into a dataset (True) or take out of it."""

    def is_deleted(self, image_id: str) -> bool | None:
        """Whether the image is gone (True) or there (False) after pending edits and those just delivered.

        None where they do not say. A deletion that is held was not done.
        """

    @property
    def moves_images(self) -> bool:
        """Whether images are on their way out of the service's lists or back into them."""

    @property
    def counts(self) -> OutboxCounts: ...

    def subscribe(
        self,
        on_state: Callable[[Sequence[str]], None],
        on_names: Callable[[Mapping[str, str]], None],
    ) -> None:
        """Be told, on the event loop, the ids of images whose state changed, and ids that the service gave.

        `on_names` maps ids that boxes and datasets had on this machine to the service's.
        """

    @property
    def place(self) -> str:
        """What `keep_place` was given last, by this run or the one before; empty at first."""

    def keep_place(self, place: str) -> None:
        """Keep where the person is, durable in a moment; returns at once."""

    async def drained(self) -> None:
        """Return when everything put so far is durable; does not wait for delivery."""

    @property
    def held(self) -> tuple[Held, ...]:
        """Changes that the service did not take, oldest first."""

    def retry(self, held: Held) -> None:
        """Deliver it again as it is, with what else is pending of the same box, tag or dataset."""

    def discard(self, held: Held) -> None:
        """Give it up for what the service has, with what else is pending of the same box, tag or dataset."""

    def keep_mine(self, held: Held, theirs: Box | None) -> None:
        """Make a conflicting change although the service has `theirs`, which the person has seen."""
