"""Deleting images, taking it back, and the trash, by keys."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from labeler.domain.geometry import Point
from labeler.domain.image import Image
from labeler.robot import until
from labeler.samples import SampleSet
from labeler.ui.trash import TrashDialog
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work


async def delete(person: Person, count: str) -> None:
    """Delete what is selected, after the question."""
    await person.key("Delete")
    assert person.dialog().windowTitle() == f"Delete {count}?"
    await person.key("Enter")
    assert person.heard[-1] == f"Deleted {count}"


async def label_the_first_two(person: Person) -> None:
    """A box, a tag and a dataset on the first image, a tag on the second."""
    await person.key("Shift+Right")
    await person.open_prompt("t", "night")
    await person.key("Esc", "Home")
    await person.open_prompt("b", "first")
    await until(lambda: person.image.dataset_ids, "the image in the dataset")
    await person.edit()
    await person.open_prompt("l", "bolt")
    await person.draw(Point(0.25, 0.25), Point(0.5, 0.5))
    await person.key("g")
    await person.saved()
    await until(lambda: not person.image.boxes[0].id.startswith("local-"), "the service's name of the box")


def on_it(image: Image) -> tuple[object, ...]:
    return [box.label for box in image.boxes], image.tags, len(image.dataset_ids)


async def open_trash(person: Person, rows: int) -> TrashDialog:
    await person.key("Ctrl+T")
    dialog = person.dialog()
    assert isinstance(dialog, TrashDialog)
    await until(lambda: len(dialog.model.images) == rows and dialog.trash.complete, f"{rows} rows in the trash")
    return dialog


def names(dialog: TrashDialog) -> list[str]:
    return [image.file_name for image in dialog.model.images]


async def count(person: Person) -> int | None:
    """How many images the service has, once all edits are there."""
    await person.saved()
    return await person.session.source.count(person.session.library.filter)


def test_deleted_images_come_back_to_their_places_with_all_on_them(
    walk: Walk, library: Path, samples: SampleSet
) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await label_the_first_two(person)
            all_names = person.names
            await person.key("Shift+Right", "Delete", "Esc")
            assert person.names == all_names
            await delete(person, "2 images")
            assert person.names == all_names[2:]
            assert person.session.index == 0
            assert await count(person) == 4
            assert all(image.path.exists() for image in samples.images)
            await person.grid_ready(4)

            await person.key("End", "Ctrl+Z")
            assert person.heard[-1] == "Undid: Deleted 2 images"
            assert (person.names, person.session.index) == (all_names, 0)
            first, second = await person.at_service(0, 1)
            assert on_it(first) == on_it(person.image) == (["bolt"], ("night",), 1)
            assert on_it(second) == ([], ("night",), 0)
            await person.key("Ctrl+Shift+Z")
            assert person.names == all_names[2:]
            assert await count(person) == 4
            await person.key("Ctrl+Z", "Ctrl+Z", "Ctrl+Z")
            assert person.labels == []
            assert on_it((await person.at_service(0))[0]) == ([], ("night",), 0)

    walk(steps())


def test_a_deletion_is_undone_by_the_next_run(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def delete_some() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await label_the_first_two(person)
            await person.key("Home", "Shift+Right")
            await delete(person, "2 images")
            await person.saved()

    async def undo() -> None:
        async with at_work(library) as person:
            await person.shown(4)
            await person.key("Ctrl+Z")
            await person.shown(6)
            assert on_it(person.session.library.images[0]) == (["bolt"], ("night",), 1)
            await person.key("Ctrl+Shift+Z")
            assert len(person.names) == 4
            assert await count(person) == 4

    walk(delete_some())
    walk(undo())


def test_all_that_match_are_deleted_and_brought_back(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            all_names = person.names
            await person.key("Ctrl+A")
            await until(lambda: len(person.session.grid.selected) == 6, "all selected")
            await delete(person, "6 images")
            assert (person.names, person.session.current) == ([], None)
            assert await count(person) == 0
            await person.key("Ctrl+Z")
            assert person.names == all_names
            assert await count(person) == 6

    walk(steps())


def test_the_trash_restores_what_is_selected_and_then_all(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await label_the_first_two(person)
            all_names = person.names
            for _ in range(4):
                await person.key("Home")
                await delete(person, "1 image")
                await person.saved()
            dialog = await open_trash(person, 4)
            assert names(dialog) == all_names[3::-1]
            cells = [dialog.model.index(3, column) for column in range(4)]
            assert [cell.data() for cell in cells][2:] == ["30 days", "1 box, 1 tag"]
            said = cells[0].data(Qt.ItemDataRole.AccessibleTextRole)
            assert said.startswith(f"{all_names[0]}, deleted 20")
            assert said.endswith(", 30 days left, 1 box, 1 tag")
            assert person.texts(dialog) == ["4 images, each kept for 30 days after it was deleted."]

            await person.key("Down", "Shift+Down", "r")
            assert person.heard[-1] == "Restored 2 images"
            assert names(dialog) == [all_names[3], all_names[0]]
            await person.shown(4)
            await until(lambda: person.names == [all_names[1], all_names[2], *all_names[4:]], "the images in order")
            await person.key("Shift+R")
            await until(lambda: names(dialog) == [], "an empty trash")
            await person.shown(6)
            assert person.names == all_names
            assert person.texts(dialog) == ["The trash is empty."]
            assert not any(button.isEnabled() for button in dialog.findChildren(QPushButton))
            await person.key("Esc")
            assert on_it((await person.at_service(0))[0]) == (["bolt"], ("night",), 1)

            await person.key("Ctrl+Z")
            await person.shown(4)
            assert person.heard[-1] == "Undid: Restored 2 images"
            assert await count(person) == 4

    walk(steps())


def test_the_trash_is_emptied_after_a_question(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            all_names = person.names
            await person.key("Shift+Right", "Shift+Right")
            await delete(person, "3 images")
            await person.saved()
            dialog = await open_trash(person, 3)
            gone = names(dialog)[0]
            await person.key("x")
            assert person.dialog().windowTitle() == "Remove 1 image for good?"
            assert person.texts(person.dialog())[0].startswith(f"{gone} and all that is on it is removed for good.")
            await person.key("Esc")
            assert len(names(dialog)) == 3
            await person.key("Delete", "Enter")
            await until(lambda: len(names(dialog)) == 2, "one image less")
            assert gone not in names(dialog)
            await until(lambda: person.heard[-1] == "Removed 1 image for good", "word of it")
            await person.key("Esc", "Ctrl+Z")
            assert person.names == [name for name in all_names if name != gone]
            await person.key("Ctrl+Shift+Z")
            await person.saved()

            dialog = await open_trash(person, 2)
            await person.key("Shift+X")
            assert person.dialog().windowTitle() == "Empty the trash?"
            await person.key("Enter")
            await until(lambda: names(dialog) == [], "an empty trash")
            await until(lambda: not person.session.works, "the end of it")
            await person.key("Esc", "Ctrl+Z")
            assert person.heard[-1] == "Nothing to undo"
            assert person.names == all_names[3:]

    walk(steps())
