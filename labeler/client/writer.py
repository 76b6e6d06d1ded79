"""One thread that writes an SQLite file, off the event loop, and never gives a write up."""

from __future__ import annotations

import asyncio
import atexit
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import apsw

from labeler.domain.errors import StorageFailed
from labeler.sqlite_handle import Handle

Write = Callable[[apsw.Connection], None]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Job:
    write: Write
    done: asyncio.Future[None]


@dataclass(frozen=True, slots=True)
class _Question(Generic[_T]):
    read: Callable[[apsw.Connection], _T]
    answered: asyncio.Future[_T]


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
        self._handed_over: queue.SimpleQueue[tuple[_Job | _Question[Any], ...]] = queue.SimpleQueue()
        self._with_next: list[_Job] = []
        self._unwritten: list[_Job] = []
        self._unanswered: list[_Question[Any]] = []
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

    def ask(self, read: Callable[[apsw.Connection], _T]) -> asyncio.Future[_T]:
        """Read what all writes made that were handed over before; the future ends with it.

        It ends in StorageFailed where the disk does not give it, and is cancelled when the file is closed before.
        """
        question = _Question(read, self._loop.create_future())
        # Not between a write and the one that it goes with, which is handed over before the loop comes to this.
        self._loop.call_soon(self._hand_over_question, question)
        return question.answered

    def _hand_over_question(self, question: _Question[Any]) -> None:
        if self._closed:
            question.answered.cancel()
        else:
            self._hand_over()
            self._handed_over.put((question,))

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
        for question in self._unanswered:
            question.answered.cancel()
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
                if not self._unanswered:
                    return
                self._answer()
                continue
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
            self._answer()

    def _collect(self) -> None:
        """Take all there is to do; with nothing, wait for something unless stopping."""
        while True:
            try:
                has_work = self._unwritten or self._unanswered or self._stopping.is_set()
                found = self._handed_over.get(block=not has_work)
            except queue.Empty:
                return
            for one in found:
                if isinstance(one, _Job):
                    self._unwritten.append(one)
                else:
                    self._unanswered.append(one)

    def _answer(self) -> None:
        """Answer what is asked, each in a transaction of its own: what it cannot read must not undo a write."""
        for question in self._unanswered:
            try:
                with self._handle.transaction("BEGIN") as connection:
                    found = question.read(connection)
            except Exception as error:
                # Whatever it is, the thread goes on: nothing would be written without it.
                failure = StorageFailed(str(error)) if isinstance(error, apsw.Error) else error
                self._tell(_fail, (question, failure))
            else:
                self._tell(_answer, (question, found))
        self._unanswered.clear()

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


def _answer(told: tuple[_Question[_T], _T]) -> None:
    question, found = told
    if not question.answered.done():
        question.answered.set_result(found)


def _fail(told: tuple[_Question[_T], Exception]) -> None:
    question, error = told
    if not question.answered.done():
        question.answered.set_exception(error)
