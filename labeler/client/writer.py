"""One thread that writes an SQLite file, off the event loop, and never gives a write up."""

from __future__ import annotations

import asyncio
import atexit
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import apsw

from labeler.domain.errors import StorageFailed
from labeler.sqlite_handle import Handle

Write = Callable[[apsw.Connection], None]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Job:
    write: Write
    done: asyncio.Future[None]


class Writer:
    """Runs writes in the order they were handed over; those that wait together share a transaction.

    A transaction that fails (disk full, disk error) is tried again every `retry_seconds` until it
    succeeds. `on_problem` is called on the event loop with a sentence, and with "" when writes succeed
    again. Must be made on the event loop.
    """

    def __init__(
        self,
        path: Path,
        connection: apsw.Connection,
        reopen: Callable[[], apsw.Connection],
        on_problem: Callable[[str], None],
        retry_seconds: float,
    ) -> None:
        self._handle = Handle(path, connection, reopen)
        self._on_problem, self._retry_seconds = on_problem, retry_seconds
        self._loop = asyncio.get_running_loop()
        self._handed_over: queue.SimpleQueue[tuple[_Job, ...]] = queue.SimpleQueue()
        self._with_next: list[_Job] = []
        self._unwritten: list[_Job] = []
        self._stopping = threading.Event()
        self._closed = False
        self._start()
        atexit.register(self._stop)

    def submit(self, write: Write) -> asyncio.Future[None]:
        """Hand over a write; the future ends when it is on disk."""
        job = self._job(write)
        self._hand_over(job)
        return job.done

    def submit_with_next(self, write: Write) -> None:
        """Hand over a write that goes into the transaction of the next one; alone if none follows at once."""
        if not self._with_next:
            self._loop.call_soon(self._hand_over)
        self._with_next.append(self._job(write))

    def _job(self, write: Write) -> _Job:
        if self._closed:
            raise RuntimeError("the file is closed; what is handed over now would be lost")
        return _Job(write, self._loop.create_future())

    def _hand_over(self, *jobs: _Job) -> None:
        if jobs := (*self._with_next, *jobs):
            self._with_next.clear()
            self._handed_over.put(jobs)

    async def close(self) -> int:
        """Write what is left and close the file; returns how many writes could not be done.

        If there are any, the writer goes on trying, and `close` may be called again.
        """
        self._hand_over()
        await asyncio.to_thread(self._stop)
        if self._unwritten:
            unwritten = len(self._unwritten)
            self._start()
            return unwritten
        self._closed = True
        atexit.unregister(self._stop)
        self._handle.close()
        return 0

    def _start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def _stop(self) -> None:
        self._stopping.set()
        self._handed_over.put(())
        self._thread.join()

    def _run(self) -> None:
        troubled = bool(self._unwritten)
        while True:
            self._collect()
            if not self._unwritten:
                return
            last_try = self._stopping.is_set()
            try:
                self._commit(self._unwritten)
            except (StorageFailed, apsw.Error) as error:
                troubled = True
                self._tell(self._on_problem, str(error))
                if last_try:
                    return
                self._stopping.wait(self._retry_seconds)
                continue
            self._tell(_end, tuple(self._unwritten))
            self._unwritten.clear()
            if troubled:
                troubled = False
                self._tell(self._on_problem, "")

    def _collect(self) -> None:
        """Take all writes there are; with none, wait for one unless stopping."""
        while True:
            try:
                jobs = self._handed_over.get(block=not (self._unwritten or self._stopping.is_set()))
            except queue.Empty:
                return
            self._unwritten.extend(jobs)

    def _commit(self, jobs: Sequence[_Job]) -> None:
        with self._handle.transaction() as connection:
            for job in jobs:
                job.write(connection)

    def _tell(self, callback: Callable[[_T], None], value: _T) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, value)
        except RuntimeError:  # The loop is closed; there is nobody left to tell.
            return


def _end(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        if not job.done.cancelled():
            job.done.set_result(None)
