"""The charts of boxes: counted over the whole filter with what is on its way, painted, and said in words."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from labeler.domain.box import Box
from labeler.domain.edit import BoxChange
from labeler.domain.errors import Unreachable
from labeler.domain.image import Image
from labeler.state.box_spread import AT_ONCE
from labeler.ui import theme
from labeler.ui.box_chart import BoxChartDialog
from tests.memory_source import settled
from tests.ui.conftest import Desk


def box(name: str, label: str, x: float, y: float, size: float, confidence: float | None = None) -> Box:
    return Box(name, label, x, y, x + size, y + size, confidence=confidence)


async def test_all_boxes_of_the_filter_are_counted(desk: Desk) -> None:
    small = [box("a", "nut", 0.0, 0.0, 0.05), box("b", "bolt", 0.0, 0.0, 0.05), box("c", "nut", 0.9, 0.9, 0.1, 0.4)]
    desk.source.list = [Image(f"image-{n}", f"{n}.png", boxes=tuple(small[: n % 4])) for n in range(2 * AT_ONCE + 100)]
    await desk.begin()
    desk.session.edit("Drawn", [BoxChange("image-0", None, box("d", "pin", 0.4, 0.4, 0.5))])
    parent = QWidget()
    dialog = BoxChartDialog(parent, desk.session)
    dialog.show()
    seen: list[str] = []
    dialog.boxes.changed.connect(lambda: seen.append(dialog.about.text()))
    await settled(desk.session)
    spread = dialog.boxes.spread
    assert dict(spread.labels) == {"nut": 825, "bolt": 550, "pin": 1}
    assert spread.places == {(0, 0): 1375, (10, 10): 1}
    assert spread.sizes == {(0, 0): 1375, (8, 8): 1}
    assert seen == [
        "626 boxes on 500 images of 1,100 so far", "1,251 boxes on 1,000 images of 1,100 so far",
        "1,376 boxes on 1,100 images",
    ]  # fmt: skip
    assert dialog.chart.accessibleDescription() == (
        "nut 825, bolt 550, pin 1. Most middles are at the top, left. "
        "The most frequent size is about 3 % of the width by 3 % of the height."
    )
    dialog.close()
    parent.deleteLater()


async def test_bars_and_maps_are_painted_in_the_labels_colours(desk: Desk) -> None:
    desk.source.list = [Image("image-0", "0.png", boxes=(box("a", "bolt", 0.0, 0.0, 0.5),))]
    await desk.begin()
    await settled(desk.session)
    parent = QWidget()
    dialog = BoxChartDialog(parent, desk.session)
    dialog.show()
    await settled(desk.session)
    picture = dialog.chart.grab().toImage()
    found = {picture.pixelColor(x, y).name() for x in range(0, picture.width(), 3) for y in range(picture.height())}
    assert theme.label_color(0).name() in found
    assert theme.colors().accent.name() in found
    dialog.close()
    parent.deleteLater()


async def test_what_cannot_be_read_is_said(desk: Desk) -> None:
    await desk.begin()
    desk.source.unreachable = Unreachable("The service is off.")
    parent = QWidget()
    dialog = BoxChartDialog(parent, desk.session)
    dialog.show()
    await settled(desk.session)
    assert dialog.about.text() == "The service is off."
    assert dialog.chart.accessibleDescription() == "No boxes"
    dialog.close()
    parent.deleteLater()
