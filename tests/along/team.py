"""A team's server that comes and goes, and a laptop that works on its images."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image as Pillow

from labeler.client.channel import Connection
from labeler.client.endpoint import PLAINTEXT, Endpoint
from labeler.client.kept_source import KeptSource
from labeler.client.source import ServiceSource
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit, TagChange, new_id
from labeler.domain.filter import Filter, Order
from labeler.domain.image import Image
from labeler.robot import until
from labeler.workplace import Workplace, known_services
from tests.server.served import Served, run_labeler

EVERYTHING = Filter()
IMAGES = 40


def draw_pictures(folder: Path, count: int, noise: int = 24) -> None:
    """Pictures that differ, each a few kB and more with more `noise`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        picture = Pillow.effect_noise((noise, noise), 80).convert("RGB")
        picture.putpixel((0, 0), (number % 256, number // 256, 0))
        picture.save(folder / f"part {number}.png")


def import_pictures(data: Path, pictures: Path) -> None:
    code, _, complaint = run_labeler("import", "--data", data, "--copy", pictures)
    assert code == 0, complaint


@dataclass
class Team:
    """A data directory with images, served at one address whenever `served` is not None."""

    data: Path
    address: str = ""
    key: dict[str, str] = field(default_factory=dict)
    served: Served | None = None

    @classmethod
    async def start(cls, data: Path, pictures: Path) -> Team:
        """Serve a folder of pictures."""
        import_pictures(data, pictures)
        return await cls.serve(data)

    @classmethod
    async def serve(cls, data: Path) -> Team:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        team = cls(data, f"127.0.0.1:{port}")
        team.come()
        assert team.served is not None
        team.key = await team.served.new_key()
        return team

    def come(self) -> None:
        assert self.served is None
        self.served = Served(self.data, "--insecure", "--listen", self.address)

    def go(self) -> None:
        """The network is gone, as far as anybody can tell."""
        if self.served is not None:
            self.served.process.kill()
            self.served.process.communicate()
            self.served = None

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.address, PLAINTEXT, self.key["api_key_id"], self.key["api_key"])

    @asynccontextmanager
    async def seen(self) -> AsyncIterator[ServiceSource]:
        """The service, as somebody else sees it."""
        async with await Connection.open(self.endpoint) as connection:
            yield await ServiceSource.open(connection)

    async def images(self, order: Order = Order.NAME) -> list[Image]:
        async with self.seen() as service:
            return await listed(service, EVERYTHING, order)


@asynccontextmanager
async def laptop(data: Path, team: Team, reserve: int = 0) -> AsyncIterator[Workplace]:
    """A workplace as the program opens it: asking the service the first time, and nobody after that."""
    connection = Connection(team.endpoint)
    known = [one for one in known_services(data) if one.address == team.address]
    service = known[0].service(connection) if known else await ServiceSource.open(connection)
    place = await Workplace.open(data, team.address, service, reserve=reserve)
    try:
        yield place
    finally:
        await place.close()


def kept(place: Workplace) -> KeptSource:
    assert isinstance(place.source, KeptSource)
    return place.source


async def listed(source: ServiceSource | KeptSource, wanted: Filter, order: Order) -> list[Image]:
    """All pages."""
    images: list[Image] = []
    after = ""
    while True:
        page = await source.page(wanted, order, after, 7)
        images += page.images
        after = page.next
        if not after:
            return images


async def take(source: KeptSource, wanted: Filter = EVERYTHING, name: str = "All images") -> None:
    async for _ in source.take(wanted, name):
        pass


async def delivered(place: Workplace) -> None:
    await until(lambda: not (place.outbox.counts.saving or place.outbox.counts.waiting), "delivery of all edits")


async def label(place: Workplace, image_id: str, text: str) -> None:
    """Draw a box and put a tag on an image; returns when that is on disk."""
    box = Box(new_id(), text, 0.25, 0.25, 0.75, 0.75)
    place.outbox.put(Edit(f"Added {text}", (BoxChange(image_id, None, box), TagChange(image_id, text, True))))
    await place.outbox.drained()
