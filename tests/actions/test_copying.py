"""Boxes copied, pasted, duplicated and stamped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from labeler.actions.copying import copy_boxes, duplicate, paste_boxes, stamp
from labeler.domain.box import Box
from labeler.domain.geometry import Point, Rect
from labeler.domain.image import Image
from labeler.state.session import Mode, Session
from tests.memory_source import MemorySource, make_session

BOLT = Box("b1", "bolt", 0.25, 0.25, 0.5, 0.5)
NUT = Box("b2", "nut", 0.5, 0.5, 0.75, 0.75)


@pytest_asyncio.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    """The second of two images is in the editor; the first has two boxes."""
    source = MemorySource([Image("a", "a.png", boxes=(BOLT, NUT)), Image("b", "b.png")])
    session, _ = make_session(source, tmp_path)
    session.start()
    await session.library.loaded()
    session.go_to(1)
    session.set_mode(Mode.EDITOR)
    session.canvas.viewport.set_room(1048, 1048)
    session.canvas.viewport.set_picture_size(1000, 1000)
    yield session
    await session.close()


def boxes(session: Session) -> list[tuple[str, Rect]]:
    image = session.current
    assert image is not None
    return [(box.label, box.rect) for box in image.boxes]


async def test_boxes_that_are_there_are_not_pasted_again(session: Session) -> None:
    session.go_to(0)
    copy_boxes(session)
    session.go_to(1)
    paste_boxes(session)
    paste_boxes(session)
    assert boxes(session) == [("bolt", BOLT.rect), ("nut", NUT.rect)]
    session.undo()
    assert boxes(session) == []


async def test_duplicates_lie_beside_their_originals_and_are_selected(session: Session) -> None:
    session.go_to(0)
    session.canvas.select_all()
    duplicate(session)
    found = session.current
    assert found is not None
    assert [box.label for box in found.boxes] == ["bolt", "nut", "bolt", "nut"]
    assert session.canvas.selected_boxes == list(found.boxes[2:])
    step = found.boxes[2].x_min - BOLT.x_min
    assert step > 0
    assert found.boxes[3].x_min - NUT.x_min == pytest.approx(step)


async def test_the_selected_box_is_copied_alone(session: Session) -> None:
    session.go_to(0)
    session.canvas.select(NUT.id)
    copy_boxes(session)
    session.go_to(1)
    paste_boxes(session)
    assert boxes(session) == [("nut", NUT.rect)]


async def test_the_last_size_is_stamped_at_the_pointer(session: Session) -> None:
    view = session.canvas.view
    assert view is not None
    stamp(session)
    assert boxes(session) == []
    session.canvas.add(Rect(0.1, 0.1, 0.3, 0.2))
    session.canvas.pointer.hover(view.point_to_widget(Point(0.6, 0.6)))
    stamp(session)
    left, top, right, bottom = (getattr(boxes(session)[1][1], side) for side in ("left", "top", "right", "bottom"))
    assert (left, top, right, bottom) == pytest.approx((0.5, 0.55, 0.7, 0.65))
