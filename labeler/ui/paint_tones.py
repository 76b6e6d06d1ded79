"""Pictures shown brighter or darker than they are."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSizeF
from PySide6.QtGui import QImage

from labeler.state.tones import Tones


def toned(source: QImage, part: QRectF, shown: QSizeF, tones: Tones) -> tuple[QImage, QRectF]:
    """A part of a 32 bit picture with other tones, and where it is in what is returned.

    No larger than it is shown, in device px, so that its cost is that of the screen and not of the picture.
    """
    import numpy  # takes a tenth of the program's start

    outer = QRect(part.toAlignedRect()).intersected(source.rect())
    piece = source.copy(outer)
    if piece.width() > shown.width() and piece.height() > shown.height():
        piece = piece.scaled(shown.toSize())
    rows = numpy.frombuffer(piece.bits(), dtype=numpy.uint8).reshape(piece.height(), piece.bytesPerLine())
    table = numpy.array(tones.table(), dtype=numpy.uint8)
    numpy.take(table, rows, out=rows)
    across, down = piece.width() / max(outer.width(), 1), piece.height() / max(outer.height(), 1)
    inside = part.translated(-outer.x(), -outer.y())
    return piece, QRectF(inside.x() * across, inside.y() * down, inside.width() * across, inside.height() * down)
