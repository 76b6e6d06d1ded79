"""Programs in miniature: functions that run in a forked process, which can be cut off at any moment.

Only for programs without threads of their own; forking is a hundred times as fast as starting Python.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.work import WORKS, Found, Verdict


@dataclass(frozen=True, slots=True)
class Child:
    """A forked process; `answers` is the end of the pipe on which it writes a line for each thing it has to say."""

    pid: int
    answers: int

    def line(self) -> bytes:
        """The next line; empty when the process has ended."""
        found = b""
        while not found.endswith(b"\n"):
            byte = os.read(self.answers, 1)
            if not byte:
                return b""
            found += byte
        return found

    def at_hand(self) -> list[bytes]:
        """The lines that are there now, without waiting; the last may be cut."""
        os.set_blocking(self.answers, False)
        found = b""
        try:
            while part := os.read(self.answers, 65536):
                found += part
        except BlockingIOError:
            pass
        finally:
            os.set_blocking(self.answers, True)
        return found.split(b"\n")[:-1]

    def end(self) -> int:
        """Kill it, if it runs, and return its exit status."""
        os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        os.close(self.answers)
        return os.waitstatus_to_exitcode(status)


def fork(run: Callable[[int], Coroutine[Any, Any, None]]) -> Child:
    """Start `run(pipe)` in a process of its own, on an event loop with one thread for blocking work."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return Child(pid, reading)
    code = 1
    try:
        os.close(reading)
        asyncio.run(_with_one_thread(run(writing)))
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

    async def look(pipe: int) -> None:
        opened = await WORKS[work].open(folder)
        found = await opened.find()
        await opened.close()
        with os.fdopen(pipe, "wb") as answer:
            pickle.dump(found, answer)

    child = fork(look)
    with os.fdopen(os.dup(child.answers), "rb") as answer:
        data = answer.read()
    if not data:
        child.end()
        return Verdict([], [], ["it cannot be opened any more"])
    child.end()
    found: Found = pickle.loads(data)  # noqa: S301 - our own child wrote it
    return found.against(acknowledged)
