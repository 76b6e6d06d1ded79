"""Working on a server and coming back, by the connect dialog."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from labeler.client.channel import Connection
from labeler.client.endpoint import PLAINTEXT, Endpoint
from labeler.client.source import ServiceSource
from labeler.domain.filter import EMPTY, Order
from labeler.domain.geometry import Point
from labeler.domain.image import Image
from labeler.robot import until
from labeler.samples import SampleSet
from labeler.ui.dialogs import ConnectDialog
from tests.client_desktop.data_api import DataApi
from tests.server.served import Served, run_labeler
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work

NOBODYS_KEY = "0" * 32


@dataclass
class Team:
    """A server that has the samples."""

    served: Served
    security: bytes | None = None

    @classmethod
    def start(cls, data: Path, samples: SampleSet, *arguments: str) -> Team:
        code, _, complaint = run_labeler("import", "--data", data, samples.folder)
        assert code == 0, complaint
        return cls(Served(data, *arguments))

    async def images(self, key: dict[str, str]) -> list[Image]:
        """What the server has, as another client sees it."""
        security = (self.served.data / "certificate.pem").read_bytes() if self.served.ready["tls"] else PLAINTEXT
        endpoint = Endpoint(self.served.address, security, key["api_key_id"], key["api_key"])
        async with await Connection.open(endpoint) as connection:
            source = await ServiceSource.open(connection)
            return list((await source.page(EMPTY, Order.NAME, "", 100)).images)


@pytest.fixture
def plaintext(tmp_path: Path, samples: SampleSet) -> Iterator[Team]:
    team = Team.start(tmp_path / "team", samples, "--insecure")
    yield team
    team.served.stop()


@pytest.fixture
def over_tls(tmp_path: Path, samples: SampleSet) -> Iterator[Team]:
    team = Team.start(tmp_path / "team", samples)
    yield team
    team.served.stop()


async def fill_in(person: Person, *answers: str, plaintext: bool = False) -> None:
    """Choose a server in the connect dialog, go through it from top to bottom, and press Enter."""
    await person.key("Ctrl+L", "Down")
    for answer in answers:
        await person.key("Tab")
        if answer:
            await person.type(answer)
    if plaintext:
        for _ in range(5 - len(answers)):
            await person.key("Tab")
        dialog = person.dialog()
        assert isinstance(dialog, ConnectDialog)
        if not dialog.plaintext.isChecked():
            await person.key("Space")
    await person.key("Enter")


async def connected(person: Person, title: str) -> None:
    await until(
        lambda: any(one.startswith("Connected to") and title in one for one in person.heard),
        f"the connection to {title}",
    )
    person.heard.clear()


async def label_first(person: Person, label: str) -> None:
    await person.edit()
    await person.open_prompt("l", label)
    await person.draw(Point(0.1, 0.1), Point(0.3, 0.3))
    await person.saved()
    await person.key("g")


def test_labels_go_to_a_server_without_encryption(walk: Walk, library: Path, plaintext: Team) -> None:
    async def steps() -> None:
        key = await plaintext.served.new_key()
        address = plaintext.served.address
        async with at_work(library) as person:
            await fill_in(person, address, key["api_key_id"], key["api_key"], plaintext=True)
            await connected(person, address)
            await person.grid_ready(6)
            assert any(address in text for text in person.texts(person.window.status))
            await label_first(person, "bolt")
            theirs = await plaintext.images(key)
            assert [box.label for box in theirs[0].boxes] == ["bolt"]

            await fill_in(person, address, key["api_key_id"], key["api_key"], plaintext=True)
            await connected(person, address)
            await person.grid_ready(6)
            await label_first(person, "nut")
            theirs = await plaintext.images(key)
            assert [box.label for box in theirs[0].boxes] == ["bolt", "nut"]
            person.session.open_paths([library])
            await person.complained("does not open files of this computer")

            await person.key("Ctrl+L", "Enter")
            await connected(person, "This computer")
            await person.shown(0)
            assert person.session.source.opens_paths

    walk(steps())


def test_labels_go_to_a_server_over_tls(walk: Walk, library: Path, over_tls: Team) -> None:
    async def steps() -> None:
        key = await over_tls.served.new_key()
        address, certificate = over_tls.served.address, str(over_tls.served.data / "certificate.pem")
        async with at_work(library) as person:
            await fill_in(person, address, key["api_key_id"], key["api_key"], certificate)
            await connected(person, address)
            await person.grid_ready(6)
            await label_first(person, "bolt")
            theirs = await over_tls.images(key)
            assert [box.label for box in theirs[0].boxes] == ["bolt"]

    walk(steps())


def test_what_does_not_connect_says_why_and_changes_nothing(
    walk: Walk, library: Path, plaintext: Team, samples: SampleSet
) -> None:
    async def steps() -> None:
        key = await plaintext.served.new_key()
        address = plaintext.served.address
        async with at_work(library, samples.folder, 6) as person:
            await fill_in(person, address, key["api_key_id"], NOBODYS_KEY, plaintext=True)
            await person.complained("key")
            await fill_in(person)
            await person.complained("the address is missing")
            await fill_in(person, address, "", "")
            await person.complained("No key for")
            await fill_in(person, address, "id", "key", str(samples.images[0].path))
            await person.complained("is not a certificate in PEM form")
            await fill_in(person, address, "id", "key", "/nowhere/certificate.pem")
            await person.complained("cannot be read")
            await fill_in(person, "127.0.0.1:1", "id", "key", plaintext=True)
            await person.complained("127.0.0.1:1")
            assert person.session.source.title == "This computer"
            await person.shown(6)
            await label_first(person, "bolt")
            assert [box.label for box in (await person.at_service(0))[0].boxes] == ["bolt"]

    walk(steps())


def test_coming_back_to_where_one_is_keeps_the_labels(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await label_first(person, "bolt")
            await person.open_prompt("t", "night")
            await person.key("Ctrl+L", "Enter")
            await connected(person, "This computer")
            await person.grid_ready(6)
            await label_first(person, "nut")
            (image,) = await person.at_service(0)
            assert [box.label for box in image.boxes] == ["bolt", "nut"]
            assert image.tags == ("night",)

    walk(steps())


def test_one_of_several_organizations_is_chosen(walk: Walk, library: Path) -> None:
    async def steps() -> None:
        api = DataApi("one", "two")
        api.organizations = {"a" * 8: "Acme", "b" * 8: "Bolts & Co"}
        async with api.serving("127.0.0.1:0") as port, at_work(library) as person:
            address = f"127.0.0.1:{port}"
            await fill_in(person, address, "id", "key", plaintext=True)
            await until(lambda: person.window.prompt.is_open, "the organizations to choose from")
            listing = person.window.prompt.list
            assert [listing.item(row).text() for row in range(listing.count())] == ["Acme", "Bolts & Co"]
            await person.type("bol")
            await person.key("Enter")
            await connected(person, "Bolts & Co")
            assert person.session.source.organization_id == "b" * 8
            await fill_in(person, address, "id", "key", plaintext=True)
            await until(lambda: person.window.prompt.is_open, "the organizations to choose from")
            await person.key("Esc")
            assert person.session.source.organization_id == "b" * 8

    walk(steps())
