"""Somebody else who changes the same images meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from labeler.client.channel import Connection
from labeler.client.endpoint import Endpoint
from labeler.client.outbox import Outbox
from labeler.client.source import ServiceSource
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Change, Edit
from labeler.domain.geometry import Point
from labeler.robot import until
from tests.walks.person import Person


class Other:
    """Somebody else at the same service."""

    def __init__(self, source: ServiceSource, outbox: Outbox) -> None:
        self.source, self.outbox = source, outbox

    async def change(self, *changes: Change) -> None:
        """Make changes; return when the service has them."""
        self.outbox.put(Edit("changed elsewhere", changes))
        await until(lambda: self.outbox.counts.saving == self.outbox.counts.waiting == 0, "the other's delivery")
        assert self.outbox.held == ()


@asynccontextmanager
async def somebody_else(person: Person, folder: Path, endpoint: Endpoint | None = None) -> AsyncIterator[Other]:
    """The other's own connection to a service: the person's own on this computer, if none is given."""
    connection = await Connection.open(endpoint or person.desktop._local.endpoint)
    outbox = Outbox.open(folder / "other.db", "other")
    try:
        await outbox.start(connection)
        yield Other(await ServiceSource.open(connection, title="Other"), outbox)
    finally:
        await outbox.close()
        connection.close()


async def draw_bolt(person: Person) -> Box:
    """A box on the image in front that the service has; selected."""
    await person.edit()
    await person.open_prompt("l", "bolt")
    await person.draw(Point(0.25, 0.25), Point(0.5, 0.5))
    await person.saved()
    await until(lambda: not person.box.id.startswith("local-"), "the service's name of the box")
    return person.box


async def contradict(person: Person, other: Other, theirs: Box | None) -> Box:
    """Let the other change the box that the person then moves by 10 px; returns the person's version."""
    await person.desktop.place.outbox.stop()
    await person.key("Shift+Right")
    box, image_id = person.box, person.image.id
    (at_service,) = await other.source.images([image_id])
    await other.change(BoxChange(image_id, at_service.box(box.id), theirs))
    connection = person.desktop.place.connection
    assert connection is not None
    await person.desktop.place.outbox.start(connection)
    await until(lambda: person.session.review.items, "the conflict")
    await until(lambda: person.session.review.is_known(person.session.review.items[0]), "their version")
    return box
