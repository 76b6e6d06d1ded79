"""Delivering what is pending: images side by side, an image's changes in order, waiting out what passes."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from labeler.client.attempts import Attempt
from labeler.client.dataset_delivery import Differs
from labeler.client.deliver import Calls, Conflict, Delivered, is_definite
from labeler.client.ledger import Ledger
from labeler.client.pending import Stage, Unit
from labeler.domain.edit import BoxChange, DatasetChange, DeletionChange
from labeler.domain.errors import LabelerError, NotSignedIn
from labeler.rpc.errors import CertificateError, ServiceFailedError, StorageFailedError, UnavailableError

AT_ONCE = 8
"""Calls under way at the same time."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Seconds: the bounds of the random pause, which doubles with each failure in a row ("full jitter")."""
GIVE_UP_AFTER = 5
"""Failures of the service itself (not of the network) at one change, after which the others go on without it."""

Sleep = Callable[[float], Awaitable[None]]
Conflicting = TypeVar("Conflicting", Conflict, Differs)
_log = logging.getLogger(__name__)


class Delivery:
    """Delivers a ledger's changes through `calls` while `run` runs."""

    def __init__(
        self,
        ledger: Ledger,
        calls: Calls,
        sleep: Sleep = asyncio.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._ledger, self._calls, self._sleep, self._uniform = ledger, calls, sleep, uniform
        self._free = asyncio.Semaphore(AT_ONCE)
        self._failures = 0
        self._failed = False
        self._hurry = asyncio.Event()

    def hurry(self) -> None:
        """End a pause: there is reason to think that the service can be reached again."""
        self._hurry.set()

    async def run(self) -> None:
        """Deliver until cancelled. A change that was under way then is asked about before it is sent again."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._ledger.work.wait()
                await self._free.acquire()
                try:
                    if self._failed:
                        await self._pause()
                    units = self._ledger.take()
                    if not units:
                        self._free.release()
                        continue
                except BaseException:
                    self._free.release()
                    raise
                task = group.create_task(self._deliver(units))
                if self._failures:
                    # One call finds out whether the service is back; eight would only wait together.
                    await asyncio.wait([task])

    async def _pause(self) -> None:
        self._failures += 1
        most = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures - 1, 10))
        self._hurry.clear()
        waits = [
            asyncio.ensure_future(self._sleep(self._uniform(0, most))),
            asyncio.ensure_future(self._hurry.wait()),
            asyncio.ensure_future(self._soon_after_return()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        # Calls that were under way when the pause began failed for the same reason; it has been waited for.
        self._failed = False

    async def _soon_after_return(self) -> None:
        await self._calls.restored()
        await self._sleep(self._uniform(0, FIRST_PAUSE))

    async def _deliver(self, units: Sequence[Unit]) -> None:
        try:
            if units[0].changes_nothing:
                self._ledger.confirm(units)
            else:
                await self._try(units)
                self._failures = 0
                self._ledger.set_delivery_problem("")
        except Exception as error:
            self._put_off(units, error)
        finally:
            self._ledger.release(units)
            self._free.release()

    async def _try(self, units: Sequence[Unit]) -> None:
        await self._ledger.name_box(units[0])
        change = units[0].change
        if isinstance(change, BoxChange):
            await self._deliver_box(units[0], change)
        elif isinstance(change, DatasetChange):
            await self._deliver_dataset(units[0], change)
        elif units := await self._as_seen(units):
            await self._set_on_images(units, units[0].attempt)

    async def _as_seen(self, units: Sequence[Unit]) -> Sequence[Unit]:
        """The units, without deletions of images on which somebody else put something meanwhile: those are held."""
        changes = {unit.lane: unit.change for unit in units}
        seen = {i: one.seen for i, one in changes.items() if isinstance(one, DeletionChange) and one.after and one.seen}
        differing = await self._calls.deleting.differing(seen)
        for unit in units:
            if unit.lane in differing:
                problem = "Somebody else changed what is on the image, which you deleted."
                self._ledger.hold(unit, Stage.CONFLICT, problem)
        return [unit for unit in units if unit.lane not in differing]

    async def _deliver_box(self, unit: Unit, change: BoxChange) -> None:
        call = self._calls.box(
            change,
            unit.attempt,
            lambda ids: self._ledger.known_ids(unit.lane, ids),
            lambda attempt: self._ledger.mark_sent([unit], attempt),
        )
        await self._settle(unit, call, lambda conflict: _what_differs(conflict, change))

    async def _deliver_dataset(self, unit: Unit, change: DatasetChange) -> None:
        note = partial(self._ledger.mark_sent, [unit])
        await self._settle(unit, self._calls.dataset(change, unit.attempt, note), lambda differs: differs.problem)

    async def _settle(
        self, unit: Unit, call: Awaitable[Delivered | Conflicting], problem_of: Callable[[Conflicting], str]
    ) -> None:
        """Make a call about one unit, and do with the unit as the service says."""
        try:
            result = await call
        except Exception as error:
            if not is_definite(error):
                raise
            self._ledger.hold(unit, Stage.REFUSED, str(error))
            return
        if isinstance(result, Delivered):
            self._ledger.confirm([unit], result.given_id)
        else:
            self._ledger.hold(unit, Stage.CONFLICT, problem_of(result))

    async def _set_on_images(self, units: Sequence[Unit], attempt: Attempt | None = None) -> None:
        """One call for all; where it is refused, halves, until what is refused is alone."""
        change = units[0].change
        assert not isinstance(change, BoxChange | DatasetChange)  # noqa: S101 - the caller has looked
        try:
            await self._calls.set_on_images(
                change, [unit.lane for unit in units], attempt, lambda new: self._ledger.mark_sent(units, new)
            )
        except Exception as error:
            if not is_definite(error):
                raise
            if len(units) == 1:
                self._ledger.hold(units[0], Stage.REFUSED, str(error))
                return
            middle = len(units) // 2
            await self._set_on_images(units[:middle])
            await self._set_on_images(units[middle:])
        else:
            self._ledger.confirm(units)

    def _put_off(self, units: Sequence[Unit], error: Exception) -> None:
        """Keep what could not be delivered, for later or for the person to see."""
        if not isinstance(error, LabelerError):
            # Whatever is wrong with one change, the others must not wait for it.
            _log.error("a change could not be delivered", exc_info=error)
            self._give_up(units, f"It could not be sent: {error!r}")
            return
        if isinstance(error, ServiceFailedError):
            for row in (row for unit in units for row in unit.rows):
                row.attempts += 1
            stubborn = [unit for unit in units if unit.rows[0].attempts >= GIVE_UP_AFTER]
            self._give_up(stubborn, str(error))
        self._failed = True
        self._ledger.set_delivery_problem(_why_not(error), _trouble(error))

    def _give_up(self, units: Sequence[Unit], problem: str) -> None:
        for unit in units:
            if self._ledger.has(unit):
                self._ledger.hold(unit, Stage.REFUSED, problem, maybe_done=True)


def _trouble(error: LabelerError) -> str:
    kept = "Your edits are saved on this computer and are delivered as soon as that is done."
    return f"{error} {kept}" if isinstance(error, StorageFailedError) else ""


def _why_not(error: LabelerError) -> str:
    if isinstance(error, StorageFailedError):
        return "the service cannot save"
    if isinstance(error, NotSignedIn):
        return "key not accepted"
    if isinstance(error, CertificateError):
        return str(error)
    return "offline" if isinstance(error, UnavailableError) else str(error)


def _what_differs(conflict: Conflict, change: BoxChange) -> str:
    box = change.after or change.before
    assert box is not None  # noqa: S101 - a change has at least one side
    if conflict.theirs is None:
        return f"Somebody else deleted the box \u201c{box.label}\u201d while you changed it."
    done = "deleted" if change.after is None else "changed"
    return f"Somebody else changed the box \u201c{box.label}\u201d, which you {done}."
