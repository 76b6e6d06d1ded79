"""Images taken along by key, labeled in the window while the server is away over restarts, and delivered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from labeler import credentials
from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.samples import SampleSet
from labeler.ui.along import AlongDialog
from labeler.ui.dialogs import QuestionDialog
from tests.along.team import Team
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work
from tests.walks.test_connecting import connected, fill_in

RUNS = 2


@pytest.fixture
def away(walk: Walk, tmp_path: Path, samples: SampleSet) -> Iterator[Team]:
    """A server that has the samples."""
    teams: list[Team] = []

    async def start() -> None:
        teams.append(await Team.start(tmp_path / "team", samples.folder))

    walk(start())
    yield teams[0]
    teams[0].go()


def keep_key(library: Path, team: Team) -> None:
    credentials.store_key_in_file(library / "keys.json", team.address, team.key["api_key_id"], team.key["api_key"])


async def offline(person: Person, images: int) -> None:
    wanted = f"offline, {images} images taken along"
    await until(lambda: any(wanted in text for text in person.texts(person.window.status)), wanted)


async def label(person: Person, place: int, name: str) -> None:
    await person.key("g")
    person.session.go_to(place)
    await person.edit()
    await person.open_prompt("l", name)
    await person.draw(Point(0.02, 0.02), Point(0.1, 0.1))
    await person.session.outbox.drained()


async def take_along(person: Person) -> None:
    await person.key("F7")
    await until(lambda: isinstance(QApplication.activeModalWidget(), QuestionDialog), "the question")
    (text,) = [one for one in person.texts(person.dialog()) if "free" in one]
    assert text.startswith("6 images of ")
    assert " MB, are kept" in text or " kB, are kept" in text
    await person.key("Enter")
    await until(lambda: any("6 images along" in one for one in person.heard), "the images taken along")


def test_days_without_the_server(walk: Walk, library: Path, away: Team) -> None:
    async def at_the_office() -> None:
        async with at_work(library) as person:
            keep_key(library, away)
            await person.key("F7")
            assert not person.session.works
            await fill_in(person, away.address, plaintext=True)
            await connected(person, away.address)
            await person.grid_ready(6)
            await take_along(person)
            await person.key("Ctrl+Q")
            await person.desktop.closed.wait()

    async def on_the_train(run: int) -> None:
        async with at_work(library) as person:
            assert away.address in person.session.source.title
            await person.grid_ready(6)
            await offline(person, 6)
            if run == 0:
                await dialog_offline(person)
            for earlier in range(run):
                assert [box.label for box in person.session.library.images[earlier].boxes] == [f"run {earlier}"]
            await label(person, run, f"run {run}")
            outbox = person.session.outbox
            await until(lambda: outbox.counts.problem and outbox.counts.waiting, "the server missed")
            await person.key("Ctrl+Q")
            assert any("Nothing is lost by quitting" in text for text in person.texts(person.dialog()))
            await person.key("Enter")
            await person.desktop.closed.wait()

    async def dialog_offline(person: Person) -> None:
        await person.key("Shift+F7")
        dialog = person.dialog()
        assert isinstance(dialog, AlongDialog)
        assert dialog.list.count() == 1
        assert dialog.list.item(0).text().startswith("All images: 6 images, ")
        await person.key("r")
        assert not person.session.works
        await person.key("Esc")
        await person.key("Ctrl+D", "Tab")
        await person.type("Bolts")
        await person.key("Enter", "Esc")
        await until(lambda: person.session.vocabulary.dataset_id("Bolts"), "the dataset")
        await person.open_prompt("b", "Bolts")
        await person.open_prompt("/", "dataset:Bolts")
        await person.shown(1)
        await person.open_prompt("/", "")
        await person.grid_ready(6)

    async def home_again() -> None:
        async with at_work(library) as person:
            await person.grid_ready(6)
            await offline(person, 6)
            await label(person, RUNS, f"run {RUNS}")
            away.come()
            await until(lambda: any("can be reached again" in one for one in person.heard), "the server")
            await person.saved()
            assert not any("offline" in text for text in person.texts(person.window.status))
            (dataset,) = await person.session.source.datasets()
            assert (dataset.name, dataset.images) == ("Bolts", 1)
            labels = [[box.label for box in image.boxes] for image in person.session.library.images[: RUNS + 1]]
            assert labels == [[f"run {run}"] for run in range(RUNS + 1)]

    walk(at_the_office())
    away.go()
    for run in range(RUNS):
        walk(on_the_train(run))
    walk(home_again())
    theirs: list[list[str]] = []

    async def look() -> None:
        theirs.extend([box.label for box in image.boxes] for image in await away.images())

    walk(look())
    assert theirs == [[f"run {run}"] for run in range(RUNS + 1)] + [[]] * (6 - RUNS - 1)


def test_losing_the_server_at_work_keeps_what_is_in_view(walk: Walk, library: Path, away: Team) -> None:
    async def steps() -> None:
        async with at_work(library) as person:
            keep_key(library, away)
            await fill_in(person, away.address, plaintext=True)
            await connected(person, away.address)
            await person.grid_ready(6)
            person.session.show_text("before:2000-01-01")
            await person.shown(0)
            await person.key("F7")
            person.session.show_text("")
            await person.shown(6)
            person.session.go_to(3)
            in_front = person.image.id
            away.go()
            person.session.vocabulary.refresh()
            await until(lambda: any("Offline." in one for one in person.heard), "the server missed")
            await offline(person, 0)
            assert (person.image.id, len(person.session.library.images)) == (in_front, 6)
            await label(person, 3, "bolt")
            away.come()
            await until(lambda: any("can be reached again" in one for one in person.heard), "the server")
            await person.saved()
            (image,) = await person.at_service(3)
            assert (image.id, [box.label for box in image.boxes]) == (in_front, ["bolt"])

    walk(steps())


def test_connecting_to_a_server_that_is_away_opens_what_was_taken_along(walk: Walk, library: Path, away: Team) -> None:
    async def steps() -> None:
        async with at_work(library) as person:
            keep_key(library, away)
            await fill_in(person, away.address, plaintext=True)
            await connected(person, away.address)
            await person.grid_ready(6)
            await take_along(person)
            await person.key("Ctrl+L", "Enter")
            await connected(person, "This computer")
            away.go()
            await fill_in(person, away.address, plaintext=True)
            await until(lambda: any("this is what was taken along" in one for one in person.heard), "the images")
            await person.grid_ready(6)
            await offline(person, 6)
            await person.key("Shift+F7", "x", "Enter")
            await until(lambda: not person.session.along.sets, "the set to be gone")
            await person.key("Esc")

    walk(steps())
    assert list(library.glob("along-*/pictures/??/*")) == []
