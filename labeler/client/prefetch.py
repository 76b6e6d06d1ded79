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
    source: AsyncGenerator[Given, None], fetch: Callable[[Given], Awaitable[Got]], in_flight: int
) -> AsyncGenerator[Got, None]:
    """`fetch` of everything from `source`, in its order, at most `in_flight` of them begun and not yet taken.

    When the iteration ends, for whatever reason, the fetches under way are cancelled and awaited.
    """

    async def run(given: Given) -> Got:
        return await fetch(given)

    begun: deque[asyncio.Task[Got]] = deque()
    try:
        async with aclosing(source):
            async for given in source:
                begun.append(asyncio.create_task(run(given)))
                if len(begun) >= in_flight:
                    yield await begun[0]
                    begun.popleft()
        while begun:
            yield await begun[0]
            begun.popleft()
    finally:
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
