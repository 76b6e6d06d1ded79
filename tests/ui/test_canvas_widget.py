"""The canvas and the filmstrip as a person sees and drags on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from labeler.actions.boxes import select_tool
from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.state.pictures import Wanted
from labeler.state.session import Mode
from labeler.state.tones import Tones
from labeler.ui import theme
from labeler.ui.canvas import CanvasView
from labeler.ui.filmstrip import Filmstrip
from tests.memory_source import picture_bytes
from tests.ui.conftest import Desk

LEFT = Qt.MouseButton.LeftButton
RED = QColor(200, 0, 0)


@pytest.fixture
def canvas(desk: Desk) -> Iterator[CanvasView]:
    view = CanvasView(desk.session, desk.pictures, desk.thumbnails)
    view.resize(648, 498)
    view.show()
    yield view
    view.close()
    view.deleteLater()


@pytest.fixture
def strip(desk: Desk) -> Iterator[Filmstrip]:
    view = Filmstrip(desk.session, desk.thumbnails)
    view.resize(600, view.height())
    view.show()
    yield view
    view.close()
    view.deleteLater()


async def edit(desk: Desk, canvas: CanvasView, index: int = 1) -> None:
    """Open an image in the editor; returns when its picture is there."""
    await desk.begin()
    desk.session.go_to(index)
    desk.session.set_mode(Mode.EDITOR)
    if desk.session.current and not desk.session.current.problem:
        await until(lambda: canvas.front.has_whole() and desk.session.canvas.view)


def at(desk: Desk, x: float, y: float) -> QPoint:
    """The px of the widget at fractions of the picture."""
    assert desk.session.canvas.view
    point = desk.session.canvas.view.point_to_widget(Point(x, y))
    return QPoint(round(point.x), round(point.y))


def color_at(canvas: CanvasView, point: QPoint) -> QColor:
    return canvas.grab().toImage().pixelColor(point)


async def test_the_picture_is_shown_in_its_room_on_neutral_grey(desk: Desk, canvas: CanvasView) -> None:
    await edit(desk, canvas)
    assert color_at(canvas, at(desk, 0.5, 0.5)).rgb() == RED.rgb()
    assert color_at(canvas, QPoint(8, 8)).rgb() == theme.DARK.canvas.rgb()


async def test_a_smaller_copy_is_shown_while_the_picture_loads(desk: Desk, canvas: CanvasView) -> None:
    await desk.begin()
    desk.session.go_to(1)
    small = Wanted("image-1", 160)
    desk.thumbnails.want([small])
    await desk.decoded(desk.thumbnails, small)
    desk.session.set_mode(Mode.EDITOR)
    assert desk.pictures.get(Wanted("image-1")) is None
    assert color_at(canvas, at(desk, 0.5, 0.5)).rgb() == RED.rgb()


async def test_neighbours_are_decoded_before_they_are_asked_for(desk: Desk, canvas: CanvasView) -> None:
    await edit(desk, canvas, 4)
    for neighbour in ("image-5", "image-6", "image-7", "image-3"):
        await desk.decoded(desk.pictures, canvas.front.for_screen(neighbour))
    assert sorted(desk.source.asked_bytes) == ["image-3", "image-4", "image-5", "image-6", "image-7"]


async def test_images_passed_over_are_not_fetched_and_whole_is_that_at_which_the_hand_rests(
    desk: Desk, canvas: CanvasView
) -> None:
    await edit(desk, canvas, 10)
    for neighbour in (11, 12, 13, 9):
        await desk.decoded(desk.pictures, canvas.front.for_screen(f"image-{neighbour}"))
    desk.source.contents |= {f"image-{index}": picture_bytes(3000, 2000) for index in range(11, 40)}
    for index in range(11, 31):
        desk.session.go_to(index)
    await until(canvas.front.has_whole)
    passed = {f"image-{index}" for index in range(14, 29)}
    assert passed.isdisjoint(desk.source.asked_bytes)
    assert [index for index in range(40) if desk.pictures.get(Wanted(f"image-{index}"))] == [30]


async def test_a_picture_that_stays_in_front_is_shown_in_a_room_of_another_size(desk: Desk, canvas: CanvasView) -> None:
    desk.source.contents["image-1"] = picture_bytes(3000, 2000, (0, 0, 200))
    await edit(desk, canvas)
    desk.pictures.clear()
    canvas.resize(1200, 900)
    assert color_at(canvas, at(desk, 0.5, 0.5)).blue() > 190
    await desk.decoded(desk.pictures, canvas.front.for_screen("image-1"))
    assert canvas.front.is_sharp()


async def test_a_picture_that_cannot_be_shown_says_why(desk: Desk, canvas: CanvasView) -> None:
    desk.source.contents["image-1"] = b"hello"
    await desk.begin()
    desk.session.go_to(1)
    desk.session.set_mode(Mode.EDITOR)
    await desk.decoded(desk.pictures, canvas.front.for_screen("image-1"))
    assert canvas.describe() == "01.png; 0 boxes; This is not a picture that can be shown: it looks like text."
    desk.session.go_to(2)
    assert canvas.describe().endswith("The file is gone: /photos/02.png")
    image = canvas.grab().toImage()
    assert any(image.pixelColor(x, 190).rgb() == theme.DARK.warning.rgb() for x in range(image.width()))


async def test_a_drag_draws_a_box_where_it_was_dragged(desk: Desk, canvas: CanvasView) -> None:
    await edit(desk, canvas)
    QTest.mousePress(canvas, LEFT, pos=at(desk, 0.25, 0.25))
    QTest.mouseMove(canvas, at(desk, 0.5, 0.75))
    QTest.mouseRelease(canvas, LEFT, pos=at(desk, 0.5, 0.75))
    assert desk.session.current
    (box,) = desk.session.current.boxes
    assert (box.x_min, box.y_min, box.x_max, box.y_max) == pytest.approx((0.25, 0.25, 0.5, 0.75), abs=0.003)
    assert desk.outbox.edits[-1].title == f"Drew {box.label}"


async def test_two_clicks_draw_a_box(desk: Desk, canvas: CanvasView) -> None:
    await edit(desk, canvas)
    QTest.mouseClick(canvas, LEFT, pos=at(desk, 0.25, 0.25))
    assert desk.session.current
    assert desk.session.current.boxes == ()
    QTest.mouseMove(canvas, at(desk, 0.5, 0.5))
    QTest.mouseClick(canvas, LEFT, pos=at(desk, 0.5, 0.5))
    assert desk.session.current
    assert len(desk.session.current.boxes) == 1


async def test_a_box_is_painted_on_its_edges_in_its_color_and_hidden(desk: Desk, canvas: CanvasView) -> None:
    await edit(desk, canvas, 0)
    color = theme.label_color(desk.session.vocabulary.labels.place_of("bolt"))
    edge = at(desk, 0.25, 0.4)
    assert color_at(canvas, edge).rgb() == color.rgb()
    desk.session.canvas.visibility.is_off = True
    desk.session.canvas.changed.emit()
    assert color_at(canvas, edge).rgb() == RED.rgb()


async def test_tones_change_what_is_shown_and_nothing_else(desk: Desk, canvas: CanvasView) -> None:
    await edit(desk, canvas, 1)
    plain = color_at(canvas, at(desk, 0.5, 0.5))
    desk.session.canvas.viewport.set_tones(Tones(brightness=2))
    table = Tones(brightness=2).table()
    shown = color_at(canvas, at(desk, 0.5, 0.5))
    assert (shown.red(), shown.green()) == (table[plain.red()], table[plain.green()])
    desk.session.canvas.viewport.set_tones(Tones())
    assert color_at(canvas, at(desk, 0.5, 0.5)).rgb() == plain.rgb()
    assert desk.outbox.edits == []


async def test_a_selected_box_is_resized_by_its_corner(desk: Desk, canvas: CanvasView) -> None:
    await edit(desk, canvas, 0)
    QTest.mouseClick(canvas, LEFT, Qt.KeyboardModifier.ControlModifier, at(desk, 0.3, 0.3))
    assert desk.session.canvas.selection.primary == "bolt-1"
    QTest.mousePress(canvas, LEFT, pos=at(desk, 0.5, 0.5))
    QTest.mouseMove(canvas, at(desk, 0.75, 0.75))
    assert color_at(canvas, at(desk, 0.25, 0.7)).rgb() != RED.rgb()
    QTest.mouseRelease(canvas, LEFT, pos=at(desk, 0.75, 0.75))
    box = desk.session.canvas.selected_box
    assert box
    assert (box.x_min, box.y_min, box.x_max, box.y_max) == pytest.approx((0.25, 0.25, 0.75, 0.75), abs=0.003)


async def test_the_pointer_has_the_shape_of_what_a_press_would_do(desk: Desk, canvas: CanvasView) -> None:
    await edit(desk, canvas, 0)
    desk.session.canvas.select("bolt-1")
    shapes = {}
    for name, x, y in (("beside", 0.9, 0.9), ("inside", 0.4, 0.4), ("edge", 0.5, 0.4), ("corner", 0.5, 0.5)):
        QTest.mouseMove(canvas, at(desk, x, y))
        shapes[name] = canvas.cursor().shape()
    assert shapes == {
        "corner": Qt.CursorShape.SizeFDiagCursor,
        "edge": Qt.CursorShape.SizeHorCursor,
        "inside": Qt.CursorShape.SizeAllCursor,
        "beside": Qt.CursorShape.CrossCursor,
    }


async def test_the_wheel_zooms_at_the_pointer(desk: Desk, canvas: CanvasView) -> None:
    await edit(desk, canvas)
    assert desk.session.canvas.view
    place, scale = QPointF(at(desk, 0.25, 0.25)), desk.session.canvas.view.scale
    before = desk.session.canvas.view.to_image(Point(place.x(), place.y()))
    event = QWheelEvent(
        place, place, QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)
    assert desk.session.canvas.view.scale > 1.3 * scale
    after = desk.session.canvas.view.to_image(Point(place.x(), place.y()))
    assert (after.x, after.y) == pytest.approx((before.x, before.y))


async def test_the_middle_button_and_space_pan(desk: Desk, canvas: CanvasView) -> None:
    await edit(desk, canvas)
    corner = at(desk, 0, 0)
    QTest.mousePress(canvas, Qt.MouseButton.MiddleButton, pos=QPoint(100, 100))
    QTest.mouseMove(canvas, QPoint(130, 90))
    QTest.mouseRelease(canvas, Qt.MouseButton.MiddleButton, pos=QPoint(130, 90))
    assert at(desk, 0, 0) == corner + QPoint(30, -10)
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    QTest.mousePress(canvas, LEFT, pos=QPoint(100, 100))
    QTest.mouseMove(canvas, QPoint(70, 110))
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(70, 110))
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert at(desk, 0, 0) == corner
    assert desk.outbox.edits == []


async def test_crosshair_and_label_follow_the_pointer_of_the_draw_tool_only(desk: Desk, canvas: CanvasView) -> None:
    await edit(desk, canvas)
    on_line = at(desk, 0.1, 0.6)
    QTest.mouseMove(canvas, at(desk, 0.7, 0.6))
    with_tool = color_at(canvas, on_line)
    select_tool(desk.session)
    assert with_tool.rgb() != RED.rgb()
    assert color_at(canvas, on_line).rgb() == RED.rgb()


async def test_what_is_kept_of_the_painting_is_renewed_for_another_picture(desk: Desk, canvas: CanvasView) -> None:
    desk.source.contents["image-3"] = picture_bytes(400, 300, (0, 0, 200))
    await edit(desk, canvas, 4)
    await desk.decoded(desk.pictures, canvas.front.for_screen("image-3"))
    middle = at(desk, 0.5, 0.5)
    shown = [color_at(canvas, middle).rgb()]
    for index in (3, 4):
        desk.session.go_to(index)
        shown.append(color_at(canvas, middle).rgb())
    assert shown == [RED.rgb(), QColor(0, 0, 200).rgb(), RED.rgb()]


async def test_a_click_in_the_filmstrip_goes_to_that_image(desk: Desk, canvas: CanvasView, strip: Filmstrip) -> None:
    await edit(desk, canvas, 5)
    await desk.decoded(desk.thumbnails, Wanted("image-5", 160))
    assert strip.grab().toImage().pixelColor(strip.rect_of(5).center()).rgb() == RED.rgb()
    QTest.mouseClick(strip, LEFT, pos=strip.rect_of(7).center())
    assert desk.session.index == 7
    await until(lambda: desk.session.pace.is_resting)
    assert strip.rect_of(7).center().x() == pytest.approx(strip.width() / 2, abs=1)
