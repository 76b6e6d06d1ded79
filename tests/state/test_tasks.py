"""Background tasks have an owner, and an end."""

from __future__ import annotations

import asyncio

from labeler.domain.errors import Unreachable
from labeler.state.tasks import Tasks


async def test_what_is_started_after_the_end_does_not_begin() -> None:
    tasks, begun = Tasks(), []

    async def work() -> None:
        begun.append(1)

    await tasks.end()
    task = tasks.start(work())
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert begun == []


async def test_closing_cancels_and_waits_and_can_be_followed_by_more() -> None:
    tasks, ended = Tasks(), []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(1)

    tasks.start(work())
    await asyncio.sleep(0)
    await tasks.close()
    assert ended == [1]

    async def more() -> None:
        ended.append(2)

    await tasks.start(more())
    assert ended == [1, 2]


async def test_a_failure_is_told_in_its_own_words() -> None:
    tasks = Tasks()
    told: list[str] = []
    tasks.failed.connect(told.append)

    async def work() -> None:
        raise Unreachable("nobody answered")

    await asyncio.gather(tasks.start(work()), return_exceptions=True)
    await asyncio.sleep(0)
    assert told == ["nobody answered"]
