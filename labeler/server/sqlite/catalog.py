"""The catalog in one SQLite file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from labeler.domain.box import Box
from labeler.domain.filter import Filter, Order
from labeler.domain.image import Choice
from labeler.domain.vocabulary import NameOrder
from labeler.server.catalog import (
    BoxPatch,
    DatasetKind,
    DatasetRecord,
    FileReference,
    ImageRecord,
    NewImage,
    Purged,
    RecordPage,
    ReferencedImage,
    Selection,
    Total,
    TrashPage,
)
from labeler.server.changes import FREELY, Changed, News, Terms
from labeler.server.sqlite import (
    changes,
    choices,
    datasets,
    insert,
    labels,
    overview,
    read,
    references,
    trash,
    vocabulary,
)
from labeler.server.sqlite.database import Database
from labeler.server.sqlite.query import is_combined
from labeler.server.sqlite.session import Session

T = TypeVar("T")

MIGRATIONS = "labeler.server.sqlite.migrations"
_FEW = 16
"""So many images or boxes are changed as fast as one, within a few ms that others can wait."""


class SqliteCatalog:
    """`Catalog` on SQLite; what its methods promise stands there."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises Refused if a newer version wrote it or it is no database."""
        self._database = Database(path, MIGRATIONS)
        self._overview = overview.Overview()
        self._news = News()
        self._writing: set[asyncio.Future[Any]] = set()

    async def close(self) -> None:
        await asyncio.gather(*self._writing, return_exceptions=True)
        await self._database.close()

    async def _change(
        self, organization_id: str, terms: Terms, work: Callable[[Session], T], together: bool = False
    ) -> T:
        """Do the work as one change; whoever listens is told when it is done, also if nobody waits for it any more."""

        def told(done: asyncio.Future[T]) -> None:
            self._writing.discard(done)
            if not done.cancelled() and done.exception() is None:
                self._news.tell(organization_id)

        changing = self._database.write(lambda on: changes.change(on, organization_id, terms, work), together)
        writing = asyncio.ensure_future(changing)
        self._writing.add(writing)
        writing.add_done_callback(told)
        return await asyncio.shield(writing)

    def listening(self, organization_id: str) -> AbstractContextManager[asyncio.Event]:
        return self._news.listening(organization_id)

    async def changed(self, organization_id: str, position: str, limit: int, author: int = 0) -> Changed:
        return await self._database.read(lambda on: changes.changed(on, organization_id, position, limit, author))

    async def forget_answers(self, before: datetime) -> int:
        return await self._database.write(lambda on: changes.forget_answers(on, before))

    async def insert_images(self, organization_id: str, images: Sequence[NewImage]) -> tuple[str, ...]:
        return await self._change(
            organization_id, FREELY, lambda on: insert.insert_images(on, organization_id, images), _are_few(images)
        )

    async def images(self, organization_id: str, ids: Sequence[str]) -> tuple[ImageRecord, ...]:
        return await self._database.read(
            lambda on: read.records(on, organization_id, read.numbers_of(on, organization_id, ids))
        )

    async def page(self, organization_id: str, wanted: Filter, order: Order, last: str, limit: int) -> RecordPage:
        if is_combined(wanted, order) and self._overview.has(organization_id):
            return await self._survey(organization_id, lambda seen: overview.page(seen, wanted, order, last, limit))
        return await self._database.read(lambda on: read.page(on, organization_id, wanted, order, last, limit))

    async def last_before(self, organization_id: str, wanted: Filter, order: Order, start: int) -> str | None:
        return await self._survey(organization_id, lambda seen: overview.last_before(seen, wanted, order, start))

    async def count(self, organization_id: str, wanted: Filter) -> Total:
        return await self._survey(organization_id, lambda seen: overview.count(seen, wanted))

    async def tags(self, organization_id: str, wanted: Filter) -> tuple[str, ...]:
        return await self._survey(organization_id, lambda seen: overview.distinct_names(seen, "image_tag", wanted))

    async def labels(self, organization_id: str, wanted: Filter) -> tuple[str, ...]:
        return await self._survey(organization_id, lambda seen: overview.distinct_names(seen, "image_label", wanted))

    async def choices(self, organization_id: str, wanted: Filter) -> Mapping[str, tuple[Choice, ...]]:
        return await self._survey(organization_id, lambda seen: choices.choices(seen, wanted))

    async def _survey(self, organization_id: str, work: Callable[[overview.Seen], T]) -> T:
        """Ask of all images at once, beside what reads pages of them."""
        return await self._database.survey(lambda on: work(self._overview.of(on, organization_id)))

    async def vocabulary(self, organization_id: str) -> NameOrder:
        return await self._database.read(lambda on: vocabulary.vocabulary(on, organization_id))

    async def add_names(self, organization_id: str, names: NameOrder) -> NameOrder:
        return await self._database.write(lambda on: vocabulary.add_names(on, organization_id, names))

    async def rename_label(self, organization_id: str, label: str, name: str) -> NameOrder:
        return await self._database.write(lambda on: vocabulary.rename_label(on, organization_id, label, name))

    async def delete_images(self, organization_id: str, which: Selection, terms: Terms = FREELY) -> int:
        return await self._change(
            organization_id, terms, lambda on: trash.delete_images(on, organization_id, which), _are_few(which)
        )

    async def trash(self, organization_id: str, last: str = "", limit: int = 1_000) -> TrashPage:
        return await self._database.read(lambda on: trash.trash(on, organization_id, last, limit))

    async def restore_images(self, organization_id: str, ids: Sequence[str] | None, terms: Terms = FREELY) -> int:
        return await self._change(organization_id, terms, lambda on: trash.restore_images(on, organization_id, ids))

    async def purge_images(self, organization_id: str, ids: Sequence[str] | None) -> Purged:
        return await self._database.write(lambda on: trash.purge_images(on, organization_id, ids))

    async def purge(self, deleted_before: datetime) -> tuple[str, ...]:
        return await self._database.write(lambda on: trash.purge(on, deleted_before))

    async def unused(self, digests: Sequence[str]) -> tuple[str, ...]:
        return await self._database.read(lambda on: trash.unused(on, digests))

    async def add_tags(
        self, organization_id: str, which: Selection, tags: Sequence[str], terms: Terms = FREELY
    ) -> None:
        await self._change(
            organization_id, terms, lambda on: labels.add_tags(on, organization_id, which, tags), _are_few(which)
        )

    async def remove_tags(
        self, organization_id: str, which: Selection, tags: Sequence[str], terms: Terms = FREELY
    ) -> int:
        return await self._change(
            organization_id, terms, lambda on: labels.remove_tags(on, organization_id, which, tags), _are_few(which)
        )

    async def add_boxes(
        self, organization_id: str, image_id: str, boxes: Sequence[Box], terms: Terms = FREELY
    ) -> tuple[str, ...]:
        return await self._change(
            organization_id,
            terms,
            lambda on: labels.add_boxes(on, organization_id, image_id, boxes, terms.if_match),
            _are_few(boxes),
        )

    async def update_box(
        self, organization_id: str, image_id: str, box_id: str, patch: BoxPatch, terms: Terms = FREELY
    ) -> None:
        await self._change(
            organization_id,
            terms,
            lambda on: labels.update_box(on, organization_id, image_id, box_id, patch, terms.if_match),
            together=True,
        )

    async def remove_box(self, organization_id: str, image_id: str, box_id: str, terms: Terms = FREELY) -> None:
        await self._change(
            organization_id,
            terms,
            lambda on: labels.remove_box(on, organization_id, image_id, box_id, terms.if_match),
            together=True,
        )

    async def create_dataset(
        self,
        organization_id: str,
        name: str,
        kind: DatasetKind = DatasetKind.BINARY,
        merged: Sequence[str] = (),
        terms: Terms = FREELY,
    ) -> str:
        return await self._change(
            organization_id, terms, lambda on: datasets.create_dataset(on, organization_id, name, kind, merged)
        )

    async def datasets(self, organization_id: str, ids: Sequence[str] | None = None) -> tuple[DatasetRecord, ...]:
        return await self._database.read(lambda on: datasets.datasets(on, organization_id, ids))

    async def rename_dataset(self, organization_id: str, dataset_id: str, name: str, terms: Terms = FREELY) -> None:
        await self._change(
            organization_id, terms, lambda on: datasets.rename_dataset(on, organization_id, dataset_id, name)
        )

    async def delete_dataset(self, organization_id: str, dataset_id: str, terms: Terms = FREELY) -> None:
        await self._change(organization_id, terms, lambda on: datasets.delete_dataset(on, organization_id, dataset_id))

    async def add_to_dataset(
        self, organization_id: str, dataset_id: str, which: Selection, terms: Terms = FREELY
    ) -> None:
        await self._change(
            organization_id,
            terms,
            lambda on: datasets.add_to_dataset(on, organization_id, dataset_id, which),
            _are_few(which),
        )

    async def remove_from_dataset(
        self, organization_id: str, dataset_id: str, which: Selection, terms: Terms = FREELY
    ) -> None:
        await self._change(
            organization_id,
            terms,
            lambda on: datasets.remove_from_dataset(on, organization_id, dataset_id, which),
            _are_few(which),
        )

    async def references(self, organization_id: str, paths: Sequence[str]) -> tuple[ReferencedImage, ...]:
        return await self._database.read(lambda on: references.references(on, organization_id, paths))

    async def undigested(self, organization_id: str, limit: int) -> tuple[ReferencedImage, ...]:
        return await self._database.read(lambda on: references.undigested(on, organization_id, limit))

    async def images_with_digest(self, organization_id: str, digests: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        return await self._database.read(lambda on: references.images_with_digest(on, organization_id, digests))

    async def set_digests(
        self, organization_id: str, found: Sequence[tuple[str, FileReference, str]]
    ) -> tuple[str, ...]:
        return await self._database.write(lambda on: references.set_digests(on, organization_id, found))

    async def relink(self, organization_id: str, image_id: str, reference: FileReference, digest: str = "") -> None:
        await self._database.write(lambda on: references.relink(on, organization_id, image_id, reference, digest))


def _are_few(which: Selection | Sequence[Any]) -> bool:
    return not isinstance(which, Filter) and len(which) <= _FEW
