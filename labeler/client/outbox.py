"""Edits on their way to a service: durable on this machine first, delivered when the service can be reached."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from labeler.client.channel import Connection
from labeler.client.deliver import Calls
from labeler.client.delivery import Delivery, Sleep
from labeler.client.ledger import Ledger
from labeler.client.pending import HELD, Pending, Stage, Subject, Unit, lane_of, subject_of
from labeler.client.session_rows import SessionRows
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit
from labeler.domain.image import Dataset, Image
from labeler.domain.saving import Held, OutboxCounts, SaveState

_log = logging.getLogger(__name__)


class Outbox:
    """The pending edits of one service and organization.

    Everything but the coroutines returns at once; callbacks come on the event loop that it was opened on.
    """

    def __init__(self, ledger: Ledger, sleep: Sleep, uniform: Callable[[float, float], float]) -> None:
        self._ledger, self._sleep, self._uniform = ledger, sleep, uniform
        self._delivery: Delivery | None = None
        self._running: asyncio.Task[None] | None = None

    @classmethod
    def open(
        cls,
        path: Path,
        target: str,
        *,
        sleep: Sleep = asyncio.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
        vfs: str = "",
        retry_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Open or make the file. Call it on the event loop.

        `target` names the service and the organization; edits of other targets in the file are left alone.
        Raises Refused if the file is open elsewhere, damaged or of a later version. `sleep` and
        `uniform` make the pauses of delivery; `vfs` names an SQLite VFS; `retry_seconds` lie between
        attempts to write to a disk that fails; `clock` counts seconds.
        """
        return cls(Ledger(path, target, vfs, retry_seconds, clock), sleep, uniform)

    async def start(self, connection: Connection, organization_id: str = "") -> None:
        """Deliver over this connection from now on, instead of over the one before."""
        await self.stop()
        self._delivery = Delivery(
            self._ledger, Calls(connection, self._ledger, organization_id), self._sleep, self._uniform
        )
        self._running = asyncio.create_task(self._delivery.run(), name="delivery")
        self._running.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Deliver no more; edits are still taken and kept."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        self._running = self._delivery = None

    def _ended(self, running: asyncio.Task[None]) -> None:
        if not running.cancelled() and (error := running.exception()) is not None:
            _log.error("delivery ended", exc_info=error)
            self._ledger.set_delivery_problem("delivery stopped because of an error in the program; restart it")

    async def close(self) -> None:
        """Stop delivering, write what is left, close the file. What is not delivered stays in it.

        Raises Refused if the disk does not take the last edits; they are kept, and `close` may be called again.
        """
        await self.stop()
        await self._ledger.rows.close()

    @property
    def session(self) -> SessionRows:
        """What can be undone and where the person is, kept from one run to the next."""
        return self._ledger.rows.session

    @property
    def place(self) -> str:
        return self.session.place

    def keep_place(self, place: str) -> None:
        self.session.keep_place(place)

    def put(self, edit: Edit) -> None:
        self._ledger.put(edit)

    def state_of(self, image_id: str) -> SaveState:
        return self._ledger.index.state_of(image_id)

    def overlay(self, image: Image) -> Image:
        return self._ledger.overlay(image)

    def confirmed(self, image: Image) -> Image:
        """The image with what was delivered in the last seconds made on it, where it is as it was before that."""
        return self._ledger.confirmed(image)

    def datasets(self, known: Sequence[Dataset], organization_id: str) -> Sequence[Dataset]:
        """The service's datasets with what is pending, or was delivered in the last seconds, made on them."""
        return self._ledger.datasets(known, organization_id)

    def dataset_id_now(self, dataset_id: str) -> str:
        """The id that a dataset has by now, by one that it had before."""
        return self._ledger.dataset_ids.now(dataset_id)

    def members_of(self, dataset_id: str) -> Mapping[str, bool]:
        """Images that are put into a dataset (True) or taken out of it by what is pending."""
        return self._ledger.index.members_of(dataset_id)

    def is_deleted(self, image_id: str) -> bool | None:
        return self._ledger.is_deleted(image_id)

    @property
    def moves_images(self) -> bool:
        return self._ledger.index.moves_images

    @property
    def counts(self) -> OutboxCounts:
        return self._ledger.counts

    def subscribe(
        self, on_state: Callable[[Sequence[str]], None], on_names: Callable[[Mapping[str, str]], None]
    ) -> None:
        """Be told the ids of images whose state changed (none where only `counts` did), and new ids of boxes."""
        self._ledger.subscribe(on_state, on_names)

    async def drained(self) -> None:
        await self._ledger.rows.flush()

    def hurry(self) -> None:
        """Try now instead of at the end of the pause, as when the network came back."""
        if self._delivery is not None:
            self._delivery.hurry()

    @property
    def held(self) -> tuple[Held, ...]:
        """Changes that the service did not take, oldest first; those of the same box, tag or dataset are one."""
        groups: dict[tuple[str, Subject], list[Pending]] = {}
        for row in sorted(self._ledger.index.held, key=lambda row: row.key):
            groups.setdefault((row.lane, row.subject), []).append(row)
        return tuple(_as_held(rows) for rows in groups.values())

    def retry(self, held: Held) -> None:
        """Deliver it again as it is, with what else is pending of the same box, tag or dataset."""
        self._ledger.retry(self._with_its_like(held))

    def discard(self, held: Held) -> None:
        """Give it up for what the service has, with what else is pending of the same box, tag or dataset."""
        self._ledger.discard(self._with_its_like(held))

    def keep_mine(self, held: Held, theirs: Box | None) -> None:
        """Make a conflicting change although the service has `theirs`, which the person has seen."""
        rows = self._with_its_like(held)
        if rows and isinstance(rows[0].change, BoxChange) and rows[0].change.after is theirs is None:
            # Both have deleted it: there is nothing left to do.
            self._ledger.discard(rows[:1])
            del rows[0]
        elif rows:
            self._ledger.rebase(rows[0], theirs)
        if rows:
            self._ledger.retry(rows)

    def _with_its_like(self, held: Held) -> list[Pending]:
        """The rows about the same subject as the held one; none if it is no longer held as it was."""
        subject = subject_of(held.change)
        rows = [row for row in self._ledger.index.of(lane_of(held.change)) if row.subject == subject]
        waiting = [row for row in rows if row.stage in HELD]
        is_as_seen = bool(waiting) and _as_held(waiting) == held
        alike = [row for row in rows if is_as_seen and row.stage is not Stage.SAVING]
        return [] if any(row.busy for row in alike) else alike


def _as_held(rows: Sequence[Pending]) -> Held:
    """What is held of one subject, under the name of the last edit of it."""
    last = rows[-1]
    state = SaveState.CONFLICT if last.stage is Stage.CONFLICT else SaveState.REFUSED
    unit = Unit(tuple(rows), unsure=False)
    # What was added and deleted again says nothing together; that it was deleted can be decided about.
    change = last.change if unit.changes_nothing else unit.change
    return Held(last.head.id, last.head.title, last.head.at, change, state, last.problem)
