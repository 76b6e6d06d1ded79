"""Thousands of boxes look as they do when each is painted by itself."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from labeler.domain.box import Box
from labeler.state.names import Names
from labeler.state.view import View
from labeler.ui.chips import Chips
from labeler.ui.paint_boxes import paint_still
from labeler.ui.paint_many import ManyBoxes

ROOM = QRectF(0, 0, 640, 480)
VIEWS = (
    View(4000, 3000, 0.15, 20, 15),
    View(4000, 3000, 1.1, -1500.25, -900.75),
    View(4000, 3000, 9, -9000, -5000),
)
NAMES = ("bolt", "nut", "a washer with a long name", "x")


def box(chance: random.Random, number: int) -> Box:
    left, top = chance.uniform(-0.01, 0.99), chance.uniform(-0.01, 0.99)
    wide, high = chance.choice([0.0001, 0.004, 0.02, 0.3]), chance.choice([0.0001, 0.004, 0.02, 0.3])
    return Box(str(number), chance.choice(NAMES), left, top, left + wide, top + high)


def painted(ratio: float, boxes: list[Box], view: View, many: bool) -> QImage:
    out = QImage(round(ROOM.width() * ratio), round(ROOM.height() * ratio), QImage.Format.Format_RGB32)
    out.setDevicePixelRatio(ratio)
    out.fill(QColor(90, 120, 60))
    painter, labels, chips = QPainter(out), Names(NAMES), Chips(ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if many:
        ManyBoxes(boxes, labels).paint(painter, view, ROOM, chips)
    else:
        paint_still(painter, view, ROOM, boxes, labels, chips)
    painter.end()
    return out


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("view", VIEWS)
def test_they_look_the_same_as_one_by_one(ratio: float, view: View) -> None:
    chance = random.Random(5)
    boxes = [box(chance, number) for number in range(600)]
    # One label at a time: where boxes of several overlap, which is above the other is chance anyway.
    for name in NAMES:
        of_one = [one for one in boxes if one.label == name]
        assert painted(ratio, of_one, view, many=True) == painted(ratio, of_one, view, many=False)
    assert painted(ratio, boxes, view, many=True) == painted(ratio, boxes, view, many=False)


@pytest.mark.usefixtures("qapp")
def test_none_that_is_seen_is_no_error() -> None:
    far = View(100, 100, 1, 5_000, 5_000)
    boxes = [Box("1", "bolt", 0.1, 0.1, 0.2, 0.2)]
    assert painted(1.0, boxes, far, many=True) == painted(1.0, [], far, many=False)
