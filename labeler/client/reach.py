"""Whether a service can be reached: found out by the calls that are made anyway and, while it cannot, by asking."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from labeler.client.channel import Connection
from labeler.domain.errors import LabelerError, Unreachable
from labeler.rpc.wire.labeler.v1 import labeler_pb2

PATIENCE = 5.0
"""Seconds that a call may take before the service is asked whether it is there at all."""
PROBE_SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 15.0
"""Seconds between questions while the service cannot be reached; the pause grows to the second."""
_PROBE = "/labeler.v1.LabelerService/Describe"

Result = TypeVar("Result")
Sleep = Callable[[float], Awaitable[None]]


class Reach:
    """Calls to one service, while it can be reached. `on_change` is told when it no longer can and can again.

    `reason` says why it cannot, as a sentence; it is empty while it can.
    """

    def __init__(self, connection: Connection, on_change: Callable[[], None], sleep: Sleep = asyncio.sleep) -> None:
        self._connection, self._on_change, self._sleep = connection, on_change, sleep
        self.reason = ""
        self._probing: asyncio.Task[str] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def is_offline(self) -> bool:
        return bool(self.reason)

    async def call(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """The result of a call, or its error. Raises Unreachable, at once while the service is known to be away."""
        if self.is_offline:
            raise Unreachable(self.reason)
        task = asyncio.ensure_future(call())
        try:
            done, _ = await asyncio.wait([task], timeout=PATIENCE)
            if not done:
                await self._ask()
                if self.is_offline:
                    raise Unreachable(self.reason)
            return await task
        except Unreachable:
            await self._ask()
            raise
        finally:
            if not task.done():
                task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        self._closed = True
        tasks = [task for task in (self._probing, self._watching) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self) -> None:
        """Find out whether the service is there, once for all who want to know."""
        if self.is_offline or self._closed:
            return
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._probe())
        reason = await asyncio.shield(self._probing)
        if reason and not self.is_offline and not self._closed:
            self.reason = reason
            self._watching = asyncio.create_task(self._watch())
            self._on_change()

    async def _probe(self) -> str:
        """Why the service cannot be reached; empty if it answers, whatever it says."""
        request = labeler_pb2.DescribeRequest()
        try:
            await self._connection.unary(_PROBE, request, labeler_pb2.DescribeResponse, timeout=PROBE_SECONDS)
        except Unreachable as error:
            return str(error)
        except LabelerError:
            return ""
        return ""

    async def _watch(self) -> None:
        pause = FIRST_PAUSE
        while True:
            await self._sleep(random.uniform(pause / 2, pause))  # noqa: S311 - no secret
            if not await self._probe():
                break
            pause = min(pause * 1.5, LONGEST_PAUSE)
        self.reason = ""
        self._on_change()
