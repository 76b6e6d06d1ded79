"""A person finds the keys: in the palette, on the keyboard that is shown, in lines that say what follows; and changes
them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu

from labeler.actions.keyboard import ROWS
from labeler.actions.presets import PRESETS
from labeler.actions.table import BY_NAME
from labeler.actions.tips import TIMES
from labeler.app import settings_path
from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.samples import SampleSet
from labeler.state.session import Mode
from labeler.state.settings import Settings
from labeler.ui.holding import SECONDS
from labeler.ui.keys_dialog import KeysDialog
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work


def test_the_palette_finds_by_help_and_remembers(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            rows = person.window.prompt.list
            await person.key("Ctrl+K")
            await person.type("newest first")
            assert rows.item(0).text() == f"Change order: {BY_NAME['filter.order'].help}   Ctrl+R"
            await person.key("Esc", "Ctrl+K")
            await person.type("nghbrng")
            assert rows.item(0).text().startswith("Filmstrip: Show or hide the row of neighbouring images")
            await person.key("Esc", "Ctrl+K")
            await person.type("image")
            before = [rows.item(row).text() for row in range(2)]
            await person.key("Down", "Enter", "Ctrl+K")
            await person.type("image")
            assert [rows.item(row).text() for row in range(2)] == before[::-1]

    walk(steps())


async def press_modifier(person: Person, key: Qt.Key) -> None:
    await person.do(lambda: QTest.keyPress(person.window.focusWidget(), key))


async def let_go_modifier(person: Person, key: Qt.Key) -> None:
    await person.do(lambda: QTest.keyRelease(person.window.focusWidget(), key))


def test_holding_ctrl_shows_the_keyboard_until_another_key(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            keyboard, timer = person.window.keyboard, person.window.holding.timer
            assert timer.interval() == round(SECONDS * 1000)

            await press_modifier(person, Qt.Key.Key_Control)
            assert timer.isActive()
            assert not keyboard.isVisible()
            await person.do(timer.timeout.emit)
            assert keyboard.isVisible()
            assert "Ctrl+Z: Undo" in keyboard.describe()
            await press_modifier(person, Qt.Key.Key_Shift)
            assert "Ctrl+Shift+Z: Redo" in keyboard.describe()
            await let_go_modifier(person, Qt.Key.Key_Shift)
            assert "Ctrl+Z: Undo" in keyboard.describe()
            await let_go_modifier(person, Qt.Key.Key_Control)
            assert not keyboard.isVisible()

            await press_modifier(person, Qt.Key.Key_Control)
            await person.do(timer.timeout.emit)
            await person.key("Ctrl+A")
            assert not keyboard.isVisible()
            assert len(person.session.grid.selected) == 6

            for key in ("Ctrl+D", "Esc"):
                await press_modifier(person, Qt.Key.Key_Control)
                await person.hold(key)
                assert not timer.isActive()
            await let_go_modifier(person, Qt.Key.Key_Control)

    walk(steps())


def test_another_modifier_can_show_the_keyboard_or_none(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            timer = person.window.holding.timer
            await person.key("Ctrl+Shift+K")
            dialog = person.dialog()
            assert isinstance(dialog, KeysDialog)
            dialog.hold.setFocus()
            await person.key("Down", "Down")
            await person.key("Esc")
            await press_modifier(person, Qt.Key.Key_Control)
            assert not timer.isActive()
            await let_go_modifier(person, Qt.Key.Key_Control)
            await press_modifier(person, Qt.Key.Key_Shift)
            await person.do(timer.timeout.emit)
            assert "Shift+D: Next unlabeled image" in person.window.keyboard.describe()
            await let_go_modifier(person, Qt.Key.Key_Shift)

            await person.key("Ctrl+Shift+K")
            dialog = person.dialog()
            assert isinstance(dialog, KeysDialog)
            dialog.hold.setFocus()
            await person.key("End", "Esc")
            for key in (Qt.Key.Key_Control, Qt.Key.Key_Shift):
                await press_modifier(person, key)
                assert not timer.isActive()
                await let_go_modifier(person, key)

    walk(steps())


def test_the_keyboard_stays_without_holding_anything(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            keyboard = person.window.keyboard
            await person.key("Shift+F1")
            assert "d: Next image" in keyboard.describe()
            assert keyboard.accessibleDescription() == keyboard.describe()
            await press_modifier(person, Qt.Key.Key_Alt)
            assert keyboard.held == {"Alt"}
            await let_go_modifier(person, Qt.Key.Key_Alt)
            await person.key("d")
            assert not keyboard.isVisible()
            assert person.session.index == 0
            await person.key("d", "e", "Shift+F1")
            assert person.session.index == 1
            assert "w: Draw a box by keys" in keyboard.describe()
            assert all(sum(cap.width for cap in row) == 15 for row in ROWS)

    walk(steps())


def test_a_line_says_what_can_follow(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            window, line = person.window, person.window.next_keys
            window.resize(1024, 700)

            def says(words: str) -> bool:
                label = line.text
                assert label.height() >= label.heightForWidth(label.width()), "the line is cut"
                assert window.rect().contains(line.rect().translated(line.mapTo(window, QPoint())))
                return line.isVisible() and words in label.accessibleName()

            assert not line.isVisible()
            await person.key("v")
            assert says("extend")
            await person.key("Esc")
            assert not line.isVisible()
            await person.edit()
            await person.draw(Point(0.3, 0.3), Point(0.6, 0.6))
            assert not line.isVisible()
            await person.key("w")
            assert says("First corner")
            assert says("a letter: the column")
            await person.key("c", "c")
            assert says("First corner cc")
            assert says("Space: snap")
            await person.key("m", "s")
            assert says("Second corner")
            assert says("arrows: move the first corner")
            await person.key("Esc")
            assert not line.isVisible()
            await person.key("f")
            assert says("letters of a box: select it")
            await person.key("f", "Shift+F")
            assert says("a corner or an edge")
            await person.key("w")
            assert not line.isVisible()
            await person.key("Ctrl+K")
            assert any("Enter: do it" in text for text in person.texts(person.window.prompt))

    walk(steps())


@pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing the keyboard)")
def test_a_key_is_told_the_third_time_something_is_done_by_mouse(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            view = next(menu for menu in person.window.menuBar().findChildren(QMenu) if menu.title() == "View")
            told = "Filmstrip: next time press F4"
            for time in range(1, TIMES + 2):
                await person.do(lambda: view.popup(person.window.mapToGlobal(person.window.rect().center())))
                entry = next(one for one in view.actions() if one.data() == "view.filmstrip")
                await person.click(view, view.actionGeometry(entry).center())
                assert person.heard.count(told) == (time >= TIMES)
            tool = person.window.mode_bar.button("image.tag")
            for time in range(1, TIMES + 2):
                await person.click(tool, tool.rect().center())
                await person.key("Esc")
                assert person.heard.count("Tag: next time press t") == (time >= TIMES)
            await person.edit()
            await person.draw(Point(0.3, 0.3), Point(0.6, 0.6))
            boxes = person.window.inspector.boxes
            for _ in range(TIMES):
                await person.click(boxes.viewport(), boxes.visualItemRect(boxes.item(0)).center())
            assert person.heard.count("Select a box by letters: next time press f") == 1
            await person.key("g")
            for _ in range(TIMES):
                await person.key("F2")
            assert not any("F2" in one for one in person.heard)
        async with at_work(library) as person:
            tool = person.window.mode_bar.button("image.tag")
            await person.shown(6)
            for _ in range(TIMES):
                await person.click(tool, tool.rect().center())
                await person.key("Esc")
            assert not any("next time" in one for one in person.heard)

    walk(steps())


async def keys_dialog(person: Person, find: str) -> KeysDialog:
    await person.key("Ctrl+Shift+K")
    dialog = person.dialog()
    assert isinstance(dialog, KeysDialog)
    await person.type(find)
    return dialog


def test_a_key_is_changed_without_the_pointer(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            dialog = await keys_dialog(person, "next image")
            assert dialog.list.currentItem().text() == "Next image   d"
            for label in dialog.findChildren(QLabel):
                assert label.width() >= label.sizeHint().width(), f"{label.text()} is cut"
            await person.key("Enter")
            assert "Press the new key for Next image" in dialog.says.text()
            await person.key("t")
            assert dialog.says.text().startswith("t means Tag (image.tag) already. Press t again to take it")
            await person.key("Esc")
            assert person.window.keys.keymap.keys_of("image.tag") == ("t",)
            await person.key("Enter", "t", "t")
            assert dialog.says.text() == "Next image: t. Tag: no key is left."
            assert dialog.list.currentItem().text() == "Next image   t  changed"
            await person.key("Insert", "F10")
            assert dialog.list.currentItem().text() == "Next image   t  F10  changed"
            await person.key("Esc", "t", "F10")
            assert person.session.index == 2
            assert person.window.mode_bar.button("image.tag").text().strip() == "Tag"
            own = {"image.tag": [], "image.next": ["t", "F10"]}
            await until(lambda: Settings.read(settings_path()).get("keys") == own, "the keys on disk")
        async with at_work(library) as person:
            await person.shown(6)
            await person.key("Home", "F10")
            assert person.session.index == 1
            dialog = await keys_dialog(person, "tag the")
            assert dialog.current() == person.window.keys.keymap.action("image.tag")
            await person.key("F8")
            assert dialog.says.text() == "The keys of Tag belong to Next image (image.next) now. Reset that first."
            await person.key("Shift+F8")
            assert dialog.says.text() == "All actions have the keys of Labeler."
            await person.key("Enter", "Tab", "Esc")
            assert person.window.keys.keymap.keys_of("image.tag") == ("t",)
            await person.key("Esc")

    walk(steps())


@pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing the keyboard)")
def test_a_preset_is_chosen_and_the_program_shows_its_keys(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            dialog = await keys_dialog(person, "")
            dialog.preset.setFocus()
            for preset in list(PRESETS.values())[1:4]:
                await person.key("Down")
                assert dialog.says.text() == f"Keys of {preset.title}."
            await person.key("Esc", "f", "f", "d")
            assert person.session.index == 1
            await person.edit()
            assert person.session.mode is Mode.EDITOR
            assert person.window.mode_bar.button("tool.draw").text() == "Draw  N"
            box = next(menu for menu in person.window.menuBar().findChildren(QMenu) if menu.title() == "Box")
            await person.do(lambda: box.popup(person.window.mapToGlobal(person.window.rect().center())))
            assert "Draw boxes\tn" in [entry.text() for entry in box.actions()]
            await person.do(box.close)
            await person.key("?")
            assert "n  q" in person.labels_of(person.window.help)

    walk(steps())
