"""Renaming a label on all images and merging it into another, by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.samples import SampleSet
from labeler.state import mass
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work


async def rename(person: Person, old: str, new: str, title: str) -> None:
    await person.key("Ctrl+Alt+L")
    await person.answer(old)
    await person.answer(new)
    await until(QApplication.activeModalWidget, "the question")
    assert person.dialog().windowTitle() == title
    await person.key("Enter")


async def labels(person: Person) -> list[list[str]]:
    await until(lambda: not person.session.works, "the boxes to be as they were asked to be")
    return [[box.label for box in image.boxes] for image in await person.at_service(0, 1, 2)]


@pytest.mark.parametrize("at_once", [500, 1])
def test_a_label_is_renamed_and_merged_on_all_images_and_back(
    walk: Walk, library: Path, samples: SampleSet, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(mass, "AT_ONCE", at_once)

    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            for label in ("bolt", "nut", "bolt"):
                await person.open_prompt("l", label)
                await person.draw(Point(0.25, 0.25), Point(0.5, 0.5))
                await person.key("Esc", "d")
                await person.editor_ready()
            await person.key("g")
            await person.saved()
            names = person.session.vocabulary.labels
            assert (names.of_digit("1"), names.of_digit("2")) == ("bolt", "nut")

            await rename(person, "bolt", "screw", "Rename bolt to screw?")
            assert await labels(person) == [["screw"], ["nut"], ["screw"]]
            assert person.session.history.done[-1].title == "Renamed bolt to screw, 2 boxes"
            assert (names.of_digit("1"), names.of_digit("2")) == ("screw", "nut")
            await rename(person, "screw", "nut", "Merge screw into nut?")
            assert await labels(person) == [["nut"]] * 3
            assert names.of_digit("2") == "nut"
            await person.key("Ctrl+Z")
            assert await labels(person) == [["screw"], ["nut"], ["screw"]]
            await person.key("Ctrl+Z")
            assert await labels(person) == [["bolt"], ["nut"], ["bolt"]]
            await until(lambda: (names.of_digit("1"), names.of_digit("2")) == ("bolt", "nut"), "the digits of before")

    walk(steps())


def test_thousands_are_tagged_and_untagged_by_keys(
    walk: Walk, library: Path, samples: SampleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mass, "AT_ONCE", 3)
    monkeypatch.setattr(mass, "PART", 2)

    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.key("Ctrl+A")
            await person.open_prompt("t", "night")
            await person.key("1", "Ctrl+Z", "Ctrl+Z", "Ctrl+Shift+Z")
            await until(lambda: not person.session.works, "all edits to be made")
            assert [image.tags for image in await person.at_service(*range(6))] == [("night",)] * 6
            await person.key("Esc", "Home", "Ctrl+Alt+G", "1")
            assert person.heard[-2:] == ["A digit tags and stays", "Untagged night, 1 image"]
            assert person.session.index == 0

    walk(steps())
