"""What the session meter counts, with a clock that the test turns."""

from __future__ import annotations

from pathlib import Path

import pytest

from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, MembershipChange, TagChange
from labeler.domain.image import Image
from labeler.state.meter import PAUSE_SECONDS, Meter
from labeler.state.pictures import Pictures, Wanted
from labeler.state.session import Mode, Session
from tests.memory_source import MemorySource, make_session, settled


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def box(name: str, confidence: float | None = None) -> Box:
    return Box(name, "bolt", 0.1, 0.1, 0.2, 0.2, confidence=confidence)


async def begun(folder: Path) -> tuple[Session, Meter, Clock]:
    source = MemorySource([Image(f"image-{place}", f"{place}.png") for place in range(5)])
    session, _ = make_session(source, folder)
    session.start()
    await settled(session)
    clock = Clock()
    return session, Meter(session, clock), clock


def draw(session: Session, clock: Clock, seconds: float, *names: str, image: str = "image-0") -> None:
    clock.now += seconds
    session.edit("Drawn", [BoxChange(image, None, box(name)) for name in names])


async def test_boxes_images_keys_and_clicks(tmp_path: Path) -> None:
    session, meter, clock = await begun(tmp_path)
    meter.key()
    for number, seconds in enumerate((2, 3, 4, 5, 6, 7, 8, 9, 10, 30)):
        meter.click()
        draw(session, clock, seconds, f"{number}", image=f"image-{number % 2}")
    session.edit("Tagged", [TagChange("image-4", "night", True)])
    session.edit("Put", [MembershipChange("image-3", "set", True)])
    found = meter.figures
    assert (found.boxes, found.images, found.keys, found.clicks) == (10, 3, 1, 10)
    assert (found.median, found.p90) == (6.5, 10)
    assert found.active == sum((2, 3, 4, 5, 6, 7, 8, 9, 10, 30))
    assert found.per_hour(found.boxes) == pytest.approx(10 * 3600 / 84)
    assert found.per_box(found.clicks) == 1
    meter.reset()
    assert meter.figures.boxes == meter.figures.active == meter.figures.clicks == 0
    assert meter.figures.median is None
    assert meter.figures.per_box(0) is None
    await session.close()


async def test_a_pause_counts_for_nothing_and_just_less_than_one_does(tmp_path: Path) -> None:
    session, meter, clock = await begun(tmp_path)
    meter.key()
    draw(session, clock, PAUSE_SECONDS, "one")
    draw(session, clock, PAUSE_SECONDS + 1, "after lunch")
    draw(session, clock, 5, "three")
    assert meter.figures.active == PAUSE_SECONDS + 5
    assert sorted(meter._seconds) == [0, 5, PAUSE_SECONDS]
    await session.close()


async def test_what_counts_as_a_box(tmp_path: Path) -> None:
    session, meter, clock = await begun(tmp_path)
    meter.key()
    draw(session, clock, 6, "one", "two", "three")
    session.edit("Moved", [BoxChange("image-0", box("one"), Box("one", "bolt", 0.2, 0.2, 0.3, 0.3))])
    session.edit("Proposed", [BoxChange("image-0", None, box("guess", 0.5))])
    assert meter.figures.boxes == 3
    session.edit("Accepted", [BoxChange("image-0", box("guess", 0.5), box("guess"))])
    session.edit("Deleted", [BoxChange("image-0", box("two"), None)])
    session.undo()
    assert meter.figures.boxes == 4
    assert meter.figures.median == 2
    await session.close()


async def test_waiting_is_the_time_without_a_picture_in_the_editor(tmp_path: Path) -> None:
    session, meter, clock = await begun(tmp_path)

    async def load(wanted: Wanted) -> str:
        return "picture"

    pictures: Pictures[str] = Pictures(session.tasks, load, len, 1_000)
    meter.watch(pictures)
    session.go_to(1)
    clock.now += 7
    session.set_mode(Mode.EDITOR)
    clock.now += 2
    pictures.want([Wanted("image-1")])
    await settled(session)
    clock.now += 30
    session.go_to(2)
    clock.now += 1.5
    session.go_to(1)
    clock.now += 30
    session.go_to(3)
    clock.now += PAUSE_SECONDS + 1
    session.go_to(1)
    assert meter.figures.waiting == 3.5
    await session.close()
