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
from labeler.client.outbox_rows import OutboxRows
from labeler.client.pending import Head, Pending, PendingIndex, Stage, Unit, subject_of
from labeler.client.recent import Recent
from labeler.client.reconcile import fingerprinted
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Change, DeletionChange, Edit, is_local, rename_boxes
from labeler.domain.image import Image
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
        self.index.add(self.rows.loaded.rows)
        for row in self.rows.loaded.rows:
            self._make_ready(row.image_id)

    # What a person does.

    def put(self, edit: Edit) -> None:
        self._last_number += 1
        head = Head(self._last_number, edit.id, edit.title, edit.at, edit.merge)
        changes = tuple(self._as_sent(change) for change in edit.changes)
        if not changes:
            return
        rows = tuple(Pending(head, place, change) for place, change in enumerate(changes))
        saved = self.rows.add(head, changes)
        self.index.add(rows)
        self._touch(row.image_id for row in rows)
        saved.add_done_callback(lambda done: self._saved(rows, done))

    def _as_sent(self, change: Change) -> Change:
        """The change under the service's names, with a fingerprint on what will make a new box."""
        if not isinstance(change, BoxChange):
            return change
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
            self._make_ready(row.image_id)
        self._touch(row.image_id for row in rows)

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

    def _touch(self, image_ids: Iterable[str]) -> None:
        self._touched.update(dict.fromkeys(image_ids))
        if not self._telling:
            self._telling = True
            self._loop.call_soon(self._tell)

    def _tell(self) -> None:
        self._telling = False
        touched, names = tuple(self._touched), self._new_names
        self._touched, self._new_names = {}, {}
        if names:
            for on_names in self._on_names:
                on_names(names)
        for on_state in self._on_state:
            on_state(touched)

    # What delivery does.

    def take(self) -> tuple[Unit, ...]:
        """Units that one call can deliver, now busy; none where there is nothing to do.

        A box is delivered alone; the same tag or dataset on many images goes together.
        """
        while self._ready:
            image_id = next(iter(self._ready))
            del self._ready[image_id]
            unit = self.index.next_unit(image_id)
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
        for image_id in list(self._ready)[:_LOOK_AHEAD]:
            other = self.index.next_unit(image_id)
            if other is not None and _call_of(other) == wanted:
                found.append(other)
                del self._ready[image_id]
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
        """The service has these. `given_id` is the id it gave to the box that the (only) unit added."""
        keys = []
        names: dict[str, str] = {}
        renamed: list[Pending] = []
        for unit in units:
            keys += [row.key for row in unit.rows]
            self.index.remove(unit.rows)
            ours = unit.rows[-1].subject[1]
            if given_id and given_id != ours:
                names[ours] = given_id
                renamed = self.index.rename(names, unit.image_id)
            if not unit.changes_nothing:
                self._recent.add(rename_boxes((unit.change,), names)[0])
            self._make_ready(unit.image_id)
            self._touch([unit.image_id])
        self._note_names(names)
        self._new_names.update(names)
        self.rows.settle(keys, names, [(row.key, row.change) for row in renamed])

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
        renamed = self.index.rename(names, unit.image_id)
        self.rows.settle([], {}, [(row.key, row.change) for row in renamed])
        self._touch([unit.image_id])

    def hold(self, unit: Unit, stage: Stage, problem: str, maybe_done: bool = False) -> None:
        """Keep changes until the person does something about them. `maybe_done` where the service may have them."""
        rows = [row for row in self.index.of(unit.image_id) if row in unit.rows or self._follows(row, unit)]
        held = rows if maybe_done else list(unit.rows)
        if stage is Stage.CONFLICT:
            self._recent.forget(unit.image_id, unit.rows[0].subject)
        for row in held:
            self.index.set_stage(row, stage)
            row.sent, row.problem = row.sent and maybe_done, problem
        for sent in (True, False):
            if keys := [row.key for row in held if row.sent is sent]:
                self.rows.set_stage(keys, stage, sent, problem)
        self._touch([unit.image_id])

    def _follows(self, row: Pending, unit: Unit) -> bool:
        return row.subject == unit.rows[0].subject and row.stage is not Stage.SAVING

    def has(self, unit: Unit) -> bool:
        """Whether the unit is still pending."""
        return unit.rows[0] in self.index.of(unit.image_id)

    def release(self, units: Iterable[Unit]) -> None:
        """Nothing is under way for these any more."""
        for unit in units:
            for row in unit.rows:
                row.busy = False
            self._make_ready(unit.image_id)

    def _make_ready(self, image_id: str) -> None:
        self._ready[image_id] = None
        self.work.set()

    # What a person does about what is held.

    def retry(self, rows: Sequence[Pending]) -> None:
        for row in rows:
            self.index.set_stage(row, Stage.WAITING)
            row.problem, row.attempts = "", 0
            self.rows.set_stage([row.key], Stage.WAITING, row.sent, "")
            self._make_ready(row.image_id)
        self._touch(row.image_id for row in rows)

    def discard(self, rows: Sequence[Pending]) -> None:
        self.index.remove(rows)
        self.rows.settle([row.key for row in rows], {}, [])
        for row in rows:
            self._make_ready(row.image_id)
        self._touch(row.image_id for row in rows)

    def rebase(self, row: Pending, theirs: Box | None) -> None:
        """Say that the person has seen `theirs`, or what is on the image to be deleted, and wants the change."""
        if isinstance(row.change, BoxChange):
            row.change = replace(row.change, before=theirs)
        elif isinstance(row.change, DeletionChange):
            row.change = replace(row.change, seen=None)
        self.rows.settle([], {}, [(row.key, row.change)])


def _call_of(unit: Unit) -> tuple[str, str, bool, str] | None:
    """What a call about many images says; None for a change that is about one image, and for no call.

    What was sent in one call is sent again in one, which the service knows by its edit id.
    """
    change = unit.change
    if isinstance(change, BoxChange) or unit.changes_nothing:
        return None
    return (*subject_of(change), change.after, unit.attempt.edit_id if unit.attempt else "")
