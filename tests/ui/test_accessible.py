"""What a screen reader is told of what the program paints itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QWidget

from labeler.state.session import Mode
from labeler.ui.canvas import CanvasView
from labeler.ui.grid import GridView
from tests.ui.conftest import BOX, Desk


@pytest.fixture
def grid(desk: Desk) -> Iterator[GridView]:
    view = GridView(desk.session, desk.thumbnails)
    view.resize(680, 420)
    view.show()
    yield view
    view.close()
    view.deleteLater()


@pytest.fixture
def canvas(desk: Desk) -> Iterator[CanvasView]:
    view = CanvasView(desk.session, desk.pictures, desk.thumbnails)
    view.resize(648, 498)
    view.show()
    yield view
    view.close()
    view.deleteLater()


def told(widget: QWidget) -> QAccessibleInterface:
    return QAccessible.queryAccessibleInterface(widget)


def names(widget: QWidget) -> list[str]:
    listed = told(widget)
    return [listed.child(place).text(QAccessible.Text.Name) for place in range(listed.childCount())]


async def test_the_grid_is_a_list_of_the_images_that_are_seen(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    assert told(grid).role() == QAccessible.Role.List
    assert told(grid).text(QAccessible.Text.Name) == "Images"
    assert names(grid)[:3] == [
        "Image 1 of 40: 00.png; tags night; 1 boxes",
        "Image 2 of 40: 01.png",
        "Image 3 of 40: 02.png; The file is gone: /photos/02.png",
    ]
    assert len(names(grid)) == len(grid.visible()) < 40
    first = told(grid).child(0)
    assert first.role() == QAccessible.Role.ListItem
    assert first.parent() is told(grid)
    assert told(grid).indexOfChild(first) == 0
    assert first.rect().topLeft() == grid.mapToGlobal(grid.rect_of(0).topLeft())
    middle = told(grid).child(1).rect().center()
    assert told(grid).childAt(middle.x(), middle.y()) is told(grid).child(1)


async def test_cursor_and_selection_are_told(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    desk.session.go_to(1)
    desk.session.grid.toggle("image-1")
    focused, other = told(grid).focusChild(), told(grid).child(0)
    assert focused.text(QAccessible.Text.Name).startswith("Image 2 of 40: 01.png; selected")
    assert focused.state().selected
    assert focused.state().focused
    assert not other.state().selected
    assert not other.state().focused


async def test_the_last_image_can_be_reached(desk: Desk, grid: GridView) -> None:
    await desk.begin()
    desk.session.go_to(39)
    assert told(grid).focusChild().text(QAccessible.Text.Name) == "Image 40 of 40: 39.png"
    assert told(grid).child(len(grid.visible())) is None


async def test_the_canvas_is_a_list_of_boxes(desk: Desk, canvas: CanvasView) -> None:
    await desk.begin()
    desk.session.set_mode(Mode.EDITOR)
    desk.session.canvas.viewport.set_picture_size(400, 300)
    assert names(canvas) == ["bolt, 100 x 75 px"]
    box = told(canvas).child(0)
    assert not box.state().selected
    desk.session.canvas.select(BOX.id)
    assert box.state().selected
    assert told(canvas).focusChild() is box
    desk.session.step(1)
    assert names(canvas) == []
    assert not box.isValid()


async def test_a_screen_reader_hears_which_image_the_cursor_is_on(
    desk: Desk, grid: GridView, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.begin()
    heard: list[str] = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(
        QAccessible,
        "updateAccessibility",
        lambda event: heard.append(event.accessibleInterface().text(QAccessible.Text.Name)),
    )
    grid.activateWindow()
    grid.setFocus()
    assert grid.hasFocus()
    desk.session.go_to(3)
    assert heard[-1] == "Image 4 of 40: 03.png"
