"""Worker processes as the window uses them: started, given one picture each, ended when they take too long."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import queue
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Barrier, BrokenBarrierError, Timer
from typing import Any

from labeler.decoding.kept_hashes import HASH_BYTES
from labeler.decoding.link import CAN_PASS_DESCRIPTORS, Link, Message, PipeLink, SocketLink
from labeler.decoding.memory import Spares, keep_size
from labeler.domain.errors import InvalidValue, LabelerError

WORKERS = 2
PATIENCE = 5.0
"""Seconds that one picture may take."""
STARTING = 20.0
"""Seconds that a process may take in addition to begin, on a machine that has much else to do."""
MOST_ENCODED = 512 * 1024 * 1024
MOST_DECODED = 1 << 31
_ENDING = 2.0
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP")
"""What a worker needs of the environment; keys may be in the rest."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pixels:
    """A decoded picture: px of the whole, and copies of it, the largest first, as width, height and rows.

    Rows are four bytes a px: blue, green, red, 255. They are read only and there as long as this is.
    """

    width: int
    height: int
    copies: tuple[tuple[int, int, memoryview], ...]


class _Worker:
    """One process, which is started when it is needed. Used by one thread at a time."""

    def __init__(self, spares: Spares, *, by_pipes: bool) -> None:
        self._spares, self._by_pipes = spares, by_pipes
        self._process: subprocess.Popen[bytes] | None = None
        self._link: Link | None = None
        self._is_new = True

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> Link:
        """The link to the process, which runs now. Raises OSError if it cannot be started."""
        if self._link is not None:
            return self._link
        command = [sys.executable, "-P", "-m", "labeler.decoding.worker"]
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        if self._by_pipes:
            self._process = subprocess.Popen(
                [*command, "pipes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=environment, creationflags=flags,
            )  # fmt: skip
            assert self._process.stdin is not None  # noqa: S101 - asked for
            assert self._process.stdout is not None  # noqa: S101
            self._link = PipeLink(self._process.stdout, self._process.stdin)  # type: ignore[arg-type]
        else:
            ours, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [*command, "socket"], stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    env=environment,
                )  # fmt: skip
            self._link = SocketLink(ours)
        self._is_new = True
        return self._link

    def ask(self, request: Mapping[str, Any], content: bytes) -> tuple[Message, int | None]:
        """The reply, and the shared memory it is about. Raises TimeoutError, EOFError or ValueError, and has ended."""
        spare: int | None = None
        try:
            link = self.start()
            patience = PATIENCE + (STARTING if self._is_new else 0)
            with self._ended_after(patience):
                if self._is_new:
                    self._is_new = False
                    link.until(time.monotonic() + patience)
                    link.receive(0)
                link.until(time.monotonic() + PATIENCE)
                spare = self._spares.take() if link.passes_descriptors and "size" in request else None
                link.send(Message(request, content, spare))
                reply = link.receive(MOST_DECODED)
        except (TimeoutError, EOFError, ValueError, OSError):
            self._give(spare)
            self.end(_ENDING if self._process and self._process.poll() is not None else 0)
            raise
        if reply.header.get("memory") == "spare" and spare is not None and reply.descriptor is None:
            return reply, spare
        self._give(spare)
        return reply, reply.descriptor

    def _give(self, descriptor: int | None) -> None:
        if descriptor is not None:
            self._spares.give(descriptor)

    @contextlib.contextmanager
    def _ended_after(self, seconds: float) -> Iterator[None]:
        """End a process on pipes in time; sockets stop waiting by themselves."""
        if not self._by_pipes or self._process is None:
            yield
            return
        process, late = self._process, False

        def end() -> None:
            nonlocal late
            late = True
            process.kill()

        timer = Timer(seconds, end)
        timer.start()
        try:
            yield
        except EOFError:
            if late:
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()
            timer.join()

    def kill(self) -> None:
        """End what the process is at, from any thread."""
        process = self._process
        if process is not None:
            process.kill()

    def end(self, patience: float = _ENDING) -> int | None:
        """End the process and wait for it; returns what it ended with."""
        link, process = self._link, self._process
        self._link = self._process = None
        if link is not None:
            link.close()
        if process is None:
            return None
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


