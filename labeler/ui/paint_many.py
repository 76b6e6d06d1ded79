"""Boxes that stand still where there are thousands: the same px as one by one, in a fraction of the time.

What is the same of a box in every view is kept between frames; places are computed for all at once, and lines are
filled as rectangles, which Qt does without its stroker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import shiboken6
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from labeler.domain.box import Box
from labeler.state.names import Names
from labeler.state.view import View
from labeler.ui import theme
from labeler.ui.chips import Chips
from labeler.ui.paint_boxes import HALO, LEAST_FOR_CHIP, LINE, WIDE_ENOUGH, chip_text, short_chip_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Numbers = NDArray[np.float64]
    _Places = NDArray[np.intp]

_BEYOND = 16
"""px outside the room up to which lines are painted."""


class ManyBoxes:
    """Boxes of one image, none of them a proposal."""

    def __init__(self, boxes: Sequence[Box], labels: Names) -> None:
        self._corners = np.array([(one.x_min, one.y_min, one.x_max, one.y_max) for one in boxes], dtype=np.float64)
        kinds: dict[str, int] = {}
        self._kind = np.array([kinds.setdefault(one.label, len(kinds)) for one in boxes], dtype=np.intp)
        firsts = [boxes[int(np.argmax(self._kind == kind))] for kind in range(len(kinds))]
        self._colors = [theme.label_color(labels.place_of(one.label)) for one in firsts]
        self._texts = [(chip_text(one, labels), short_chip_text(one, labels)) for one in firsts]

    def paint(self, painter: QPainter, view: View, room: QRectF, chips: Chips) -> None:
        """Paint those that are seen. The painter's transformation is the screen's, `chips.ratio`, alone."""
        left, top, right, bottom = self._on_screen(view)
        is_seen = (left < room.right()) & (right > room.left()) & (top < room.bottom()) & (bottom > room.top())
        seen = np.flatnonzero(is_seen)
        sides = np.stack([left, top, right, bottom])[:, seen]
        self._paint_lines(painter, sides, self._kind[seen], room, chips.ratio)
        self._paint_chips(painter, sides, self._kind[seen], room, chips)

    def _on_screen(self, view: View) -> tuple[_Numbers, _Numbers, _Numbers, _Numbers]:
        """The sides in widget px, on whole px; each box has one px at least."""
        across, down = view.width * view.scale, view.height * view.scale
        left, right = (np.rint(view.left + self._corners[:, side] * across) for side in (0, 2))
        top, bottom = (np.rint(view.top + self._corners[:, side] * down) for side in (1, 3))
        return left, top, np.maximum(right, left + 1), np.maximum(bottom, top + 1)

    def _paint_lines(self, painter: QPainter, sides: _Numbers, kinds: _Places, room: QRectF, ratio: float) -> None:
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        across, down = room.width() * ratio, room.height() * ratio
        most = np.array([[across], [down], [across], [down]]) + _BEYOND
        device = np.clip(np.rint(sides * ratio), -_BEYOND, most)
        _fill(painter, theme.DARK.halo, device, round((LINE / 2 + HALO) * ratio))
        for kind in dict.fromkeys(kinds.tolist()):
            _fill(painter, self._colors[kind], device[:, kinds == kind], round(LINE / 2 * ratio))
        painter.restore()

    def _paint_chips(self, painter: QPainter, sides: _Numbers, kinds: _Places, room: QRectF, chips: Chips) -> None:
        sizes = np.array([[chips.size(text) for text in texts] for texts in self._texts])
        left, top, right, bottom = sides
        has_chip = np.flatnonzero(right - left + bottom - top >= LEAST_FOR_CHIP)
        left, top, right, kinds = left[has_chip], top[has_chip], right[has_chip], kinds[has_chip]
        is_short = sizes[kinds, 0, 0] > np.maximum(WIDE_ENOUGH, right - left + LINE)
        width, height = sizes[kinds, is_short.astype(np.intp)].T
        outside = LINE / 2 + HALO
        above = top - outside - height
        down = np.where(above < room.top(), np.maximum(top, room.top()) + outside, above)
        across = np.minimum(np.maximum(left - outside, room.left()), room.right() - width)
        places = np.rint(np.stack([across, down]) * chips.ratio) / chips.ratio
        looks = zip(self._texts, self._colors, strict=True)
        pictures = [[chips.picture(text, color) for text in texts] for texts, color in looks]
        for x, y, kind, short in zip(*places.tolist(), kinds.tolist(), is_short.tolist(), strict=True):
            painter.drawPixmap(QPointF(x, y), pictures[kind][short])


def _fill(painter: QPainter, color: QColor, sides: _Numbers, half: int) -> None:
    """Frames around rectangles in device px, `half` px to either side of each edge."""
    left, top, right, bottom = sides.astype(np.int32) + np.array([[-half], [-half], [half - 1], [half - 1]], np.int32)
    inner = left + 2 * half, top + 2 * half, right - 2 * half, bottom - 2 * half
    # No two parts of a frame overlap: the colour lets a little shine through.
    parts = np.concatenate(
        [
            np.stack([left, top, right, np.minimum(inner[1] - 1, bottom)], 1),
            np.stack([left, np.maximum(inner[3] + 1, inner[1]), right, bottom], 1),
            np.stack([left, inner[1], np.minimum(inner[0] - 1, right), inner[3]], 1),
            np.stack([np.maximum(inner[2] + 1, inner[0]), inner[1], right, inner[3]], 1),
        ]
    )
    parts = np.ascontiguousarray(parts[(parts[:, 2] >= parts[:, 0]) & (parts[:, 3] >= parts[:, 1])])
    if len(parts):
        painter.setBrush(color)
        # Rows of four 32-bit numbers are QRects: their left, top, right and bottom px.
        first: QRect = shiboken6.wrapInstance(parts.ctypes.data, QRect)  # type: ignore[assignment]
        painter.drawRects(first, len(parts))
