"""Text from outside is shown as it is everywhere in the window: none of it is markup, none opens a file, none acts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFormLayout,
    QLabel,
    QListWidget,
    QWidget,
)

from labeler.actions import boxes, labeling
from labeler.actions.keymap import Keymap
from labeler.actions.table import ACTIONS
from labeler.domain.box import Box
from labeler.domain.edit import TagChange
from labeler.domain.filter import Filter
from labeler.domain.image import Choice, Dataset, Image
from labeler.domain.saving import Held, SaveState
from labeler.state.pictures import Pictures
from labeler.state.prompts import Prompt, Question
from labeler.state.selecting import NO_END
from labeler.state.session import Mode
from labeler.state.settings import Settings
from labeler.ui import theme
from labeler.ui.decode import Decoded
from labeler.ui.dialogs import DatasetsDialog, QuestionDialog
from labeler.ui.duplicates import DuplicatesDialog
from labeler.ui.filter_panel import SECTIONS, Section
from labeler.ui.plain import PlainLabel
from labeler.ui.review import ReviewDialog
from labeler.ui.window import Window
from tests.faults.test_hostile_text import told
from tests.faults.watch import Watch, watched
from tests.hostile import MARKER, NAMES
from tests.memory_source import MemorySource, make_session, picture_bytes

COLOR = (255, 0, 254)
ACTS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Library(MemorySource):
    """Offers every text in every field of the filter."""

    def __init__(self, texts: Sequence[str]) -> None:
        box = (0.2, 0.2, 0.8, 0.8)
        super().__init__([
            Image(
                f"image-{place}", text, mime_type=text, location_id=text, robot_name=text, robot_id=text,
                part_name=text, part_id=text, component_type=text, component_name=text, method=text, tags=(text,),
                boxes=(Box(f"box-{place}", text, *box),), dataset_ids=(f"set-{place}",),
                problem=text if place % 2 else "",
            )
            for place, text in enumerate(texts)
        ])  # fmt: skip
        self.sets = [Dataset(f"set-{place}", text) for place, text in enumerate(texts)]
        self.texts = texts

    async def choices(self, wanted: Filter) -> Mapping[str, tuple[Choice, ...]]:
        return {name: tuple(Choice(text, text, 1) for text in self.texts) for name, _ in SECTIONS}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A picture that texts name, in a colour that nothing else has."""
    path = tmp_path / "named.png"
    path.write_bytes(picture_bytes(64, 64, COLOR))
    return path


@pytest.fixture
def watch(picture: Path) -> Iterator[Watch]:
    with watched(picture) as watch:
        yield watch


@pytest.fixture
def texts(picture: Path) -> tuple[str, ...]:
    return tuple(text.replace(MARKER, str(picture)) for text in NAMES)


class AllAlike:
    async def of(self, images: Sequence[Image], told: Callable[[], None]) -> dict[str, bytes]:
        return {image.id: bytes(16) for image in images}


@pytest_asyncio.fixture
async def window(qapp: QApplication, texts: tuple[str, ...], tmp_path: Path) -> AsyncIterator[Window]:
    theme.apply_theme(qapp, "dark")
    session, outbox = make_session(Library(texts), tmp_path)
    outbox.held = tuple(
        Held(str(place), text, datetime(2026, 1, 1, tzinfo=UTC), TagChange(f"image-{place}", text, True),
             SaveState.REFUSED, text)
        for place, text in enumerate(texts)
    )  # fmt: skip

    grey = QImage(40, 30, QImage.Format.Format_RGB32)
    grey.fill(0x808080)

    async def no_picture(wanted: object) -> Decoded:
        return Decoded(grey, 40, 30)

    thumbnails, pictures = (Pictures(session.tasks, no_picture, lambda one: 1, 1_000) for _ in range(2))
    made = Window(
        session, Keymap(ACTIONS), thumbnails, pictures, lambda: None, lambda choice: None, tmp_path / "log", AllAlike()
    )
    made.resize(900, 560)
    made.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)  # else Qt tells of it when no loop runs any more
    made.show()
    session.start()
    await session.library.load(0, NO_END)
    await session.vocabulary.read()
    yield made
    made.keys.remove()
    made.holding.remove()
    await session.close()
    made.hide()
    made.deleteLater()


def colored(widget: QWidget) -> int:
    """How many px of the widget have the colour of the picture, or nearly."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    blue, green, red = (pixels[..., channel] for channel in range(3))
    return int(((red > 215) & (green < 40) & (blue > 215)).sum())


def seen(widget: QWidget) -> None:
    """Paint the widget, and look for what markup would have made of it and for what acts in it."""
    assert colored(widget) == 0
    only_plain(widget)


def only_plain(widget: QWidget) -> None:
    """Look for what acts in the texts of a widget's labels, buttons and rows."""
    forms = {form.itemAt(row, QFormLayout.ItemRole.LabelRole) for form in widget.findChildren(QFormLayout)
             for row in range(form.rowCount())}  # fmt: skip
    of_forms = {item.widget() for item in forms if item}
    for label in widget.findChildren(QLabel):
        assert label in of_forms or isinstance(label, PlainLabel), label.text()
        assert label.textFormat() is Qt.TextFormat.PlainText or label in of_forms
        assert not ACTS.search(label.text()), label.text()[:80]
    for button in widget.findChildren(QAbstractButton):
        assert not ACTS.search(button.text()), button.text()[:80]
        assert "\n" not in button.text()
    for listing in widget.findChildren(QListWidget):
        for row in range(listing.count()):
            assert not ACTS.search(listing.item(row).text().replace("\n", "\x00"))
    for one in (widget, *widget.findChildren(QWidget)):
        assert one.toolTip() == one.whatsThis() == ""


