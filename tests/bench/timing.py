"""Taking times: in this process, and in others that print theirs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
STARTED = "BENCH_STARTED"
"""The variable that tells a measured program when it was started, by the monotonic clock of the machine."""
PATIENCE = 900.0
"""Seconds that a measured program may take."""


@contextmanager
def into(samples: list[float]) -> Iterator[None]:
    """Append how many ms the block took."""
    start = time.perf_counter()
    yield
    samples.append((time.perf_counter() - start) * 1_000)


async def times(count: int, work: Callable[[int], Awaitable[object]]) -> list[float]:
    """ms of each of `count` calls, one after another, given their number."""
    samples: list[float] = []
    for number in range(count):
        with into(samples):
            await work(number)
    return samples


class DidNotRunError(Exception):
    """A measured program ended with an error; the text is the last that it wrote."""


def measured(python: Path | str, program: Path, *arguments: object, home: Path) -> Any:
    """Run a program that measures and prints JSON as its last line; returns that. Raises DidNotRunError."""
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(ROOT) if str(python) == sys.executable else "",
        "HOME": str(home),
        STARTED: repr(time.monotonic()),
        "PYTHONDONTWRITEBYTECODE": "",  # A program that is installed has its bytecode.
        **{f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "CACHE", "STATE", "DATA")},
    }
    home.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            [str(python), str(program), *map(str, arguments)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DidNotRunError(str(error)) from error
    if done.returncode or not done.stdout.strip():
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise DidNotRunError(lines[-1] if lines else f"ended with {done.returncode}")
    return json.loads(done.stdout.strip().splitlines()[-1])
