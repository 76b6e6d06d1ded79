"""Metadata of the data service: what a catalog holds, and what is asked of one.

Every method takes the organization that asks. What belongs to another organization does not exist for
it: the answer is Missing, word for word as for an unknown id. A method that changes several things
changes all or nothing; when it returns, the change is durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from labeler.domain.box import Box
from labeler.domain.errors import Refused
from labeler.domain.filter import Filter, Order
from labeler.domain.image import Choice
from labeler.domain.trash import TrashedImage
from labeler.domain.vocabulary import NameOrder
from labeler.server.changes import FREELY, Changed, Terms

UNKNOWN_MIME = "application/octet-stream"


class NameTaken(Refused):
    """The organization has a dataset of this name."""


@dataclass(frozen=True, slots=True)
class FileReference:
    """A file of the user that an image's bytes are read from, as it was when it was opened."""

    path: str
    """Absolute."""
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Classification:
    """A label on the whole image with a confidence in [0, 1] or None, as a model gave it at upload."""

    id: str
    label: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where an image comes from; few of these have many images each."""

    location_id: str = ""
    robot_id: str = ""
    robot_name: str = ""
    part_id: str = ""
    part_name: str = ""
    component_type: str = ""
    component_name: str = ""
    method: str = ""
    mime_type: str = ""


@dataclass(frozen=True, slots=True)
class NewImage:
    """An image to insert. Its bytes are the blob `digest`, or the file `reference`.

    `digest` is the SHA-256 of the bytes in lower-case hex; "" while those of a reference have not been
    read. Times are aware. `method_parameters` is a serialised CaptureMetadata with that field alone.
    Ids in `boxes` and `classifications` are replaced by the catalog's own.
    """

    source: Source
    time_requested: datetime
    time_received: datetime
    file_name: str = ""
    """May hold folders, separated by forward slashes."""
    file_ext: str = ""
    """With the dot."""
    size_bytes: int = 0
    digest: str = ""
    reference: FileReference | None = None
    method_parameters: bytes = b""
    tags: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()
    classifications: tuple[Classification, ...] = ()
    dataset_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """An image of the catalog with all that is said of it; fields as in NewImage.

    `id` is `organization/location/file`. Tags and datasets are in the order of adding, boxes too.
    """

    id: str
    organization_id: str
    file_id: str
    source: Source
    time_requested: datetime
    time_received: datetime
    file_name: str
    file_ext: str
    size_bytes: int
    digest: str
    reference: FileReference | None
    method_parameters: bytes
    tags: tuple[str, ...]
    boxes: tuple[Box, ...]
    classifications: tuple[Classification, ...]
    dataset_ids: tuple[str, ...]
    version: int = 0
    """The number of the last change of what is on it, from 1; an image that was brought back has a new one."""


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Images in order. `last` continues after them, also when they are gone; `more` tells whether any follow."""

    images: tuple[ImageRecord, ...]
    last: str
    more: bool


@dataclass(frozen=True, slots=True)
class TrashPage:
    """Deleted images in order; `last` and `more` as in RecordPage."""

    images: tuple[TrashedImage, ...]
    last: str
    more: bool


@dataclass(frozen=True, slots=True)
class Total:
    images: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Purged:
    """What was forgotten for good: how many images, and the digests that nothing refers to any more."""

    images: int
    unused: tuple[str, ...]


class DatasetKind(Enum):
    """What a dataset holds; images go into datasets of the first kind alone."""

    BINARY = 0
    SEQUENCE = 1


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    id: str
    name: str
    organization_id: str
    created: datetime
    kind: DatasetKind
    images: int


@dataclass(frozen=True, slots=True)
class BoxPatch:
    """Changes of a box; None keeps what is there."""

    label: str | None = None
    x_min: float | None = None
    y_min: float | None = None
    x_max: float | None = None
    y_max: float | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class ReferencedImage:
    id: str
    reference: FileReference
    digest: str = field(default="")


Selection = Sequence[str] | Filter
"""Images by their ids, or all that a filter keeps."""


