"""Background tasks, owned: each is reported when it fails and cancelled when the program ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from labeler.domain.errors import LabelerError
from labeler.state.signal import Signal

log = logging.getLogger(__name__)


class Tasks:
    """Tasks of one session.

    Signals: `failed(message)` with a sentence for the user when a task ends in an error.
    """

    def __init__(self) -> None:
        self.failed: Signal[str] = Signal()
        self.closing = False
        """While it is set, what is cancelled must not be begun again."""
        self._is_over = False
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], then: Callable[[], None] | None = None) -> asyncio.Task[None]:
        """Run `work` in the background; `then` is called after it, however it ends."""
        task = asyncio.get_running_loop().create_task(work)
        if self._is_over:
            task.cancel()
        self._running.add(task)
        task.add_done_callback(lambda done: self._ended(done, then))
        return task

    def _ended(self, task: asyncio.Task[None], then: Callable[[], None] | None) -> None:
        self._running.discard(task)
        if then:
            then()
        error = None if task.cancelled() else task.exception()
        if isinstance(error, LabelerError):
            self.failed.emit(str(error))
        elif error is not None:
            log.error("a background task failed", exc_info=error)
            self.failed.emit(f"Something unexpected failed: {error!r}. The program goes on; the log has the details.")

    async def close(self) -> None:
        """Cancel what runs and wait until it has ended."""
        running = tuple(self._running)
        self.closing = True
        try:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        finally:
            self.closing = False

    async def end(self) -> None:
        """As `close`, and for good: what is started from now on is cancelled before it begins."""
        self._is_over = True
        await self.close()
        self.closing = True
