"""Undo and redo go on where the last run ended."""

from __future__ import annotations

from pathlib import Path

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
            assert person.image.tags == ()

    async def undo() -> None:
        async with at_work(library) as person:
            await person.shown(6)
            await person.edit()
            await person.key("Ctrl+Shift+Z")
            assert person.image.tags == ("night",)
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
