"""Programs in miniature: functions that run in a forked process, which can be cut off at any moment.

Only for programs without threads of their own; forking is a hundred times as fast as starting Python.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.work import Found, Verdict
from tests.faults.works import WORKS

Run = Callable[[socket.socket], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Child:
    """A forked process; it writes a line to `pipe` for each thing that it has to say."""

    pid: int
    pipe: socket.socket

    def line(self, seconds: float | None = None) -> bytes:
        """The next line; empty when the process has ended, or has said nothing for so many seconds."""
        self.pipe.settimeout(seconds)
        found = b""
        while not found.endswith(b"\n"):
            try:
                byte = self.pipe.recv(1)
            except (TimeoutError, ConnectionError):
                return b""
            if not byte:
                return b""
            found += byte
        return found

    def at_hand(self) -> list[bytes]:
        """The lines that are there now, without waiting; the last may be cut."""
        self.pipe.settimeout(0)
        found = b""
        try:
            while part := self.pipe.recv(65536):
                found += part
        except BlockingIOError:
            pass
        return found.split(b"\n")[:-1]

    def tell(self) -> None:
        """Let it go on, where it waits with `recv`."""
        self.pipe.send(b".")

    def end(self) -> int:
        """Kill it, if it runs, and return its exit code."""
        os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        self.pipe.close()
        return os.waitstatus_to_exitcode(status)


def fork(run: Run) -> Child:
    """Start `run(pipe)` in a process of its own, on an event loop with one thread for blocking work."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid:
        theirs.close()
        return Child(pid, ours)
    code = 1
    try:
        ours.close()
        asyncio.run(_with_one_thread(run(theirs)))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


async def _with_one_thread(work: Coroutine[Any, Any, None]) -> None:
    # One thread makes the order of system calls, and with it their numbers, the same in each run.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    await work


def judge(work: str, folder: Path, acknowledged: set[int]) -> Verdict:
    """Open the folder as the program does after a crash, and compare it with what was acknowledged."""

    async def look(pipe: socket.socket) -> None:
        opened = await WORKS[work].open(folder)
        found = await opened.find()
        await opened.close()
        pipe.sendall(pickle.dumps(found))

    child = fork(look)
    with child.pipe.makefile("rb") as answer:
        data = answer.read()
    child.end()
    if not data:
        return Verdict([], [], ["it cannot be opened any more"])
    found: Found = pickle.loads(data)  # noqa: S301 - our own child wrote it
    return found.against(acknowledged)
