"""Images that look alike as groups of thumbnails: one of each is kept, the others are tagged with one key."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QWidget

from labeler.domain.amounts import count_text
from labeler.state.duplicates import STEP_BITS, Duplicates, closeness_text
from labeler.state.group_layout import HEAD, GroupLayout
from labeler.state.pictures import Pictures, Wanted
from labeler.state.session import Session
from labeler.ui import theme
from labeler.ui.accessible import Item, tell_focus
from labeler.ui.cells import CellsView
from labeler.ui.decode import Decoded
from labeler.ui.dialogs import Dialog
from labeler.ui.keys import key_text
from labeler.ui.marks import paint_sentences
from labeler.ui.name_line import NameLine
from labeler.ui.paint_cell import Cell, CellPainter
from labeler.ui.plain import PlainLabel, row_text
from labeler.ui.thumbs import bucket, thumbnail

KEYS = (
    "Space: keep this one     t: tag the others     Shift+T: of all groups     n: another tag     "
    "x: leave tagged ones out     - +: less, more alike     PageUp, PageDown: group     Enter: open     "
    "F5: look again     Ctrl+Z: undo     Ctrl+.: stop     Esc: close"
)


class GroupsView(CellsView):
    """Paints groups by arithmetic and loads the pictures of those that are seen."""

    def __init__(self, session: Session, duplicates: Duplicates, thumbnails: Pictures[Decoded]) -> None:
        super().__init__()
        self._session, self._duplicates, self._thumbnails = session, duplicates, thumbnails
        self._cells = CellPainter(session.vocabulary.labels, session.vocabulary.tags)
        self.layout_now = GroupLayout((), 1, session.grid.cell)
        self.setAccessibleName("Groups of images that look alike")

    def rect_of(self, index: int) -> QRect:
        """Where the cell is in the viewport, in px."""
        left, top = self.layout_now.place(index)
        return QRect(left, top - self.verticalScrollBar().value(), self.layout_now.cell, self.layout_now.cell_height)

    def visible(self) -> list[int]:
        return self.layout_now.visible(self.verticalScrollBar().value(), self.viewport().height())

    def wanted_of(self, index: int) -> Wanted:
        return Wanted(self._duplicates.at(index).id, bucket(self.layout_now.cell * self.devicePixelRatioF()))

    def lay_out(self) -> None:
        duplicates = self._duplicates
        sizes = [len(group.ids) for group in duplicates.groups]
        self.layout_now = GroupLayout(sizes, self.viewport().width(), self._session.grid.cell)
        before = self.verticalScrollBar().value()
        place = self.rect_of(duplicates.cursor) if duplicates.count else QRect(0, 0, 1, 1)
        self.scroll_to(self.layout_now.height, place.adjusted(0, -HEAD, 0, 0))
        if self.verticalScrollBar().value() > before:
            self._begin_with_a_group()
        self.setAccessibleDescription(self._told(duplicates.cursor) if duplicates.count else "None")
        self.want()
        self.viewport().update()
        tell_focus(self)

    def _begin_with_a_group(self) -> None:
        """Scroll a little farther, so that no line is cut at the top, where the group in front stays in view."""
        bar, layout = self.verticalScrollBar(), self.layout_now
        first = layout.groups_between(bar.value(), bar.value() + 1).start
        if layout.top(first) < bar.value() and first < self._duplicates.current_group:
            bar.setValue(layout.top(first + 1))

    def want(self) -> None:
        visible = self.visible()
        after = range(visible[-1] + 1, min(visible[-1] + 1 + len(visible), self.layout_now.count)) if visible else ()
        self._thumbnails.want(dict.fromkeys(self.wanted_of(index) for index in (*visible, *after)))

    def clicked(self, x: int, y: int) -> None:
        index = self.layout_now.at(x, y)
        if index is not None:
            self._duplicates.go_to(index)

    def _told(self, index: int) -> str:
        """An image for those who hear it."""
        duplicates = self._duplicates
        number = duplicates.group_of(index)
        place, size = index - self.layout_now.starts[number] + 1, len(duplicates.groups[number].ids)
        image = duplicates.at(index)
        facts = ["kept"] if duplicates.is_kept(index) else []
        facts += [f"tagged {', '.join(image.tags)}"] if image.tags else []
        where = f"Group {number + 1} of {len(duplicates.groups)}, image {place} of {size}"
        return ", ".join((f"{where}: {image.file_name}", *facts))

    def accessible_items(self) -> Sequence[Item]:
        cursor = self._duplicates.cursor
        return [
            Item(self._told(index), self.rect_of(index), self._duplicates.is_kept(index), index == cursor)
            for index in self.visible()
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, duplicates = theme.colors(), self._duplicates
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), colors.window)
        if not duplicates.groups:
            paint_sentences(painter, self.viewport().rect(), *self._empty_text(), (colors.text, colors.quiet))
            return
        top, height = self.verticalScrollBar().value(), self.viewport().height()
        for group in self.layout_now.groups_between(top, top + height):
            self._head(painter, group, colors)
        for index in self.visible():
            self._cells.paint(painter, self.rect_of(index), self._cell(index), colors)

    def _head(self, painter: QPainter, number: int, colors: theme.Colors) -> None:
        duplicates = self._duplicates
        group, tag = duplicates.groups[number], duplicates.tag
        start = self.layout_now.starts[number]
        tagged = sum(
            tag in duplicates.at(index).tags and not duplicates.is_kept(index)
            for index in range(start, start + len(group.ids))
        )
        done = f"     {tagged:,} tagged {tag}" if tagged else ""
        text = row_text(f"{number + 1:,} of {len(duplicates.groups):,}     {count_text(len(group.ids))}{done}")
        is_front = number == duplicates.current_group
        painter.setFont(theme.font(bold=is_front))
        painter.setPen(colors.text if is_front else colors.quiet)
        top = self.layout_now.top(number) - self.verticalScrollBar().value()
        line = QRect(self.layout_now.place(start)[0], top, self.viewport().width() - 2 * theme.GAP, HEAD)
        shown = QFontMetrics(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

    def _cell(self, index: int) -> Cell:
        duplicates = self._duplicates
        image, wanted = duplicates.at(index), self.wanted_of(index)
        return Cell(
            image,
            thumbnail(self._thumbnails, image.id, wanted.size),
            image.problem or self._thumbnails.problem(wanted),
            self._session.outbox.state_of(image.id),
            duplicates.is_kept(index),
            index == duplicates.cursor,
            self.hasFocus(),
        )

    def _empty_text(self) -> tuple[str, str]:
        duplicates = self._duplicates
        if duplicates.work is not None:
            return (
                "Looking at pictures",
                "Esc closes this window; the work goes on, and says what it found.",
            )
        if not duplicates.is_whole:
            return "Stopped", "Look again: F5. What was looked at is not looked at again."
        what = f"No other looks like {duplicates.like.file_name}" if duplicates.like else "No images look alike"
        return what, "Let less alike ones in: -"


class DuplicatesDialog(Dialog):
    """The groups that were found, or are being looked for."""

    def __init__(
        self, parent: QWidget, session: Session, duplicates: Duplicates, thumbnails: Pictures[Decoded]
    ) -> None:
        super().__init__(parent, "Images like this one" if duplicates.like else "Near-duplicates")
        self._session, self.duplicates, self._thumbnails = session, duplicates, thumbnails
        self.view = GroupsView(session, duplicates, thumbnails)
        self.facts, self.how = PlainLabel(), PlainLabel()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        title = "Tag for images that are not kept"
        self.line = NameLine(title, lambda: session.vocabulary.tags, duplicates.set_tag, self.view)
        rows = ((self.facts, 0), (self.how, 0), (self.progress, 0), (self.view, 1), (self.line, 0))
        for widget, stretch in (*rows, (PlainLabel(KEYS, wraps=True), 0)):
            self.body.addWidget(widget, stretch)
        duplicates.changed.connect(self._show)
        duplicates.moved.connect(self.view.lay_out)
        session.works_changed.connect(self._show_work)
        thumbnails.ready.connect(self._ready)
        self.finished.connect(self._finish)
        self.resize(max(parent.width() - 80, 480), max(parent.height() - 80, 400))
        self._show()
        self.view.setFocus()

    def _finish(self, result: int) -> None:
        self.duplicates.changed.disconnect(self._show)
        self.duplicates.moved.disconnect(self.view.lay_out)
        self._session.works_changed.disconnect(self._show_work)
        self._thumbnails.ready.disconnect(self._ready)
        self._session.grid.resized.emit()

    def _ready(self, wanted: Wanted) -> None:
        self.view.viewport().update()

    def _show(self) -> None:
        duplicates = self.duplicates
        self.how.setText(f"At least {closeness_text(duplicates.bits)}     Tag for the others: {duplicates.tag}")
        self.view.lay_out()
        self._show_work()

    def _show_work(self) -> None:
        duplicates, work = self.duplicates, self.duplicates.work
        self.progress.setVisible(work is not None)
        if work is not None:
            self.facts.setText(work.text)
            self.progress.setRange(0, work.total)
            self.progress.setValue(work.done)
            return
        unread = f"     {count_text(duplicates.unread, 'picture')} cannot be read" if duplicates.unread else ""
        found = f"{count_text(len(duplicates.groups), 'group')}, {count_text(duplicates.count)}"
        if duplicates.like:
            found = f"{count_text(max(duplicates.count - 1, 0))} like {duplicates.like.file_name}"
        left = f"     {duplicates.left:,} without the tag" if duplicates.groups else ""
        self.facts.setText(f"{found}{left}{unread}" if duplicates.is_whole else "")

    def _open(self) -> None:
        if self.duplicates.current is not None:
            self.duplicates.open()
            self.accept()

    def _leave_out(self) -> None:
        if self.duplicates.leave_out():
            self.accept()

    def _moves(self) -> dict[str, Callable[[], None]]:
        duplicates, layout = self.duplicates, self.view.layout_now
        if not duplicates.count:
            return {}
        cursor, group = duplicates.cursor, duplicates.current_group
        return {
            "Left": lambda: duplicates.go_to(cursor - 1),
            "Right": lambda: duplicates.go_to(cursor + 1),
            "Up": lambda: duplicates.go_to(layout.beside(cursor, -1)),
            "Down": lambda: duplicates.go_to(layout.beside(cursor, 1)),
            "PageUp": lambda: duplicates.go_to_group(group - 1),
            "PageDown": lambda: duplicates.go_to_group(group + 1),
            "Home": lambda: duplicates.go_to(0),
            "End": lambda: duplicates.go_to(duplicates.count - 1),
        }

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, session, duplicates = key_text(event), self._session, self.duplicates
        if self.line.take_key(key):
            return
        runs: dict[str, Callable[[], object]] = {
            "Space": duplicates.keep, "t": duplicates.tag_others, "Shift+T": duplicates.tag_all,
            "n": lambda: self.line.ask(duplicates.tag),
            "x": self._leave_out, "Enter": self._open, "F5": duplicates.find_again, "Esc": self.reject,
            "-": lambda: duplicates.set_bits(duplicates.bits + STEP_BITS),
            "+": lambda: duplicates.set_bits(duplicates.bits - STEP_BITS),
            "=": lambda: duplicates.set_bits(duplicates.bits - STEP_BITS),
            "Ctrl+.": duplicates.stop,
            "Ctrl+Z": session.undo, "Ctrl+Shift+Z": session.redo, "Ctrl+Y": session.redo,
            **self._moves(),
        }  # fmt: skip
        if key in runs:
            runs[key]()
        else:
            super().keyPressEvent(event)
