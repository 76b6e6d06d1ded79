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

from labeler.domain.text import one_line

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

log = logging.getLogger("labeler")


class LogFormatter(logging.Formatter):
    """A record as one line in which nothing acts; the lines of a traceback follow, each begun by a mark."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        # What an earlier handler made of the traceback is kept in the record and would be taken as it is.
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        return one_line(super().formatMessage(record))

    def formatException(self, error: _ExcInfo) -> str:  # noqa: N802
        lines = super().formatException(error).split("\n")
        return "\n".join(f"  | {one_line(line)}" for line in lines)

    def formatStack(self, stack: str) -> str:  # noqa: N802
        return "\n".join(f"  | {one_line(line)}" for line in stack.split("\n"))


def log_path() -> Path:
    return user_state_path("labeler", appauthor=False) / "labeler.log"


class LogFile:
    """Everything from INFO on goes to a file that is kept small; `close` writes what is left."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = logging.handlers.RotatingFileHandler(path, maxBytes=2_000_000, backupCount=2, encoding="utf-8")
        waiting: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
        self._handler = logging.handlers.QueueHandler(waiting)
        self._handler.setFormatter(LogFormatter())  # here, since what is on its way has no traceback any more
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
