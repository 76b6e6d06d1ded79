"""Every dialog by keys alone: opened, walked by Tab, each widget named and seen to have the focus, closed by Esc."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from labeler.actions.action import Where
from labeler.actions.table import ACTIONS
from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.samples import SampleSet
from labeler.state.session import Mode
from labeler.ui.plain import PlainLabel
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work

KNOWN = {
    "file.connect", "file.datasets", "file.pending", "file.export", "image.trash", "help.change_keys",
    "image.delete",
}  # fmt: skip
"""Some that open a dialog, lest none is found any more."""
NOT_PRESSED = ("program.quit", "file.open_folder", "file.open_files")
"""What ends the program, and what opens a dialog of Qt's."""
MOST_STOPS = 60
PROMPTS = ("/", "l", "t", "b", "Shift+G", "Ctrl+K", "Ctrl+H")
"""Keys of prompts, which tell below what can be typed."""
LEAST_WIDTH = 60
"""Of a text from outside that ends in an ellipsis, in px: a word or two can be read."""


def name_of(widget: QWidget) -> str:
    """What a screen reader says of a widget."""
    beside = [label.text() for label in widget.window().findChildren(QLabel) if label.buddy() is widget]
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or text or "".join(beside)


def shot(widget: QWidget) -> QImage:
    """The widget's dialog around the widget, as it is seen."""
    window = widget.window()
    room = widget.rect().translated(widget.mapTo(window, QPoint())).adjusted(-4, -4, 4, 4)
    return window.grab(room).toImage()


def cut_texts(window: QWidget) -> list[str]:
    """Visible texts that have no room: our own words whole, those from outside as far as a word or two."""
    found = []
    for label in window.findChildren(QLabel):
        if not label.isVisible() or not label.text():
            continue
        needed = label.fontMetrics().horizontalAdvance(label.text())
        if isinstance(label, PlainLabel):
            needed = min(needed, LEAST_WIDTH)
        if label.wordWrap():
            if label.height() < label.heightForWidth(label.width()):
                found.append(f"{label.text()!r}: {label.height()} px high")
        elif label.width() < needed:
            found.append(f"{label.text()!r}: {label.width()} px wide")
    for button in window.findChildren(QAbstractButton):
        if button.isVisible() and button.text() and button.width() < button.sizeHint().width():
            found.append(f"{button.text()!r}: {button.width()} px wide")
    return found


def has_keyboard(window: QWidget) -> bool:
    focus = QApplication.focusWidget()
    return focus is not None and focus.window() is window


async def walk_by_tab(person: Person) -> list[str]:
    """Press Tab until it comes round; returns the names of the stops, and says what has none or is not seen."""
    dialog = person.dialog()
    await until(lambda: has_keyboard(dialog), f"the keyboard in {dialog.windowTitle()}")
    assert cut_texts(dialog) == []
    stops: list[QWidget] = []
    for _ in range(MOST_STOPS):
        widget = dialog.focusWidget()
        if widget in stops:
            break
        stops.append(widget)
        with_focus = shot(widget)
        await person.key("Tab")
        assert shot(widget) != with_focus or dialog.focusWidget() is widget, f"{name_of(widget)}: focus is not seen"
    assert stops[0] in (dialog.focusWidget(), *stops)
    unnamed = [f"{dialog.windowTitle()}: {widget.metaObject().className()}" for widget in stops if not name_of(widget)]
    assert unnamed == []
    return [name_of(widget) for widget in stops]


async def prepare(person: Person) -> None:
    """Have something in every dialog that needs it."""
    await person.edit()
    for left in (0.1, 0.4, 0.7):
        await person.draw(Point(left, 0.3), Point(left + 0.2, 0.6))
        await person.key("Esc")
    await person.key("g")
    await person.saved()


async def walk_dialog(person: Person, name: str) -> None:
    """Walk the dialog that an action opened, and leave it."""
    await walk_by_tab(person)
    await person.key("Esc")
    assert QApplication.activeModalWidget() is None, f"{name}: Esc does not close it"
    assert person.window.focusWidget() is person.window.grid, f"{name}: the focus does not come back"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_dialog_is_walked_by_tab_and_left_by_esc(
    walk: Walk, library: Path, samples: SampleSet, theme: str
) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            person.window.set_theme(theme)
            await prepare(person)
            walked = set()
            for action in ACTIONS:
                if not action.keys or action.where is Where.EDITOR or action.name in NOT_PRESSED:
                    continue
                await person.key(action.keys[0])
                if QApplication.activeModalWidget() is not None:
                    await walk_dialog(person, action.name)
                    walked.add(action.name)
                for overlay in (person.window.prompt, person.window.help, person.window.keyboard):
                    overlay.dismiss()
                person.session.set_mode(Mode.GRID)
                person.window.grid.setFocus()
            assert walked >= KNOWN

    walk(steps())


def test_panels_and_pictures_have_names_and_visible_focus(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            window = person.window
            window.resize(1400, 900)
            window.filter.show()
            await prepare(person)
            seen = []
            for _ in range(3):
                widget = window.focusWidget()
                assert name_of(widget), widget
                seen.append(name_of(widget))
                with_focus = shot(widget)
                await person.key("F6")
                assert shot(widget) != with_focus, f"{seen[-1]}: focus is not seen"
            assert window.focusWidget() is window.grid
            assert len(set(seen)) == 3
            for panel in (window.filter, window.inspector, window.filmstrip, window.grid, window.canvas):
                assert panel.accessibleName()

    walk(steps())


def test_texts_have_room_in_the_smallest_window(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            person.window.resize(1024, 700)
            await prepare(person)
            assert cut_texts(person.window) == []
            await person.edit()
            assert cut_texts(person.window) == []
            for key in PROMPTS:
                await person.key(key)
                assert person.window.prompt.is_open, key
                assert cut_texts(person.window) == [], key
                lines = [one for one in person.window.prompt.findChildren(QLabel) if not one.wordWrap()]
                assert all(one.fontMetrics().horizontalAdvance(one.text()) <= one.width() for one in lines), key
                await person.key("Esc")

    walk(steps())
