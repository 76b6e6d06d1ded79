"""A source and an outbox that live in memory, for sessions without a service."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from PIL import Image as Pillow

from labeler.domain.box import Box
from labeler.domain.datasets import changed
from labeler.domain.edit import Change, DatasetChange, DeletionChange, Edit, MembershipChange, apply_changes
from labeler.domain.errors import InvalidValue, LabelerError, Missing
from labeler.domain.filter import Filter, Order, Tagged
from labeler.domain.image import Choice, Dataset, Image
from labeler.domain.library import OpenProgress, Page, Told
from labeler.domain.saving import Held, OutboxCounts, SaveState
from labeler.domain.trash import TRASH_AGE, TrashedImage, TrashPage
from labeler.domain.vocabulary import NameOrder
from labeler.state.along import Along
from labeler.state.session import Session
from labeler.state.settings import Settings
from labeler.state.work import Work


def picture_bytes(
    width: int = 64, height: int = 48, color: tuple[int, int, int] = (200, 60, 40), kind: str = "PNG"
) -> bytes:
    """An encoded picture of one colour."""
    out = BytesIO()
    Pillow.new("RGB", (width, height), color).save(out, kind)
    return out.getvalue()


class MemorySource:
    """Implements labeler.state.source.ImageSource over a list of images.

    `contents` are encoded pictures by image id; an image without one gets a plain picture. `broken`
    gives errors to raise instead, by image id. `pages` counts the calls of `page`.
    """

    def __init__(self, images: Sequence[Image] = (), contents: Mapping[str, bytes] | None = None) -> None:
        self.title = "This computer"
        self.organization_id = "acme"
        self.opens_paths = True
        self.follows = False
        self.can_jump = True
        self.orders: tuple[Order, ...] = (Order.NAME, Order.NEWEST)
        self.list = list(images)
        self.contents = dict(contents or {})
        self.broken: dict[str, LabelerError] = {}
        self.sets: list[Dataset] = []
        self.asked_bytes: list[str] = []
        self.opened: list[Path] = []
        self.counts_known = True
        self.keeps_trash = True
        self.deleted: list[Image] = []
        self.trash_page = 1_000
        self.unreachable: LabelerError | None = None
        self.along: Along | None = None
        self.kept_names: NameOrder | None = None

    async def names(self) -> NameOrder | None:
        return self.kept_names

    async def add_names(self, names: NameOrder) -> NameOrder:
        if self.unreachable:
            raise self.unreachable
        self.kept_names = (self.kept_names or NameOrder()).plus(names)
        return self.kept_names

    async def rename_label(self, label: str, name: str) -> NameOrder | None:
        kept = self.kept_names
        if kept is not None and label in kept.labels and name not in kept.labels:
            labels = tuple(name if one == label else one for one in kept.labels)
            renamed = {one: became for one, became in kept.renamed.items() if one != name}
            self.kept_names = NameOrder(labels, kept.tags, {**renamed, label: name})
        return self.kept_names

    def _matching(self, wanted: Filter) -> list[Image]:
        if self.unreachable:
            raise self.unreachable
        return [image for image in self.list if wanted.keeps(image)]

    async def page(self, wanted: Filter, order: Order, after: str, limit: int) -> Page:
        found = self._matching(wanted)
        start = int(after or 0)
        end = start + limit
        return Page(tuple(found[start:end]), str(end) if end < len(found) else "")

    def jumps(self, wanted: Filter) -> bool:
        return self.can_jump

    async def page_at(self, wanted: Filter, order: Order, place: int, limit: int) -> Page:
        return await self.page(wanted, order, str(place), limit)

    async def count(self, wanted: Filter) -> int | None:
        return len(self._matching(wanted)) if self.counts_known else None

    async def images(self, ids: Sequence[str]) -> tuple[Image, ...]:
        by_id = {image.id: image for image in self.list}
        missing = [one for one in ids if one not in by_id]
        if missing:
            raise Missing(f"{missing[0]}: no such image")
        return tuple(by_id[one] for one in ids)

    def follow(self, position: str) -> AsyncGenerator[Told, None]:
        raise AssertionError("it does not follow")

    async def image_bytes(self, image_id: str) -> bytes:
        self.asked_bytes.append(image_id)
        if image_id in self.broken:
            raise self.broken[image_id]
        return self.contents.get(image_id) or picture_bytes()

    async def choices(self, wanted: Filter) -> Mapping[str, tuple[Choice, ...]]:
        any_tags = self._matching(replace(wanted, tags=(), tagged=Tagged.ANY))
        tags = Counter(tag for image in any_tags for tag in image.tags)
        any_labels = self._matching(replace(wanted, labels=()))
        labels = Counter(label for image in any_labels for label in {box.label for box in image.boxes})
        return {
            "tags": tuple(Choice(name, name, count) for name, count in sorted(tags.items())),
            "labels": tuple(Choice(name, name, count) for name, count in sorted(labels.items())),
        }

    async def datasets(self) -> tuple[Dataset, ...]:
        return tuple(sorted(self.sets, key=lambda one: one.name))

    async def trash(self, after: str) -> TrashPage:
        if self.unreachable:
            raise self.unreachable
        start = int(after or 0)
        gone = list(reversed(self.deleted))
        end = start + self.trash_page
        return TrashPage(tuple(_in_trash(image) for image in gone[start:end]), str(end) if end < len(gone) else "")

    async def purge_images(self, ids: Sequence[str]) -> int:
        self.deleted = [image for image in self.deleted if image.id not in set(ids)]
        return len(ids)

    def move(self, change: DeletionChange) -> None:
        """Delete an image, or put it back at its place among the others, which is by its id."""
        here, there = (self.list, self.deleted) if change.after else (self.deleted, self.list)
        there += [image for image in here if image.id == change.image_id]
        here[:] = [image for image in here if image.id != change.image_id]
        if not change.after:
            there.sort(key=lambda image: (len(image.id), image.id))

    async def open_paths(self, paths: Sequence[Path], copy: bool) -> AsyncIterator[OpenProgress]:
        self.opened.extend(paths)
        folder = str(paths[0])
        files = [Image(f"opened-{place}", f"{place}.png", component_name=folder) for place in range(3)]
        self.list.extend(files)
        yield OpenProgress(found=3, opened=3, component_names=(folder,))
        yield OpenProgress(found=3, opened=3, digested=3, listed=True, component_names=(folder,))


class MemoryOutbox:
    """Implements labeler.state.source.Outbox. Edits stay here until `deliver` is called."""

    def __init__(self, source: MemorySource) -> None:
        self.source = source
        self.edits: list[Edit] = []
        self.states: dict[str, SaveState] = {}
        self.is_drained = False
        self.place = ""
        self.held: tuple[Held, ...] = ()
        self.decided: list[str] = []
        self._on_state: Callable[[Sequence[str]], None] = lambda ids: None
        self._on_names: Callable[[Mapping[str, str]], None] = lambda names: None

    def put(self, edit: Edit) -> None:
        self.edits.append(edit)
        self.states.update(dict.fromkeys(edit.image_ids, SaveState.SAVED_HERE))

    def state_of(self, image_id: str) -> SaveState:
        return self.states.get(image_id, SaveState.DELIVERED)

    def overlay(self, image: Image) -> Image:
        for edit in self.edits:
            image = apply_changes(image, edit.changes)
        return image

    @property
    def counts(self) -> OutboxCounts:
        return OutboxCounts(waiting=len(self.edits))

    @property
    def _changes(self) -> list[Change]:
        return [change for edit in self.edits for change in edit.changes]

    def datasets(self, known: Sequence[Dataset], organization_id: str) -> Sequence[Dataset]:
        changes = [change for change in self._changes if isinstance(change, DatasetChange)]
        return changed(known, changes, organization_id)

    def dataset_id_now(self, dataset_id: str) -> str:
        return dataset_id

    def members_of(self, dataset_id: str) -> Mapping[str, bool]:
        changes = (change for change in self._changes if isinstance(change, MembershipChange))
        return {change.image_id: change.after for change in changes if change.dataset_id == dataset_id}

    def is_deleted(self, image_id: str) -> bool | None:
        changes = (change for edit in self.edits for change in edit.changes if change.image_id == image_id)
        states = [change.after for change in changes if isinstance(change, DeletionChange)]
        return states[-1] if states else None

    @property
    def moves_images(self) -> bool:
        return any(isinstance(change, DeletionChange) for edit in self.edits for change in edit.changes)

    def subscribe(
        self, on_state: Callable[[Sequence[str]], None], on_names: Callable[[Mapping[str, str]], None]
    ) -> None:
        self._on_state, self._on_names = on_state, on_names

    def keep_place(self, place: str) -> None:
        self.place = place

    async def drained(self) -> None:
        self.is_drained = True

    def retry(self, held: Held) -> None:
        self._decide("retry", held)

    def discard(self, held: Held) -> None:
        self._decide("discard", held)
        self.edits = [edit for edit in self.edits if edit.id != held.edit_id]

    def keep_mine(self, held: Held, theirs: Box | None) -> None:
        self._decide("keep mine", held)

    def _decide(self, what: str, held: Held) -> None:
        self.decided.append(what)
        self.held = tuple(one for one in self.held if one != held)
        self.states.pop(held.change.image_id, None)
        self._on_state([held.change.image_id])

    def set_state(self, image_id: str, state: SaveState) -> None:
        """Let an image's edits be in a state, and tell."""
        self.states[image_id] = state
        self._on_state([image_id])

    def deliver(self, names: Mapping[str, str] | None = None) -> None:
        """Confirm all edits; `names` are the ids that the service gives to boxes."""
        self.source.list = [self.overlay(image) for image in self.source.list]
        self.source.sets = list(self.datasets(self.source.sets, self.source.organization_id))
        for change in (change for edit in self.edits for change in edit.changes):
            if isinstance(change, DeletionChange):
                self.source.move(change)
        ids = [image_id for edit in self.edits for image_id in edit.image_ids]
        self.edits.clear()
        for image_id in ids:
            self.states.pop(image_id, None)
        if names:
            self._on_names(names)
        self._on_state(ids)


def _in_trash(image: Image) -> TrashedImage:
    now = datetime.now(UTC)
    return TrashedImage(image.id, image.file_name, 0, now, now + TRASH_AGE, len(image.boxes), len(image.tags))


async def no_export(session: Session, out: Path, layout: str, wanted: Filter, work: Work) -> str:
    raise InvalidValue("this session does not export")


def make_session(source: MemorySource, folder: Path) -> tuple[Session, MemoryOutbox]:
    """A session that is not started yet; its settings are in `folder`."""
    outbox = MemoryOutbox(source)
    return Session(source, outbox, Settings(folder / "settings.toml", {}), no_export), outbox


async def settled(session: Session) -> None:
    """Wait until the session's background work of the moment has ended or rests."""
    import asyncio

    for _ in range(50):
        await asyncio.sleep(0)
