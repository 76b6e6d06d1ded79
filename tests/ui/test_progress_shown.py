"""How much is labeled, beside the filter and beside each dataset, and anew when something was delivered."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QWidget

from labeler.domain.edit import TagChange
from labeler.domain.filter import Filter
from labeler.domain.image import Dataset
from labeler.ui.dialogs import DatasetsDialog
from labeler.ui.filter_panel import FilterPanel
from labeler.ui.rows import FACTS
from tests.memory_source import settled
from tests.ui.conftest import Desk


async def test_beside_the_filter(desk: Desk) -> None:
    panel = FilterPanel(desk.session)
    await desk.begin()
    await settled(desk.session)
    assert panel._labeled.text() == "1 of 40 labeled (2 %)"
    desk.session.edit("Tagged", [TagChange("image-7", "night", True)])
    desk.outbox.deliver()
    await settled(desk.session)
    assert panel._labeled.text() == "2 of 40 labeled (5 %)"
    desk.session.show(Filter(labels=("bolt",)))
    assert not panel._labeled.text()
    await settled(desk.session)
    assert panel._labeled.text() == "1 of 1 labeled (100 %)"
    desk.session.show(Filter(tags=("nothing",)))
    await settled(desk.session)
    assert panel._labeled.isHidden(), "there is no part of nothing"
    panel.deleteLater()


async def test_beside_each_dataset(desk: Desk) -> None:
    desk.source.sets = [Dataset("half", "Half", images=20), Dataset("none", "None", images=0)]
    desk.source.list = [
        replace(image, dataset_ids=("half",) if place < 20 else ()) for place, image in enumerate(desk.source.list)
    ]
    await desk.begin()
    await settled(desk.session)
    parent = QWidget()
    dialog = DatasetsDialog(parent, desk.session)
    dialog.show()
    items = [dialog.list.item(row) for row in range(2)]
    assert [(item.text(), item.data(FACTS)) for item in items] == [("Half", "20 images"), ("None", "0 images")]
    await settled(desk.session)
    assert [dialog.list.item(row).data(FACTS) for row in range(2)] == ["20 images, 1 labeled (5 %)", "0 images"]
    dialog.close()
    parent.deleteLater()
