"""The boxes of one label as a grid of crops, each checked and mended with one key."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from labeler.domain.amounts import count_text
from labeler.state.crops import Crop, Crops
from labeler.state.grid import CAPTION, GAP, GridLayout
from labeler.state.pictures import Pictures, Wanted
from labeler.state.session import Session
from labeler.ui import theme
from labeler.ui.accessible import Item, tell_focus
from labeler.ui.cells import CellsView
from labeler.ui.decode import Decoded
from labeler.ui.dialogs import Dialog
from labeler.ui.keys import key_text
from labeler.ui.marks import contained, paint_sentences
from labeler.ui.name_line import NameLine
from labeler.ui.plain import PlainLabel, row_text
from labeler.ui.thumbs import bucket, thumbnail

LEAST_CELL, MOST_CELL = 128, 320
"""px: an eighth of the width, between these."""
KEYS = "1 to 0 or l: another label     x: delete     Enter: open the image     Ctrl+Z: undo     Esc: close"


class CropView(CellsView):
    """Paints crops by arithmetic and loads the pictures of those that are seen."""

    def __init__(self, crops: Crops, thumbnails: Pictures[Decoded]) -> None:
        super().__init__()
        self._crops, self._thumbnails = crops, thumbnails
        self.setAccessibleName(f"Boxes labeled {crops.label}")

    @property
    def layout_now(self) -> GridLayout:
        width = self.viewport().width()
        return GridLayout(len(self._crops.items), width, min(max(width // 8, LEAST_CELL), MOST_CELL))

    def rows_shown(self) -> int:
        return max(1, (self.viewport().height() - GAP) // (self.layout_now.cell_height + GAP))

    def rect_of(self, index: int) -> QRect:
        """Where the cell is in the viewport, in px."""
        left, top = self.layout_now.place(index)
        return QRect(left, top - self.verticalScrollBar().value(), self.layout_now.cell, self.layout_now.cell_height)

    def visible(self) -> range:
        return self.layout_now.visible(self.verticalScrollBar().value(), self.viewport().height())

    def wanted_of(self, crop: Crop) -> Wanted:
        """The picture in which the crop has a pixel for each of the screen, up to the largest there is."""
        share = max(crop.rect.right - crop.rect.left, crop.rect.bottom - crop.rect.top, 0.01)
        return Wanted(crop.image.id, bucket(self.layout_now.cell * self.devicePixelRatioF() / share))

    def lay_out(self) -> None:
        self.scroll_to(self.layout_now.height, self.rect_of(self._crops.cursor))
        self.setAccessibleDescription(self._told(self._crops.cursor) if self._crops.items else "None")
        self.want()
        self.viewport().update()
        tell_focus(self)

    def _told(self, index: int) -> str:
        """A crop for those who hear it."""
        return f"{index + 1} of {len(self._crops.items)}: {self._crops.items[index].image.file_name}"

    def accessible_items(self) -> Sequence[Item]:
        cursor = self._crops.cursor
        return [Item(self._told(index), self.rect_of(index), False, index == cursor) for index in self.visible()]

    def want(self) -> None:
        items, visible = self._crops.items, self.visible()
        after = range(visible.stop, min(visible.stop + len(visible), len(items)))
        self._thumbnails.want(dict.fromkeys(self.wanted_of(items[index]) for index in (*visible, *after)))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.colors()
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), colors.window)
        if not self._crops.items:
            title = f"No box is labeled {self._crops.label}" if self._crops.complete else "Loading boxes"
            paint_sentences(painter, self.viewport().rect(), title, "", (colors.text, colors.quiet))
            return
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL_PX))
        for index in self.visible():
            self._cell(painter, self.rect_of(index), self._crops.items[index], colors)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        ring = colors.accent if self.hasFocus() else colors.control
        painter.setPen(QPen(ring, theme.FOCUS, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(QRectF(self.rect_of(self._crops.cursor)).adjusted(-1, -1, 1, 1))

    def _cell(self, painter: QPainter, place: QRect, crop: Crop, colors: theme.Colors) -> None:
        painter.fillRect(place, colors.cell)
        room = QRect(place.x() + 4, place.y() + 4, place.width() - 8, place.height() - CAPTION - 4)
        wanted = self.wanted_of(crop)
        picture = thumbnail(self._thumbnails, crop.image.id, wanted.size)
        if picture is not None:
            self._crop(painter, room, crop, picture, colors)
        problem = crop.image.problem or self._thumbnails.problem(wanted)
        text = problem if picture is None and problem else crop.image.file_name.rsplit("/", 1)[-1]
        line = QRect(place.x() + 8, place.bottom() - CAPTION + 2, place.width() - 16, CAPTION - 2)
        shown = QFontMetrics(painter.font()).elidedText(row_text(text), Qt.TextElideMode.ElideMiddle, line.width())
        painter.setPen(colors.quiet)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

    def _crop(self, painter: QPainter, room: QRect, crop: Crop, picture: Decoded, colors: theme.Colors) -> None:
        width, height = picture.image.width(), picture.image.height()
        seen, box = crop.rect, crop.box.rect
        cut = QRectF(
            seen.left * width, seen.top * height, (seen.right - seen.left) * width, (seen.bottom - seen.top) * height
        )
        across, down = round((seen.right - seen.left) * picture.width), round((seen.bottom - seen.top) * picture.height)
        where = QRectF(contained(max(across, 1), max(down, 1), room))
        painter.drawImage(where, picture.image, cut)
        scale_x, scale_y = where.width() / (seen.right - seen.left), where.height() / (seen.bottom - seen.top)
        outline = QRectF(
            where.x() + (box.left - seen.left) * scale_x, where.y() + (box.top - seen.top) * scale_y,
            (box.right - box.left) * scale_x, (box.bottom - box.top) * scale_y,
        )  # fmt: skip
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, line in ((colors.halo, 3.0), (colors.on_canvas, 1.0)):
            painter.setPen(QPen(color, line, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(outline)

    def clicked(self, x: int, y: int) -> None:
        index = self.layout_now.at(x, y)
        if index is not None:
            self._crops.go_to(index)


class CropsDialog(Dialog):
    """Every box of the label that the library's filter asks for."""

    def __init__(self, parent: QWidget, session: Session, thumbnails: Pictures[Decoded]) -> None:
        label = session.library.filter.labels[0]
        super().__init__(parent, f"Boxes labeled {label}")
        self._session, self._thumbnails = session, thumbnails
        self.crops = Crops(session, label)
        self.view, self.count = CropView(self.crops, thumbnails), PlainLabel()
        self.line = NameLine("Label", lambda: session.vocabulary.labels, self.crops.relabel, self.view)
        for widget, stretch in ((self.count, 0), (self.view, 1), (self.line, 0), (PlainLabel(KEYS, wraps=True), 0)):
            self.body.addWidget(widget, stretch)
        self.crops.changed.connect(self._show)
        self.crops.moved.connect(self._show)
        thumbnails.ready.connect(self._ready)
        self.finished.connect(self._finish)
        self.resize(max(parent.width() - 80, 480), max(parent.height() - 80, 400))
        self._show()
        self.view.setFocus()

    def _finish(self, result: int) -> None:
        self.crops.close()
        self._thumbnails.ready.disconnect(self._ready)
        self._session.grid.resized.emit()

    def _ready(self, wanted: Wanted) -> None:
        self.view.viewport().update()

    def _show(self) -> None:
        more = "" if self.crops.complete else " or more"
        self.count.setText(f"{count_text(len(self.crops.items), 'box')}{more}")
        self.view.lay_out()

    def _open(self) -> None:
        if self.crops.open():
            self.accept()

    def _moves(self) -> dict[str, int]:
        crops, columns = self.crops, self.view.layout_now.columns
        page, last = columns * self.view.rows_shown(), len(crops.items) - 1
        steps = {"Left": -1, "Right": 1, "Up": -columns, "Down": columns, "PageUp": -page, "PageDown": page}
        return {key: crops.cursor + by for key, by in steps.items()} | {"Home": 0, "End": last}

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, session = key_text(event), self._session
        if self.line.take_key(key):
            return
        runs: dict[str, Callable[[], object]] = {
            "x": self.crops.delete, "Delete": self.crops.delete, "Backspace": self.crops.delete,
            "Enter": self._open, "l": self.line.ask, "Esc": self.reject,
            "Ctrl+Z": session.undo, "Ctrl+Shift+Z": session.redo, "Ctrl+Y": session.redo,
        }  # fmt: skip
        if key in runs:
            runs[key]()
        elif key in (moves := self._moves()):
            self.crops.go_to(moves[key])
        elif key.isdigit() and len(key) == 1:
            self.crops.relabel_by_digit(key)
        else:
            super().keyPressEvent(event)
