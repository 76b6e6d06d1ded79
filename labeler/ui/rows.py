"""Rows of lists, as high as everywhere in the program."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtWidgets import QListWidget, QStyledItemDelegate, QStyleOptionViewItem

from labeler.ui import theme

FACTS = Qt.ItemDataRole.UserRole + 1
"""What is told of a row behind its text, which is cut for it where both have no room."""
_ROOM = 12
"""px beside the text."""


class _Rows(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return super().sizeHint(option, index).expandedTo(QSize(0, theme.ROW))

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        if facts := index.data(FACTS):
            metrics = option.fontMetrics
            facts = f"   {facts}"
            room = option.rect.width() - metrics.horizontalAdvance(facts) - _ROOM
            option.text = metrics.elidedText(option.text, Qt.TextElideMode.ElideMiddle, room) + facts


def set_rows(view: QListWidget) -> None:
    """Give a list such rows."""
    view.setItemDelegate(_Rows(view))
