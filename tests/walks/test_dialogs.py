"""Datasets, export, the palette and the help, by keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton

from labeler.domain.filter import Filter
from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.samples import SampleSet
from labeler.state.session import Mode
from labeler.ui.dialogs import DatasetsDialog, ExportDialog
from labeler.ui.rows import FACTS
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work


async def datasets_dialog(person: Person) -> DatasetsDialog:
    await person.key("Ctrl+D")
    dialog = person.dialog()
    assert isinstance(dialog, DatasetsDialog)
    return dialog


def rows(dialog: DatasetsDialog) -> list[str]:
    """The datasets with their sizes, without what is labeled of them, which is counted later."""
    items = (dialog.list.item(row) for row in range(dialog.list.count()))
    return [" ".join(f"{item.text()} {item.data(FACTS).partition(',')[0]}".split()) for item in items]


async def choose(person: Person, button: str) -> None:
    """Go to a button of the dialog in front by Tab, and press it."""
    for _ in range(20):
        widget = person.dialog().focusWidget()
        if isinstance(widget, QPushButton) and widget.text() == button:
            await person.key("Space")
            return
        await person.key("Tab")
    raise AssertionError(f"Tab does not come to {button}")


def test_datasets_are_made_renamed_shown_and_deleted(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.key("Shift+Right")
            await person.open_prompt("b", "first")
            await until(lambda: person.image.dataset_ids, "the images in the dataset")
            await person.saved()
            await until(lambda: [one.images for one in person.session.vocabulary.datasets] == [2], "the dataset's size")
            dialog = await datasets_dialog(person)
            assert rows(dialog) == ["first 2 images"]

            await person.key("Tab")
            await person.type("second")
            await person.key("Enter")
            await until(lambda: rows(dialog) == ["first 2 images", "second 0 images"], "the new dataset")
            await person.key("Shift+Tab", "Home", "Tab")
            await person.type("training")
            await choose(person, "Rename")
            await until(lambda: rows(dialog) == ["second 0 images", "training 2 images"], "the new name")
            dialog.list.setFocus()
            await person.key("Home")
            await choose(person, "Delete")
            await until(lambda: rows(dialog) == ["training 2 images"], "the dataset gone")
            dialog.list.setFocus()
            await person.key("Home", "Enter")
            await person.shown(2)
            assert person.session.filter_text == "dataset:training"

            dialog = await datasets_dialog(person)
            await person.key("Tab")
            await person.type("training")
            await choose(person, "Create")
            assert dialog.problem.text() == "There is a dataset training already. Choose another name."
            await person.key("Esc")
            await person.saved()
            assert [one.name for one in await person.session.source.datasets()] == ["training"]

    walk(steps())


async def in_datasets(person: Person) -> dict[str, list[str]]:
    """The service's datasets by name, each with the names of its images."""
    await person.saved()
    source = person.session.source
    found = {}
    for dataset in await source.datasets():
        page = await source.page(Filter(dataset_id=dataset.id), source.orders[0], "", 100)
        found[dataset.name] = [image.file_name for image in page.images]
    return found


def names_shown(person: Person) -> list[str | None]:
    """The datasets of the image in front."""
    return [person.session.vocabulary.dataset_name(one) for one in person.image.dataset_ids]


def test_what_is_done_to_datasets_is_undone_and_made_again_in_a_later_run(
    walk: Walk, library: Path, samples: SampleSet
) -> None:
    images: list[str] = []

    async def label() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.key("Shift+Right")
            await person.open_prompt("b", "first")
            images.extend(image.file_name for image in person.session.targets())
            dialog = await datasets_dialog(person)
            await person.key("Home", "Tab")
            await person.type("training")
            await choose(person, "Rename")
            await until(lambda: rows(dialog) == ["training 2 images"], "the new name")
            await choose(person, "Delete")
            await until(lambda: rows(dialog) == [], "the dataset gone")
            await person.key("Esc")
            assert await in_datasets(person) == {}
            await person.key("Ctrl+Z")
            await person.saved()
            assert names_shown(person) == ["training"]
            await person.key("Ctrl+Shift+Z")
            assert names_shown(person) == []
            assert await in_datasets(person) == {}

    async def undo() -> None:
        async with at_work(library) as person:
            await person.shown(6)
            await person.key("Ctrl+Z")
            assert person.heard[-1] == "Undid: Deleted dataset training"
            assert await in_datasets(person) == {"training": images}
            await person.key("Ctrl+Z")
            assert await in_datasets(person) == {"first": images}
            await person.key("Ctrl+Z")
            assert await in_datasets(person) == {"first": []}
            await person.key("Ctrl+Z")
            assert person.heard[-1] == "Undid: Created dataset first"
            assert await in_datasets(person) == {}

    async def redo() -> None:
        async with at_work(library) as person:
            await person.shown(6)
            await person.key("Ctrl+Shift+Z", "Ctrl+Shift+Z")
            await person.open_prompt("/", "dataset:first")
            await person.shown(2)
            assert await in_datasets(person) == {"first": images}
            await person.key("Ctrl+Shift+Z")
            assert person.session.filter_text == "dataset:training"
            assert await in_datasets(person) == {"training": images}
            await person.key("Ctrl+Shift+Z")
            assert await in_datasets(person) == {}

    walk(label())
    walk(undo())
    walk(redo())


