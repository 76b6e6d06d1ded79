"""Breaks one step of work at each of its system calls that touch the disk, in turn.

    python -m tests.faults.syscalls FOLDER WORK kill
    python -m tests.faults.syscalls FOLDER WORK fail|turn [ERRNO ...]

`kill` ends the process as it enters the call. `fail` lets the call fail with each errno, once and then for as long
as the disk is said to be broken; then the disk is mended. `turn` does so with the next errno at each call. Prints a
JSON object. strace breaks the calls.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.forks import Child, fork, judge
from tests.faults.works import WORKS

_CALLS = (
    "pwrite64", "write", "fdatasync", "fsync", "rename", "unlink", "mkdir", "openat", "ftruncate", "fallocate"
)  # fmt: skip
_HARMLESS = {"upload": {"unlink"}, "purge": {"openat", "unlink"}, "migration": {"openat", "unlink"}}
"""Calls whose failure is no reason to refuse, by work; of other work it is `openat`.

SQLite goes on where the folder of a new log cannot be opened to sync it; a file that could not be removed is
removed later, and a seal that was left does not fit.
"""
_BEFORE, _STEP = range(1, 6), 7
_LIKE_IT = (8, 6)
"""Steps of each kind that make all that is made on first use."""
_MENDED_SECONDS = 15.0
_BROKEN_SECONDS = 0.15


class Strace:
    """strace on a process and its threads, breaking calls as told."""

    def __init__(self, pid: int, log: Path, *inject: str) -> None:
        self._log = log
        what = ["-e", "trace=" + ",".join(_CALLS), *(part for one in inject for part in ("-e", f"inject={one}"))]
        command = ["strace", "-f", "-p", str(pid), "-o", str(log), *what]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        said = self._process.stderr.readline()
        if "attached" not in said:
            raise RuntimeError(f"strace: {said}{self._process.stderr.read()}")

    def end(self) -> str:
        """Let go of the process; returns the calls that were seen."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            # It may wait for ever for a process that ended as it let go of it.
            self._process.kill()
            self._process.communicate()
        return self._log.read_text()


@dataclass
class Counts:
    """What was done and what was wrong."""

    points: int = 0
    """Calls at which it was broken."""
    broken: int = 0
    """Times that it was broken."""
    refused: int = 0
    acknowledged: int = 0
    wrong: list[str] = field(default_factory=list)


class Breaker:
    def __init__(self, folder: Path, work: str) -> None:
        self._folder, self._work = folder, work
        self._base = folder / "base"
        self._base.mkdir()
        child = fork(self._prepare)
        if child.line() != b"prepared\n":
            raise RuntimeError("the work cannot be prepared")
        child.end()
        self.counts = Counts()

    async def _prepare(self, pipe: socket.socket) -> None:
        opened = await WORKS[self._work].open(self._base)
        for number in _BEFORE:
            await opened.do(number)
        await opened.close()
        pipe.sendall(b"prepared\n")

    async def _one_step(self, pipe: socket.socket) -> None:
        # What is imported or made on first use is no part of the step.
        opened = await WORKS[self._work].open(shutil.copytree(self._base, self._folder / "warm"))
        for number in _LIKE_IT:
            await opened.do(number)
        await opened.close()
        opened = await WORKS[self._work].open(self._case)
        pipe.sendall(b"ready\n")
        while pipe.recv(1):
            try:
                await opened.do(_STEP)
            except Exception as error:
                pipe.sendall(f"refused {error!r}\n".replace("\n", " ").encode() + b"\n")
            else:
                pipe.sendall(b"done\n")

    @property
    def _case(self) -> Path:
        return self._folder / "case"

    def _start(self, *inject: str) -> tuple[Child, Strace]:
        for old in (self._case, self._folder / "warm"):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(self._base, self._case)
        child = fork(self._one_step)
        if child.line() != b"ready\n":
            raise RuntimeError("the work cannot be started")
        strace = Strace(child.pid, self._folder / "calls", *inject)
        child.tell()
        return child, strace

    def points(self) -> Iterator[tuple[str, int]]:
        """The calls of a step that is not broken: name, and place among its thread's calls of that name."""
        child, strace = self._start()
        if child.line() != b"done\n":
            raise RuntimeError("the step fails by itself")
        calls = re.findall(r"^(\d+) +(\w+)\(", strace.end(), re.MULTILINE)
        child.end()
        most: Counter[str] = Counter()
        for (_, name), times in Counter(calls).items():
            most[name] = max(most[name], times)
        for name, times in most.items():
            for place in range(1, times + 1):
                self.counts.points += 1
                yield name, place

    def kill(self) -> None:
        for name, place in self.points():
            child, strace = self._start(f"{name}:signal=KILL:when={place}")
            said = child.line()
            child.end()
            strace.end()
            if said:
                self.counts.wrong.append(f"{name} {place}: was not killed there but said {said!r}")
            self.counts.broken += not said
            self._judge(False, f"killed at {name} {place}")

    def fail(self, errnos: list[str], in_turn: bool) -> None:
        turns = itertools.cycle(errnos)
        for name, place in self.points():
            for errno in [next(turns)] if in_turn else errnos:
                for lasting in ("", "+"):
                    self._fail_at(name, place, errno, lasting)

    def _fail_at(self, name: str, place: int, errno: str, lasting: str) -> None:
        what = f"{errno} at {name} {place}{lasting}"
        child, strace = self._start(f"{name}:error={errno}:when={place}{lasting}")
        said = self._until_broken(child) if lasting else child.line(_MENDED_SECONDS)
        hit = "(INJECTED)" in strace.end()
        self.counts.broken += hit
        if lasting and hit and said == b"done\n" and name not in _HARMLESS.get(self._work, {"openat"}):
            self.counts.wrong.append(f"{what}: acknowledged while the disk was broken")
        if said.startswith(b"refused"):
            self.counts.refused += 1
            child.tell()
            said = child.line(_MENDED_SECONDS)
        elif not said:
            said = child.line(_MENDED_SECONDS)
        if said.startswith(b"refused") and lasting:
            # It was refused only after the disk was mended; a person tries again.
            child.tell()
            said = child.line(_MENDED_SECONDS)
        if said != b"done\n":
            self.counts.wrong.append(f"{what}: does not go on, {said!r}")
        self.counts.acknowledged += said == b"done\n"
        child.end()
        self._judge(said == b"done\n", what)

    def _until_broken(self, child: Child) -> bytes:
        """What the step says while the disk is broken, if anything."""
        deadline = time.monotonic() + _MENDED_SECONDS
        said = b""
        while not said and time.monotonic() < deadline:
            was_broken = "(INJECTED)" in (self._folder / "calls").read_text()
            said = child.line(_BROKEN_SECONDS)
            if was_broken:
                break
        return said

    def _judge(self, acknowledged: bool, what: str) -> None:
        verdict = judge(self._work, self._case, {*_BEFORE, *([_STEP] if acknowledged else [])})
        if not verdict.is_good:
            self.counts.wrong.append(f"{what}: {verdict}")


def main() -> None:
    folder, work, how, *errnos = sys.argv[1:]
    breaker = Breaker(Path(folder), work)
    breaker.kill() if how == "kill" else breaker.fail(errnos, how == "turn")
    print(json.dumps(vars(breaker.counts)))  # noqa: T201


if __name__ == "__main__":
    main()
