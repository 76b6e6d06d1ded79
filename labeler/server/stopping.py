"""When a service should end: a signal, the end of its standard input, or the end of its parent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from typing import BinaryIO

_PARENT_SECONDS = 0.5
"""How often to look whether the parent is still there."""


@contextlib.asynccontextmanager
async def stop_on_signals(stop: asyncio.Event) -> AsyncIterator[None]:
    """Set `stop` on SIGINT and SIGTERM (on Windows also on the break event)."""
    loop = asyncio.get_running_loop()
    names = [name for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)]
    signals = [signal.Signals[name] for name in names]
    before = {each: signal.getsignal(each) for each in signals}
    for each in signals:
        if sys.platform == "win32":
            signal.signal(each, lambda *_: loop.call_soon_threadsafe(stop.set))
        else:
            loop.add_signal_handler(each, stop.set)
    try:
        yield
    finally:
        for each in signals:
            if sys.platform != "win32":
                loop.remove_signal_handler(each)
            signal.signal(each, before[each])


def stop_at_end_of(stream: BinaryIO, stop: asyncio.Event) -> None:
    """Set `stop` when a pipe ends, as it does when the process at its other end goes, on every system."""
    loop = asyncio.get_running_loop()

    def wait() -> None:
        with contextlib.suppress(OSError, ValueError):
            while stream.read(1024):
                pass
        with contextlib.suppress(RuntimeError):  # the loop has ended before the pipe
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait, name="parent watch", daemon=True).start()


async def stop_without_parent(stop: asyncio.Event, parent: int) -> None:
    """Set `stop` when the process that started this one has gone, unless it was meant to be outlived.

    `parent` is its id, read before anyone can know that this process is ready: it may go from then on.
    Meant to be outlived: started by the init process, or with hangups ignored (nohup).
    """
    if sys.platform == "win32" or parent <= 1 or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return
    while os.getppid() == parent:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(_PARENT_SECONDS)
    stop.set()