async def export(person: Person, out: Path, title: str) -> None:
    await person.key("Ctrl+E")
    dialog = person.dialog()
    assert isinstance(dialog, ExportDialog)
    assert any(title in text for text in person.texts(dialog))
    dialog.folder.selectAll()
    await person.type(str(out))
    await person.key("Enter")


def test_what_is_shown_is_exported(walk: Walk, library: Path, samples: SampleSet, tmp_path: Path) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.open_prompt("t", "night")
            await person.edit()
            await person.open_prompt("l", "bolt")
            await person.draw(Point(0.25, 0.25), Point(0.5, 0.5))
            await person.key("g")
            await person.saved()
            await person.open_prompt("/", "tag:night")
            await person.shown(1)
            await export(person, tmp_path / "coco", "The image that matches tag:night")
            await until(lambda: (tmp_path / "coco").exists() and not person.session.works, "the export")
            await export(person, tmp_path / "coco", "tag:night")
            await person.complained("coco")

            await person.key("Ctrl+E")
            await person.key("Shift+Tab", "Down")
            dialog = person.dialog()
            assert isinstance(dialog, ExportDialog)
            assert dialog.format.currentData() == "viam"
            dialog.folder.setFocus()
            dialog.folder.selectAll()
            await person.type(str(tmp_path / "viam"))
            await person.key("Enter")
            await until(lambda: (tmp_path / "viam").exists() and not person.session.works, "the export")

    walk(steps())
    coco = json.loads((tmp_path / "coco" / "annotations.json").read_text(encoding="utf-8"))
    assert [one["bbox"] for one in coco["annotations"]] == [pytest.approx([320, 180, 320, 180], abs=3)]
    lines = (tmp_path / "viam" / "dataset.jsonl").read_text(encoding="utf-8").splitlines()
    (record,) = map(json.loads, lines)
    assert [box["annotation_label"] for box in record["bounding_box_annotations"]] == ["bolt"]


def test_the_palette_finds_by_letters_and_runs(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            prompt = person.window.prompt
            await person.key("Ctrl+K")
            await person.type("lastim")
            first = prompt.list.item(0).text().split("   ")
            assert first == ["Last image", "End"]
            await person.key("Enter")
            assert person.session.index == 5
            await person.key(":")
            assert prompt.list.item(0).text().startswith("Last image")
            await person.type("xyzzy")
            await person.key("Enter")
            assert prompt.is_open
            assert "No command fits" in person.texts(prompt)
            await person.key("Esc")
            await person.key("Ctrl+K")
            await person.type("log file")
            await person.key("Enter")
            await person.complained("labeler.log")
            await person.key("Ctrl+K")
            await person.type("editor")
            await person.key("Enter")
            assert person.session.mode is Mode.EDITOR

    walk(steps())


def test_help_lists_every_key_of_the_mode(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            for open_mode, mode in (("g", Mode.GRID), ("e", Mode.EDITOR)):
                await person.key(open_mode, "?")
                help_page = person.window.help
                assert help_page.isVisible()
                listed = {key for text in person.labels_of(help_page) for key in text.split("  ")}
                keymap = person.window.keys.keymap
                wanted = {key for one in keymap.actions if one.where.includes(mode) for key in keymap.keys_of(one.name)}
                assert wanted <= listed
                await person.key("j")
                assert not help_page.isVisible()
                assert person.session.index == 0
                await person.key("F1", "Esc")
                assert not help_page.isVisible()
                assert person.session.mode is mode
                await person.key("d", "a")
                assert person.session.index == 0

    walk(steps())
