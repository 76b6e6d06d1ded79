"""Looking through a filter for images that look alike, in the background."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from labeler.domain.filter import Filter, Order
from labeler.domain.image import Image
from labeler.state import likeness
from labeler.state.source import ImageSource
from labeler.state.work import Work

if TYPE_CHECKING:
    from labeler.state.session import Session

PAGE = 500
PART = 50
"""Images whose hashes are kept together: so many at most are made again after a stop."""
TOLD_EVERY = 20


class Hashes(Protocol):
    """What images look like, from what this computer knows of them or from their pictures."""

    async def of(self, images: Sequence[Image], told: Callable[[], None]) -> Mapping[str, bytes]:
        """Hashes by image id, without pictures that cannot be read; `told` after each. Raises LabelerError."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked through, and the id of the image that others are to be like, or nothing for all groups."""

    source: ImageSource
    wanted: Filter
    order: Order
    like: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """An image that was looked at: its id, its place in the list, and its hash."""

    id: str
    place: int
    hash: bytes


class _StoppedError(Exception):
    pass


async def look(session: Session, hashes: Hashes, scope: Scope, work: Work) -> tuple[list[Looked], list[str]]:
    """What all images of the scope look like, in its order, and the ids of those that cannot be looked at.

    The session knows from then on that these are broken. Raises LabelerError.
    """
    looked: list[Looked] = []
    broken: list[str] = []
    place = 0
    work.total = await scope.source.count(scope.wanted) or session.library.size

    def told() -> None:
        work.done += 1
        if work.done % TOLD_EVERY == 0:
            session.works_changed.emit()

    after = ""
    while True:
        page = await scope.source.page(scope.wanted, scope.order, after, PAGE)
        images = [image for image in page.images if not session.outbox.is_deleted(image.id)]
        for start in range(0, len(images), PART):
            part = images[start : start + PART]
            found = await hashes.of(part, told)
            looked += [
                Looked(image.id, place + number, found[image.id])
                for number, image in enumerate(part)
                if image.id in found
            ]
            broken += (image.id for image in part if image.id not in found)
            place += len(part)
            await asyncio.sleep(0)
        after = page.next
        if not after:
            session.broken.update(broken)
            return looked, broken


async def groups_of(
    session: Session, looked: Sequence[Looked], like: str, bits: int, work: Work
) -> list[tuple[str, ...]]:
    """Ids of those that differ in at most so many bits, by group; with `like`, the one group that it leads."""
    hashes = [one.hash for one in looked]
    if like:
        index = next((index for index, one in enumerate(looked) if one.id == like), None)
        if index is None:
            return []
        others = await asyncio.to_thread(likeness.near, hashes, index, bits)
        return [(like, *(looked[other].id for other in others))] if others else []
    groups = await _in_thread(session, work, hashes, bits)
    return [tuple(looked[index].id for index in group) for group in groups]


async def _in_thread(session: Session, work: Work, hashes: list[bytes], bits: int) -> list[list[int]]:
    loop, is_over = asyncio.get_running_loop(), threading.Event()

    def told(done: int) -> None:
        if is_over.is_set():
            raise _StoppedError
        work.done = done
        loop.call_soon_threadsafe(session.works_changed.emit)

    work.begin("Comparing pictures", len(hashes))
    session.works_changed.emit()
    try:
        return await asyncio.to_thread(likeness.group, hashes, bits, told)
    finally:
        is_over.set()


async def read(session: Session, source: ImageSource, ids: Iterable[str]) -> dict[str, Image]:
    """The images that exist, by id, with what is on its way to the service. Raises LabelerError."""
    ids, gone = list(ids), list[str]()
    found: dict[str, Image] = {}
    for start in range(0, len(ids), PAGE):
        part = await session.following.found(ids[start : start + PAGE], gone)
        found |= {image.id: session.outbox.overlay(image) for image in part}
    return found
