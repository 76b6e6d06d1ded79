"""The few windows beside the window: datasets, export, connect. None of them blocks the event loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from labeler.domain.amounts import count_text
from labeler.domain.image import Dataset
from labeler.state import datasets
from labeler.state.connect_choice import LAST_CHOICE, ConnectChoice
from labeler.state.progress import DatasetProgress
from labeler.state.prompts import Question
from labeler.state.session import Session
from labeler.state.settings import Settings
from labeler.ui.plain import PlainLabel, menu_text, row_text, title_text
from labeler.ui.rows import FACTS, set_rows

FORMATS = (("coco", "COCO: images and annotations.json"), ("viam", "Viam: data, metadata and dataset.jsonl"))


class Dialog(QDialog):
    """A dialog with a layout, room around it, and buttons below."""

    def __init__(self, parent: QWidget, title: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title_text(title))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(420)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 12, 12, 12)
        self.body.setSpacing(8)

    def add_buttons(self, accept: str) -> QPushButton:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        chosen = buttons.addButton(menu_text(accept), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.body.addWidget(buttons)
        return chosen


class QuestionDialog(Dialog):
    """Yes or no, with the words of the question on the button."""

    def __init__(self, parent: QWidget, question: Question) -> None:
        super().__init__(parent, question.title)
        self.body.addWidget(PlainLabel(question.text, wraps=True))
        self.add_buttons(question.yes)
        self.accepted.connect(question.accept)


class DatasetsDialog(Dialog):
    """Create, rename and delete datasets."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent, "Datasets")
        self.resize(560, 360)
        self._session, self._progress = session, DatasetProgress(session)
        self.list = QListWidget()
        self.list.setAccessibleName("Datasets")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        set_rows(self.list)
        self.list.itemActivated.connect(lambda item: self._show())
        self.name = QLineEdit()
        self.name.setPlaceholderText("Name of a dataset")
        self.name.setAccessibleName("Name of a dataset")
        self.problem = PlainLabel(wraps=True)
        self.name.textEdited.connect(lambda text: self.problem.setText(""))
        for widget in (self.list, self.name, self.problem):
            self.body.addWidget(widget)
        row = QHBoxLayout()
        for title, run in (
            ("Create", self._create),
            ("Rename", self._rename),
            ("Delete", self._delete),
            ("Show", self._show),
        ):
            button = QPushButton(title)
            button.setAutoDefault(title == "Create")
            button.clicked.connect(run)
            row.addWidget(button)
        self.body.addLayout(row)
        self.list.currentRowChanged.connect(self._chosen)
        session.vocabulary.changed.connect(self._fill)
        self._progress.changed.connect(self._fill)
        self.finished.connect(self._finish)
        self._fill()
        self.list.setFocus()

    def _finish(self, result: int) -> None:
        self._session.vocabulary.changed.disconnect(self._fill)
        self._progress.close()

    def _fill(self) -> None:
        current = self._current()
        self.list.blockSignals(True)  # else a list read anew would replace the name that is being typed
        self.list.clear()
        for dataset in self._session.vocabulary.datasets:
            progress = self._progress.of.get(dataset.id)
            facts = "" if dataset.images is None else count_text(dataset.images)
            if progress and progress.total:
                facts += f", {progress.labeled:,} labeled ({progress.percent} %)"
            item = QListWidgetItem(row_text(dataset.name))
            item.setData(FACTS, facts)
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, facts)
            item.setData(Qt.ItemDataRole.UserRole, dataset.id)
            self.list.addItem(item)
            if current and dataset.id == current.id:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)

    def _current(self) -> Dataset | None:
        item = self.list.currentItem()
        wanted = self._session.outbox.dataset_id_now(item.data(Qt.ItemDataRole.UserRole)) if item else None
        return next((dataset for dataset in self._session.vocabulary.datasets if dataset.id == wanted), None)

    def _chosen(self) -> None:
        if dataset := self._current():
            self.name.setText(dataset.name)

    def _create(self) -> None:
        if name := self._new_name():
            datasets.make(self._session, name)

    def _rename(self) -> None:
        dataset = self._current()
        if dataset and (name := self._new_name(dataset)) and name != dataset.name:
            datasets.rename(self._session, dataset, name)

    def _new_name(self, dataset: Dataset | None = None) -> str:
        """The name that was typed for a new dataset, or for this one; empty, and said why, where it cannot have it."""
        name = self.name.text().strip()
        self.problem.setText(datasets.name_problem(self._session, name, dataset))
        return "" if self.problem.text() else name

    def _delete(self) -> None:
        if dataset := self._current():
            datasets.delete(self._session, dataset)

    def _show(self) -> None:
        if dataset := self._current():
            self._session.show(self._session.parse_filter(f"dataset:{dataset.id}"))
            self.accept()


