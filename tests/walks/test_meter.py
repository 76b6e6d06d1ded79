"""A person labels, and looks at how it went."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QDialog

from labeler.domain.geometry import Point
from labeler.samples import SampleSet
from labeler.ui.meter import MeterDialog
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work


def lines(dialog: QDialog) -> list[str]:
    assert isinstance(dialog, MeterDialog)
    return [dialog.list.item(row).text() for row in range(dialog.list.count())]


async def work(person: Person) -> None:
    await person.edit()
    await person.key("Ctrl+Shift+M", "r", "Enter")
    await person.draw(Point(0.3, 0.3), Point(0.6, 0.6))
    await person.draw(Point(0.7, 0.3), Point(0.9, 0.6))
    await person.key("d")
    await person.editor_ready()
    await person.draw(Point(0.3, 0.3), Point(0.6, 0.6))


def test_the_meter_shows_what_was_done_and_is_reset(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await work(person)
            await person.key("Ctrl+Shift+M")
            found = lines(person.dialog())
            assert found[0].startswith("Boxes:  3   (")
            assert found[1].startswith("Images:  2   (")
            assert found[3] == "Keys per box:  0.7   (2 in all)"
            assert found[4] == "Clicks per box:  1.0   (3 in all)", "each was dragged"
            await person.key("r")
            assert lines(person.dialog())[0] == "Boxes:  0   (0 an hour)"
            await person.key("Enter")

    walk(steps())
