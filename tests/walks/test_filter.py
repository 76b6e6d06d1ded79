"""Asking for some of the images: by typing, in the panel, in order."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication, QCheckBox

from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.samples import SampleSet
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work


async def label_some(person: Person) -> None:
    """The first image: night and wet and a bolt; the second: night; the third: wet."""
    await person.open_prompt("t", "night")
    await person.open_prompt("t", "wet")
    await person.edit()
    await person.open_prompt("l", "bolt")
    await person.draw(Point(0.1, 0.1), Point(0.3, 0.3))
    await person.key("Esc", "d")
    await person.open_prompt("t", "night")
    await person.key("d")
    await person.open_prompt("t", "wet")
    await person.key("g")
    await person.saved()
    await until(lambda: counts(person, "tags") == {"night": 2, "wet": 2}, "the tags to choose from")


def counts(person: Person, field: str) -> dict[str, int | None]:
    return {choice.value: choice.count for choice in person.session.vocabulary.choices.get(field, ())}


def focused() -> str:
    """The accessible name of what has the keyboard."""
    widget = QApplication.focusWidget()
    return widget.accessibleName() if widget else ""


async def focus(person: Person, name: str) -> list[str]:
    """Go to a part of the filter panel by Tab alone; returns the names of what was passed."""
    passed = []
    while not focused().startswith(name):
        passed.append(focused())
        assert len(passed) < 60, f"Tab does not come to {name}, but to {passed}"
        await person.key("Tab")
    return passed


def test_a_filter_is_typed(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await label_some(person)
            await person.open_prompt("/", "tag:night,wet")
            await person.shown(3)
            await person.open_prompt("/", "tag:night tag:wet")
            await person.shown(1)
            assert person.session.filter_text == "tag:night tag:wet"
            assert person.window.windowTitle().startswith("tag:night tag:wet")
            await person.open_prompt("/", "untagged")
            await person.shown(3)
            await person.open_prompt("/", "label:bolt after:2001-01-01")
            await person.shown(1)
            await person.open_prompt("/", "before:2001-01-01")
            await person.shown(0)
            await person.key("Ctrl+Shift+F")
            await person.shown(6)

    walk(steps())


def test_a_filter_is_completed_and_wrong_ones_are_explained(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await label_some(person)
            prompt = person.window.prompt
            await person.key("/")
            prompt.line.selectAll()
            await person.type("ta")
            await person.key("Tab")
            assert prompt.line.text() == "tag:"
            await person.type("n")
            shown = [prompt.list.item(row).text().split() for row in range(prompt.list.count())]
            assert shown == [["night", "2"]]
            await person.key("Enter")
            await person.shown(2)

            await person.key("/")
            await person.answer("colour:red")
            assert prompt.is_open
            assert any("colour:red" in text for text in person.texts(prompt))
            await person.answer("after:yesterday")
            assert any("not a time" in text for text in person.texts(prompt))
            await person.key("Esc")
            assert not prompt.is_open
            await person.shown(2)

    walk(steps())


def test_the_panel_is_used_by_keys(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await label_some(person)
            if not person.window.filter.isVisible():
                await person.key("F2")
            await until(lambda: "6 images" in person.texts(person.window.filter), "the number of images")
            boxes = person.window.filter.findChildren
            await until(lambda: any(one.accessibleName().startswith("Tags: night") for one in boxes(QCheckBox)), "tags")
            await person.key("F6")
            assert QApplication.focusWidget() is person.window.filter.text
            assert "Captured after" not in await focus(person, "Tags: night")
            await person.key("Space")
            await person.shown(2)
            assert person.session.filter_text.endswith("tag:night")
            assert "2 images" in person.texts(person.window.filter)
            assert focused().startswith("Tags: night")
            await person.key("Tab")
            assert focused().startswith("Tags: wet")
            await person.key("Space")
            await person.shown(3)
            await focus(person, "Tags: night")
            box = QApplication.focusWidget()
            assert isinstance(box, QCheckBox)
            assert box.isChecked()
            await person.key("Space")
            await person.shown(2)
            await focus(person, "Filter as text")
            await until(lambda: person.window.inspector.boxes.isVisible(), "the boxes of the first image")
            await person.key("F6")
            assert QApplication.focusWidget() is person.window.inspector.boxes
            await person.key("F6")
            assert QApplication.focusWidget() is person.window.grid
            await person.key("Right")
            await until(lambda: not person.window.inspector.boxes.isVisible(), "the second image, which has no boxes")
            await person.key("F6", "F6")
            assert QApplication.focusWidget() is person.window.grid

    walk(steps())


def test_times_and_order_are_chosen(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            names = person.names
            if not person.window.filter.isVisible():
                await person.key("F2")
            await person.key("F6")
            await focus(person, "Captured after")
            await person.type("3 May")
            await person.key("Enter")
            assert any("3 May: not a time" in text for text in person.texts(person.window.filter))
            await person.key("Ctrl+A", "Backspace")
            await person.type("2999-01-01")
            await person.key("Enter")
            await person.shown(0)
            assert person.session.filter_text.endswith("after:2999-01-01")
            await person.key("Ctrl+Shift+F")
            await person.shown(6)
            await person.key("Ctrl+R")
            await person.shown(6)
            assert person.heard[-1] == "Order: by name, from the end"
            assert person.names == names[::-1]
            await person.key("Ctrl+R", "Ctrl+R")
            await person.shown(6)
            assert person.heard[-1] == "Order: oldest first"

    walk(steps())
