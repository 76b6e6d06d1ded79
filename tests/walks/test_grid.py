"""Moving, selecting, tagging and deleting in the grid, by keys and mouse."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt

from labeler.robot import until
from labeler.samples import SampleSet
from labeler.state.session import Mode
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work


async def places(person: Person, *keys: str) -> list[int]:
    """Where the cursor is after each key."""
    found = []
    for key in keys:
        await person.key(key)
        found.append(person.session.index)
    return found


def selected(person: Person) -> list[int]:
    selected = person.session.grid.selected
    return [place for place, image in enumerate(person.session.library.images) if image.id in selected]


async def make_rows_of_three(person: Person) -> None:
    """Make thumbnails bigger until a row has three."""
    grid = person.session.grid
    while grid.columns > 3:
        await person.key("+")
    assert grid.columns == 3


def test_the_cursor_moves_by_keys(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await make_rows_of_three(person)
            assert await places(person, "Right", "Down", "Left", "Up") == [1, 4, 3, 0]
            assert await places(person, "l", "j", "h", "k") == [1, 4, 3, 0]
            page = min(5, 3 * person.session.grid.rows_shown)
            assert await places(person, "End", "Home", "PageDown", "PageUp") == [5, 0, page, 0]
            assert await places(person, "a") == [0]
            assert person.heard[-1] == "The first image"
            assert await places(person, "d", "a", "End", "d") == [1, 0, 5, 5]
            assert person.heard[-1] == "The last image"
            await person.open_prompt("Shift+G", "3")
            assert person.session.index == 2
            await person.key("Shift+G")
            await person.answer("7")
            assert person.window.prompt.is_open
            await person.answer("")
            assert person.session.index == 5

    walk(steps())


def test_thumbnails_change_size_and_the_cursor_stays_in_view(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.key("End")
            wide = person.session.grid.cell
            await person.key("+", "+", "+")
            assert person.session.grid.cell > wide
            grid = person.window.grid
            assert grid.viewport().rect().contains(grid.rect_of(5).center())
            await person.grid_ready()
            await person.key("-", "-", "-", "-")
            assert person.session.grid.cell < wide

    walk(steps())


def test_images_are_selected(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.key("Space", "Right", "Right", "Space")
            assert selected(person) == [0, 2]
            await person.key("Space")
            assert selected(person) == [0]
            await person.key("Esc")
            assert selected(person) == []
            await person.key("Shift+Right", "Shift+Right")
            assert selected(person) == [2, 3, 4]
            await person.key("Shift+Left")
            assert selected(person) == [2, 3]
            await person.key("Esc", "v", "Left", "Left")
            assert selected(person) == [1, 2, 3]
            await person.key("v", "Left")
            assert selected(person) == [1, 2, 3]
            await person.key("Ctrl+A")
            await until(lambda: len(selected(person)) == 6, "all selected")

            grid = person.window.grid
            await person.click(grid.viewport(), grid.rect_of(1).center())
            assert (person.session.index, selected(person)) == (1, [])
            await person.click(grid.viewport(), grid.rect_of(3).center(), Qt.KeyboardModifier.ShiftModifier)
            assert selected(person) == [1, 2, 3]
            await person.click(grid.viewport(), grid.rect_of(2).center(), Qt.KeyboardModifier.ControlModifier)
            assert selected(person) == [1, 3]
            await person.click(grid.viewport(), grid.rect_of(4).center(), twice=True)
            assert person.session.mode is Mode.EDITOR
            assert person.session.index == 4

    walk(steps())


def test_tags_go_on_one_image_or_all_selected(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.key("1")
            assert "No tag has the number 1" in person.heard[-1]
            await person.open_prompt("t", "day")
            assert person.session.index == 0
            await person.open_prompt("t", "night")
            await person.key("1", "Right", "2", "2")
            assert [image.tags for image in await person.at_service(0, 1, 2, 3)] == [
                ("night",), (), ("night",), ("night",),
            ]  # fmt: skip
            await person.key("Ctrl+A")
            await until(lambda: len(selected(person)) == 6, "all selected")
            place = person.session.index
            await person.key("1")
            assert person.heard[-1] == "Tagged day, 6 images"
            assert person.session.index == place
            assert all("day" in image.tags for image in await person.at_service(*range(6)))
            await person.key("1")
            assert person.heard[-1] == "Untagged day, 6 images"
            await person.key("Ctrl+Z", "Ctrl+Z")
            assert [image.tags for image in await person.at_service(*range(6))] == [
                ("night",), (), ("night",), ("night",), (), (),
            ]  # fmt: skip

    walk(steps())


def test_images_go_into_a_dataset_and_out(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.key("Shift+B")
            assert person.heard[-1] == "Not in a dataset"
            await person.key("Shift+Right", "Shift+Right")
            await person.open_prompt("b", "first")
            await until(lambda: person.image.dataset_ids, "the images in the dataset")
            await person.key("Esc", "Left")
            await person.open_prompt("b", "second")
            await until(lambda: len(person.image.dataset_ids) == 2, "the image in both datasets")
            await person.key("Shift+B")
            await person.type("fir")
            await person.key("Enter")
            assert person.heard[-1] == "Removed 1 image from first"
            await person.saved()
            await until(
                lambda: (
                    {one.name: one.images for one in person.session.vocabulary.datasets} == {"first": 2, "second": 1}
                ),
                "the counts of the datasets",
            )
            assert len((await person.at_service(1))[0].dataset_ids) == 1

    walk(steps())


def test_unlabeled_images_are_found(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.key("d", "Shift+Right", "Shift+Right")
            await person.open_prompt("t", "day")
            await person.key("Esc", "Home")
            assert await places(person, "Shift+D", "Shift+A", "Shift+A") == [4, 0, 0]
            assert person.heard[-1].startswith("No unlabeled image that way")
            await person.edit()
            assert await places(person, "Shift+D", "Right", "Left") == [4, 5, 4]
            await person.editor_ready()

    walk(steps())
