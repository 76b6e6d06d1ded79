"""The list of changes that the service did not take, each with what can be done about it by one key."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QListWidget, QListWidgetItem, QWidget

from labeler.domain.box import Box
from labeler.domain.edit import DatasetChange, DeletionChange
from labeler.domain.saving import Held, SaveState
from labeler.state.prompts import Question
from labeler.state.review import target_of
from labeler.state.session import Session
from labeler.ui.choices import ChoicesDialog
from labeler.ui.dialogs import QuestionDialog
from labeler.ui.plain import PlainLabel, row_text


class ReviewDialog(ChoicesDialog):
    """What was changed on which image, why it was not taken, both versions, and the choices."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent, "Not accepted and conflicts", {"Delete": "x"})
        self._session, self._review = session, session.review
        self.resize(680, 460)
        self.list = QListWidget()
        self.take_keys_of(self.list)
        self.list.setAccessibleName("Changes that were not accepted")
        self.list.currentRowChanged.connect(lambda row: self._describe())
        self.list.itemActivated.connect(lambda item: self._go())
        self.why, self.mine, self.theirs = (PlainLabel(wraps=True) for _ in range(3))
        for widget in (self.list, self.why, self.mine, self.theirs):
            self.body.addWidget(widget)
        self.add_choices(
            ("m", "Keep mine", self._keep_mine),
            ("t", "Keep theirs", self._keep_theirs),
            ("b", "Keep both", self._keep_both),
        )
        self.add_choices(
            ("r", "Retry", self._retry),
            ("x", "Discard", self._discard),
            ("g", "Go to image", self._go),
            ("e", "Export list", self._export),
        )
        self._review.changed.connect(self._fill)
        self.finished.connect(lambda result: self._review.changed.disconnect(self._fill))
        self._fill()
        self.list.setFocus()

    def current(self) -> Held | None:
        """The change that the choices are about."""
        row = self.list.currentRow()
        return self._review.items[row] if 0 <= row < len(self._review.items) else None

    def _fill(self) -> None:
        row = max(self.list.currentRow(), 0)
        self.list.clear()
        for held in self._review.items:
            kind = "Conflict" if held.state is SaveState.CONFLICT else "Not accepted"
            item = QListWidgetItem(row_text(f"{kind}   {self._review.what(held)}   {self._review.image_name(held)}"))
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, held.problem)
            self.list.addItem(item)
        self.list.setCurrentRow(min(row, self.list.count() - 1))
        self._describe()

    def _describe(self) -> None:
        held = self.current()
        self.why.setText(held.problem if held else "Everything was accepted. Nothing is in conflict.")
        is_conflict = held is not None and held.state is SaveState.CONFLICT
        has_versions = is_conflict and held is not None and not isinstance(held.change, DatasetChange)
        self.mine.setVisible(has_versions)
        self.theirs.setVisible(has_versions)
        if held is not None and has_versions:
            self._describe_versions(held)
        self.enable_choices(lambda key: self._can(key, held))

    def _describe_versions(self, held: Held) -> None:
        target = target_of(held)
        is_deleted = target is None or getattr(held.change, "after", None) is None
        self.mine.setText(f"Mine: {'deleted' if is_deleted else self._version(target)}")
        if isinstance(held.change, DeletionChange) and self._review.is_known(held):
            self.theirs.setText(f"Theirs: {self._review.theirs_in_words(held)}")
        elif self._review.is_known(held):
            theirs = self._review.theirs(held)
            self.theirs.setText(f"Theirs: {self._version(theirs) if theirs else 'deleted'}")
        else:
            self.theirs.setText("Theirs: not read yet")

    def _version(self, box: Box | None) -> str:
        """The label and the rectangle; in px where the image is the one in front, whose size is known."""
        if box is None:
            return ""
        held, front, view = self.current(), self._session.current, self._session.canvas.view
        if held and front and view and front.id == held.change.image_id:
            return (
                f"{box.label}   left {round(box.x_min * view.width)}, top {round(box.y_min * view.height)}, "
                f"{round((box.x_max - box.x_min) * view.width)} x {round((box.y_max - box.y_min) * view.height)} px"
            )
        return (
            f"{box.label}   left {box.x_min:.1%}, top {box.y_min:.1%}, "
            f"{box.x_max - box.x_min:.1%} x {box.y_max - box.y_min:.1%} of the image"
        )

    def _can(self, key: str, held: Held | None) -> bool:
        if held is None:
            return False
        is_conflict = held.state is SaveState.CONFLICT
        return {
            "m": is_conflict and self._review.is_known(held),
            "t": is_conflict,
            "b": is_conflict and self._review.can_keep_both(held),
            "r": not is_conflict,
            "g": bool(held.change.image_id),
        }.get(key, True)

    # Choices.

    def _keep_mine(self) -> None:
        if held := self.current():
            self._review.keep_mine(held)

    def _keep_theirs(self) -> None:
        if held := self.current():
            self._review.take_theirs(held)

    def _keep_both(self) -> None:
        if held := self.current():
            self._review.keep_both(held)

    def _retry(self) -> None:
        if held := self.current():
            self._review.retry(held)

    def _discard(self) -> None:
        held = self.current()
        if held is None:
            return
        where = f" on {self._review.image_name(held)}" if held.change.image_id else ""
        text = f"{self._review.what(held)}{where} is given up. This cannot be undone."
        discard = partial(self._review.take_theirs, held)
        QuestionDialog(self, Question("Discard the change?", text, "Discard", discard, danger=True)).open()

    def _go(self) -> None:
        if held := self.current():
            self._review.go_to(held)
            self.accept()

    def _export(self) -> None:
        dialog = QFileDialog(self, "File to write the list to", str(Path.home() / "not-accepted.json"), "JSON (*.json)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.fileSelected.connect(lambda name: self._review.export(Path(name)))
        dialog.open()
