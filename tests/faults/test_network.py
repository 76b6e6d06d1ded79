"""Whatever the network does, the service ends with what was labeled, each once, and the window goes on."""

from __future__ import annotations

import asyncio
import gc
import math
import random
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import apsw
import pytest
import trustme
from PIL import Image as Pillow

from labeler.client.channel import Connection
from labeler.client.endpoint import PLAINTEXT, Endpoint, Patience
from labeler.client.outbox import Outbox
from labeler.client.source import ServiceSource
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, TagChange, new_id
from labeler.domain.filter import Filter, Order
from labeler.domain.image import Image
from labeler.domain.saving import OutboxCounts
from labeler.robot import until
from labeler.state.history import History
from tests.faults.proxy import FAULTS, Proxy
from tests.heart import Heart
from tests.server.served import Served, run_labeler
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work

IMAGES = 24
AT_ONCE = 60
"""Edits under way at most."""
LATE_SECONDS = 0.1
PATIENCE = Patience(call=5.0, silence=2.0, ping=4.0)


class Certificates:
    """TLS of the proxy; what it shows can be changed."""

    def __init__(self) -> None:
        self.authority = trustme.CA()
        self.context = SSLContext(PROTOCOL_TLS_SERVER)
        self.context.set_alpn_protocols(["h2"])
        self.show()

    def show(self, authority: trustme.CA | None = None, name: str = "127.0.0.1", days: int = 1) -> None:
        not_after = datetime.now(UTC) + timedelta(days=days)
        early = datetime(2020, 1, 1, tzinfo=UTC)
        certificate = (authority or self.authority).issue_cert(name, not_before=early, not_after=not_after)
        certificate.configure_cert(self.context)


class Labeling:
    """Edits of a session and what they must come to: the labels and edges of boxes, and tags, by image."""

    def __init__(self, person: Person, chance: random.Random) -> None:
        self.session, self._chance = person.session, chance
        self.edits = 0
        self.boxes: dict[str, dict[str, list[float]]] = {image.id: {} for image in self.session.library.images}
        self.tags: dict[str, set[str]] = {image.id: set() for image in self.session.library.images}

    @property
    def counts(self) -> OutboxCounts:
        return self.session.outbox.counts

    async def edit(self, count: int, most_waiting: float = math.inf) -> None:
        """Make edits, so many of which wait for delivery at most."""
        for _ in range(count):
            self._edit()
            self.edits += 1
            await asyncio.sleep(0)
            await until(lambda: self.counts.saving < AT_ONCE and self.counts.waiting < most_waiting, "delivery")

    def _edit(self) -> None:
        image = self._chance.choice(self.session.library.images)
        boxes, name = self.boxes[image.id], str(self.edits)
        what = self._chance.choice(("add", "add", "add", "move", "relabel", "delete", "tag", "undo"))
        mine = next((box for box in image.boxes if box.label in boxes), None) if what != "add" else None
        if what == "undo" and self.session.history.done:
            self._undo()
        elif what == "tag":
            self.session.edit("Tagged", [TagChange(image.id, name, True)])
            self.tags[image.id].add(name)
        elif mine is None or what == "undo":
            box = Box(new_id(), name, *self._edges())
            self.session.edit("Added a box", [BoxChange(image.id, None, box)])
            boxes[name] = _edges(box)
        elif what == "delete":
            self.session.edit("Deleted a box", [BoxChange(image.id, mine, None)])
            del boxes[mine.label]
        else:
            left, top, right, bottom = self._edges()
            box = replace(mine, x_min=left, y_min=top, x_max=right, y_max=bottom)
            box = box if what == "move" else replace(mine, label=name)
            self.session.edit("Changed a box", [BoxChange(image.id, mine, box)])
            del boxes[mine.label]
            boxes[box.label] = _edges(box)

    def _undo(self) -> None:
        assert self.session.history.last is not None
        (change,) = self.session.history.last.edit.changes
        self.session.undo()
        if isinstance(change, TagChange):
            self.tags[change.image_id].discard(change.tag)
        elif isinstance(change, BoxChange):
            if change.after:
                del self.boxes[change.image_id][change.after.label]
            if change.before:
                self.boxes[change.image_id][change.before.label] = _edges(change.before)

    def _edges(self) -> list[float]:
        left, top = self._chance.uniform(0, 0.6), self._chance.uniform(0, 0.6)
        return [left, top, left + self._chance.uniform(0.1, 0.4), top + self._chance.uniform(0.1, 0.4)]

    async def delivered(self) -> None:
        await until(lambda: not (self.counts.saving or self.counts.waiting), f"delivery of {self.counts}")

    def compare(self, images: list[Image]) -> tuple[int, int]:
        """How much the service lacks and how much it has twice or beside the model."""
        lost = doubled = 0
        for image in images:
            wanted = {(label, *edges) for label, edges in self.boxes[image.id].items()}
            found = [(box.label, *_edges(box)) for box in image.boxes]
            near = [one for one in found if any(_near(one, other) for other in wanted)]
            lost += len(wanted) - len({one[0] for one in near}) + len(self.tags[image.id] - set(image.tags))
            doubled += len(found) - len({one[0] for one in near}) + len(set(image.tags) - self.tags[image.id])
        return lost, doubled


