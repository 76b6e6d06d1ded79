"""Boxes that nobody has accepted yet, on the image in front."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labeler.domain.box import Box
from labeler.domain.image import Image
from labeler.state.canvas import in_reading_order, named
from labeler.state.proposers import Proposer
from labeler.state.signal import Signal

if TYPE_CHECKING:
    from labeler.state.session import Session

ACCEPTED = 1.0
"""The confidence of a proposal of the service once somebody has accepted it: an update cannot take it away."""


class Proposals:
    """The proposals of one session's image: boxes of the service with a confidence below 1, and those of a proposer.

    Signals: `changed` when there are others, or another one is next.
    """

    def __init__(self, session: Session) -> None:
        self.changed: Signal[()] = Signal()
        self._session = session
        self._image_id = ""
        self._made: tuple[Box, ...] = ()
        self._at = ""
        session.current_changed.connect(self._moved)

    def _moved(self) -> None:
        image = self._session.current
        if (image.id if image else "") != self._image_id:
            self._image_id, self._made, self._at = image.id if image else "", (), ""
            self.changed.emit()

    @property
    def made(self) -> tuple[Box, ...]:
        """Those that no service knows: they are nowhere but here."""
        return self._made

    @property
    def waiting(self) -> list[Box]:
        """All proposals of the image, in reading order."""
        image = self._session.current
        stored = tuple(box for box in image.boxes if box.is_proposal) if image else ()
        return in_reading_order((*stored, *self._made))

    @property
    def next(self) -> Box | None:
        """The proposal that is accepted or rejected next: the selected one, else the one after the last decision."""
        waiting = self.waiting
        wanted = {self._session.canvas.selection.primary, self._at}
        return next((box for box in waiting if box.id in wanted), waiting[0] if waiting else None)

    def propose(self, proposer: Proposer) -> None:
        """Ask a proposer for boxes that the image does not have; told when there are none."""
        image = self._session.current
        if image is None:
            return

        async def ask(image: Image) -> None:
            found = await proposer.propose(image)
            now = self._session.current
            if now is None or now.id != image.id:
                return
            known = (*now.boxes, *self._made)
            fresh = [box for box in found if not any(box.same_value(other) for other in known)]
            if fresh:
                self._made = (*self._made, *fresh)
                self.changed.emit()
                self._session.said.emit(f"Proposed {named(fresh)}: y accepts one, Shift+Y all, n rejects")
            else:
                self._session.said.emit(f"Nothing new from {proposer.title}")

        self._session.tasks.start(ask(image))

    def accept(self) -> None:
        """Accept the next proposal."""
        if box := self.next:
            self._go_past(box)
            self._accept([box])

    def accept_all(self) -> None:
        """Accept all proposals of the image."""
        self._accept(self.waiting)

    def _accept(self, boxes: list[Box]) -> None:
        made = {box.id for box in self._made}
        changes = [(None, box) if box.id in made else (box, replace(box, confidence=ACCEPTED)) for box in boxes]
        self._made = tuple(box for box in self._made if box not in boxes)
        self._session.canvas.change(f"Accepted {named(boxes)}" if boxes else "", changes)
        self.changed.emit()

    def reject(self) -> None:
        """Reject the next proposal: one of the service is deleted there."""
        if box := self.next:
            self._go_past(box)
            if box in self._made:
                self._made = tuple(other for other in self._made if other.id != box.id)
            else:
                self._session.canvas.change(f"Rejected {box.label}", [(box, None)])
            self.changed.emit()

    def _go_past(self, box: Box) -> None:
        """Make the one after it the next."""
        waiting = self.waiting
        place = waiting.index(box)
        rest = [*waiting[place + 1 :], *waiting[:place]]
        self._at = rest[0].id if rest else ""
        if self._session.canvas.selection.primary == box.id:
            self._session.canvas.select("")

    def forget(self) -> bool:
        """Drop what a proposer made; False where there was nothing."""
        if not self._made:
            return False
        self._made = ()
        self.changed.emit()
        return True
