"""Proposals are painted as lines: the picture under them is seen."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from labeler.domain.box import Box
from labeler.state.names import Names
from labeler.state.view import fitted
from labeler.ui.paint_boxes import paint_of_others, paint_proposals

BOXES = (Box("a", "bolt", 0.1, 0.2, 0.3, 0.4), Box("b", "nut", 0.5, 0.2, 0.7, 0.4), Box("c", "nut", 0.5, 0.6, 0.7, 0.8))


def test_the_middle_of_a_proposal_is_clear(qapp: QApplication) -> None:
    room, view = QRectF(0, 0, 448, 448), fitted(400, 400, 448, 448)
    image = QImage(448, 448, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    paint_proposals(painter, view, room, BOXES, "b", Names())
    paint_of_others(painter, view, room, BOXES)
    painter.end()
    for box in BOXES:
        middle = view.point_to_widget(box.rect.center)
        assert image.pixelColor(round(middle.x), round(middle.y)).name() == "#000000", box.id
