"""What can wait waits while a person goes on fast, and follows when they rest."""

from __future__ import annotations

import asyncio
from pathlib import Path

from labeler.domain.image import Image
from labeler.state.pace import Pace
from labeler.state.session import Session
from tests.memory_source import MemorySource, make_session


async def rested(pace: Pace) -> None:
    """Return when the person rests."""
    rests = asyncio.Event()
    pace.rested.connect(rests.set)
    async with asyncio.timeout(20):
        if not pace.is_resting:
            await rests.wait()
    pace.rested.disconnect(rests.set)


async def test_steps_that_follow_each_other_at_once_rest_once() -> None:
    pace, rests = Pace(), []
    pace.rested.connect(lambda: rests.append(1))
    for _ in range(5):
        pace.step()
        assert not pace.is_resting
    await rested(pace)
    assert rests == [1]


async def test_a_step_alone_rests_in_the_next_turn() -> None:
    pace, rests = Pace(), []
    pace.rested.connect(lambda: rests.append(1))
    pace.step()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (rests, pace.is_resting) == ([1], True)


async def working(tmp_path: Path) -> Session:
    session, _ = make_session(MemorySource([Image(str(number), f"{number}.png") for number in range(20)]), tmp_path)
    session.start()
    await session.library.load(0, 20)
    return session


async def test_the_place_is_kept_with_every_step_however_fast(tmp_path: Path) -> None:
    """A kill at any moment goes on at the same image."""
    session = await working(tmp_path)
    for index in (1, 2, 3):
        session.go_to(index)
        assert f'"image": "{index}"' in session.outbox.place
    assert not session.pace.is_resting
    await session.close()
