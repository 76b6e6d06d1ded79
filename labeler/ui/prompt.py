"""The line in which a person types an answer, with suggestions below it; also the command palette."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from labeler.domain.image import Choice
from labeler.state.prompts import Prompt
from labeler.ui.plain import PlainLabel, row_text

WIDTH, ROW, MOST_ROWS = 560, 28, 10


class Row(QStyledItemDelegate):
    """A suggestion: its title on the left; what follows three spaces on the right, dimmed."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: object) -> None:
        self.initStyleOption(option, index)  # type: ignore[arg-type]
        text, option.text = option.text, ""
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        title, _, extra = text.partition("   ")
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        palette = option.palette
        room = option.rect.adjusted(12, 0, -12, 0)
        painter.save()
        painter.setPen(palette.highlightedText().color() if chosen else palette.text().color())
        extra_width = option.fontMetrics.horizontalAdvance(extra) + 12 if extra else 0
        left = QRect(room.left(), room.top(), room.width() - extra_width, room.height())
        elided = option.fontMetrics.elidedText(title, Qt.TextElideMode.ElideRight, left.width())
        painter.drawText(left, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), elided)
        if not chosen:
            painter.setPen(palette.placeholderText().color())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), extra)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: object) -> QSize:
        return QSize(100, ROW)


class PromptLine(QFrame):
    """One prompt at a time, near the top of its parent. Enter accepts, Esc gives up, Tab completes.

    `closed` is emitted when it goes away, however it does.
    """

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._room = parent
        self.setObjectName("prompt")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self._title = PlainLabel()
        self.line = QLineEdit()
        self.list = QListWidget()
        self.list.setItemDelegate(Row(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self._hint = PlainLabel(wraps=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        for widget in (self._title, self.line, self.list, self._hint):
            layout.addWidget(widget)
        self._prompt: Prompt | None = None
        self._choices: tuple[Choice, ...] = ()  # not in the list's items: on its way through Qt text can change
        self.line.textEdited.connect(self._typed)
        self.line.installEventFilter(self)
        self.list.itemClicked.connect(lambda item: self._accept(self._value(self.list.row(item))))
        self.hide()

    @property
    def is_open(self) -> bool:
        return self._prompt is not None

    def ask(self, prompt: Prompt) -> None:
        """Show a prompt and give it the keyboard."""
        self._prompt = prompt
        self._title.setText(prompt.title)
        self.line.setAccessibleName(prompt.title)
        self.line.setText(prompt.text)
        self.line.selectAll()
        self._suggest(prompt.text)
        self._tell("")
        self.show()
        self.raise_()
        self.place()
        self.line.setFocus()

    def place(self) -> None:
        """Take the place near the top in the middle of the parent."""
        if not self.is_open:
            return
        parent = self._room
        rows = min(self.list.count(), MOST_ROWS)
        self.list.setVisible(rows > 0)
        self.list.setFixedHeight(max(rows, 1) * ROW)
        self.setFixedWidth(min(WIDTH, parent.width() - 32))
        self.adjustSize()
        self.move((parent.width() - self.width()) // 2, min(64, max(0, parent.height() - self.height() - 16)))

    def dismiss(self) -> None:
        if self.is_open:
            self._prompt = None
            self.hide()
            self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.line and event.type() == QEvent.Type.FocusOut and self.is_open and self.isVisible():
            window = self.window()
            if window.isActiveWindow() and window.focusWidget() is not self.line:
                self.dismiss()
            return False
        if watched is not self.line or event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.dismiss()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._move(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self._complete()
        else:
            return False
        return True

    def _typed(self, text: str) -> None:
        self._suggest(text)
        self._tell("")
        self.place()

    def _suggest(self, text: str) -> None:
        self.list.clear()
        prompt = self._prompt
        self._choices = tuple(prompt.suggest(text)) if prompt else ()
        self.list.addItems([row_text(choice.title) for choice in self._choices])
        if self.list.count() and prompt and (prompt.only_choices or self._is_begun(text)):
            self.list.setCurrentRow(0)

    def _is_begun(self, text: str) -> bool:
        first = self._value(0)
        return bool(text.strip()) and first.casefold().startswith(text.strip().casefold())

    def _move(self, by: int) -> None:
        count = self.list.count()
        if count:
            row = self.list.currentRow() + by
            self.list.setCurrentRow(row % count if self.list.currentRow() >= 0 else (0 if by > 0 else count - 1))

    def _complete(self) -> None:
        if self._choices:
            self.line.setText(self._value(max(self.list.currentRow(), 0)))
            self._typed(self.line.text())

    def _value(self, row: int) -> str:
        return self._choices[row].value

    def _enter(self) -> None:
        row, typed = self.list.currentRow(), self.line.text()
        if row < 0:
            self._accept(typed)
            return
        value = self._value(row)
        exact = self._prompt is not None and not self._prompt.only_choices and self._prompt.check(typed) == ""
        is_longer_filter = exact and value != typed and value.endswith(":")
        self._accept(typed if is_longer_filter else value)

    def _accept(self, text: str) -> None:
        prompt = self._prompt
        if prompt is None:
            return
        wrong = prompt.check(text)
        if wrong:
            self._tell(wrong)
            self.place()
            return
        self.dismiss()
        prompt.accept(text)

    def _tell(self, wrong: str) -> None:
        hint = wrong or (self._prompt.hint if self._prompt else "")
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        font = self._hint.font()
        font.setBold(bool(wrong))
        self._hint.setFont(font)