class Catalog(Protocol):
    """Metadata of all organizations.

    Image ids are `organization/location/file`, or the file's part alone. In `Filter.tags` and `all_tags`,
    `VIAM_DATASET_{id}` stands for membership in that dataset; it is no tag otherwise, and such a name
    cannot be added or removed as one (InvalidValue). Methods with `terms` can raise what these say there.
    """

    def listening(self, organization_id: str) -> AbstractContextManager[asyncio.Event]:
        """An event that is set whenever images of the organization may have changed."""
        ...

    async def changed(self, organization_id: str, position: str, limit: int, author: int = 0) -> Changed:
        """Up to `limit` images that were changed or deleted after a position, but by others than `author` alone.

        Without a position, none, with the position of now. Images that were purged since are left out.
        Raises InvalidValue for a position that the catalog has not given.
        """
        ...

    async def forget_answers(self, before: datetime) -> int:
        """Forget what changes with an edit id were answered before then; returns how many."""
        ...

    async def insert_images(self, organization_id: str, images: Sequence[NewImage]) -> tuple[str, ...]:
        """Add images; returns their ids. Raises Missing for an unknown dataset, InvalidValue for a box or tag."""
        ...

    async def images(self, organization_id: str, ids: Sequence[str]) -> tuple[ImageRecord, ...]:
        """The images with these ids, one per id, in this order. Raises Missing that names an unknown one."""
        ...

    async def page(self, organization_id: str, wanted: Filter, order: Order, last: str, limit: int) -> RecordPage:
        """Up to `limit` images of the filter that follow `last` ("" for the first).

        Images of the same time or name are ordered by file id. On an empty page, `last` is what was given.
        Raises InvalidValue for a `last` that no page in this order gave.
        """
        ...

    async def last_before(self, organization_id: str, wanted: Filter, order: Order, start: int) -> str | None:
        """The `last` of the page that has `start` images of the order before it; None if there are not so many."""
        ...

    async def count(self, organization_id: str, wanted: Filter) -> Total: ...

    async def delete_images(self, organization_id: str, which: Selection, terms: Terms = FREELY) -> int:
        """Put images with all that is on them into the trash; returns how many. Raises Missing."""
        ...

    async def trash(self, organization_id: str, last: str = "", limit: int = 1_000) -> TrashPage:
        """Up to `limit` deleted images that follow `last` ("" for the first), the last deleted first.

        Raises InvalidValue for a `last` that no such page gave.
        """
        ...

    async def restore_images(self, organization_id: str, ids: Sequence[str] | None, terms: Terms = FREELY) -> int:
        """Bring images back from the trash, None for all, as they were; returns how many.

        Datasets deleted since stay deleted. Raises Missing.
        """
        ...

    async def purge_images(self, organization_id: str, ids: Sequence[str] | None) -> Purged:
        """Forget images of the trash, None for all, for good. Raises Missing."""
        ...

    async def purge(self, deleted_before: datetime) -> tuple[str, ...]:
        """Forget trash of all organizations for good; returns digests that nothing refers to any more."""
        ...

    async def unused(self, digests: Sequence[str]) -> tuple[str, ...]:
        """Those of the digests that no image of any organization, deleted or not, has for its bytes."""
        ...

    async def add_tags(
        self, organization_id: str, which: Selection, tags: Sequence[str], terms: Terms = FREELY
    ) -> None: ...

    async def remove_tags(
        self, organization_id: str, which: Selection, tags: Sequence[str], terms: Terms = FREELY
    ) -> int:
        """Take tags off; returns how many images had any of them."""
        ...

    async def tags(self, organization_id: str, wanted: Filter) -> tuple[str, ...]:
        """All different tags of the images, sorted."""
        ...

    async def labels(self, organization_id: str, wanted: Filter) -> tuple[str, ...]:
        """All different labels of boxes on the images, sorted."""
        ...

    async def choices(self, organization_id: str, wanted: Filter) -> Mapping[str, tuple[Choice, ...]]:
        """What each field of the filter could be, by the field's name, most frequent first.

        Counts are of images that have the value and that the filter keeps with that field left out.
        """
        ...

    async def vocabulary(self, organization_id: str) -> NameOrder:
        """The names that were added, in the order of adding, whether or not an image has them."""
        ...

    async def add_names(self, organization_id: str, names: NameOrder) -> NameOrder:
        """Put those that are new behind the others; returns all. Raises InvalidValue for an empty name."""
        ...

    async def rename_label(self, organization_id: str, label: str, name: str) -> NameOrder:
        """Give a label's place to a name that is not there yet; returns all. Raises InvalidValue for an empty name."""
        ...

    async def add_boxes(
        self, organization_id: str, image_id: str, boxes: Sequence[Box], terms: Terms = FREELY
    ) -> tuple[str, ...]:
        """Add boxes to an image; returns the ids that they got. Raises Missing, InvalidValue."""
        ...

    async def update_box(
        self, organization_id: str, image_id: str, box_id: str, patch: BoxPatch, terms: Terms = FREELY
    ) -> None: ...

    async def remove_box(self, organization_id: str, image_id: str, box_id: str, terms: Terms = FREELY) -> None: ...

    async def create_dataset(
        self,
        organization_id: str,
        name: str,
        kind: DatasetKind = DatasetKind.BINARY,
        merged: Sequence[str] = (),
        terms: Terms = FREELY,
    ) -> str:
        """Make a dataset with the images of the datasets `merged`; returns its id. Raises NameTaken, Missing."""
        ...

    async def datasets(self, organization_id: str, ids: Sequence[str] | None = None) -> tuple[DatasetRecord, ...]:
        """Datasets by name, or those with the ids in the order of the ids. Raises Missing."""
        ...

    async def rename_dataset(self, organization_id: str, dataset_id: str, name: str, terms: Terms = FREELY) -> None:
        """Raises NameTaken, Missing."""
        ...

    async def delete_dataset(self, organization_id: str, dataset_id: str, terms: Terms = FREELY) -> None:
        """Delete a dataset; its images stay."""
        ...

    async def add_to_dataset(
        self, organization_id: str, dataset_id: str, which: Selection, terms: Terms = FREELY
    ) -> None:
        """Put images into a dataset. Raises Missing; Refused where the dataset does not hold images."""
        ...

    async def remove_from_dataset(
        self, organization_id: str, dataset_id: str, which: Selection, terms: Terms = FREELY
    ) -> None: ...

    async def references(self, organization_id: str, paths: Sequence[str]) -> tuple[ReferencedImage, ...]:
        """The images whose bytes are read from one of these files."""
        ...

    async def undigested(self, organization_id: str, limit: int) -> tuple[ReferencedImage, ...]:
        """Images by reference whose content digest is not known yet, oldest first."""
        ...

    async def images_with_digest(self, organization_id: str, digests: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Ids of the images with each content, by digest; a digest that no image has is left out."""
        ...

    async def set_digests(
        self, organization_id: str, found: Sequence[tuple[str, FileReference, str]]
    ) -> tuple[str, ...]:
        """Note what is in files, each given by image id, file and digest; returns the ids of which it was noted.

        Left out are images that are gone, and those whose bytes are no longer read from the file.
        """
        ...

    async def relink(self, organization_id: str, image_id: str, reference: FileReference, digest: str = "") -> None:
        """Read the image's bytes from this file from now on; `digest` is its content where that is known."""
        ...

    async def close(self) -> None:
        """Finish what was asked and release the files."""
        ...
