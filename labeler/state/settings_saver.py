"""The settings go to disk in the background."""

from __future__ import annotations

import asyncio

from labeler.state.settings import Settings
from labeler.state.tasks import Tasks


class SettingsSaver:
    """Writes the settings once for changes that come together."""

    def __init__(self, settings: Settings, tasks: Tasks) -> None:
        self._settings, self._tasks = settings, tasks
        self._task: asyncio.Task[None] | None = None
        self._are_old = False

    def save_soon(self) -> None:
        self._are_old = True
        if self._task is None or self._task.done():
            self._task = self._tasks.start(self._write())

    async def _write(self) -> None:
        await asyncio.sleep(0)
        while self._are_old:
            self._are_old = False
            await asyncio.shield(asyncio.to_thread(self._settings.write, self._settings.text()))
