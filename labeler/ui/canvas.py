"""The canvas of the editor: paints the session's canvas, and passes the pointer to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from labeler.domain.box import Box
from labeler.domain.geometry import Handle, Point, Rect
from labeler.state.canvas import Canvas
from labeler.state.pictures import Pictures, Wanted
from labeler.state.pointer import Tool
from labeler.state.session import Session
from labeler.state.view import View
from labeler.ui import accessible, theme
from labeler.ui.accessible import Item, tell_focus
from labeler.ui.chips import Chips
from labeler.ui.decode import Decoded
from labeler.ui.front import Front
from labeler.ui.marks import paint_sentences, paint_warning
from labeler.ui.overlay import Overlay, boxes_to_paint
from labeler.ui.paint_aim import paint_aim
from labeler.ui.paint_boxes import on_screen, paint_still
from labeler.ui.paint_pointer import (
    picture_rect,
    size_text,
)
from labeler.ui.paint_tones import toned
from labeler.ui.snap import strongest_corner

if TYPE_CHECKING:
    from labeler.ui.paint_many import ManyBoxes

ZOOM_STEP = 1.0015
"""Factor of scale per eighth of a degree of the wheel."""
SHARP_FROM = 3.0
"""Device px per px of the image from which single px are shown as squares."""
MANY = 200
"""Boxes that stand still from which they are painted all at once."""
_CURSORS = {
    Handle.LEFT: Qt.CursorShape.SizeHorCursor, Handle.RIGHT: Qt.CursorShape.SizeHorCursor,
    Handle.TOP: Qt.CursorShape.SizeVerCursor, Handle.BOTTOM: Qt.CursorShape.SizeVerCursor,
    Handle.TOP_LEFT: Qt.CursorShape.SizeFDiagCursor, Handle.BOTTOM_RIGHT: Qt.CursorShape.SizeFDiagCursor,
    Handle.TOP_RIGHT: Qt.CursorShape.SizeBDiagCursor, Handle.BOTTOM_LEFT: Qt.CursorShape.SizeBDiagCursor,
    Handle.INSIDE: Qt.CursorShape.SizeAllCursor,
}  # fmt: skip


class CanvasView(QWidget):
    """One image with its boxes.

    What stands still (the picture and the boxes nobody holds) is painted once and kept; what follows the
    pointer is painted over it.
    """

    def __init__(
        self,
        session: Session,
        pictures: Pictures[Decoded],
        thumbnails: Pictures[Decoded] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self.front = Front(session, pictures, thumbnails, self)
        self._overlay = Overlay(session)
        self._chips = Chips(1.0)
        self._many: tuple[tuple[object, ...], ManyBoxes] | None = None
        """The boxes that it was made of, and what paints them."""
        self._still = QPixmap()
        self._still_of: Decoded | None = None
        self._still_key: tuple[object, ...] = ()
        self._pan_from: QPointF | None = None
        self._space_is_down = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        session.canvas.snap = self._snap
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Canvas")
        accessible.install()
        session.canvas.changed.connect(self._canvas_changed)
        session.current_changed.connect(self._another)
        session.pace.rested.connect(self.front.want)
        session.mode_changed.connect(self._another)
        session.vocabulary.changed.connect(self.update)
        session.review.changed.connect(self.update)
        session.proposals.changed.connect(self.update)
        session.library.grown.connect(self.front.want)
        pictures.ready.connect(self._ready)
        if thumbnails is not None:
            thumbnails.ready.connect(self._ready)

    @property
    def canvas(self) -> Canvas:
        return self._session.canvas

    # The picture.

    def _another(self) -> None:
        self.front.want()
        self._take_size()
        self._describe()
        self.update()

    def _take_size(self) -> None:
        picture = self.front.picture()
        if picture is not None:
            self.canvas.viewport.set_picture_size(picture.width, picture.height)

    def _ready(self, wanted: Wanted) -> None:
        image = self._session.current
        if image is not None and wanted.image_id == image.id:
            self._take_size()
            if wanted.at_least:
                self.front.want()
            self.update()

    def _canvas_changed(self) -> None:
        self._show_cursor()
        self._describe()
        self.update()

    def _describe(self) -> None:
        text = self.describe()
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            tell_focus(self)

    def accessible_items(self) -> list[Item]:
        """The boxes that are shown, for screen readers."""
        view, selection = self.canvas.view, self.canvas.selection
        if view is None:
            return []
        return [
            Item(
                f"{box.label}, {size_text(view, box.rect)}",
                on_screen(view, box).toRect(),
                box.id in selection,
                box.id == selection.primary,
            )
            for box in self.canvas.boxes
        ]

    def describe(self) -> str:
        """The image and the selected box in words."""
        image, box = self._session.current, self.canvas.selected_box
        if image is None:
            return "No image"
        parts = [image.file_name or image.id, f"{len(image.boxes)} boxes"]
        if box and self.canvas.view:
            parts.append(f"selected {box.label}, {size_text(self.canvas.view, box.rect)}")
        return "; ".join(part for part in (*parts, self.front.problem()) if part)

    def _snap(self, area: Rect) -> Point:
        picture = self.front.picture()
        return strongest_corner(picture.image, area) if picture else area.center

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        picture = self.front.picture()
        if picture is None or self.canvas.view is None:
            self._paint_without_picture(painter)
            return
        self._renew_still(picture)
        painter.drawPixmap(0, 0, self._still)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._overlay.paint(painter, self.canvas.view, QRectF(self.rect()))
        if self.canvas.aim is not None:
            aim = self.canvas.aim
            snapped = self._snap(aim.left) if aim.can_snap else None
            paint_aim(painter, self.canvas.view, QRectF(self.rect()), aim, picture.image, snapped)
        elif self._pan_from is None:
            self._overlay.paint_pointer(painter, self.canvas.view, QRectF(self.rect()))
        self._paint_focus(painter)

    def _paint_without_picture(self, painter: QPainter) -> None:
        colors = theme.DARK
        painter.fillRect(self.rect(), colors.canvas)
        image, problem = self._session.current, self.front.problem()
        if image is None:
            title, text = "No image", "Go to the grid: g"
        elif problem:
            title, text = problem, f"{image.file_name or image.id}     Next image: d"
            middle = self.rect().center()
            paint_warning(painter, QPointF(middle.x(), middle.y() - 64), 14, colors.warning)
        else:
            title, text = "", f"Loading {image.file_name or image.id}"
        paint_sentences(painter, self.rect(), title, text, (colors.on_canvas, colors.quiet_on_canvas))
        self._paint_focus(painter)

    def _renew_still(self, picture: Decoded) -> None:
        ratio = self.devicePixelRatioF()
        still, _ = boxes_to_paint(self.canvas)
        labels = self._session.vocabulary.labels
        key = (self.canvas.view, self.canvas.viewport.tones, still, labels.all, self.size(), ratio)
        if picture is self._still_of and key == self._still_key:
            return
        self._still_of, self._still_key = picture, key
        wanted = QSize(round(self.width() * ratio), round(self.height() * ratio))
        if self._still.size() != wanted:
            self._still = QPixmap(wanted)
            self._still.setDevicePixelRatio(ratio)
        painter = QPainter(self._still)
        painter.fillRect(self.rect(), theme.DARK.canvas)
        self._paint_picture(painter, picture, ratio)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        assert self.canvas.view is not None  # noqa: S101 - paintEvent asked
        if self._chips.ratio != ratio:
            self._chips = Chips(ratio)
        self._paint_still(painter, self.canvas.view, still)
        painter.end()

    def _paint_still(self, painter: QPainter, view: View, boxes: tuple[Box, ...]) -> None:
        labels, room = self._session.vocabulary.labels, QRectF(self.rect())
        if len(boxes) > MANY:
            from labeler.ui.paint_many import ManyBoxes  # rarely needed, and would hold up the start

            of = (boxes, labels.all)
            if self._many is None or self._many[0] != of:
                self._many = (of, ManyBoxes([box for box in boxes if not box.is_proposal], labels))
            self._many[1].paint(painter, view, room, self._chips)
            boxes = tuple(box for box in boxes if box.is_proposal)
        paint_still(painter, view, room, boxes, labels, self._chips)

    def _paint_picture(self, painter: QPainter, picture: Decoded, ratio: float) -> None:
        view = self.canvas.view
        assert view is not None  # noqa: S101 - paintEvent asked
        source = picture.level_for(view.scale * ratio)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, view.scale * ratio < SHARP_FROM)
        place = picture_rect(view)
        seen = place.intersected(QRectF(self.rect()))
        if seen.isEmpty():
            return
        part = _part(source, place, seen)
        tones = self.canvas.viewport.tones
        if not tones.is_neutral:
            source, part = toned(source, part, seen.size() * ratio, tones)
        painter.drawImage(seen, source, part)

    def _paint_focus(self, painter: QPainter) -> None:
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            color = theme.DARK.accent_on_canvas
            width, height = self.width(), self.height()
            for x, y, wide, high in (
                (0, 0, width, theme.FOCUS),
                (0, height - theme.FOCUS, width, theme.FOCUS),
                (0, 0, theme.FOCUS, height),
                (width - theme.FOCUS, 0, theme.FOCUS, height),
            ):
                painter.fillRect(x, y, wide, high, color)

    # Events.

    def _show_cursor(self) -> None:
        canvas = self.canvas
        shape = Qt.CursorShape.ArrowCursor if canvas.pointer.tool is Tool.SELECT else Qt.CursorShape.CrossCursor
        if self._pan_from is not None:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._space_is_down:
            shape = Qt.CursorShape.OpenHandCursor
        elif canvas.pointer.draft is None and canvas.pointer.corner is None and canvas.pointer.at and canvas.view:
            held = canvas.pointer.handle_under(canvas.pointer.at)
            shape = _CURSORS[held[1]] if held else shape
        if self.cursor().shape() is not shape:
            self.setCursor(shape)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.canvas.viewport.set_room(self.width(), self.height())
        self.front.want()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.canvas.viewport.set_room(self.width(), self.height())
        self._another()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_is_down = True
            self._show_cursor()
        event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_is_down = False
            self._show_cursor()
        event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        is_left = event.button() is Qt.MouseButton.LeftButton
        if event.button() is Qt.MouseButton.MiddleButton or (is_left and self._space_is_down):
            self._pan_from = event.position()
            self._show_cursor()
        elif is_left:
            held = event.modifiers()
            if held & Qt.KeyboardModifier.ShiftModifier:
                self.canvas.select_also_under(_point(event))
            else:
                self.canvas.pointer.press(_point(event), select=bool(held & Qt.KeyboardModifier.ControlModifier))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is not None:
            moved = event.position() - self._pan_from
            self._pan_from = event.position()
            self.canvas.viewport.pan(moved.x(), moved.y())
            return
        self.canvas.pointer.hover(_point(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is not None:
            self._pan_from = None
            self._show_cursor()
        elif event.button() is Qt.MouseButton.LeftButton:
            self.canvas.pointer.release(_point(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        if turned:
            self.canvas.zoom(ZOOM_STEP**turned, Point(event.position().x(), event.position().y()))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.canvas.pointer.leave()

    def focusOutEvent(self, event: QEvent) -> None:
        self._space_is_down = False
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(900, 600)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 200)


def _point(event: QMouseEvent) -> Point:
    return Point(event.position().x(), event.position().y())


def _part(source: QImage, place: QRectF, seen: QRectF) -> QRectF:
    """The part of the source that is seen, when the whole of it is at `place`."""
    across, down = source.width() / place.width(), source.height() / place.height()
    return QRectF(
        (seen.left() - place.left()) * across,
        (seen.top() - place.top()) * down,
        seen.width() * across,
        seen.height() * down,
    )
