"""The list of what images need to be trained on, each line with the images that are missing behind it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from labeler.domain.amounts import count_text
from labeler.domain.filter import filter_text
from labeler.state.readiness import Check, Purpose, Readiness
from labeler.state.session import Session
from labeler.ui import theme
from labeler.ui.choices import ChoicesDialog
from labeler.ui.icons import RATIOS, pixmap
from labeler.ui.plain import PlainLabel, row_text


def _mark(holds: bool) -> QIcon:
    """A check mark or a warning sign."""
    colors, result = theme.colors(), QIcon()
    for ratio in RATIOS:
        picture = pixmap("check", colors.text, ratio) if holds else pixmap("warning", colors.warning, ratio)
        on_accent = pixmap("check" if holds else "warning", colors.on_accent, ratio)
        result.addPixmap(picture)
        result.addPixmap(on_accent, QIcon.Mode.Selected)
    return result


class ReadinessDialog(ChoicesDialog):
    """Each condition with its number, and whether it holds; Enter opens what is missing."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent, "Ready to train", {})
        self._session = session
        self.readiness = Readiness(session)
        self.resize(720, 420)
        self.about, self.verdict = PlainLabel(wraps=True), PlainLabel(wraps=True)
        self.verdict.setFont(theme.font(theme.TITLE_PX))
        self.list = QListWidget()
        self.list.setAccessibleName("Conditions")
        self.list.itemActivated.connect(lambda item: self._open_missing())
        self.take_keys_of(self.list)
        for widget in (self.verdict, self.list, self.about):
            self.body.addWidget(widget)
        self.add_choices(("Enter", "Show the images", self._open_missing), ("t", "Boxes or tags", self.readiness.turn))
        self.list.currentRowChanged.connect(lambda row: self._enable())
        self.readiness.changed.connect(self._fill)
        self.finished.connect(lambda result: self.readiness.close())
        self._fill()
        self.list.setFocus()

    def current(self) -> Check | None:
        """The condition that the choices are about."""
        row, checks = self.list.currentRow(), self.readiness.checks or ()
        return checks[row] if 0 <= row < len(checks) else None

    def _fill(self) -> None:
        checks = self.readiness.checks
        self.verdict.setText(self._verdict())
        self.about.setText(self._about())
        self.list.clear()
        for check in checks or ():
            state = "yes" if check.holds else "no"
            item = QListWidgetItem(_mark(check.holds), row_text(f"{check.title}:  {check.found}"))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{check.title}: {state}, {check.found}")
            if not check.holds:
                item.setForeground(QColor(theme.colors().warning))
            self.list.addItem(item)
        failing = next((row for row, check in enumerate(checks or ()) if not check.holds), 0)
        self.list.setCurrentRow(failing)
        self._enable()

    def _enable(self) -> None:
        check = self.current()
        self.enable_choices(lambda key: key == "t" or (check is not None and not check.holds))

    def _verdict(self) -> str:
        if self.readiness.problem:
            return self.readiness.problem
        if self.readiness.checks is None:
            return "Counting…"
        if self.readiness.is_ready:
            return "Ready to train"
        failing = sum(not check.holds for check in self.readiness.checks)
        return f"Not ready: {count_text(failing, 'condition')} of {len(self.readiness.checks):,} not met"

    def _about(self) -> str:
        scope = filter_text(self.readiness.scope, self._session.vocabulary.dataset_name) or "all images"
        what = "a detector, from boxes" if self.readiness.purpose is Purpose.BOXES else "a classifier, from tags"
        waiting = self.readiness.waiting
        late = f" {count_text(waiting, 'edit')} on the way there are not counted yet." if waiting else ""
        return (
            f"Of {scope}, for {what}. The service counts images with a tag or a box, proposals among them; labels are "
            f"counted in images, and in boxes where there are few.{late}"
        )

    def _open_missing(self) -> None:
        check = self.current()
        if check is not None and not check.holds:
            self.accept()
            self.readiness.open_missing(check)
