"""The one thread that changes a database: small changes asked for at the same time share a transaction and its sync."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import apsw

from labeler.server.sqlite.session import Session
from labeler.sqlite_handle import Handle, failure_of

T = TypeVar("T")

_MOST = 64
"""Changes in one transaction, so that the first of them does not wait long for the last."""


@dataclass(eq=False, slots=True)
class _Asked:
    work: Callable[[Session], Any]
    together: bool
    answer: Future[Any] = field(default_factory=Future)
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Changes in the order in which they were asked for. `ask` may be called from any thread."""

    def __init__(self, path: Path, handle: Handle) -> None:
        self._path, self._handle = path, handle
        self._asked: deque[_Asked] = deque()
        self._thread = ThreadPoolExecutor(1, "catalog-writer")

    def ask(self, work: Callable[[Session], T], together: bool = False) -> Future[T]:
        """Run the work in a transaction; its answer comes when that is durable.

        Work that is done `together` with its neighbours must be short. If it raises, it alone is undone; where
        the disk fails, all that were in the transaction are told so.
        """
        asked = _Asked(work, together)
        self._asked.append(asked)
        self._thread.submit(self._write)
        return asked.answer

    def close(self) -> None:
        """Finish what was asked."""
        self._thread.shutdown(wait=True)

    def _write(self) -> None:
        """Do what is next; nothing where it was done together with what was asked before."""
        if not (batch := self._next()):
            return
        try:
            with self._handle.transaction() as connection:
                if len(batch) == 1:
                    batch[0].result = batch[0].work(Session(connection))
                else:
                    for one in batch:
                        self._do(connection, one)
        except BaseException as error:
            for one in batch:
                one.answer.set_exception(error)
            return
        for one in batch:
            if one.error is not None:
                one.answer.set_exception(one.error)
            else:
                one.answer.set_result(one.result)

    def _next(self) -> list[_Asked]:
        batch: list[_Asked] = []
        while self._asked and len(batch) < _MOST:
            if batch and not (batch[-1].together and self._asked[0].together):
                break
            one = self._asked.popleft()
            if one.answer.set_running_or_notify_cancel():
                batch.append(one)
        return batch

    def _do(self, connection: apsw.Connection, one: _Asked) -> None:
        connection.execute("SAVEPOINT one")
        try:
            one.result = one.work(Session(connection))
        except Exception as error:
            # SQLite may have undone the whole transaction, and a disk that fails is nothing to go on with.
            if not connection.in_transaction or (isinstance(error, apsw.Error) and failure_of(self._path, error)):
                raise
            one.error = error
            connection.execute("ROLLBACK TO one")
        connection.execute("RELEASE one")
