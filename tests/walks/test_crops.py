"""All boxes of one label are checked side by side, and wrong ones mended with one key each."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF

from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.samples import SampleSet
from labeler.state.grid import CAPTION
from labeler.state.session import Mode
from labeler.ui.crops import CropsDialog
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work

CORNERS = ((0.1, 0.1), (0.5, 0.2), (0.3, 0.6))


async def draw_bolts(person: Person) -> None:
    """Three on the first image and one on the second; "nut" is the second label."""
    await person.edit()
    await person.open_prompt("l", "bolt")
    for left, top in CORNERS:
        await person.draw(Point(left, top), Point(left + 0.2, top + 0.2))
        await person.key("Esc")
    await person.key("d")
    await person.editor_ready()
    await person.draw(Point(0.2, 0.2), Point(0.4, 0.4))
    await person.open_prompt("l", "nut")
    await person.open_prompt("l", "bolt")
    await person.key("Esc", "Esc", "g", "Home")
    await person.saved()


async def check(person: Person, label: str, boxes: int) -> CropsDialog:
    await person.open_prompt("Ctrl+Alt+V", label)
    dialog = person.dialog()
    assert isinstance(dialog, CropsDialog)
    await until(lambda: dialog.crops.complete and len(dialog.crops.items) == boxes, f"{boxes} crops")
    return dialog


async def labels(person: Person) -> list[list[str]]:
    return [[box.label for box in image.boxes] for image in await person.at_service(0, 1)]


def test_wrong_boxes_are_mended_with_one_key_each(
    walk: Walk, library: Path, samples: SampleSet, tmp_path: Path
) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await draw_bolts(person)
            dialog = await check(person, "bolt", 4)
            view, crops = dialog.view, dialog.crops
            pictures = person.window.thumbnails
            await until(lambda: all(pictures.get(view.wanted_of(one)) for one in crops.items), "the crops' pictures")
            assert view.accessibleDescription() == f"1 of 4: {crops.items[0].image.file_name}"

            await person.key("Right", "2")
            assert person.heard[-1] == "Relabeled bolt to nut"
            assert (len(crops.items), crops.cursor) == (3, 1)
            await person.key("x")
            assert len(crops.items) == 2
            assert await labels(person) == [["bolt", "nut"], ["bolt"]]
            await person.key("Ctrl+Z", "Ctrl+Z")
            assert len(crops.items) == 4
            assert sorted((await labels(person))[0]) == ["bolt"] * 3

            await person.key("Home", "l")
            await person.type("washer")
            await person.key("Enter")
            assert (await labels(person))[0].count("washer") == 1
            await person.key("1", "End", "Enter")
            assert person.session.mode is Mode.EDITOR
            assert person.session.index == 1
            assert person.session.canvas.selected_box == person.image.boxes[0]
            await person.editor_ready()

    walk(steps())


def test_what_is_shown_of_a_box_is_cut_from_its_picture(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await draw_bolts(person)
            dialog = await check(person, "bolt", 4)
            view = dialog.view
            (place, crop), *_ = [(n, one) for n, one in enumerate(dialog.crops.items) if one.box.rect.top > 0.5]
            await until(lambda: person.window.thumbnails.get(view.wanted_of(crop)), "the picture of the crop")
            picture = person.window.thumbnails.get(view.wanted_of(crop))
            assert picture is not None
            room, seen, box = view.rect_of(place), crop.rect, crop.box.rect
            across = (room.width() - 8) / (seen.right - seen.left)
            middle = QPointF(room.center().x(), room.y() + 4 + (room.height() - CAPTION - 8) / 2)
            shot, width, height = view.viewport().grab().toImage(), picture.image.width(), picture.image.height()
            down = across * picture.height / picture.width
            differences = []
            for x, y in ((nx / 20, ny / 20) for nx in range(3, 18) for ny in range(3, 18)):
                at = box.left + (box.right - box.left) * x, box.top + (box.bottom - box.top) * y
                real = picture.image.pixelColor(int(at[0] * width), int(at[1] * height))
                by = at[0] - (seen.left + seen.right) / 2, at[1] - (seen.top + seen.bottom) / 2
                on = shot.pixelColor(round(middle.x() + by[0] * across), round(middle.y() + by[1] * down))
                differences.append(abs(on.lightness() - real.lightness()))
            assert sum(differences) / len(differences) < 12, differences
            await person.key("Esc")

    walk(steps())