class ExportDialog(Dialog):
    """Where to, in which format, which images."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent, "Export")
        self._session = session
        self.format = QComboBox()
        for name, title in FORMATS:
            self.format.addItem(title, name)
        self.folder = QLineEdit(str(Path.home() / "labeler-export"))
        self.folder.setAccessibleName("New folder")
        browse = QPushButton("Browse…")
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(browse)
        form = QFormLayout()
        form.addRow("Format", self.format)
        form.addRow("New folder", row)
        self.body.addLayout(form)
        self.body.addWidget(PlainLabel(_amount(session.library.size, session.filter_text), wraps=True))
        self.add_buttons("Export").setDefault(True)
        self.accepted.connect(self._export)
        self.folder.setFocus()

    def _browse(self) -> None:
        dialog = QFileDialog(self, "Folder to make the export in")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda path: self.folder.setText(str(Path(path) / "labeler-export")))
        dialog.open()

    def _export(self) -> None:
        folder = Path(self.folder.text().strip()).expanduser()
        self._session.export(folder, self.format.currentData(), self._session.library.filter)


def _amount(size: int, shown: str) -> str:
    """Which images are exported, in words."""
    if not shown:
        return "The only image" if size == 1 else f"All {size:,} images"
    return f"The image that matches {shown}" if size == 1 else f"{size:,} images that match {shown}"


class ConnectDialog(Dialog):
    """This computer, a server, or app.viam.com; filled in with what `settings` say was chosen last."""

    def __init__(self, parent: QWidget, accept: Callable[[ConnectChoice], None], settings: Settings) -> None:
        super().__init__(parent, "Connect")
        self.kind = QComboBox()
        for name, title in (("local", "This computer"), ("server", "A server"), ("viam", "app.viam.com")):
            self.kind.addItem(title, name)
        self.address, self.key_id, self.key, self.certificate = (QLineEdit() for _ in range(4))
        self.address.setPlaceholderText("host:port")
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.certificate.setPlaceholderText("Only for a server with a certificate of its own")
        self.plaintext = QCheckBox("Without encryption")
        self.remember = QCheckBox("Remember the key on this computer")
        self._form = QFormLayout()
        self._form.addRow("Where", self.kind)
        self._form.addRow("Address", self.address)
        self._form.addRow("Key id", self.key_id)
        self._form.addRow("Key", self.key)
        self._form.addRow("Certificate file", self.certificate)
        self._form.addRow("", self.plaintext)
        self._form.addRow("", self.remember)
        self.body.addLayout(self._form)
        self.add_buttons("Connect").setDefault(True)
        self.kind.currentIndexChanged.connect(self._kind_chosen)
        self.accepted.connect(lambda: accept(self.choice()))
        self.address.setText(str(settings.get(f"{LAST_CHOICE}.address", "")))
        self.certificate.setText(str(settings.get(f"{LAST_CHOICE}.certificate", "")))
        self.plaintext.setChecked(bool(settings.get(f"{LAST_CHOICE}.plaintext", False)))
        self._kind_chosen()

    def _kind_chosen(self) -> None:
        kind = self.kind.currentData()
        for widget, kinds in (
            (self.address, ("server",)),
            (self.key_id, ("server", "viam")),
            (self.key, ("server", "viam")),
            (self.certificate, ("server",)),
            (self.plaintext, ("server",)),
            (self.remember, ("server", "viam")),
        ):
            self._form.setRowVisible(widget, kind in kinds)
        self.adjustSize()

    def choice(self) -> ConnectChoice:
        kind = self.kind.currentData()
        return ConnectChoice(
            kind,
            "app.viam.com:443" if kind == "viam" else self.address.text().strip(),
            self.key_id.text().strip(),
            self.key.text().strip(),
            self.certificate.text().strip(),
            self.plaintext.isChecked(),
            self.remember.isChecked(),
        )
