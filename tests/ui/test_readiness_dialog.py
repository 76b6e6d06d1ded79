"""The gate as a list: what holds, what does not, and the images behind a line that does not."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from labeler.domain.filter import Filter, Tagged
from labeler.ui.readiness import ReadinessDialog
from tests.memory_source import settled
from tests.ui.conftest import Desk


async def test_lines_say_yes_or_no_and_open_what_is_missing(desk: Desk) -> None:
    await desk.begin()
    parent = QWidget()
    dialog = ReadinessDialog(parent, desk.session)
    dialog.show()
    await settled(desk.session)
    told = [dialog.list.item(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(dialog.list.count())]
    assert told[:2] == [
        "At least 80 % of the images labeled: no, 1 of 40 labeled (2 %)",
        "At least 15 images: yes, 40 images",
    ]
    lines = [dialog.list.item(row).text() for row in range(dialog.list.count())]
    assert lines == [
        "At least 80 % of the images labeled:  1 of 40 labeled (2 %)",
        "At least 15 images:  40 images",
        "At least 2 labels:  1 label",
        "bolt: at least 10 boxes:  1 box",
    ]
    assert dialog.verdict.text() == "Not ready: 3 conditions of 4 not met"
    QTest.keyClick(dialog.list, Qt.Key.Key_T)
    await settled(desk.session)
    assert dialog.list.item(2).text() == "night: at least 10 images:  1 image"
    QTest.keyClick(dialog.list, Qt.Key.Key_T)
    await settled(desk.session)
    QTest.keyClick(dialog.list, Qt.Key.Key_Down)
    QTest.keyClick(dialog.list, Qt.Key.Key_Return)
    assert dialog.isVisible(), "nothing is missing where the condition holds"
    QTest.keyClick(dialog.list, Qt.Key.Key_End)
    QTest.keyClick(dialog.list, Qt.Key.Key_Return)
    assert not dialog.isVisible()
    assert desk.session.library.filter == Filter(labels=("bolt",))
    await settled(desk.session)
    again = ReadinessDialog(parent, desk.session)
    again.show()
    await settled(desk.session)
    QTest.keyClick(again.list, Qt.Key.Key_Return)
    assert desk.session.library.filter == Filter(tagged=Tagged.UNTAGGED)
    await settled(desk.session)
    parent.deleteLater()