def _edges(box: Box) -> list[float]:
    return [box.x_min, box.y_min, box.x_max, box.y_max]


def _near(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    same = one[0] == other[0]
    return same and all(abs(a - b) < 1e-6 for a, b in zip(one[1:], other[1:], strict=True))  # type: ignore[operator]


@dataclass
class Team:
    """A service with images, behind a network that breaks."""

    served: Served
    key: dict[str, str]
    proxy: Proxy
    certificates: Certificates

    def set_revoked(self, revoked: bool) -> None:
        """Let the key be valid or not."""
        connection = apsw.Connection(str(self.served.data / "accounts.db"))
        connection.set_busy_timeout(5_000)
        when = datetime.now(UTC).isoformat() if revoked else None
        connection.execute("UPDATE api_key SET revoked = ? WHERE id = ?", (when, self.key["api_key_id"]))
        assert connection.changes() == 1
        connection.close()

    def restart(self, by: signal.Signals) -> None:
        """End the service by a signal and start it at the same port."""
        self.served.process.send_signal(by)
        self.served.process.communicate(timeout=60)
        self.served = Served(self.served.data, "--insecure", "--listen", self.served.address)

    async def images(self) -> list[Image]:
        endpoint = Endpoint(self.served.address, PLAINTEXT, self.key["api_key_id"], self.key["api_key"])
        async with await Connection.open(endpoint) as connection:
            source = await ServiceSource.open(connection)
            return list((await source.page(Filter(), Order.NAME, "", IMAGES)).images)


@asynccontextmanager
async def team_at(folder: Path, chance: random.Random) -> AsyncIterator[Team]:
    photos, data = folder / "photos", folder / "data"
    photos.mkdir()
    for number in range(IMAGES):
        Pillow.effect_noise((320, 240), 10 + number).save(photos / f"{number:02}.jpg")
    code, _, complaint = await asyncio.to_thread(run_labeler, "import", "--data", data, photos)
    assert code == 0, complaint
    served = await asyncio.to_thread(Served, data, "--insecure", "--listen", "127.0.0.1:0")
    certificates = Certificates()
    with Proxy(served.address, chance, certificates.context) as proxy:
        team = Team(served, await served.new_key(), proxy, certificates)
        try:
            yield team
        finally:
            await asyncio.to_thread(team.served.stop)


@asynccontextmanager
async def labeling(folder: Path, team: Team, chance: random.Random) -> AsyncIterator[Labeling]:
    """The window on the images of the service, through the network."""

    async def soon(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.05))

    trusted = team.certificates.authority.cert_pem.bytes()
    endpoint = Endpoint(team.proxy.address, trusted, team.key["api_key_id"], team.key["api_key"])
    async with AsyncExitStack() as stack, at_work(folder / "library") as person:
        connection = await stack.enter_async_context(await Connection.open(endpoint, PATIENCE))
        source = await ServiceSource.open(connection)
        outbox = Outbox.open(folder / "outbox.db", "team", sleep=soon)
        stack.push_async_callback(outbox.close)
        await outbox.start(connection)
        person.desktop._loader.source = source
        await person.session.attach(source, outbox, History(file=outbox.session))
        await person.shown(IMAGES)
        await person.edit()
        gc.freeze()  # as the program does when its window is made
        stack.callback(gc.unfreeze)
        yield Labeling(person, chance)
        person.complaints.clear()


