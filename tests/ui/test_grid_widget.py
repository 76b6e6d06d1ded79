"""The grid as a person sees and clicks it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPaintEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from labeler.domain.filter import Filter
from labeler.domain.saving import SaveState
from labeler.state.session import Mode
from labeler.ui import theme
from labeler.ui.grid import GridView
from tests.ui.conftest import Desk

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def grid(desk: Desk) -> Iterator[GridView]:
    view = GridView(desk.session, desk.thumbnails)
    view.resize(680, 420)
    view.show()
    yield view
    view.close()
    view.deleteLater()


class Painted(QObject):
    """How many px of the grid's height are painted from now on."""

    def __init__(self, grid: GridView) -> None:
        super().__init__(grid)
        self.height = 0
        grid.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt names it
        if isinstance(event, QPaintEvent):
            self.height += event.region().boundingRect().height()
        return False


def click(grid: GridView, index: int, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(grid.viewport(), LEFT, held, grid.rect_of(index).center())


def shown(grid: GridView) -> QImage:
    return grid.viewport().grab().toImage()


def part(grid: GridView, index: int) -> QImage:
    return grid.viewport().grab(grid.rect_of(index)).toImage()


def count(image: QImage, color: QColor) -> int:
    return sum(image.pixelColor(x, y).rgb() == color.rgb() for x in range(image.width()) for y in range(image.height()))


async def thumbnails(desk: Desk, grid: GridView, *indexes: int) -> None:
    for index in indexes:
        image = desk.session.library.at(index)
        assert image
        await desk.decoded(desk.thumbnails, grid.wanted_of(image))


async def test_a_thumbnail_appears_in_its_cell(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    red = QColor(200, 0, 0)
    assert count(part(grid, 1), red) == 0
    await thumbnails(desk, grid, 1)
    assert count(part(grid, 1), red) > 5000


async def test_visible_thumbnails_are_fetched_and_those_far_away_are_not(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    await thumbnails(desk, grid, *(index for index in grid.visible() if index != 2))
    ahead = 2 * len(grid.visible())
    assert "image-2" not in desk.source.asked_bytes
    assert all(int(one.split("-")[1]) < ahead for one in desk.source.asked_bytes)


async def test_boxes_tags_and_save_states_are_on_the_cell(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    await thumbnails(desk, grid, 0, 1)
    plain = part(grid, 0)
    box_color = theme.label_color(desk.session.vocabulary.labels.place_of("bolt"))
    assert count(plain, box_color) > 20
    desk.outbox.set_state("image-0", SaveState.SAVED_HERE)
    dotted = part(grid, 0)
    desk.outbox.set_state("image-0", SaveState.CONFLICT)
    assert len({bytes(image.constBits()) for image in (plain, dotted, part(grid, 0))}) == 3
    assert count(part(grid, 0), theme.DARK.warning) > 20


async def test_an_image_that_cannot_be_shown_says_so_in_its_cell(desk: Desk, grid: GridView) -> None:
    desk.source.contents["image-1"] = b"hello"
    await desk.begin()
    await thumbnails(desk, grid, 1)
    for index in (1, 2):
        assert count(part(grid, index), theme.DARK.warning) > 20


async def test_a_click_moves_the_cursor_and_drops_the_selection(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    desk.session.grid.toggle("image-0")
    click(grid, 4)
    assert (desk.session.index, desk.session.grid.selected) == (4, set())


async def test_ctrl_click_toggles_and_shift_click_takes_the_range(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    click(grid, 1, Qt.KeyboardModifier.ControlModifier)
    click(grid, 3, Qt.KeyboardModifier.ControlModifier)
    assert desk.session.grid.selected == {"image-1", "image-3"}
    click(grid, 3, Qt.KeyboardModifier.ControlModifier)
    assert desk.session.grid.selected == {"image-1"}
    click(grid, 1)
    click(grid, 4, Qt.KeyboardModifier.ShiftModifier)
    assert desk.session.grid.selected == {"image-1", "image-2", "image-3", "image-4"}


async def test_a_double_click_opens_the_editor(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    QTest.mouseDClick(grid.viewport(), LEFT, pos=grid.rect_of(1).center())
    assert (desk.session.index, desk.session.mode) == (1, Mode.EDITOR)


async def test_the_cursor_is_kept_in_view(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    assert desk.session.grid.columns == grid.layout_now.columns == 3
    desk.session.go_to(39)
    assert grid.viewport().rect().contains(grid.rect_of(39))
    desk.session.go_to(0)
    assert grid.viewport().rect().contains(grid.rect_of(0))
    desk.session.go_to(20)
    desk.session.grid.grow(2)
    assert grid.viewport().rect().contains(grid.rect_of(20))


async def test_the_wheel_scrolls_by_less_than_a_row(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    here, turn = QPointF(100, 100), QPoint(0, -120)
    event = QWheelEvent(
        here, here, QPoint(), turn, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(grid.viewport(), event)
    assert 0 < grid.verticalScrollBar().value() < grid.layout_now.cell_height


async def test_selection_and_cursor_look_different(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    plain = part(grid, 4)
    desk.session.grid.select(["image-4"])
    selected = part(grid, 4)
    desk.session.grid.clear()
    desk.session.go_to(4)
    assert len({bytes(image.constBits()) for image in (plain, selected, part(grid, 4))}) == 3


async def test_scrolling_paints_only_what_comes_into_view(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    QApplication.processEvents()
    painted = Painted(grid)
    grid.verticalScrollBar().setValue(57)
    QApplication.processEvents()
    assert 0 < painted.height <= 57 + 2


async def test_empty_places_say_what_to_do_next(desk: Desk, grid: GridView) -> None:
    assert grid.describe() == "Loading images"
    desk.source.list.clear()
    await desk.begin()
    assert grid.describe() == "No images yet Open a folder: Ctrl+I, or drop one here"
    desk.session.show(Filter(tags=("night",)))
    await desk.loaded()
    assert grid.describe().startswith("No image matches the filter")
    assert count(shown(grid), theme.DARK.text) > 50


async def test_the_cell_at_the_cursor_is_told_in_words(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    desk.session.grid.toggle("image-0")
    desk.outbox.set_state("image-0", SaveState.CONFLICT)
    assert grid.accessibleDescription() == "Image 1 of 40: 00.png; tags night; 1 boxes; selected; conflict"
    desk.session.go_to(2)
    assert grid.accessibleDescription() == "Image 3 of 40: 02.png; The file is gone: /photos/02.png"


async def test_keys_are_left_to_the_window(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    before = grid.verticalScrollBar().value()
    QTest.keyClick(grid, Qt.Key.Key_PageDown)
    assert grid.verticalScrollBar().value() == before
