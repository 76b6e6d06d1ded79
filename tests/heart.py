"""How late the event loop of a window is."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Self


class Heart:
    """Notes how late the event loop is, without the time that its thread waited for one of the machine's cores."""

    def __init__(self) -> None:
        self.latest = 0.0
        self.second_latest = 0.0
        """A fault that held the window up would do so each of the many times that it is made; once, the machine may."""
        self._waits = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")

    async def __aenter__(self) -> Self:
        self._beating = asyncio.create_task(self._beat())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._beating.cancel()
        await asyncio.gather(self._beating, return_exceptions=True)

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, waited = loop.time() + 0.005, self._waited()
            await asyncio.sleep(0.005)
            late = loop.time() - due - (self._waited() - waited)
            _, self.second_latest, self.latest = sorted((late, self.second_latest, self.latest))

    def _waited(self) -> float:
        return int(self._waits.read_text().split()[1]) / 1e9
