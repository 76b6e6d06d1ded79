"""The trash as a list: read by page as somebody goes on in it, and kept in place while it changes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from labeler.domain.errors import Unreachable
from labeler.state.deleting import delete_images
from labeler.ui.trash import TrashDialog
from tests.memory_source import settled
from tests.ui.conftest import Desk


async def opened(desk: Desk, parent: QWidget) -> TrashDialog:
    dialog = TrashDialog(parent, desk.session, lambda image_id: None)
    dialog.show()
    await settled(desk.session)
    return dialog


async def test_going_to_the_end_reads_on(desk: Desk) -> None:
    await desk.begin()
    desk.source.trash_page = 15
    delete_images(desk.session, desk.session.library.images)
    desk.outbox.deliver()
    parent = QWidget()
    dialog = await opened(desk, parent)
    read = [len(dialog.model.images)]
    assert dialog.text.text() == f"{read[0]} images or more, each kept for 30 days after it was deleted."
    while read[-1] < 40:
        QTest.keyClick(dialog.view, Qt.Key.Key_End)
        await settled(desk.session)
        read.append(len(dialog.model.images))
        assert read[-1] > read[-2]
    assert dialog.text.text() == "40 images, each kept for 30 days after it was deleted."
    QTest.keyClick(dialog.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(dialog.selected()) == 40
    QTest.keyClick(dialog.view, Qt.Key.Key_Home)
    QTest.keyClick(dialog.view, Qt.Key.Key_Down)
    (second,) = dialog.selected()
    QTest.keyClick(dialog.view, Qt.Key.Key_R)
    assert second not in dialog.model.images
    (chosen,) = dialog.selected()
    assert dialog.model.images.index(chosen) == 1, "the row that took its place"
    dialog.close()
    parent.deleteLater()


async def test_a_trash_that_cannot_be_read_says_why_and_offers_nothing(desk: Desk) -> None:
    await desk.begin()
    desk.source.unreachable = Unreachable("The service is off.")
    parent = QWidget()
    dialog = await opened(desk, parent)
    assert dialog.text.text() == "The service is off."
    assert not any(button.isEnabled() for button, _ in dialog._choices.values())
    dialog.close()
    parent.deleteLater()
