"""The log file, written outside the thread that paints, and what happens to unexpected errors."""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import queue
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from platformdirs import user_state_path

log = logging.getLogger("labeler")


def log_path() -> Path:
    return user_state_path("labeler", appauthor=False) / "labeler.log"


class LogFile:
    """Everything from INFO on goes to a file that is kept small; `close` writes what is left."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = logging.handlers.RotatingFileHandler(path, maxBytes=2_000_000, backupCount=2, encoding="utf-8")
        file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        waiting: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
        self._handler = logging.handlers.QueueHandler(waiting)
        self._listener = logging.handlers.QueueListener(waiting, file)
        self._file = file
        root = logging.getLogger()
        root.addHandler(self._handler)
        root.setLevel(min(root.level or logging.INFO, logging.INFO))
        self._listener.start()

    def close(self) -> None:
        logging.getLogger().removeHandler(self._handler)
        self._listener.stop()
        self._file.close()


def report_unexpected(tell: Callable[[str], None], loop: asyncio.AbstractEventLoop) -> None:
    """Log errors that nobody expected and tell the user; the program goes on."""

    def told(error: BaseException | None, text: str) -> None:
        log.error("unexpected: %s", text, exc_info=error)
        tell(f"Something unexpected failed: {text}. The program goes on; {log_path()} has the details.")

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            told(error, f"{kind.__name__}: {error}")

    def in_loop(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        told(error if isinstance(error, BaseException) else None, str(error or context.get("message")))

    sys.excepthook = hook
    loop.set_exception_handler(in_loop)
