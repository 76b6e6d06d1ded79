"""The whole program killed while somebody labels: what it said was saved is there, once, and they go on there."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from queue import Empty, SimpleQueue
from statistics import median
from typing import Any

import pytest

from labeler.samples import write_samples
from tests.conftest import ROOT, command_line

DRIVER = Path(__file__).with_name("desktop_run.py")
MARK = "LABELER_KILLED_RUNS"
KILLS_OF_A_LIBRARY = 100
READY_SECONDS = 3.0
LOADING_SECONDS = 0.6
"""What importing the program takes on two cores that nobody else uses; where it takes longer, so may being ready."""
PATIENCE = 60.0


class Run:
    """The program in a process of its own, its modules loaded but not started."""

    def __init__(self, library: Path, samples: Path, seed: int) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), MARK: str(library.parent)}
        command = [sys.executable, DRIVER, library, samples, seed, time.time()]
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def tell(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def next(self, timeout: float = PATIENCE) -> dict[str, Any]:
        """What it says next; nothing when it is over. Raises Empty after `timeout` seconds."""
        line = self._lines.get(timeout=timeout)
        found: dict[str, Any] = json.loads(line) if line else {}
        return found

    def until(self, what: str) -> dict[str, Any]:
        """What it says of this kind next."""
        while what not in (found := self.next()):
            assert found, f"the program ended before it was {what}"
        return found

    def service(self) -> int:
        """The process id of its service."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        (found,) = [pid for one in children for pid in one.read_text().split() if " serve " in command_line(int(pid))]
        return int(found)

    def kill(self, *others: int) -> list[dict[str, Any]]:
        """Kill it, and others with it; returns what it had said and nobody had heard."""
        for pid in (self.process.pid, *others):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join()
        rest = []
        while found := self.next():
            rest.append(found)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        return rest


class Memory:
    """What the program said last that it had saved, and what it did after that."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.under_way = ""
        self.saved = self.lost = self.doubled = 0

    def hear(self, said: Iterable[dict[str, Any]]) -> None:
        for one in said:
            if "ready" in one:
                self.take(one["state"])
            elif "acts" in one:
                self.under_way = one["acts"]
            elif "saved" in one:
                self.take(one["saved"], exact=True)
                self.saved += 1

    def take(self, found: dict[str, Any], exact: bool = False) -> None:
        """A state must follow from the one before by what was under way; unless `exact`, by nothing as well."""
        self.count(found)
        before, self.state = self.state, found
        if not before:
            return
        allowed = [after(before, self.under_way, found)]
        if not exact:
            allowed.append((before["done"], before["undone"]))
        assert (found["done"], found["undone"]) in allowed, (self.under_way, before, found)
        if self.under_way not in ("a", "d", "Ctrl+Z", "Ctrl+Shift+Z"):
            assert found["place"] == before["place"]
        self.under_way = ""

    def count(self, found: dict[str, Any]) -> None:
        """Compare the boxes with what the edits that can be undone made of none."""
        wanted: list[tuple[str, list[float]]] = []
        for image, old, new in found["done"]:
            if old is not None:
                del wanted[place_of((image, old), wanted)]
            if new is not None:
                wanted.append((image, new))
        for image, boxes in found["boxes"].items():
            for box in boxes:
                place = place_of((image, box), wanted)
                if place < 0:
                    self.doubled += 1
                else:
                    del wanted[place]
        self.lost += len(wanted)
        assert (self.lost, self.doubled) == (0, 0), (wanted, found)


def place_of(one: tuple[str, list[float]], among: list[tuple[str, list[float]]]) -> int:
    image, box = one
    for place, (other, edges) in enumerate(among):
        if image == other and all(abs(a - b) < 1e-6 for a, b in zip(box, edges, strict=True)):
            return place
    return -1


def after(before: dict[str, Any], action: str, found: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """What can be undone and redone after an action; what a new edit did is taken from what was found."""
    done, undone = before["done"], before["undone"]
    if action == "Ctrl+Z" and done:
        return done[:-1], [*undone, done[-1]]
    if action == "Ctrl+Shift+Z" and undone:
        return [*done, undone[-1]], undone[:-1]
    if action in ("draw", "x") and found["done"] and (found["done"] != done or found["undone"] != undone):
        return [*done, found["done"][-1]], []
    return done, undone


def started_here(mark: str) -> set[int]:
    """Processes with the mark in their environment."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"{MARK}={mark}".encode() in path.read_bytes().split(b"\0"):
                found.add(int(path.parent.name))
        except OSError:
            continue
    return found


