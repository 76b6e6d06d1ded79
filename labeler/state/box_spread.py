"""How the boxes of a filter are spread: over labels, over places in the image, over sizes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from labeler.domain.errors import LabelerError
from labeler.domain.image import Image
from labeler.state.signal import Signal

if TYPE_CHECKING:
    from labeler.state.session import Session

CELLS = 16
"""Cells of a map across and down."""
AT_ONCE = 500
"""Images read at a time."""
Cell = tuple[int, int]
"""Column and row, the first at the left and at the top."""


class Spread:
    """Boxes counted so far; proposals are none. `places` are of centres, `sizes` of widths (column) and heights."""

    def __init__(self) -> None:
        self.images = 0
        self.labels: Counter[str] = Counter()
        self.places: Counter[Cell] = Counter()
        self.sizes: Counter[Cell] = Counter()

    @property
    def boxes(self) -> int:
        return self.labels.total()

    def add(self, image: Image) -> None:
        self.images += 1
        for box in image.boxes:
            if not box.is_proposal:
                self.labels[box.label] += 1
                self.places[_cell((box.x_min + box.x_max) / 2, (box.y_min + box.y_max) / 2)] += 1
                self.sizes[_cell(box.x_max - box.x_min, box.y_max - box.y_min)] += 1


def _cell(x: float, y: float) -> Cell:
    return min(int(x * CELLS), CELLS - 1), min(int(y * CELLS), CELLS - 1)


class BoxSpread:
    """Reads the library's filter, page by page, with what is not delivered yet. Signals: `changed` after each page."""

    def __init__(self, session: Session) -> None:
        self.changed: Signal[()] = Signal()
        self.spread = Spread()
        self.total = session.library.size
        self.is_whole = False
        self.problem = ""
        self._session = session
        self._task = session.tasks.start(self._read())

    def close(self) -> None:
        """Read no more."""
        self._task.cancel()

    async def _read(self) -> None:
        session = self._session
        source, wanted, order, after = session.source, session.library.filter, session.library.order, ""
        try:
            while not self.is_whole:
                page = await source.page(wanted, order, after, AT_ONCE)
                for image in page.images:
                    if not session.outbox.is_deleted(image.id):
                        self.spread.add(session.outbox.overlay(image))
                after = page.next
                self.is_whole = not after
                self.total = self.spread.images if self.is_whole else max(self.total, self.spread.images)
                self.changed.emit()
        except LabelerError as error:
            self.problem = str(error)
            self.changed.emit()
