"""What is pending, in memory and on disk at once, and who is told when it changes."""

from __future__ import annotations

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from labeler.client.attempts import Attempt
from labeler.client.dataset_ids import DatasetIds
from labeler.client.outbox_rows import OutboxRows
from labeler.client.pending import DATASETS, Head, Pending, PendingIndex, Stage, Unit, dataset_of, subject_of
from labeler.client.recent import Recent
from labeler.client.reconcile import fingerprinted
from labeler.domain.box import Box
from labeler.domain.datasets import changed
from labeler.domain.edit import (
    BoxChange,
    Change,
    DatasetChange,
    DeletionChange,
    Edit,
    MembershipChange,
    is_local,
    rename_boxes,
)
from labeler.domain.image import Dataset, Image
from labeler.domain.saving import OutboxCounts

OnState = Callable[[Sequence[str]], None]
OnNames = Callable[[Mapping[str, str]], None]
BATCH = 500
"""Images that one call is about, at most."""
_LOOK_AHEAD = 2_000
NAMES = 5_000
"""Boxes whose former ids are in memory."""


class Ledger:
    """The pending changes of one target. Used on one event loop, where it must be made.

    `names` maps ids that boxes had on this machine to the ids that the service gave, of the boxes that were named
    last: what was made before they were told may still speak of them. All are kept in the file, where undo finds them.
    """

    def __init__(
        self,
        path: Path,
        target: str,
        vfs: str = "",
        retry_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.work = asyncio.Event()
        """Set while an image may have something to deliver."""
        self.index = PendingIndex()
        self._recent = Recent(clock)
        self._storage_trouble = self._delivery_problem = self._delivery_trouble = ""
        self._ready: dict[str, None] = {}
        self._touched: dict[str, None] = {}
        self._new_names: dict[str, str] = {}
        self._telling = False
        self._on_state: list[OnState] = []
        self._on_names: list[OnNames] = []
        self._loop = asyncio.get_running_loop()
        self.rows = OutboxRows(path, target, self._set_storage_trouble, vfs, retry_seconds)
        self._last_number = self.rows.loaded.last_number
        self.names: OrderedDict[str, str] = OrderedDict()
        self.exact = self.rows.loaded.exact
        self._given: set[str] = set()
        begun = (row.change.dataset_id for row in self.rows.loaded.rows if isinstance(row.change, DatasetChange))
        self.dataset_ids = DatasetIds(self.rows.loaded.dataset_names, begun)
        self.index.add(self.rows.loaded.rows)
        for row in self.rows.loaded.rows:
            self._make_ready(row.lane)

    # What a person does.

    def put(self, edit: Edit) -> None:
        self._last_number += 1
        head = Head(self._last_number, edit.id, edit.title, edit.at, edit.merge)
        changes = tuple(self._as_sent(change) for change in edit.changes)
        if not changes:
            return
        rows = tuple(Pending(head, place, change) for place, change in enumerate(changes))
        saved = self.rows.add(head, changes, self.dataset_ids.take_new())
        self.index.add(rows)
        self._touch(row.lane for row in rows)
        saved.add_done_callback(lambda done: self._saved(rows, done))

    def _as_sent(self, change: Change) -> Change:
        """The change under the service's names, with a fingerprint on what will make a new box."""
        if not isinstance(change, BoxChange):
            now = self.dataset_ids.as_now(change)
            return self.dataset_ids.begin(now) if isinstance(now, DatasetChange) else now
        ids = {box.id: self.name_of(box.id) for box in (change.before, change.after) if box is not None}
        (named,) = rename_boxes((change,), ids)
        if isinstance(named, BoxChange) and named.after is not None:
            new = named.before is None or self.index.is_adding(named.image_id, named.after.id)
            return replace(named, after=fingerprinted(named.after, random.uniform)) if new else named
        return named

    def name_of(self, box_id: str) -> str:
        while box_id in self.names:
            box_id = self.names[box_id]
        return box_id

    def _saved(self, rows: Sequence[Pending], done: asyncio.Future[None]) -> None:
        if done.cancelled():
            return
        for row in rows:
            self.index.set_stage(row, Stage.WAITING)
            self._make_ready(row.lane)
        self._touch(row.lane for row in rows)

    # What is shown.

    @property
    def counts(self) -> OutboxCounts:
        if self._storage_trouble:
            return replace(self.index.counts("not saved"), trouble=self._storage_trouble)
        return replace(self.index.counts(self._delivery_problem), trouble=self._delivery_trouble)

    def overlay(self, image: Image) -> Image:
        return self.index.overlay(self.confirmed(image), self._given)

    def confirmed(self, image: Image) -> Image:
        return self._recent.overlay(image)

    def datasets(self, known: Sequence[Dataset], organization_id: str) -> Sequence[Dataset]:
        """The service's datasets after what was done to them; the same object where nothing was."""
        changes = (*self._recent.of_datasets, *self.index.of_datasets)
        return changed(known, changes, organization_id)

    def set_delivery_problem(self, problem: str, trouble: str = "") -> None:
        """Say why delivery does not go on; `trouble` as in `OutboxCounts`."""
        if (problem, trouble) != (self._delivery_problem, self._delivery_trouble):
            self._delivery_problem, self._delivery_trouble = problem, trouble
            self._touch(())

    def _set_storage_trouble(self, reason: str) -> None:
        kept = "Your edits are kept in this window and are saved as soon as that is done."
        trouble = f"Not saved. {reason} {kept}" if reason else ""
        if trouble != self._storage_trouble:
            self._storage_trouble = trouble
            self._touch(())

    def subscribe(self, on_state: OnState, on_names: OnNames) -> None:
        self._on_state.append(on_state)
        self._on_names.append(on_names)

    def is_deleted(self, image_id: str) -> bool | None:
        pending = self.index.is_deleted(image_id)
        return self._recent.is_deleted(image_id) if pending is None else pending

    def _touch(self, lanes: Iterable[str]) -> None:
        self._touched.update(dict.fromkeys(lanes))
        if not self._telling:
            self._telling = True
            self._loop.call_soon(self._tell)

    def _tell(self) -> None:
        self._telling = False
        touched, names = tuple(self._touched), self._new_names
        self._touched, self._new_names = {}, {}
        image_ids = tuple(lane for lane in touched if lane != DATASETS)
        if names:
            for on_names in self._on_names:
                on_names(names)
        for on_state in self._on_state:
            on_state(image_ids)

    # What delivery does.

    def take(self) -> tuple[Unit, ...]:
        """Units that one call can deliver, now busy; none where there is nothing to do.

        A box is delivered alone; the same tag or dataset on many images goes together.
        """
        while self._ready:
            lane = next(iter(self._ready))
            del self._ready[lane]
            unit = self.index.next_unit(lane)
            if unit is not None:
                units = (unit, *self._alike(unit))
                for row in (row for one in units for row in one.rows):
                    row.busy = True
                return units
        self.work.clear()
        return ()

    def _alike(self, unit: Unit) -> list[Unit]:
        wanted = _call_of(unit)
        found: list[Unit] = []
        if wanted is None:
            return found
        for lane in list(self._ready)[:_LOOK_AHEAD]:
            other = self.index.next_unit(lane)
            if other is not None and _call_of(other) == wanted:
                found.append(other)
                del self._ready[lane]
                if len(found) == BATCH - 1:
                    break
        return found

    async def mark_sent(self, units: Iterable[Unit], attempt: Attempt) -> None:
        """Return when it is on disk that the service may have these, and how they were sent."""
        rows = [row for unit in units for row in unit.rows if not row.sent or row.attempt != attempt]
        if rows:
            await self.rows.mark_sent((row.key for row in rows), attempt)
            for row in rows:
                row.sent, row.attempt = True, attempt

    def note_exact(self, exact: bool) -> None:
        """Keep whether the service's coordinates come back as they were sent."""
        self.exact = exact
        self.rows.note_exact(exact)

    async def known_ids(self, image_id: str, box_ids: Collection[str]) -> set[str]:
        """Those of an image's boxes that are not what a lost reply was about. Raises StorageFailed."""
        given = await self.rows.given_among(box_ids) | self._given.intersection(box_ids)
        return given | {row.subject[1] for row in self.index.of(image_id) if isinstance(row.change, BoxChange)}

    def confirm(self, units: Iterable[Unit], given_id: str = "") -> None:
        """The service has these. `given_id` is the id it gave to the box or dataset that the (only) unit made."""
        keys = []
        names: dict[str, str] = {}
        renamed: list[Pending] = []
        for unit in units:
            keys += [row.key for row in unit.rows]
            self.index.remove(unit.rows)
            ours = unit.rows[-1].subject[1]
            change = unit.change
            if isinstance(change, DatasetChange) and unit.changes_nothing:
                self.discard(self._never_in([change.dataset_id]))
            elif isinstance(change, DatasetChange):
                renamed = self._name_dataset(change.dataset_id, given_id or change.dataset_id)
                change = replace(change, dataset_id=given_id or change.dataset_id)
            elif given_id and given_id != ours:
                names[ours] = given_id
                renamed = self.index.rename(names, unit.lane)
            if not unit.changes_nothing:
                self._recent.add(rename_boxes((change,), names)[0])
            if isinstance(change, MembershipChange):
                self._make_ready(DATASETS)
            self._make_ready(unit.lane)
            self._touch([unit.lane])
        self._note_names(names)
        self._new_names.update(names)
        rewritten = [(row.key, row.change) for row in renamed]
        self.rows.settle(keys, names, rewritten, self.dataset_ids.take_new())

    def _name_dataset(self, dataset_id: str, given_id: str) -> list[Pending]:
        """Give a dataset the service's id; what waits for it can go. Returns the changes that this touched."""
        if given_id == dataset_id:
            return []
        renamed = self.index.rename_dataset(dataset_id, given_id)
        self.dataset_ids.note(dataset_id, given_id)
        self._new_names[dataset_id] = given_id
        for row in renamed:
            self._make_ready(row.lane)
        return renamed

    def _note_names(self, names: Mapping[str, str]) -> None:
        self.names.update(names)
        self._given.update(names.values())
        while len(self.names) > NAMES:
            self._given.discard(self.names.popitem(last=False)[1])

    async def name_box(self, unit: Unit) -> None:
        """Let a change of a box speak of it by the service's name, where only the file knows it. Raises StorageFailed.

        Whoever made the change had the box from so long ago, or from a former run.
        """
        change = unit.change
        if not isinstance(change, BoxChange) or change.before is None or not is_local(change.before.id):
            return
        name = await self.rows.name_of(change.before.id)
        if is_local(name):
            return
        names = {change.before.id: name}
        self._note_names(names)
        renamed = self.index.rename(names, unit.lane)
        self.rows.settle([], {}, [(row.key, row.change) for row in renamed])
        self._touch([unit.lane])

    def hold(self, unit: Unit, stage: Stage, problem: str, maybe_done: bool = False) -> None:
        """Keep changes until the person does something about them. `maybe_done` where the service may have them."""
        rows = [row for row in self.index.of(unit.lane) if row in unit.rows or self._follows(row, unit)]
        held = rows if maybe_done else list(unit.rows)
        if stage is Stage.CONFLICT:
            self._recent.forget(unit.lane, unit.rows[0].subject)
        for row in held:
            self.index.set_stage(row, stage)
            row.sent, row.problem = row.sent and maybe_done, problem
        for sent in (True, False):
            if keys := [row.key for row in held if row.sent is sent]:
                self.rows.set_stage(keys, stage, sent, problem)
        if isinstance(unit.change, MembershipChange):
            self._make_ready(DATASETS)
        self._touch([unit.lane])

    def _follows(self, row: Pending, unit: Unit) -> bool:
        return row.subject == unit.rows[0].subject and row.stage is not Stage.SAVING

    def has(self, unit: Unit) -> bool:
        """Whether the unit is still pending."""
        return unit.rows[0] in self.index.of(unit.lane)

    def release(self, units: Iterable[Unit]) -> None:
        """Nothing is under way for these any more."""
        for unit in units:
            for row in unit.rows:
                row.busy = False
            self._make_ready(unit.lane)

    def _make_ready(self, lane: str) -> None:
        self._ready[lane] = None
        self.work.set()

    # What a person does about what is held.

    def retry(self, rows: Sequence[Pending]) -> None:
        for row in rows:
            self.index.set_stage(row, Stage.WAITING)
            row.problem, row.attempts = "", 0
            self.rows.set_stage([row.key], Stage.WAITING, row.sent, "")
            self._make_ready(row.lane)
        self._touch(row.lane for row in rows)

    def discard(self, rows: Sequence[Pending]) -> None:
        """Give these up; and with a dataset that is not made, that images are put into it."""
        datasets = {row.change.dataset_id for row in rows if isinstance(row.change, DatasetChange)}
        rows = [*rows, *self._never_in({dataset_id for dataset_id in datasets if is_local(dataset_id)})]
        self.index.remove(rows)
        self.rows.settle([row.key for row in rows], {}, [])
        for row in rows:
            self._make_ready(row.lane)
        self._touch(row.lane for row in rows)

    def _never_in(self, not_made: Collection[str]) -> list[Pending]:
        """What puts images into datasets that are not made after all, as far as it is on disk."""
        if not not_made:
            return []
        return [row for row in self.index if dataset_of(row) in not_made and row.stage is not Stage.SAVING]

    def rebase(self, row: Pending, theirs: Box | None) -> None:
        """Say that the person has seen `theirs`, or what else there is, and wants the change."""
        if isinstance(row.change, BoxChange):
            row.change = replace(row.change, before=theirs)
        elif isinstance(row.change, DeletionChange):
            row.change = replace(row.change, seen=None)
        elif isinstance(row.change, DatasetChange):
            row.change = replace(row.change, anyway=True)
        self.rows.settle([], {}, [(row.key, row.change)])


def _call_of(unit: Unit) -> tuple[str, str, bool, str] | None:
    """What a call about many images says; None for a change that is about one image, and for no call.

    What was sent in one call is sent again in one, which the service knows by its edit id.
    """
    change = unit.change
    if isinstance(change, BoxChange | DatasetChange) or unit.changes_nothing:
        return None
    return (*subject_of(change), change.after, unit.attempt.edit_id if unit.attempt else "")