def test_markup_would_be_seen(qapp: QApplication, picture: Path, watch: Watch) -> None:
    """What the tests below look for is there where a label takes text for markup."""
    label = QLabel(f'<img src="{picture}">')
    assert colored(label) > 1_000
    assert watch.opened()
    label.deleteLater()


async def test_nothing_is_rendered_in_the_window(window: Window, texts: tuple[str, ...], watch: Watch) -> None:
    session, size = window.session, window.size()
    session.set_mode(Mode.EDITOR)
    for place, text in enumerate(texts):
        session.go_to(place)
        assert session.current is not None
        assert session.current.tags == (text,)
        session.canvas.select(f"box-{place}")
        session.source.title = text
        session.failed.emit(text)
        session.said.emit(text)
        window.status.refresh()
        assert colored(window) == 0
        for part in (window.inspector, window.status, window.notice):
            only_plain(part)
        assert window.size() == size
    only_plain(window)
    assert not watch.opened()
    told(len(texts), "in the editor, the inspector, the bars, the notice")


async def test_nothing_is_rendered_in_the_grid_and_the_filter(
    window: Window, texts: tuple[str, ...], watch: Watch
) -> None:
    shown: set[int] = set()
    for place in range(len(texts)):
        window.session.go_to(place)
        shown.update(window.grid.visible())
        seen(window.grid)
    assert shown == set(range(len(texts)))
    for text in texts:
        window.session.show(Filter(component_name=text))
        assert "[*]" not in window.windowTitle().replace("[*][*]", "")
        assert not ACTS.search(window.windowTitle())
    for section in window.filter.findChildren(Section):
        section._toggle_fold()
        section._toggle_all()
        seen(section)
        buttons = [button for button in section.findChildren(QAbstractButton) if button.objectName()]
        assert len(buttons) >= len(texts) - 1  # a sign that Qt drops leaves one without a name
        section._toggle_all()
    assert not watch.opened()
    told(len(texts), "in the cells of the grid, the filter panel and the title")


async def test_what_is_chosen_in_a_prompt_is_what_was_offered(
    window: Window, texts: tuple[str, ...], watch: Watch
) -> None:
    taken: list[str] = []
    for text in texts:
        choices = (Choice(text, text, 1), Choice("other", f"other {text}", 1))
        wrong = [text]
        prompt = Prompt(text, taken.append, lambda typed, choices=choices: choices,  # type: ignore[misc]
                        lambda typed, wrong=wrong: wrong.pop() if wrong else "", text, text, only_choices=True)  # type: ignore[misc]  # fmt: skip
        window.prompt.ask(prompt)
        for _ in range(2):  # the first answer is said to be wrong, in the words of the text
            seen(window.prompt)
            QTest.keyClick(window.prompt.line, Qt.Key.Key_Return)
    assert taken == list(texts)
    assert not watch.opened()
    told(len(texts), "as title, choice, text and complaint of a prompt")


async def test_nothing_is_rendered_in_dialogs(window: Window, texts: tuple[str, ...], watch: Watch) -> None:
    for text in texts:
        dialog = QuestionDialog(window, Question(text, text, text, lambda: None))
        dialog.adjustSize()
        seen(dialog)
        assert dialog.width() < 3_000
        dialog.deleteLater()
    for listed in (DatasetsDialog(window, window.session), ReviewDialog(window, window.session)):
        assert listed.list.count() == len(texts)
        for row in range(len(texts)):
            listed.list.setCurrentRow(row)
            if row % 8 == 0:
                seen(listed)
        listed.deleteLater()
    assert not watch.opened()
    told(len(texts), "in the dialogs for questions, datasets and what was not accepted")


async def test_nothing_is_rendered_in_groups_that_look_alike(
    window: Window, texts: tuple[str, ...], watch: Watch
) -> None:
    duplicates = window.duplicates
    found = asyncio.Event()
    duplicates.found.connect(found.set)
    duplicates.find()
    await found.wait()
    dialog = DuplicatesDialog(window, window.session, duplicates, window.thumbnails)
    dialog.show()
    for place, text in enumerate(texts):
        duplicates.set_tag(text)
        duplicates.go_to(place)
        only_plain(dialog)
        if place % 8 == 0:
            seen(dialog)
    assert duplicates.count == len(texts)
    dialog.close()
    assert not watch.opened()
    told(len(texts), "as names and tags in groups that look alike")


async def test_names_that_are_remembered_come_back_byte_by_byte(window: Window, texts: tuple[str, ...]) -> None:
    settings, key = window.session.settings, window.session.settings_key
    settings.write(settings.text())
    again = Settings.read(settings.path)
    assert sorted(again.get(f"{key}.labels")) == sorted(again.get(f"{key}.tags")) == sorted(texts)


async def test_the_name_that_is_chosen_is_the_one_that_is_used(window: Window, texts: tuple[str, ...]) -> None:
    session, prompts = window.session, list[Prompt]()
    session.prompted.disconnect(window.prompt.ask)
    session.prompted.connect(prompts.append)
    edits = session.outbox.edits  # type: ignore[attr-defined]
    for place, text in enumerate(texts):
        session.go_to((place + 1) % len(texts))
        for ask in (labeling.tag, labeling.add_to_dataset, boxes.choose_label):
            ask(session)
            assert text in [choice.value for choice in prompts[-1].suggest("")]
            prompts[-1].accept(text)
        tagged, added = edits[-2:]
        assert [change.tag for change in tagged.changes] == [text]
        assert [change.dataset_id for change in added.changes] == [f"set-{place}"]
        assert session.vocabulary.labels.current == text
        edits.clear()
    told(len(texts), "as tag, dataset and label that are chosen")
