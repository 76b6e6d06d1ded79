"""The neighbours of the image in the editor, as a row of thumbnails."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from labeler.state.pictures import Pictures, Wanted
from labeler.state.session import Mode, Session
from labeler.ui import theme
from labeler.ui.decode import Decoded
from labeler.ui.marks import contained, paint_warning, scaled
from labeler.ui.thumbs import bucket, thumbnail

HEIGHT = 72
CELL = 84
PITCH = CELL + theme.UNIT


class Filmstrip(QWidget):
    """A row with the image in front in its middle; a click goes to the image."""

    def __init__(self, session: Session, thumbnails: Pictures[Decoded], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._thumbnails = session, thumbnails
        self._index = session.index
        """The image in the middle: the one in front while the person rests."""
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Neighbouring images")
        session.current_changed.connect(self._another)
        session.pace.rested.connect(self._another)
        session.mode_changed.connect(self._another)
        session.library.reset.connect(self._another)
        session.library.grown.connect(self._another)
        session.images_changed.connect(lambda ids: self.update())
        thumbnails.ready.connect(self._ready)

    def indexes(self) -> range:
        """The indexes of the images that are seen."""
        around = self.width() // 2 // PITCH + 1
        return range(max(0, self._index - around), min(self._session.library.size, self._index + around + 1))

    def rect_of(self, index: int) -> QRect:
        """Where the image is, in px of the widget."""
        left = self.width() // 2 - CELL // 2 + (index - self._index) * PITCH
        return QRect(left, theme.UNIT, CELL, HEIGHT - 2 * theme.UNIT)

    def index_at(self, point: QPoint) -> int | None:
        return next((index for index in self.indexes() if self.rect_of(index).contains(point)), None)

    def _wanted(self, image_id: str) -> Wanted:
        return Wanted(image_id, bucket(CELL * self.devicePixelRatioF()))

    def _another(self) -> None:
        if not self._session.pace.is_resting:
            return
        self._index = self._session.index
        if self._session.mode is not Mode.EDITOR or not self.isVisible():
            return
        nearest = sorted(self.indexes(), key=lambda index: abs(index - self._index))
        if nearest:
            self._session.library.want(max(nearest))
        images = (self._session.library.at(index) for index in nearest)
        self._thumbnails.want([self._wanted(image.id) for image in images if image and not image.problem])
        self.update()

    def _ready(self, wanted: Wanted) -> None:
        index = self._session.library.index_of(wanted.image_id)
        if index is not None and index in self.indexes():
            self.update(self.rect_of(index))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.colors()
        painter = QPainter(self)
        painter.fillRect(event.rect(), colors.panel)
        for index in self.indexes():
            place = self.rect_of(index)
            if event.rect().intersects(place.adjusted(-3, -3, 3, 3)):
                self._paint_one(painter, place, index, colors)

    def _paint_one(self, painter: QPainter, place: QRect, index: int, colors: theme.Colors) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(place, colors.cell)
        image = self._session.library.at(index)
        if image is not None:
            wanted = self._wanted(image.id)
            picture = thumbnail(self._thumbnails, image.id, wanted.size)
            if picture is not None:
                where = contained(picture.width, picture.height, place.adjusted(2, 2, -2, -2))
                painter.drawImage(where.topLeft(), scaled(picture.image, where, self.devicePixelRatioF()))
            elif image.problem or self._thumbnails.problem(wanted):
                paint_warning(painter, QRectF(place).center(), 8, colors.warning)
            if image.is_labeled:
                self._paint_labeled(painter, place, colors)
        if index == self._index:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colors.accent, theme.FOCUS, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(QRectF(place).adjusted(-1, -1, 1, 1))

    @staticmethod
    def _paint_labeled(painter: QPainter, place: QRect, colors: theme.Colors) -> None:
        """A bar along the bottom: the image has boxes or tags."""
        painter.fillRect(QRect(place.left(), place.bottom() - 3, place.width(), 4), colors.panel)
        painter.fillRect(QRect(place.left(), place.bottom() - 2, place.width(), 3), QColor(colors.control))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and index is not None:
            self._session.go_to(index)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._another()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._another()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(600, HEIGHT)