async def through_all(team: Team, work: Labeling, edits: int) -> None:
    """Edits through every fault there is, in turn."""
    proxy, certificates = team.proxy, team.certificates
    proxy.share = 0.1
    await work.edit(edits // 2, AT_ONCE)
    await work.delivered()
    proxy.share = 0.0
    some = min(edits // 20, 50)

    proxy.made["late by 2 s"] += 1
    proxy.delay = 2.0
    await work.edit(some // 2)
    await work.delivered()
    proxy.delay = 0.0

    proxy.made["256 kbit/s"] += 1
    proxy.bytes_per_second = 32_000
    await work.edit(some)
    await work.delivered()
    proxy.bytes_per_second = 0

    proxy.made["silence"] += 1
    proxy.held = True
    await work.edit(some)
    await until(lambda: work.counts.problem, "the deadline of a call")
    proxy.held = False
    await work.delivered()

    proxy.made["goaway with the first frame"] += 1
    proxy.leaving = True
    proxy.cut()
    await work.edit(some)
    await until(lambda: work.counts.problem, "a peer that takes no calls")
    proxy.leaving = False
    await work.delivered()

    for by in (signal.SIGTERM, signal.SIGKILL):
        proxy.made[f"restart by {by.name}"] += 1
        restarting = asyncio.create_task(asyncio.to_thread(team.restart, by))
        await work.edit(some)
        await restarting
        await work.delivered()

    proxy.made["key revoked"] += 1
    await asyncio.to_thread(team.set_revoked, True)
    await work.edit(some)
    await until(lambda: work.counts.problem == "key not accepted", "the key to be refused")
    assert work.counts.waiting
    await asyncio.to_thread(team.set_revoked, False)
    await work.delivered()

    certificates_of_others: dict[str, Callable[[], None]] = {
        "of another authority": lambda: certificates.show(trustme.CA()),
        "expired": lambda: certificates.show(days=-1),
        "for another host": lambda: certificates.show(name="somewhere.example"),
    }
    for name, show in certificates_of_others.items():
        proxy.made[f"certificate {name}"] += 1
        show()
        proxy.cut()
        await work.edit(some)
        await until(lambda: "certificate" in work.counts.problem, f"the certificate {name} to be refused")
        assert work.counts.waiting
        certificates.show()
        await work.delivered()

    proxy.share = 0.1
    await work.edit(edits - work.edits, AT_ONCE)
    await work.delivered()
    proxy.share = 0.0


@pytest.mark.parametrize("edits", [1_000, pytest.param(20_000, marks=pytest.mark.long)])
def test_every_edit_arrives_once_through_a_network_that_breaks(walk: Walk, tmp_path: Path, edits: int) -> None:
    async def steps() -> None:
        chance = random.Random(1)
        async with team_at(tmp_path, random.Random(2)) as team:
            async with labeling(tmp_path, team, chance) as work:
                async with Heart() as control:
                    await work.edit(edits // 10, AT_ONCE)
                    await work.delivered()
                async with Heart() as heart:
                    await through_all(team, work, edits)
                assert work.counts == OutboxCounts()
            lost, doubled = work.compare(await team.images())
            print(  # noqa: T201
                f"{work.edits} edits, {team.proxy.made.total()} faults {dict(team.proxy.made)}: {lost} lost, "
                f"{doubled} doubled; the window was late by {heart.latest * 1_000:.0f} ms at most, "
                f"by {control.latest * 1_000:.0f} ms without faults"
            )
            assert (lost, doubled) == (0, 0)
            assert work.edits >= edits
            assert set(team.proxy.made) >= set(FAULTS)
            assert heart.second_latest - control.latest < LATE_SECONDS

    walk(steps())
