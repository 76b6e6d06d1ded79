"""Several calls ahead of the one who takes their results, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

Given = TypeVar("Given")
Got = TypeVar("Got")


async def in_order(
    source: AsyncGenerator[Given, None],
    fetch: Callable[[Given], Awaitable[Got]],
    in_flight: int,
    weigh: Callable[[Given], int] = lambda _: 1,
) -> AsyncGenerator[Got, None]:
    """`fetch` of everything from `source`, in its order, at most `in_flight` of them begun and not yet taken.

    `weigh` says as how many each counts; one that counts as more than `in_flight` is begun alone. When the iteration
    ends, for whatever reason, the fetches under way are cancelled and awaited.
    """

    async def run(given: Given) -> Got:
        return await fetch(given)

    def room() -> int:
        return in_flight - sum(weight for _, weight in begun)

    begun: deque[tuple[asyncio.Task[Got], int]] = deque()
    try:
        async with aclosing(source):
            async for given in source:
                needed = weigh(given)
                while begun and room() < needed:
                    yield await begun[0][0]
                    begun.popleft()
                begun.append((asyncio.create_task(run(given)), needed))
                while room() <= 0:
                    yield await begun[0][0]
                    begun.popleft()
        while begun:
            yield await begun[0][0]
            begun.popleft()
    finally:
        tasks = [task for task, _ in begun]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
