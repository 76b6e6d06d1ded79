"""Charts of the boxes of a filter: a bar for each label, and maps of where boxes are and how large."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from labeler.domain.amounts import count_text
from labeler.state.box_spread import CELLS, BoxSpread, Cell, Spread
from labeler.state.session import Session
from labeler.ui import theme
from labeler.ui.choices import ChoicesDialog
from labeler.ui.plain import PlainLabel, row_text

BAR = 20
"""Height of a bar's row in px."""


class BoxChart(QWidget):
    """Paints a spread; the most frequent labels have bars, as many as there is room for."""

    def __init__(self, session: Session, spread: Spread) -> None:
        super().__init__()
        self._session, self._spread = session, spread
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Boxes by label, place and size")

    def sizeHint(self) -> QSize:
        return QSize(720, 420)

    def minimumSizeHint(self) -> QSize:
        return QSize(400, 240)

    def refresh(self) -> None:
        """Show what has been counted meanwhile."""
        self.setAccessibleDescription(description_of(self._spread))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.colors()
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors.panel)
        side = max(min((self.height() - 4 * theme.PADDING - 2 * BAR) / 2, self.width() / 3), 40.0)
        left = self.width() - side - theme.PADDING
        self._paint_bars(painter, QRectF(0, 0, left, self.height()).adjusted(12, 12, -24, -12))
        top = float(theme.PADDING)
        for title, cells in (("Where their middles are", self._spread.places), ("Width by height", self._spread.sizes)):
            painter.setPen(colors.text)
            painter.drawText(QRectF(left, top, side, BAR), Qt.AlignmentFlag.AlignLeft, title)
            self._paint_map(painter, QRectF(left, top + BAR, side, side), cells)
            top += side + BAR + theme.PADDING
        painter.end()

    def _paint_bars(self, painter: QPainter, room: QRectF) -> None:
        colors, names = theme.colors(), self._session.vocabulary.labels
        ordered = self._spread.labels.most_common()
        rows = max(int(room.height() // BAR), 1)
        shown = ordered if len(ordered) <= rows else ordered[: rows - 1]
        metrics = QFontMetrics(painter.font())
        wide, number = room.width() * 0.35, metrics.horizontalAdvance("0,000,000")
        middle = Qt.AlignmentFlag.AlignVCenter
        for row, (label, count) in enumerate(shown):
            top = room.top() + row * BAR
            text = metrics.elidedText(row_text(label), Qt.TextElideMode.ElideRight, int(wide) - theme.GAP)
            painter.setPen(colors.text)
            painter.drawText(QRectF(room.left(), top, wide, BAR), middle, text)
            length = max((room.width() - wide - number) * count / ordered[0][1], 1.0)
            bar = QRectF(room.left() + wide, top + 3, length, BAR - 6)
            painter.fillRect(bar, theme.label_color(names.place_of(label), colors.dark))
            painter.drawText(QRectF(bar.right() + theme.UNIT, top, number, BAR), middle, f"{count:,}")
        if len(shown) < len(ordered):
            rest = f"and {count_text(len(ordered) - len(shown), 'label')} more"
            painter.setPen(colors.quiet)
            painter.drawText(QRectF(room.left(), room.top() + len(shown) * BAR, room.width(), BAR), middle, rest)

    def _paint_map(self, painter: QPainter, room: QRectF, cells: dict[Cell, int]) -> None:
        colors = theme.colors()
        painter.fillRect(room, colors.field)
        most, step = max(cells.values(), default=1), room.width() / CELLS
        for (column, row), count in cells.items():
            shade = QColor(colors.accent)
            shade.setAlphaF(0.15 + 0.85 * count / most)
            painter.fillRect(QRectF(room.left() + column * step, room.top() + row * step, step, step), shade)
        painter.setPen(colors.control)
        painter.drawRect(room)


class BoxChartDialog(ChoicesDialog):
    """The charts of the filter, growing while its images are read."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent, "Boxes by label, place and size", {})
        self.resize(760, 560)
        self.boxes = BoxSpread(session)
        self.about = PlainLabel(wraps=True)
        self.chart = BoxChart(session, self.boxes.spread)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName("Images read")
        for widget in (self.about, self._progress):
            self.body.addWidget(widget)
        self.body.addWidget(self.chart, 1)
        self.add_choices(("Enter", "Close", self.accept))
        self.boxes.changed.connect(self._fill)
        self.finished.connect(lambda result: self.boxes.close())
        self._fill()
        self.chart.setFocus()

    def _fill(self) -> None:
        boxes = self.boxes
        found = f"{count_text(boxes.spread.boxes, 'box')} on {count_text(boxes.spread.images)}"
        self.about.setText(boxes.problem or (found if boxes.is_whole else f"{found} of {boxes.total:,} so far"))
        self._progress.setVisible(not boxes.is_whole and not boxes.problem)
        self._progress.setRange(0, boxes.total)
        self._progress.setValue(boxes.spread.images)
        self.chart.refresh()


def description_of(spread: Spread) -> str:
    """What the charts show, in words."""
    if not spread.boxes:
        return "No boxes"
    labels = ", ".join(f"{row_text(label)} {count:,}" for label, count in spread.labels.most_common(20))
    rest = max(len(spread.labels) - 20, 0)
    more = f" and {count_text(rest, 'label')} more" if rest else ""
    return f"{labels}{more}. Most middles are {_place(spread.places)}. {_usual(spread.sizes)}"


def _place(cells: dict[Cell, int]) -> str:
    thirds: dict[Cell, int] = {}
    for (column, row), count in cells.items():
        third = column * 3 // CELLS, row * 3 // CELLS
        thirds[third] = thirds.get(third, 0) + count
    column, row = max(thirds, key=thirds.__getitem__)
    return f"at the {('top', 'middle', 'bottom')[row]}, {('left', 'centre', 'right')[column]}"


def _usual(cells: dict[Cell, int]) -> str:
    column, row = max(cells, key=cells.__getitem__)
    return f"The most frequent size is about {_percent(column)} of the width by {_percent(row)} of the height."


def _percent(cell: int) -> str:
    return f"{round((cell + 0.5) * 100 / CELLS)} %"
