"""From a folder of photos to a labeled, exported dataset, as a person does it, over two runs of the program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labeler.desktop import Desktop
from labeler.domain.geometry import Point
from labeler.domain.image import Image
from labeler.robot import Robot, until
from labeler.samples import SampleSet
from labeler.state.session import Session
from labeler.ui.window import NARROW
from tests.walks.conftest import Walk


def current(session: Session) -> Image:
    """The image in front."""
    image = session.current
    assert image is not None
    return image


async def open_samples(desktop: Desktop, samples: SampleSet) -> Robot:
    robot = Robot(desktop.window)
    desktop.window.show()
    desktop.session.open_paths([samples.folder])
    await robot.opened(len(samples.images))
    return robot


async def first_run(library: Path, samples: SampleSet) -> None:
    async with Desktop(library, "dark") as desktop:
        robot = await open_samples(desktop, samples)
        session = desktop.session
        names = [image.file_name for image in session.library.images]
        assert names == [image.file_name for image in samples.images]

        await robot.key("e")
        await robot.editor_ready()
        await robot.open_prompt("l", "bolt")
        await robot.draw(Point(0.1, 0.2), Point(0.4, 0.5))
        await robot.draw(Point(0.6, 0.6), Point(0.8, 0.9), by_clicks=True)
        await robot.open_prompt("l", "nut")
        assert [box.label for box in current(session).boxes] == ["bolt", "nut"]

        await robot.key("Shift+Tab", "x")
        assert [box.label for box in current(session).boxes] == ["nut"]
        await robot.key("Ctrl+Z")
        assert sorted(box.label for box in current(session).boxes) == ["bolt", "nut"]

        await robot.open_prompt("t", "night")
        await robot.key("Esc", "d")
        await robot.open_prompt("t", "night")
        await robot.open_prompt("b", "first")
        await until(lambda: current(session).dataset_ids, "the image in its new dataset")
        await robot.key("g")
        await robot.open_prompt("/", "tag:night")
        await until(lambda: len(session.library.images) == 2 and session.library.complete, "the filtered images")
        await robot.key("Right")
        await robot.saved()
        await robot.key("Ctrl+Q")
        await desktop.closed.wait()


async def second_run(library: Path, out: Path, samples: SampleSet) -> None:
    async with Desktop(library, "light") as desktop:
        robot = Robot(desktop.window)
        desktop.window.show()
        session = desktop.session
        await until(lambda: len(session.library.images) == 2, "the filter that was shown last")
        assert session.filter_text == "tag:night"
        assert current(session).file_name == samples.images[1].file_name
        await robot.key("Ctrl+Shift+F")
        await robot.grid_ready(len(samples.images))
        await robot.open_prompt("/", "dataset:first")
        await until(lambda: len(session.library.images) == 1 and session.library.complete, "the dataset's image")
        assert session.library.images[0].tags == ("night",)
        await robot.open_prompt("/", "label:bolt,nut")
        await until(lambda: [len(one.boxes) for one in session.library.images] == [2], "the image with its boxes")
        await robot.key("Ctrl+E")
        await until(lambda: desktop.window.export_dialog() is not None, "the export dialog")
        dialog = desktop.window.export_dialog()
        assert dialog is not None
        dialog.folder.selectAll()
        await robot.type(str(out))
        await robot.key("Enter")
        await until(lambda: out.exists() and not session.works, "the export")


def test_folder_to_dataset_over_two_runs(walk: Walk, library: Path, samples: SampleSet, tmp_path: Path) -> None:
    walk(first_run(library, samples))
    out = tmp_path / "export"
    walk(second_run(library, out, samples))

    exported = json.loads((out / "annotations.json").read_text(encoding="utf-8"))
    categories = {category["id"]: category["name"] for category in exported["categories"]}
    boxes = {categories[one["category_id"]]: one["bbox"] for one in exported["annotations"]}
    assert boxes["bolt"] == pytest.approx([128, 144, 384, 216], abs=2)
    assert boxes["nut"] == pytest.approx([768, 432, 256, 216], abs=2)
    assert [image["tags"] for image in exported["images"]] == [["night"]]


def test_opening_a_folder_shows_its_grid(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with Desktop(library, "dark") as desktop:
            robot = await open_samples(desktop, samples)
            await robot.key("e")
            await robot.editor_ready()
            desktop.session.open_paths([samples.folder])
            await until(lambda: desktop.window.grid.isVisible(), "the grid")
            await robot.opened(len(samples.images))

    walk(steps())


def test_a_window_that_has_no_room_takes_the_whole_screen(walk: Walk, library: Path) -> None:
    async def steps() -> None:
        async with Desktop(library, "dark") as desktop:
            window = desktop.window
            room = window.screen().availableSize()
            window.resize(room.width() - 8, room.height() - 8)
            window.fit_screen()
            assert not window.isMaximized()
            window.resize(room.width() + 8, room.height() - 8)
            window.fit_screen()
            window.show()
            assert window.isMaximized()
            assert window.filter.isVisible() == (room.width() >= NARROW)

    walk(steps())
