"""The trash: deleted images, how long each is still there, and what can be done about it by one key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from labeler.domain.amounts import count_text
from labeler.domain.trash import TRASH_AGE, TrashedImage
from labeler.state.prompts import Question
from labeler.state.session import Session
from labeler.state.trash import Trash
from labeler.ui.choices import ChoicesDialog
from labeler.ui.decode import Decoded
from labeler.ui.dialogs import QuestionDialog
from labeler.ui.plain import PlainLabel, row_text
from labeler.ui.theme import GAP

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("Image", "Deleted", "Left", "On it")
NOWHERE = QModelIndex()
ROOM = QSize(64, 44)
Picture = Callable[[str], Decoded | None]
"""A small picture of an image by its id, if there is one in memory: the service gives none of what is deleted."""


class TrashModel(QAbstractTableModel):
    """The images of a trash as rows; more are read as somebody comes to the end."""

    def __init__(self, trash: Trash, picture: Picture) -> None:
        super().__init__()
        self._trash, self._picture = trash, picture
        self.images: list[TrashedImage] = []

    def refresh(self) -> None:
        """Take the images there are now."""
        images = self._trash.images
        if images[: len(self.images)] == self.images:
            if len(images) > len(self.images):
                self.beginInsertRows(QModelIndex(), len(self.images), len(images) - 1)
                self.images = images
                self.endInsertRows()
            return
        self.beginResetModel()
        self.images = images
        self.endResetModel()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.images)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return len(COLUMNS)

    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and not self._trash.complete and not self._trash.problem

    def fetchMore(self, parent: Index) -> None:
        self._trash.more()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        is_title = role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal
        return COLUMNS[section] if is_title else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        image = self.images[index.row()]
        if role == Qt.ItemDataRole.SizeHintRole and index.column() == 0:
            return ROOM
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return self._icon(image.id)
        texts = texts_of(image)
        if role == Qt.ItemDataRole.DisplayRole:
            return texts[index.column()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            name, deleted, left, on_it = texts
            return f"{name}, deleted {deleted}, {left} left, {on_it}" if index.column() == 0 else texts[index.column()]
        return None

    def _icon(self, image_id: str) -> QIcon:
        """The picture where it is in memory, in the middle of a room that all rows have."""
        pixmap = QPixmap(ROOM)
        pixmap.fill(Qt.GlobalColor.transparent)
        picture = self._picture(image_id)
        if picture is not None:
            painter = QPainter(pixmap)
            small = picture.image.scaled(
                ROOM, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            painter.drawImage((ROOM.width() - small.width()) // 2, (ROOM.height() - small.height()) // 2, small)
            painter.end()
        icon = QIcon(pixmap)
        icon.addPixmap(pixmap, QIcon.Mode.Selected)  # else it is tinted
        return icon


def texts_of(image: TrashedImage) -> tuple[str, str, str, str]:
    """What a row says, by column."""
    parts = [(image.boxes, "box"), (image.tags, "tag")]
    on_it = ", ".join(count_text(count, what) for count, what in parts if count)
    days = image.days_left(datetime.now(UTC))
    return (
        row_text(image.file_name or image.id),
        image.deleted.astimezone().strftime("%Y-%m-%d %H:%M"),
        count_text(days, "day") if days else "goes today",
        on_it or "nothing",
    )


class TrashDialog(ChoicesDialog):
    """Deleted images in a list, to be restored or removed for good."""

    def __init__(self, parent: QWidget, session: Session, picture: Picture) -> None:
        super().__init__(parent, f"Trash of {session.source.title}", {"Delete": "x", "Shift+Delete": "Shift+X"})
        self.trash = Trash(session)
        self.model = TrashModel(self.trash, picture)
        self.resize(720, 480)
        self.view = self._make_view()
        self.text = PlainLabel(wraps=True)
        self.body.addWidget(self.text)
        self.body.addWidget(self.view, 1)
        self.add_choices(
            ("r", "Restore", self._restore),
            ("Shift+R", "Restore all", self.trash.restore_all),
            ("x", "Remove for good", self._ask_to_remove),
            ("Shift+X", "Empty the trash", self._ask_to_empty),
        )
        self.trash.changed.connect(self._fill)
        self.finished.connect(self._finish)
        self.view.selectionModel().selectionChanged.connect(lambda now, before: self._enable())
        self._fill()
        self.view.setFocus()

    def _make_view(self) -> QTreeView:
        view = QTreeView()
        view.setModel(self.model)
        view.setAccessibleName("Deleted images, the last deleted first")
        view.setRootIsDecorated(False)
        view.setUniformRowHeights(True)
        view.setIconSize(ROOM)
        view.setStyleSheet(
            f"QTreeView::item {{ padding: 0 {GAP}px; }} QHeaderView::section {{ padding: 2px {GAP}px; }}"
        )
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = view.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, len(COLUMNS)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.take_keys_of(view)
        return view

    def _finish(self, result: int) -> None:
        self.trash.changed.disconnect(self._fill)
        self.trash.close()

    def selected(self) -> list[TrashedImage]:
        """The selected images, in order."""
        rows = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        return [self.model.images[row] for row in rows]

    def _fill(self) -> None:
        row = max(self.view.currentIndex().row(), 0)
        chosen = {image.id for image in self.selected()}
        self.model.refresh()
        here = [place for place, image in enumerate(self.model.images) if image.id in chosen]
        if not here and self.model.images:
            self._select(min(row, len(self.model.images) - 1))
        self.text.setText(self._says())
        self._enable()

    def _select(self, row: int) -> None:
        self.view.setCurrentIndex(self.model.index(row, 0))

    def _says(self) -> str:
        if self.trash.problem:
            return self.trash.problem
        if not self.model.images:
            return "The trash is empty." if self.trash.complete else "Reading the trash…"
        more = "" if self.trash.complete else " or more"
        return f"{count_text(len(self.model.images))}{more}, each kept for {TRASH_AGE.days} days after it was deleted."

    def _enable(self) -> None:
        has_any, has_some = bool(self.model.images), bool(self.selected())
        self.enable_choices(lambda key: has_any if key.startswith("Shift") else has_some)

    # Choices.

    def _restore(self) -> None:
        self.trash.restore(self.selected())

    def _ask_to_remove(self) -> None:
        images = self.selected()
        title = f"Remove {count_text(len(images))} for good?"
        self._ask(title, _gone_for_good(images), partial(self.trash.purge, images))

    def _ask_to_empty(self) -> None:
        text = (
            "Every image in the trash is removed for good, also those that others deleted. "
            "This cannot be undone, and nobody can restore them."
        )
        self._ask("Empty the trash?", text, self.trash.purge_all)

    def _ask(self, title: str, text: str, accept: Callable[[], None]) -> None:
        QuestionDialog(self, Question(title, text, "Remove for good", accept, danger=True)).open()


def _gone_for_good(images: Sequence[TrashedImage]) -> str:
    if len(images) == 1:
        name = row_text(images[0].file_name or images[0].id)
        return f"{name} and all that is on it is removed for good. This cannot be undone, and nobody can restore it."
    return (
        f"{count_text(len(images))} and all that is on them are removed for good. "
        "This cannot be undone, and nobody can restore them."
    )
