"""Where proposals come from."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from labeler.domain.box import Box
from labeler.domain.edit import new_id
from labeler.domain.filter import Filter, Order
from labeler.domain.geometry import Rect
from labeler.domain.image import Image, without_proposals

if TYPE_CHECKING:
    from labeler.state.session import Session


class Proposer(Protocol):
    """Something that knows which boxes may be on an image."""

    title: str
    """What a person calls it, within a sentence."""

    async def propose(self, image: Image) -> Sequence[Box]:
        """Boxes for the image, each with an id of this machine and no confidence. Raises LabelerError."""


class PreviousImage:
    """The boxes of the image before this one in the library."""

    title = "the previous image"

    def __init__(self, session: Session) -> None:
        self._session = session

    async def propose(self, image: Image) -> Sequence[Box]:
        library = self._session.library
        index = library.index_of(image.id)
        previous = library.at(index - 1) if index else None
        return [as_new(box) for box in without_proposals(previous).boxes] if previous else []


class Between:
    """Boxes on a straight line in time between the nearest labeled images of the same camera, before and after."""

    title = "the labeled images before and after"

    def __init__(self, session: Session) -> None:
        self._session = session

    async def propose(self, image: Image) -> Sequence[Box]:
        if image.time_requested is None:
            return []
        before, after = await asyncio.gather(self._nearest(image, -1), self._nearest(image, 1))
        if before is None or after is None or before.time_requested is None or after.time_requested is None:
            return []
        span = (after.time_requested - before.time_requested).total_seconds()
        share = (image.time_requested - before.time_requested).total_seconds() / span if span else 0.5
        return [between(one, other, share) for one, other in pairs(before.boxes, after.boxes)]

    async def _nearest(self, image: Image, way: int) -> Image | None:
        """The nearest image of the camera, earlier or later, that has boxes."""
        session = self._session
        wanted = Filter(
            robot_id=image.robot_id,
            part_id=image.part_id,
            component_name=image.component_name,
            labels=session.vocabulary.labels.all,
            start=None if way < 0 else image.time_requested,
            end=image.time_requested if way < 0 else None,
        )
        order, after = Order.NEWEST if way < 0 else Order.OLDEST, ""
        while True:
            page = await session.source.page(wanted, order, after, 5)
            for one in page.images:
                found = without_proposals(session.outbox.overlay(one))
                if found.id != image.id and found.boxes:
                    return found
            after = page.next
            if not after:
                return None


def pairs(before: Sequence[Box], after: Sequence[Box]) -> list[tuple[Box, Box]]:
    """The same objects on two images: boxes of one label, those whose centres are nearest first, each once."""
    near = sorted(
        (
            ((one.rect.center.x - other.rect.center.x) ** 2 + (one.rect.center.y - other.rect.center.y) ** 2, i, j)
            for i, one in enumerate(before)
            for j, other in enumerate(after)
            if one.label == other.label
        ),
    )
    found: list[tuple[Box, Box]] = []
    used: set[tuple[str, int]] = set()
    for _, i, j in near:
        if not {("before", i), ("after", j)} & used:
            used |= {("before", i), ("after", j)}
            found.append((before[i], after[j]))
    return found


def between(one: Box, other: Box, share: float) -> Box:
    """The box at a share of the way from one to the other, 0 being the one and 1 the other."""

    def at(start: float, end: float) -> float:
        return start + (end - start) * share

    rect = Rect(
        at(one.x_min, other.x_min), at(one.y_min, other.y_min), at(one.x_max, other.x_max), at(one.y_max, other.y_max)
    )
    return as_new(one.with_rect(rect))


def as_new(box: Box) -> Box:
    """A box of the same label and place that no service knows."""
    return Box(new_id(), box.label, box.x_min, box.y_min, box.x_max, box.y_max)
