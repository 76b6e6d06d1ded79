"""The grid of images: paints the library by arithmetic, and passes the pointer to the session."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from labeler.domain.image import Image
from labeler.domain.saving import SaveState
from labeler.state.grid import GAP, GridLayout
from labeler.state.pictures import Pictures, Wanted
from labeler.state.session import Mode, Session
from labeler.ui import accessible, theme
from labeler.ui.accessible import Item, tell_focus
from labeler.ui.decode import Decoded
from labeler.ui.marks import paint_sentences
from labeler.ui.paint_cell import Cell, CellPainter
from labeler.ui.thumbs import bucket, thumbnail

WHEEL_ROWS = 0.6


class GridView(QAbstractScrollArea):
    """The images of the session's library as cells; one has the cursor, any can be selected."""

    def __init__(self, session: Session, thumbnails: Pictures[Decoded], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._thumbnails = session, thumbnails
        self._cells = CellPainter(session.vocabulary.labels, session.vocabulary.tags)
        self._shown_cursor = 0
        self._shown_selected: set[str] = set()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Images")
        accessible.install()
        session.grid.moved.connect(self._moved)
        session.grid.resized.connect(self._lay_out_again)
        session.library.reset.connect(self._reset)
        session.library.grown.connect(self._grown)
        session.library.replaced.connect(self._update_index)
        session.images_changed.connect(self._images_changed)
        session.vocabulary.changed.connect(self.viewport().update)
        session.saving_changed.connect(self._describe)
        thumbnails.ready.connect(self._ready)

    # Where things are.

    @property
    def layout_now(self) -> GridLayout:
        return GridLayout(self._session.library.size, self.viewport().width(), self._session.grid.cell)

    def rect_of(self, index: int) -> QRect:
        """Where the cell is in the viewport, in px."""
        layout = self.layout_now
        left, top = layout.place(index)
        return QRect(left, top - self.verticalScrollBar().value(), layout.cell, layout.cell_height)

    def index_at(self, point: QPoint) -> int | None:
        """The index of the cell at a point of the viewport."""
        return self.layout_now.at(point.x(), point.y() + self.verticalScrollBar().value())

    def visible(self) -> range:
        return self.layout_now.visible(self.verticalScrollBar().value(), self.viewport().height())

    def wanted_of(self, image: Image) -> Wanted:
        return Wanted(image.id, bucket(self.layout_now.cell * self.devicePixelRatioF()))

    # What changed.

    def _lay_out(self) -> None:
        layout = self.layout_now
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, layout.height - self.viewport().height()))
        bar.setEnabled(bar.maximum() > 0)  # else its handle would fill it
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(layout.cell_height + GAP)
        grid = self._session.grid
        grid.columns = layout.columns
        grid.rows_shown = max(1, (self.viewport().height() - GAP) // (layout.cell_height + GAP))
        self.viewport().update()
        self._want()

    def _lay_out_again(self) -> None:
        self._lay_out()
        self.show_cursor()

    def _reset(self) -> None:
        self._shown_cursor, self._shown_selected = self._session.grid.cursor, set(self._session.grid.selected)
        self._lay_out()
        self.show_cursor()
        self._describe()

    def _grown(self) -> None:
        self._lay_out()
        self._describe()

    def _moved(self) -> None:
        grid = self._session.grid
        changed = self._shown_selected ^ grid.selected
        moved = {self._shown_cursor, grid.cursor}
        self._shown_cursor, self._shown_selected = grid.cursor, set(grid.selected)
        if self.isHidden():
            return
        for index in self.visible():
            image = self._session.library.at(index)
            if index in moved or (image and image.id in changed):
                self._update_index(index)
        self.show_cursor()
        self._describe()

    def _images_changed(self, ids: Iterable[str]) -> None:
        visible = self.visible()
        for image_id in ids:
            index = self._session.library.index_of(image_id)
            if index is not None and index in visible:
                self._update_index(index)
        self._describe()

    def _ready(self, wanted: Wanted) -> None:
        index = self._session.library.index_of(wanted.image_id)
        if index is not None:
            self._update_index(index)

    def _update_index(self, index: int) -> None:
        self.viewport().update(self.rect_of(index).adjusted(-3, -3, 3, 3))

    def show_cursor(self) -> None:
        """Scroll as little as needed so that the cursor's cell is seen whole."""
        if not self._session.library.size:
            return
        place, bar = self.rect_of(self._session.grid.cursor), self.verticalScrollBar()
        if place.top() < GAP:
            bar.setValue(bar.value() + place.top() - GAP)
        elif place.bottom() > self.viewport().height() - GAP:
            bar.setValue(bar.value() + place.bottom() - self.viewport().height() + GAP)

    def _want(self) -> None:
        """Ask for the thumbnails that are seen, then for those of the next screen, and for the images themselves."""
        visible = self.visible()
        if not self.isVisible() or not len(visible):
            return
        library = self._session.library
        library.want(visible.stop - 1)
        after = range(visible.stop, min(visible.stop + len(visible), library.size))
        images = (library.at(index) for index in (*visible, *after))
        self._thumbnails.want([self.wanted_of(image) for image in images if image and not image.problem])

    def _describe(self) -> None:
        """Say what the cursor is on, for those who do not see it."""
        text = self.describe()
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            tell_focus(self)

    def accessible_items(self) -> list[Item]:
        """The images that are seen, for screen readers."""
        grid, images = self._session.grid, ((index, self._session.library.at(index)) for index in self.visible())
        return [
            Item(self._words(index, image), self.rect_of(index), image.id in grid.selected, index == grid.cursor)
            for index, image in images
            if image
        ]

    def describe(self) -> str:
        """The cursor's image in words: place, name, tags, boxes, whether selected, what is wrong with it."""
        image = self._session.current
        return self._words(self._session.index, image) if image else " ".join(filter(None, self._empty_text()))

    def _words(self, index: int, image: Image) -> str:
        parts = [f"Image {index + 1} of {self._session.library.size}: {image.file_name or image.id}"]
        parts += [f"tags {', '.join(image.tags)}"] if image.tags else []
        parts += [f"{len(image.boxes)} boxes"] if image.boxes else []
        parts += ["selected"] if image.id in self._session.grid.selected else []
        state = self._session.outbox.state_of(image.id)
        parts += [state.value] if state is not SaveState.DELIVERED else []
        parts += [image.problem] if image.problem else []
        return "; ".join(parts)

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.colors()
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), colors.window)
        if not self._session.library.size:
            title, text = self._empty_text()
            paint_sentences(painter, self.viewport().rect(), title, text, (colors.text, colors.quiet))
            return
        self._cells.labels, self._cells.tags = self._session.vocabulary.labels, self._session.vocabulary.tags
        for index in self.visible():
            place = self.rect_of(index)
            if event.region().intersects(place.adjusted(-2, -2, 2, 2)):
                self._cells.paint(painter, place, self._cell(index), colors)

    def _cell(self, index: int) -> Cell:
        image = self._session.library.at(index)
        is_cursor = index == self._session.grid.cursor
        if image is None:
            return Cell(None, None, "", SaveState.DELIVERED, False, is_cursor, self.hasFocus())
        wanted = self.wanted_of(image)
        return Cell(
            image,
            thumbnail(self._thumbnails, image.id, wanted.size),
            image.problem or self._thumbnails.problem(wanted),
            self._session.outbox.state_of(image.id),
            image.id in self._session.grid.selected,
            is_cursor,
            self.hasFocus(),
        )

    def _empty_text(self) -> tuple[str, str]:
        library = self._session.library
        if not library.complete:
            return "Loading images", ""
        if library.filter:
            return "No image matches the filter", "Change it: /     Show all images: Ctrl+Shift+F"
        if self._session.source.opens_paths:
            return "No images yet", "Open a folder: Ctrl+I, or drop one here"
        return "No images yet", f"{self._session.source.title} has none.     Work somewhere else: Ctrl+L"

    # Events.

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if self._session.library.size:
            self.viewport().scroll(0, dy)
        self._want()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()
        self.show_cursor()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._lay_out()
        self.show_cursor()
        self._describe()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._update_index(self._session.grid.cursor)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._update_index(self._session.grid.cursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().toPoint())
        if event.button() is not Qt.MouseButton.LeftButton or index is None:
            return
        held, grid = event.modifiers(), self._session.grid
        if held & Qt.KeyboardModifier.ShiftModifier:
            self._session.go_to(index, extend=True)
            return
        if held & Qt.KeyboardModifier.ControlModifier:
            self._session.go_to(index)
            if image := self._session.library.at(index):
                grid.toggle(image.id)
            return
        if grid.selected or grid.visual:
            grid.clear()
        self._session.go_to(index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and index is not None:
            self._session.go_to(index)
            self._session.set_mode(Mode.EDITOR)
            self._session.done_by_mouse.emit("grid.open")

    def wheelEvent(self, event: QWheelEvent) -> None:
        by = event.pixelDelta().y()
        if not by:
            by = round(event.angleDelta().y() / 120 * WHEEL_ROWS * (self.layout_now.cell_height + GAP))
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() - by)
        event.accept()

    def sizeHint(self) -> QSize:
        return QSize(900, 600)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 200)
