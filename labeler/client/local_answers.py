"""What is answered in a service's place from what was taken along."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from labeler.client.along_store import AlongStore
from labeler.client.local_list import choices, listed
from labeler.domain.errors import Unreachable
from labeler.domain.filter import Filter, Order
from labeler.domain.image import Choice, Dataset, Image
from labeler.domain.library import Page

_OURS = "kept:"
"""How tokens of pages begin that were listed here."""
_LISTS = 4
"""Lists that pages are given of at the same time."""


class Edited(Protocol):
    """What a person did that the service does not know yet."""

    def overlay(self, image: Image) -> Image: ...

    def is_deleted(self, image_id: str) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class _List:
    wanted: Filter
    order: Order
    ids: tuple[str, ...]


class LocalAnswers:
    """Answers about the images of a store as the person has left them."""

    def __init__(self, store: AlongStore, edited: Edited, organization_id: str) -> None:
        self._store, self._edited, self._organization_id = store, edited, organization_id
        self._lists: dict[str, _List] = {}
        self._counted: dict[Filter, None] = {}
        self._listed = 0

    @property
    def are_there(self) -> bool:
        return bool(self._store.images)

    @staticmethod
    def gave(token: str) -> bool:
        """Whether a token is of a page that was listed here."""
        return token.startswith(_OURS)

    async def page(self, wanted: Filter, order: Order, after: str, limit: int) -> Page:
        """The page after a token of ours, or the first of a new list. Raises Unreachable for a token of long ago."""
        number, _, start = after.removeprefix(_OURS).partition(":")
        if after and number not in self._lists:
            raise Unreachable("The list is not kept any more. Read it again with F5.")
        return self._page_of(number or await self._new_list(wanted, order), int(start or 0), limit)

    async def page_at(self, wanted: Filter, order: Order, place: int, limit: int) -> Page:
        """The page from a place on; a list begins at its first image or after it was counted.

        Raises Unreachable inside a list that the service began: its places are others.
        """
        latest = reversed(self._lists.items())
        number = next((number for number, one in latest if (one.wanted, one.order) == (wanted, order)), "")
        if place and not number and wanted not in self._counted:
            raise Unreachable("Offline, and the rest of this list is not on this computer.")
        if not place or not number:
            number = await self._new_list(wanted, order)
        return self._page_of(number, place, limit)

    async def count(self, wanted: Filter) -> int:
        """How many images match, of a list that begins now."""
        self._lists = {number: one for number, one in self._lists.items() if one.wanted != wanted}
        self._counted[wanted] = None
        return len(await asyncio.to_thread(listed, self._images(), wanted, Order.NEWEST))

    def forget(self) -> None:
        """Go on with no list: the service answers again."""
        self._lists.clear()
        self._counted.clear()

    def images(self, ids: Sequence[str]) -> tuple[Image, ...] | None:
        """The images without what the person did; None if one is not here."""
        here = self._store.images
        return tuple(here[one] for one in ids) if all(one in here for one in ids) else None

    async def choices(self, wanted: Filter) -> Mapping[str, tuple[Choice, ...]]:
        held = json.loads(self._store.note("choices") or "{}")
        seen = {field: [Choice(value, title) for value, title in some] for field, some in held.items()}
        return await asyncio.to_thread(choices, self._images(), wanted, seen, self._seen_datasets())

    def datasets(self) -> tuple[Dataset, ...]:
        here = self._images()
        return tuple(
            replace(one, images=sum(one.id in image.dataset_ids for image in here)) for one in self._seen_datasets()
        )

    def _images(self) -> list[Image]:
        """As the person has left them."""
        edited = self._edited
        return [edited.overlay(one) for one in self._store.images.values() if not edited.is_deleted(one.id)]

    async def _new_list(self, wanted: Filter, order: Order) -> str:
        # Thousands of names take long to sort; the edits on the images are known here alone.
        images = await asyncio.to_thread(listed, self._images(), wanted, order)
        self._listed += 1
        number = str(self._listed)
        self._lists = {
            one: other for one, other in self._lists.items() if (other.wanted, other.order) != (wanted, order)
        }
        self._lists[number] = _List(wanted, order, tuple(image.id for image in images))
        while len(self._lists) > _LISTS:
            del self._lists[next(iter(self._lists))]
        return number

    def _page_of(self, number: str, start: int, limit: int) -> Page:
        ids, end = self._lists[number].ids, start + limit
        here = self._store.images
        found = tuple(here[one] for one in ids[start:end] if one in here)
        return Page(found, f"{_OURS}{number}:{end}" if end < len(ids) else "")

    def _seen_datasets(self) -> list[Dataset]:
        held = json.loads(self._store.note("datasets") or "[]")
        return [Dataset(str(one), str(name), self._organization_id) for one, name in held]


def choices_note(found: Mapping[str, Sequence[Choice]]) -> str:
    """Choices as the store's note of them."""
    return json.dumps({field: [[one.value, one.title] for one in some] for field, some in found.items()})


def datasets_note(found: Sequence[Dataset]) -> str:
    """Datasets as the store's note of them."""
    return json.dumps([[one.id, one.name] for one in found])
