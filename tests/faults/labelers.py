"""A labeler without a window, and what must become of each value that they changed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from labeler.client.channel import Connection
from labeler.client.endpoint import Endpoint
from labeler.client.outbox import Outbox
from labeler.client.pending import Subject, subject_of
from labeler.client.reconcile import agrees
from labeler.client.source import ServiceSource
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Change, Edit, MembershipChange, TagChange
from labeler.domain.errors import Unreachable
from labeler.domain.filter import Filter
from labeler.domain.image import Image
from labeler.domain.saving import Held, SaveState
from labeler.robot import until
from labeler.state.history import History
from labeler.state.session import Session
from labeler.state.settings import Settings
from tests.memory_source import no_export

Value = Box | bool | None
"""What a subject is at a time: a box or its absence, a tag or membership or not."""
Key = tuple[str, Subject]
Result = TypeVar("Result")


class WatchedOutbox(Outbox):
    """Tells what is put into it."""

    def watch(self, noted: list[Change]) -> None:
        self._noted = noted

    def put(self, edit: Edit) -> None:
        self._noted.extend(edit.changes)
        super().put(edit)


class Labeler:
    """One person's session on some images.

    `chains` has, by subject, the value that they saw and those that they made of it, until it is delivered.
    """

    def __init__(self, folder: Path, endpoint: Endpoint, wanted: Filter) -> None:
        self._folder, self._endpoint, self._wanted = folder, endpoint, wanted
        self._noted: list[Change] = []
        self._names: dict[str, str] = {}
        self.chains: dict[Key, list[Value]] = {}
        self.conflicts = 0
        self.is_delivering = False
        self.now = 0.0

    async def open(self) -> None:
        self.connection = await _reached(lambda: Connection.open(self._endpoint))
        self.source = await _reached(lambda: ServiceSource.open(self.connection))
        self.outbox = WatchedOutbox.open(self._folder / "outbox.db", "team", sleep=_soon, clock=lambda: self.now)
        self.outbox.watch(self._noted)
        self.outbox.subscribe(lambda image_ids: None, self._names.update)
        history = History(self.outbox.session)
        settings = Settings(self._folder / "settings.toml", {})
        self.session = Session(self.source, self.outbox, settings, no_export, history)
        self.session.start(self._wanted)
        await self.session.library.loaded()
        await until(lambda: self.session.library.complete, "the images")

    async def close(self) -> None:
        await self.session.close()
        await self.outbox.close()
        self.connection.close()
        self.is_delivering = False

    async def restart(self) -> None:
        await self.close()
        await self.open()

    @property
    def images(self) -> list[Image]:
        return self.session.library.images

    def note(self) -> None:
        """Take what was put into the outbox into the chains."""
        for change in self._noted:
            before, after = _values(change)
            self.chains.setdefault((change.image_id, subject_of(change)), [before]).append(after)
        self._noted.clear()

    def _renamed(self) -> dict[Key, list[Value]]:
        """The chains under the names that boxes have now."""
        names = self._names
        found: dict[Key, list[Value]] = {}
        for (image_id, (kind, name)), chain in self.chains.items():
            while name in names:
                name = names[name]
            found.setdefault((image_id, (kind, name)), []).extend(chain)
        return found

    async def begin(self) -> None:
        if not self.is_delivering:
            self.is_delivering = True
            await self.outbox.start(self.connection)

    async def go_offline(self) -> None:
        await self.outbox.stop()
        self.is_delivering = False

    async def deliver_a_little(self, turns: int) -> None:
        """Deliver for so many turns of the event loop."""
        await self.begin()
        for _ in range(turns):
            await asyncio.sleep(0)
        await self.go_offline()

    async def deliver(self, service: ServiceSource) -> None:
        """Deliver all, and compare what became of it with what the service had."""
        ids = [image.id for image in self.images]
        before, held = await service.images(ids), set(self._held)
        await self.begin()
        await until(lambda: not (self.outbox.counts.saving or self.outbox.counts.waiting), f"{self.outbox.counts}")
        await self.go_offline()
        self.check(before, await service.images(ids), held)

    @property
    def _held(self) -> dict[Key, Held]:
        return {(one.change.image_id, subject_of(one.change)): one for one in self.outbox.held}

    def check(self, before: Sequence[Image], after: Sequence[Image], held_before: set[Key]) -> None:
        """Whatever was another value than the person saw must still be there, with a record of the conflict.

        A record stays until they decide, even where the value has become again what they saw.
        """
        held = self._held
        left: dict[Key, list[Value]] = {}
        for (image_id, subject), chain in self._renamed().items():
            was, found = _value(before, image_id, subject), _value(after, image_id, subject)
            key, is_seen = (image_id, subject), any(_same(was, one) for one in chain)
            what = f"{subject} was {was}, is {found}, wanted {chain}, has the record {held.get(key)}"
            if key not in held:
                is_nothing = any(_same(chain[-1], one) for one in chain[:-1])
                assert is_seen or is_nothing, f"overwritten without a record: {what}"
                assert _same(found, chain[-1] if is_seen else was), f"not as wanted: {what}"
                continue
            base, mine = self._recorded(key)
            # What they made in between and did not deliver is nobody's base: somebody else may have made the same.
            assert key in held_before or not _same(was, base), f"no conflict: {what}"
            assert _same(found, was), f"overwritten: {what}"
            told = held[key].state is SaveState.CONFLICT and held[key].problem and _same(mine, chain[-1])
            assert told, f"another record: {what}"
            left[key] = chain
            self.conflicts += 1
        assert set(held) <= set(left), f"records without a conflict: {held}"
        own = set(self._renamed())
        for image in before:
            for subject in _subjects(image) | _subjects(next(one for one in after if one.id == image.id)):
                if (image.id, subject) not in own:
                    was, found = _value(before, image.id, subject), _value(after, image.id, subject)
                    assert _same(was, found), f"{subject} was {was} and is {found}, which nobody wanted"
        self.chains = left

    def _recorded(self, key: Key) -> tuple[Value, Value]:
        """What the person saw and what they made of it, as the record has it. The service's value is not in it."""
        image_id, subject = key
        rows = [row.change for row in self.outbox._ledger.index.of(image_id) if subject_of(row.change) == subject]
        return _values(rows[0])[0], _values(rows[-1])[1]

    async def theirs(self, held: Held) -> Box | None:
        """What the program shows as the service's version, when it has been read."""
        review = self.session.review
        review.refresh()
        await self.refresh()
        await until(lambda: review.is_known(held), "the service's version")
        return review.theirs(held)

    async def keep_mine(self, held: Held) -> None:
        theirs = await self.theirs(held)
        key = (held.change.image_id, subject_of(held.change))
        self.chains = self._renamed()
        self.chains[key] = [theirs, *self.chains[key][1:]]
        self.session.review.keep_mine(held)

    async def take_theirs(self, held: Held) -> None:
        await self.theirs(held)
        self.chains = self._renamed()
        del self.chains[held.change.image_id, subject_of(held.change)]
        self.session.review.take_theirs(held)
        await self.refresh()

    async def refresh(self, seconds: float = 0.0) -> None:
        """See what others have done, after so many seconds."""
        self.now += seconds
        await _reached(lambda: self.session.following.read([image.id for image in self.images]))


async def _reached(call: Callable[[], Awaitable[Result]]) -> Result:
    """Call, again where the network had a fault left."""
    while True:
        try:
            return await call()
        except Unreachable:
            continue


async def _soon(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.02))


def _values(change: Change) -> tuple[Value, Value]:
    if isinstance(change, BoxChange):
        return change.before, change.after
    assert isinstance(change, TagChange | MembershipChange)
    return not change.after, change.after


def _value(images: Sequence[Image], image_id: str, subject: Subject) -> Value:
    kind, name = subject
    image = next(one for one in images if one.id == image_id)
    if kind == "box":
        return image.box(name)
    return name in (image.tags if kind == "tag" else image.dataset_ids)


def _subjects(image: Image) -> set[Subject]:
    return (
        {("box", box.id) for box in image.boxes}
        | {("tag", tag) for tag in image.tags}
        | {("dataset", dataset) for dataset in image.dataset_ids}
    )


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return agrees(one, other)
