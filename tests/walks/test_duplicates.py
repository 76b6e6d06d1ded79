"""Pictures that look alike are found; one of each group is labeled, the others are tagged and left out."""

from __future__ import annotations

from pathlib import Path

import pytest
import skimage
from PIL import Image as Pillow
from PIL import ImageEnhance

from labeler.robot import until
from labeler.state.session import Mode
from labeler.ui.duplicates import DuplicatesDialog
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work

PHOTOGRAPHS = Path(skimage.__file__).parent / "data"
ROCKETS = {"rocket-1.jpg", "rocket-2.jpg", "rocket-3.jpg"}
COINS = {"coins-1.png", "coins-2.jpg"}
COUNT = 8


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three of a rocket and two of coins, other in size, encoding and light, among three of other scenes."""
    folder = tmp_path_factory.mktemp("photographs")
    rocket, coins = (Pillow.open(PHOTOGRAPHS / name).convert("RGB") for name in ("rocket.jpg", "coins.png"))
    rocket.save(folder / "rocket-1.jpg", quality=60)
    rocket.resize((rocket.width * 2, rocket.height * 2)).save(folder / "rocket-2.jpg", quality=95)
    ImageEnhance.Brightness(rocket.resize((320, 213))).enhance(1.2).save(folder / "rocket-3.jpg", quality=50)
    coins.save(folder / "coins-1.png")
    ImageEnhance.Brightness(coins).enhance(0.8).save(folder / "coins-2.jpg", quality=50)
    for name in ("camera", "chelsea", "hubble_deep_field"):
        found = next(PHOTOGRAPHS.glob(f"{name}.*"))
        Pillow.open(found).convert("RGB").save(folder / f"{name}.jpg")
    return folder


async def search(person: Person, key: str, groups: int) -> DuplicatesDialog:
    await person.key(key)
    dialog = person.dialog()
    assert isinstance(dialog, DuplicatesDialog)
    duplicates = dialog.duplicates
    await until(lambda: duplicates.work is None and len(duplicates.groups) == groups, f"{groups} groups")
    return dialog


def names(dialog: DuplicatesDialog) -> list[set[str]]:
    duplicates = dialog.duplicates
    found: list[set[str]] = [set() for _ in duplicates.groups]
    for index in range(duplicates.count):
        found[duplicates.group_of(index)].add(duplicates.at(index).file_name)
    return found


def in_front(dialog: DuplicatesDialog) -> str:
    image = dialog.duplicates.current
    assert image is not None
    return image.file_name


async def tagged(person: Person, tag: str = "duplicate") -> set[str]:
    """The names of the images that have the tag at the service."""
    images = await person.at_service(*range(len(person.session.library.images)))
    return {image.file_name for image in images if tag in image.tags}


def test_one_of_each_group_is_kept_and_the_others_are_tagged(walk: Walk, library: Path, photographs: Path) -> None:
    async def steps() -> None:
        async with at_work(library, photographs, COUNT) as person:
            dialog = await search(person, "Ctrl+Alt+D", 2)
            assert names(dialog) == [COINS, ROCKETS]
            view, duplicates = dialog.view, dialog.duplicates
            pictures = person.window.thumbnails
            shown = [view.wanted_of(index) for index in view.visible()]
            assert len(shown) == 5
            await until(lambda: all(pictures.get(one) for one in shown), "the thumbnails")

            # The largest file is kept unless the person keeps another.
            assert view.accessibleDescription() == "Group 1 of 2, image 1 of 2: coins-1.png, kept"
            await person.key("t")
            assert person.heard[-1] == "Tagged duplicate, 1 image"
            assert in_front(dialog) == "rocket-2.jpg"
            await person.key("Right", "Space", "t")
            assert await tagged(person) == {"coins-2.jpg", "rocket-1.jpg", "rocket-2.jpg"}
            assert dialog.facts.text() == "2 groups, 5 images     0 without the tag"
            assert view.accessibleDescription() == "Group 2 of 2, image 3 of 3: rocket-3.jpg, kept"

            await person.key("Ctrl+Z")
            assert await tagged(person) == {"coins-2.jpg"}
            assert duplicates.left == 2

    walk(steps())


def test_all_others_are_tagged_as_one_edit_and_left_out_of_the_list(
    walk: Walk, library: Path, photographs: Path
) -> None:
    async def steps() -> None:
        async with at_work(library, photographs, COUNT) as person:
            dialog = await search(person, "Ctrl+Alt+D", 2)
            await person.key("x")
            assert person.heard[-1] == "Nothing is tagged duplicate yet"
            await person.key("n")
            await person.type("twin")
            await person.key("Enter", "Shift+T")
            assert person.heard[-1] == "Tagged twin, 3 images"
            await person.key("Ctrl+Z")
            assert dialog.duplicates.left == 3
            await person.key("Ctrl+Shift+Z", "x")
            assert person.session.filter_text.endswith(" without:twin")
            await person.shown(COUNT - 3)
            assert set(person.names) == {"coins-1.png", "rocket-2.jpg", "camera.jpg", "chelsea.jpg",
                                         "hubble_deep_field.jpg"}  # fmt: skip
            await person.key("Ctrl+Shift+F")
            await person.shown(COUNT)
            assert len(await tagged(person, "twin")) == 3

    walk(steps())


def test_images_like_the_one_in_front(walk: Walk, library: Path, photographs: Path) -> None:
    async def steps() -> None:
        async with at_work(library, photographs, COUNT) as person:
            await person.key("End")
            assert person.image.file_name == "rocket-3.jpg"
            dialog = await search(person, "Ctrl+Alt+I", 1)
            assert names(dialog) == [ROCKETS]
            assert in_front(dialog) == "rocket-3.jpg"
            assert dialog.duplicates.is_kept(0)
            await person.key("Right", "Enter")
            assert person.session.mode is Mode.EDITOR
            await person.editor_ready()
            assert person.image.file_name in ROCKETS - {"rocket-3.jpg"}

            # What was found is there at once when the person comes back.
            await person.key("g", "End", "Ctrl+Alt+I")
            back = person.dialog()
            assert isinstance(back, DuplicatesDialog)
            assert back.duplicates.work is None
            assert names(back) == [ROCKETS]
            await person.key("Esc", "Home")
            assert person.image.file_name == "camera.jpg"
            alone = await search(person, "Ctrl+Alt+I", 0)
            assert not alone.duplicates.groups
            await person.key("Esc")

    walk(steps())


def test_how_alike_they_must_be_is_for_the_person_to_say(walk: Walk, library: Path, photographs: Path) -> None:
    async def steps() -> None:
        async with at_work(library, photographs, COUNT) as person:
            dialog = await search(person, "Ctrl+Alt+D", 2)
            assert dialog.how.text().startswith("At least 92 % alike")
            for _ in range(5):
                await person.key("+")
            await until(lambda: dialog.duplicates.work is None, "the groups")
            assert dialog.how.text().startswith("At least 100 % alike")
            assert sum(map(len, names(dialog))) < 5
            for _ in range(4):
                await person.key("-")
            await until(lambda: names(dialog) == [COINS, ROCKETS], "the groups of before")

    walk(steps())


def test_moving_between_groups_and_images(walk: Walk, library: Path, photographs: Path) -> None:
    async def steps() -> None:
        async with at_work(library, photographs, COUNT) as person:
            dialog = await search(person, "Ctrl+Alt+D", 2)
            seen = []
            for key in ("PageDown", "PageUp", "End", "Up", "Down", "Home", "Left"):
                await person.key(key)
                seen.append((dialog.duplicates.current_group, dialog.duplicates.cursor))
            assert seen == [(1, 3), (0, 0), (1, 4), (0, 1), (1, 3), (0, 0), (0, 0)]
            item = next(item for item in dialog.view.accessible_items() if item.has_focus)
            assert item.is_selected
            assert item.name == "Group 1 of 2, image 1 of 2: coins-1.png, kept"

    walk(steps())


def test_an_image_that_is_deleted_leaves_its_group_and_undo_brings_it_back(
    walk: Walk, library: Path, photographs: Path
) -> None:
    async def steps() -> None:
        async with at_work(library, photographs, COUNT) as person:
            await search(person, "Ctrl+Alt+D", 2)
            await person.key("Esc", "End", "Delete", "Enter")
            await person.shown(COUNT - 1)
            dialog = await search(person, "Ctrl+Alt+D", 2)
            assert names(dialog) == [COINS, {"rocket-1.jpg", "rocket-2.jpg"}]
            await person.key("Ctrl+Z")
            assert names(dialog) == [COINS, ROCKETS]

    walk(steps())
