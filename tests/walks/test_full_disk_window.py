"""The disk of the window's own files is full: it says so until there is room, and no label is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.samples import SampleSet
from tests.faults.conftest import require
from tests.faults.small_disk import SmallDisk, small_disk
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    require("mount")
    with small_disk(tmp_path / "disk", 24) as one:
        yield one


def is_delivered(person: Person) -> bool:
    counts = person.session.outbox.counts
    return not (counts.saving or counts.waiting)


@pytest.mark.logs("is full")
def test_a_window_on_a_full_disk_says_so_until_there_is_room(walk: Walk, disk: SmallDisk, samples: SampleSet) -> None:
    library = disk.root / "library"
    drawn = 0

    async def label() -> None:
        nonlocal drawn
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            await person.open_prompt("l", "bolt")
            trouble = person.window.trouble
            assert not trouble.isVisible()
            disk.fill()
            while not trouble.isVisible():
                # What fits into pages that the files have already is kept.
                await person.draw(Point(0.1, 0.1), Point(0.3, 0.3))
                await person.key("Esc", "d")
                await person.editor_ready()
                drawn += 1
                await until(lambda: trouble.isVisible() or is_delivered(person), "room on the disk, or none")
            await until(lambda: trouble.text.text().startswith("Not saved."), "the window's own disk told")
            assert f"The disk of {library} is full: free some space." in trouble.text.text()
            assert person.session.outbox.counts.problem == "not saved"
            assert sum(len(image.boxes) for image in person.session.library.images) == drawn
            await person.key("Ctrl+Q")
            disk.make_room()
            await person.saved()
            await until(lambda: not trouble.isVisible(), "nothing to be told")
            await person.desktop.closed.wait()

    async def look() -> None:
        async with at_work(library) as person:
            await person.shown(6)
            images = await person.at_service(*range(6))
            assert sum(len(image.boxes) for image in images) == drawn

    walk(label())
    walk(look())
