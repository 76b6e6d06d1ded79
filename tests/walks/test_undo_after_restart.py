"""Undo and redo go on where the last run ended."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from labeler.client.session_rows import PAGE
from labeler.domain.edit import TagChange
from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.samples import SampleSet
from tests.walks.conftest import Walk
from tests.walks.person import at_work


def test_undo_and_redo_survive_a_restart(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def label() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            await person.open_prompt("l", "bolt")
            await person.draw(Point(0.25, 0.25), Point(0.5, 0.5))
            await person.open_prompt("l", "nut")
            await person.open_prompt("t", "night")
            await person.key("Ctrl+Z")
            await person.saved()
            assert person.labels == ["nut"]
            assert not person.image.tags

    async def undo() -> None:
        async with at_work(library) as person:
            await person.shown(6)
            await person.edit()
            await person.key("Ctrl+Shift+Z")
            assert list(person.image.tags) == ["night"]
            await person.key("Ctrl+Z", "Ctrl+Z")
            assert person.labels == ["bolt"]
            await person.key("Ctrl+Z")
            assert person.labels == []
            (image,) = await person.at_service(0)
            assert (image.boxes, image.tags) == ((), ())
            await person.key("Ctrl+Z")
            assert person.heard[-1] == "Nothing to undo"

    async def redo() -> None:
        async with at_work(library) as person:
            await person.shown(6)
            await person.edit()
            await person.key("Ctrl+Shift+Z", "Ctrl+Shift+Z", "Ctrl+Shift+Z")
            await until(lambda: person.labels == ["nut"], "the box again")
            (image,) = await person.at_service(0)
            assert ([box.label for box in image.boxes], image.tags) == (["nut"], ("night",))

    walk(label())
    walk(undo())
    walk(redo())


def test_a_held_key_takes_back_and_makes_again_what_runs_before_did(walk: Walk, library: Path, tmp_path: Path) -> None:
    """More than is read at the start."""
    count = PAGE + PAGE // 2
    half = count // 2
    samples = tmp_path / "one"
    samples.mkdir()
    Image.new("RGB", (64, 48), "#808080").save(samples / "one.png")

    async def label() -> None:
        async with at_work(library, samples, 1) as person:
            for number in range(count):
                change = TagChange(person.image.id, "night", number % 2 == 0)
                person.session.edit(f"Tagged {number}", [change])
            await person.saved()

    async def undo() -> None:
        async with at_work(library) as person:
            await person.shown(1)
            await person.hold("Ctrl+Z", count - 1)
            await person.let_go("Ctrl+Z")
            await until(lambda: person.heard[-1] == "Undid: Tagged 0", "everything taken back")
            assert [one for one in person.heard if "Undid" in one] == [f"Undid: Tagged {n}" for n in range(count)][::-1]
            await person.key("Ctrl+Z")
            assert person.heard[-1] == "Nothing to undo"
            assert not person.image.tags
            await person.hold("Ctrl+Shift+Z", half)
            await person.let_go("Ctrl+Shift+Z")
            await until(lambda: person.heard[-1] == f"Redid: Tagged {half}", "half of it made again")
            assert list(person.image.tags) == ["night"]
            await person.saved()

    async def redo() -> None:
        async with at_work(library) as person:
            await person.shown(1)
            await person.hold("Ctrl+Shift+Z", count - half - 2)
            await person.let_go("Ctrl+Shift+Z")
            await until(lambda: person.heard[-1] == f"Redid: Tagged {count - 1}", "all of it made again")
            (image,) = await person.at_service(0)
            assert image.tags == ()

    walk(label())
    walk(undo())
    walk(redo())