class Workers:
    """A few processes that decode. `close` ends them; they end by themselves where this process does not come to it.

    Each picture has a process to itself for at most `PATIENCE` seconds; a process that ends or is ended is
    replaced for the next picture, and its picture is known from then on.
    """

    def __init__(self, count: int = WORKERS, *, by_pipes: bool = not CAN_PASS_DESCRIPTORS) -> None:
        self._spares = Spares()
        self._all = [_Worker(self._spares, by_pipes=by_pipes) for _ in range(count)]
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        for worker in self._all:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="decode")
        self._together = Barrier(1)
        self._closed = False
        self._deadly: dict[bytes, str] = {}

    @property
    def pids(self) -> list[int]:
        """The processes that run."""
        return [worker.pid for worker in self._all if worker.pid is not None]

    def start(self, count: int = 1) -> list[Future[None]]:
        """Begin so many before the first picture is there; what is returned is done when each has been started.

        A process takes a quarter of a second of a core until it can decode, so that more than one early is in the
        way of a program that starts itself; the others begin when two pictures are wanted at once.
        """
        self._together = Barrier(count)

        def begin() -> None:
            worker = self._idle.get()
            try:
                with contextlib.suppress(OSError, BrokenBarrierError):
                    self._together.wait()  # so that each thread has another
                    worker.start()
            finally:
                self._idle.put(worker)

        return [self._threads.submit(begin) for _ in range(count)]

    async def decode(self, content: bytes, size: int = 0, at_least: bool = False) -> Pixels:
        """Decode a picture as `pixels.decode` does. Raises LabelerError with a sentence to show in its place.

        Cancelled while the picture waits for a process it is not begun.
        """
        work = partial(self.decode_here, content, size, at_least)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def decode_here(self, content: bytes, size: int = 0, at_least: bool = False) -> Pixels:
        """The same, for who can wait."""
        return self._pixels(*self._reply({"size": size, "at_least": at_least}, content))

    async def hash(self, content: bytes) -> bytes:
        """What a picture looks like, as `likeness.picture_hash` has it. Raises LabelerError. As `decode` otherwise."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hash_here, content)

    def _hash_here(self, content: bytes) -> bytes:
        reply, shared = self._reply({"hash": True}, content)
        if shared is not None:
            self._spares.give(shared)
        try:
            found = bytes.fromhex(reply.header["hash"])
            if len(found) != HASH_BYTES:
                raise ValueError("a hash of another length")
        except (ValueError, TypeError, KeyError) as error:
            raise LabelerError(f"The picture cannot be compared: the picture decoder failed ({error}).") from error
        return found

    def _reply(self, request: Mapping[str, Any], content: bytes) -> tuple[Message, int | None]:
        """The reply of a worker, which is no problem, and shared memory that is the caller's now."""
        if len(content) > MOST_ENCODED:
            raise InvalidValue(f"The picture is too large to show: {len(content) / 1e6:.0f} MB.")
        if self._deadly and (reason := self._deadly.get(_digest(content))):
            raise InvalidValue(reason)
        worker = self._idle.get()
        try:
            reply, shared = self._asked(worker, request, content)
        finally:
            self._idle.put(worker)
        if "problem" in reply.header:
            if shared is not None:
                self._spares.give(shared)
            raise InvalidValue(str(reply.header["problem"]))
        return reply, shared

    def _asked(self, worker: _Worker, request: Mapping[str, Any], content: bytes) -> tuple[Message, int | None]:
        for is_last in (False, True):
            if self._closed:
                break
            try:
                return worker.ask(request, content)
            except TimeoutError:
                raise self._is_deadly(content, f"reading it takes more than {PATIENCE:.0f} seconds") from None
            except EOFError:
                # Once is not the picture's fault: whoever needs memory may have ended the process.
                if is_last and not self._closed:
                    raise self._is_deadly(content, "reading it ends the program that reads pictures") from None
                continue
            except (OSError, ValueError) as error:
                if self._closed:
                    break
                log.warning("the picture decoder: %s", error)
                raise LabelerError(f"The picture cannot be shown: the picture decoder failed ({error}).") from error
        raise LabelerError("The picture is not shown any more: the program ends.")

    def _is_deadly(self, content: bytes, why: str) -> InvalidValue:
        reason = f"The picture is broken: {why}."
        log.info("%s", reason)
        self._deadly[_digest(content)] = reason
        return InvalidValue(reason)

    def _pixels(self, reply: Message, shared: int | None) -> Pixels:
        """What a reply says, trusted as little as what the picture says."""
        fields = reply.header
        try:
            width, height, sizes = _checked(fields)
            needed = sum(4 * wide * high for wide, high in sizes)
            if (shared is None) != (fields["memory"] == "sent"):
                raise ValueError("its memory did not come")
            if shared is not None:
                keep_size(shared)
                descriptor, shared = shared, None
                rows = memoryview(self._spares.read(descriptor, needed))
            else:
                rows = memoryview(reply.body).toreadonly()[:needed]
            if len(rows) != needed:
                raise ValueError("too few pixels")
        except (ValueError, TypeError, KeyError, OSError) as error:
            raise LabelerError(f"The picture cannot be shown: the picture decoder failed ({error}).") from error
        finally:
            if shared is not None:
                self._spares.give(shared)
        copies, start = [], 0
        for wide, high in sizes:
            copies.append((wide, high, rows[start : start + 4 * wide * high]))
            start += 4 * wide * high
        return Pixels(width, height, tuple(copies))

    def close(self) -> None:
        """End all; what is being decoded is given up, what waits is dropped."""
        self._closed = True
        self._together.abort()
        for worker in self._all:
            worker.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._all:
            worker.end()
        self._spares.close()


def _checked(fields: Mapping[str, Any]) -> tuple[int, int, list[tuple[int, int]]]:
    width, height = int(fields["width"]), int(fields["height"])
    sizes = [(int(wide), int(high)) for wide, high in fields["sizes"]]
    lengths = [width, height, *(length for size in sizes for length in size)]
    if not sizes or min(lengths) < 1 or sum(4 * wide * high for wide, high in sizes) > MOST_DECODED:
        raise ValueError("sizes that no picture has")
    return width, height, sizes


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()
