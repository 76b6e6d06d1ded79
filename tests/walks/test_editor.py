"""Drawing and changing boxes, by mouse and by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from labeler.client.reconcile import TOLERANCE
from labeler.domain.box import Box
from labeler.domain.geometry import Point
from labeler.robot import LEFT
from labeler.samples import SampleSet
from labeler.state.session import Mode
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work

NEAR = 0.004
"""Two px of the canvas, as a fraction of an image."""
WIDE, HIGH = 1280, 720
"""Size of a sample in px."""


def edges(box: Box) -> list[float]:
    return [box.x_min, box.y_min, box.x_max, box.y_max]


def about(*fractions: float) -> object:
    return pytest.approx(list(fractions), abs=NEAR)


def px(*pixels: float) -> object:
    """Edges in px of the image, exactly."""
    return pytest.approx([pixels[0] / WIDE, pixels[1] / HIGH, pixels[2] / WIDE, pixels[3] / HIGH], abs=1e-9)


def in_px(box: Box) -> tuple[float, float, float, float]:
    return box.x_min * WIDE, box.y_min * HIGH, box.x_max * WIDE, box.y_max * HIGH


async def draw(person: Person, *boxes: tuple[str, Point, Point]) -> None:
    """Draw boxes, each with its label chosen before; nothing is selected at the end."""
    for label, start, end in boxes:
        await person.open_prompt("l", label)
        await person.draw(start, end)
        await person.key("Esc")


def test_labels_are_chosen_before_and_after_drawing(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            await person.open_prompt("l", "bolt")
            await person.open_prompt(";", "nut")
            await person.key("1")
            await person.draw(Point(0.1, 0.1), Point(0.3, 0.3))
            await person.draw(Point(0.5, 0.1), Point(0.7, 0.3), by_clicks=True)
            assert person.labels == ["bolt", "bolt"]
            await person.key("2")
            assert person.labels == ["bolt", "nut"]
            await person.key("7")
            assert "No label has the number 7" in person.heard[-1]

            await person.key("l")
            await person.type("bo")
            await person.key("Enter")
            assert person.labels == ["bolt", "bolt"]
            await person.open_prompt("l", "washer")
            (image,) = await person.at_service()
            assert [box.label for box in image.boxes] == ["bolt", "washer"]
            assert edges(image.boxes[0]) == about(0.1, 0.1, 0.3, 0.3)
            assert edges(image.boxes[1]) == about(0.5, 0.1, 0.7, 0.3)

    walk(steps())


def test_what_is_too_small_is_refused_with_a_word(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            await person.draw(Point(0.3, 0.3), Point(0.3, 0.5))
            assert person.heard[-1] == "Too small for a box: it needs at least 3 x 3 px"
            assert person.image.boxes == ()
            assert person.session.canvas.pointer.drawing is None

    walk(steps())


def test_boxes_are_moved_and_resized_by_the_mouse(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            await person.draw(Point(0.2, 0.2), Point(0.4, 0.4))
            await person.draw(Point(0.3, 0.3), Point(0.4, 0.5))
            assert edges(person.box) == about(0.3, 0.4, 0.5, 0.6)
            await person.draw(Point(0.5, 0.45), Point(0.7, 0.45))
            assert edges(person.box) == about(0.3, 0.4, 0.7, 0.6)
            await person.draw(Point(0.3, 0.4), Point(0.2, 0.1))
            assert edges(person.box) == about(0.2, 0.1, 0.7, 0.6)
            assert person.heard == ["Opened 6 new images"]
            await person.key("Ctrl+Z", "Ctrl+Z", "Ctrl+Z")
            (image,) = await person.at_service()
            assert edges(image.boxes[0]) == about(0.2, 0.2, 0.4, 0.4)

            await person.key("Esc", "s")
            await person.draw(Point(0.25, 0.25), Point(0.35, 0.25))
            assert edges(person.box) == about(0.3, 0.2, 0.5, 0.4)
            await person.click(person.window.canvas, person.on_canvas(Point(0.9, 0.9)))
            assert person.session.canvas.selection.primary == ""
            await person.key("q")
            held = Qt.KeyboardModifier.ControlModifier
            await person.click(person.window.canvas, person.on_canvas(Point(0.35, 0.3)), held)
            assert edges(person.box) == about(0.3, 0.2, 0.5, 0.4)

    walk(steps())


def test_boxes_are_moved_and_resized_by_keys(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            await person.draw(Point(0.2, 0.2), Point(0.4, 0.4))
            left, top, right, bottom = in_px(person.box)
            await person.key("Right", "Right", "Down", "Shift+Left", "Shift+Up", "Left")
            left, right, top, bottom = left - 9, right - 9, top - 9, bottom - 9
            assert edges(person.box) == px(left, top, right, bottom)
            await person.key("Alt+Right", "Alt+Right", "Alt+Shift+Down")
            right, bottom = right + 2, bottom + 10
            assert edges(person.box) == px(left, top, right, bottom)
            await person.key("]", "Alt+Left", "[", "[", "Alt+Up")
            chosen = person.session.canvas.edge.value
            (image,) = await person.at_service()
            assert edges(image.boxes[0]) == pytest.approx(edges(person.box), abs=TOLERANCE)
            assert chosen in ("top", "bottom")

    walk(steps())


def test_a_held_key_is_one_step(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            await person.draw(Point(0.2, 0.2), Point(0.4, 0.4))
            left, top, right, bottom = in_px(person.box)
            await person.hold("Right", repeats=40)
            await person.let_go("Right")
            assert edges(person.box) == px(left + 41, top, right + 41, bottom)
            await person.key("Ctrl+Z")
            assert edges(person.box) == px(left, top, right, bottom)
            await person.key("Ctrl+Shift+Z")
            (image,) = await person.at_service()
            assert edges(image.boxes[0]) == px(left + 41, top, right + 41, bottom)

    walk(steps())


def test_boxes_are_selected_by_keys_and_deleted(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            await draw(
                person,
                ("below", Point(0.1, 0.6), Point(0.3, 0.8)),
                ("left", Point(0.1, 0.1), Point(0.3, 0.3)),
                ("right", Point(0.6, 0.1), Point(0.8, 0.3)),
            )
            order = []
            for key in ("Tab", "Tab", "Tab", "Tab", "Shift+Tab", "Ctrl+Up", "Ctrl+Right", "Ctrl+Left", "Ctrl+Down"):
                await person.key(key)
                order.append(person.box.label)
            assert order == ["left", "right", "below", "left", "below", "left", "right", "left", "below"]
            await person.key("x")
            await person.key("Delete", "Backspace")
            assert (await person.at_service())[0].boxes == ()
            await person.key("Ctrl+Z", "Ctrl+Z", "Ctrl+Z")
            (image,) = await person.at_service()
            assert sorted(box.label for box in image.boxes) == ["below", "left", "right"]

    walk(steps())


def test_escape_leaves_one_thing_at_a_time(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            canvas = person.session.canvas
            await person.draw(Point(0.2, 0.2), Point(0.4, 0.4))
            await person.click(person.window.canvas, person.on_canvas(Point(0.7, 0.7)))
            assert canvas.pointer.drawing
            await person.key("Esc")
            assert canvas.pointer.drawing is None
            await person.key("Tab")
            assert canvas.selection.primary
            await person.key("Esc")
            assert not canvas.selection.primary
            assert person.session.mode is Mode.EDITOR
            await person.key("Esc")
            assert person.session.mode is Mode.GRID
            assert person.window.grid.isVisible()
            assert len(person.image.boxes) == 1

    walk(steps())


def test_the_picture_is_zoomed_and_panned(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            canvas, widget = person.session.canvas, person.window.canvas
            whole = canvas.view
            await person.key("z")
            assert canvas.view
            assert canvas.view.scale == 1.0
            await person.key("z")
            assert canvas.view == whole
            point = Point(0.25, 0.5)
            at = person.on_canvas(point)
            await person.wheel(point, 2)
            assert whole
            assert canvas.view.scale > whole.scale
            assert (person.on_canvas(point) - at).manhattanLength() <= 2
            scale = canvas.view.scale
            await person.key("+", "-", "-")
            assert canvas.view.scale == pytest.approx(scale / 1.25)

            before = person.on_canvas(point)
            await person.hold("Space")
            start, end = QPoint(100, 100), QPoint(140, 130)
            await person.do(lambda: QTest.mousePress(widget, LEFT, pos=start))
            await person.do(lambda: QTest.mouseMove(widget, end))
            await person.do(lambda: QTest.mouseRelease(widget, LEFT, pos=end))
            await person.let_go("Space")
            moved = person.on_canvas(point) - before
            assert (moved - QPoint(40, 30)).manhattanLength() <= 2
            assert person.image.boxes == ()
            await person.key("z", "z")
            await person.draw(Point(0.2, 0.2), Point(0.4, 0.4))
            assert len(person.image.boxes) == 1

    walk(steps())


def test_boxes_hide_while_o_is_held(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            await person.draw(Point(0.2, 0.2), Point(0.4, 0.4))
            await person.key("Esc")
            spot = person.on_canvas(Point(0.2, 0.3))
            with_box = person.window.canvas.grab().toImage().pixelColor(spot)
            await person.hold("o", repeats=3)
            assert person.session.canvas.boxes == ()
            assert person.window.canvas.grab().toImage().pixelColor(spot) != with_box
            await person.let_go("o")
            assert len(person.session.canvas.boxes) == 1
            assert person.window.canvas.grab().toImage().pixelColor(spot) == with_box

    walk(steps())


def test_undo_reaches_across_images(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            for _ in range(3):
                await person.editor_ready()
                await person.draw(Point(0.2, 0.2), Point(0.4, 0.4))
                await person.key("d")
            assert person.session.index == 3
            await person.key("Ctrl+Z")
            assert person.session.index == 2
            await person.key("Ctrl+Z", "Ctrl+Y", "Ctrl+Z")
            assert person.session.index == 1
            assert [len(image.boxes) for image in await person.at_service(0, 1, 2)] == [1, 0, 0]
            await person.key("Ctrl+Z", "Ctrl+Z")
            assert person.heard[-1] == "Nothing to undo"
            await person.key("Ctrl+Shift+Z", "Ctrl+Shift+Z", "Ctrl+Shift+Z", "Ctrl+Shift+Z")
            assert person.heard[-1] == "Nothing to redo"
            assert [len(image.boxes) for image in await person.at_service(0, 1, 2)] == [1, 1, 1]

    walk(steps())