class Kills:
    """Kills of one library's runs."""

    def __init__(self, folder: Path, samples: Path, chance: random.Random) -> None:
        self.library, self.samples, self.chance = folder / "library", samples, chance
        self.made: Counter[str] = Counter()
        self.ready: list[float] = []
        self.loaded: list[float] = []
        self.memory = Memory()

    def make(self, kills: int) -> None:
        run = self.new_run()
        self.start(run)
        while True:
            said = run.until("ready")
            if self.memory.state:
                self.ready.append(said["ready"])
            self.memory.take(said["state"])
            following = self.new_run()
            while self.made.total() < kills and self.kill_service(run):
                pass
            last = self.made.total() >= kills
            self.memory.hear(run.kill(*self.victims(run) if not last else ()))
            run = following
            if last:
                break
            self.start(run)
            while self.made.total() < kills and self.chance.random() < 0.1:
                time.sleep(self.chance.uniform(0, 0.8))
                self.made["window at its start"] += 1
                self.memory.hear(run.kill())
                run = self.new_run()
                self.start(run)
        run.kill()

    def new_run(self) -> Run:
        return Run(self.library, self.samples, self.chance.randrange(1 << 30))

    def start(self, run: Run) -> None:
        self.loaded.append(run.until("loaded")["loaded"])
        run.tell()

    def work(self, run: Run) -> None:
        """Let the robot act a random number of times and then be at a random moment of the next."""
        for _ in range(self.chance.randint(1, 8)):
            said = run.next()
            assert said, "the program ended by itself"
            self.memory.hear([said])
        moment = time.monotonic() + self.chance.uniform(0, 0.08)
        while (left := moment - time.monotonic()) > 0:
            try:
                self.memory.hear([run.next(left)])
            except Empty:
                return

    def victims(self, run: Run) -> list[int]:
        """Whom to kill with the window."""
        self.work(run)
        if self.chance.random() < 0.5:
            self.made["window"] += 1
            return []
        self.made["both"] += 1
        return [run.service()]

    def kill_service(self, run: Run) -> bool:
        """Maybe kill the service alone; the program goes on."""
        if self.chance.random() < 0.7:
            return False
        self.work(run)
        os.kill(run.service(), signal.SIGKILL)
        killed = time.monotonic()
        self.made["service"] += 1
        run.tell()
        while "checked" not in (said := run.next()):
            self.memory.hear([said])
        self.ready.append(time.monotonic() - killed)
        self.memory.count(said["checked"])
        return True


@pytest.mark.parametrize("kills", [100, pytest.param(2_000, marks=pytest.mark.long)])
def test_kills_lose_and_double_nothing(tmp_path: Path, kills: int) -> None:
    samples = write_samples(tmp_path / "samples", of_line=2).folder
    made: Counter[str] = Counter()
    ready: list[float] = []
    loaded: list[float] = []
    saved = 0
    for number in range(0, kills, KILLS_OF_A_LIBRARY):
        folder = tmp_path / str(number)
        folder.mkdir()
        one = Kills(folder, samples, random.Random(number))
        one.make(min(KILLS_OF_A_LIBRARY, kills - number))
        made += one.made
        ready += one.ready
        loaded += one.loaded
        saved += one.memory.saved
        end = time.monotonic() + PATIENCE
        while left := started_here(str(folder)):
            assert time.monotonic() < end, [command_line(pid) for pid in left]
            time.sleep(0.02)
    slowness = max(1.0, median(loaded) / LOADING_SECONDS)
    print(  # noqa: T201
        f"{made.total()} kills {dict(made)}, {saved} acts saved, 0 lost, 0 doubled; ready in {median(ready):.2f} s, "
        f"{max(ready):.2f} s at most, on a machine {slowness:.1f} times as slow as a quiet one"
    )
    assert made.total() >= kills
    assert set(made) == {"window", "both", "service", "window at its start"}
    assert max(ready) < READY_SECONDS * slowness
