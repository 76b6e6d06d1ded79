"""The session meter as a page of figures."""

from __future__ import annotations

from PySide6.QtWidgets import QListWidget, QWidget

from labeler.state.meter import PAUSE_SECONDS, Figures, Meter
from labeler.ui.choices import ChoicesDialog
from labeler.ui.plain import PlainLabel

ABOUT = (
    f"Counted on this computer only, since the program began or the meter was reset. Pauses over {PAUSE_SECONDS:.0f} s "
    "are left out."
)


class MeterDialog(ChoicesDialog):
    """How labeling goes since the program began, or since the meter was reset."""

    def __init__(self, parent: QWidget, meter: Meter) -> None:
        super().__init__(parent, "Session meter", {})
        self._meter = meter
        self.list = QListWidget()
        self.list.setAccessibleName("Figures of this session")
        self.take_keys_of(self.list)
        self.body.addWidget(self.list)
        self.body.addWidget(PlainLabel(ABOUT, wraps=True))
        self.add_choices(("r", "Reset", self._reset), ("Enter", "Close", self.accept))
        self._fill()
        self.list.setFocus()

    def _fill(self) -> None:
        self.list.clear()
        self.list.addItems([f"{title}:  {value}" for title, value in lines_of(self._meter.figures)])
        self.list.setCurrentRow(0)

    def _reset(self) -> None:
        self._meter.reset()
        self._fill()


def lines_of(figures: Figures) -> list[tuple[str, str]]:
    """Titles and values, in words."""
    return [
        ("Boxes", f"{figures.boxes:,}   ({figures.per_hour(figures.boxes):,.0f} an hour)"),
        ("Images", f"{figures.images:,}   ({figures.per_hour(figures.images):,.0f} an hour)"),
        ("Seconds per box", f"median {_one(figures.median)}, 90 % within {_one(figures.p90)}"),
        ("Keys per box", f"{_one(figures.per_box(figures.keys))}   ({figures.keys:,} in all)"),
        ("Clicks per box", f"{_one(figures.per_box(figures.clicks))}   ({figures.clicks:,} in all)"),
        ("Time worked", _minutes(figures.active)),
        ("Waiting for pictures", f"{figures.waiting:,.1f} s"),
    ]


def _one(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min {rest:02} s"
