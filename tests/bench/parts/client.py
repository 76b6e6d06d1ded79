"""Our client beside viam-sdk, against the same service, in turns."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.drivers.viam_loop import CPU
from tests.bench.figures import Row, Side
from tests.bench.rivals import VIAM_SDK, NotInstalledError
from tests.bench.running import Service, served
from tests.bench.timing import ROOT, DidNotRunError, measured

DRIVERS = Path(__file__).parent.parent / "drivers"
RATES = {
    "metadata": ("metadata of all: largest pages, their documented loop", "records/s"),
    "metadata, 50 a page": ("metadata of all, 50 a page", "records/s"),
    "documented loop": ("bytes of all: our iterator, their documented loop", "images/s"),
    "call by call": ("bytes, one id a call", "images/s"),
    "8 in flight": ("bytes, one id a call, 8 in flight", "images/s"),
}
GROWN, LATE = 8.0, 8.0
"""MiB that all records may add to a process that has read the first tenth; ms of the event loop."""


def rows(bench: Bench) -> Iterator[Row]:
    yield from asyncio.run(_rows(bench))
    yield from _of_many(bench)


async def _rows(bench: Bench) -> list[Row]:
    count = bench.either(200, 4)
    async with served(bench, count) as service:
        return await asyncio.to_thread(_in_turns, bench, service, count)


def _in_turns(bench: Bench, service: Service, count: int) -> list[Row]:
    endpoint, small = service.endpoint, bench.either(200, 5)
    arguments = (endpoint.target, endpoint.api_key_id, endpoint.api_key, count, small)
    ours: list[dict[str, list[float]]] = []
    theirs: list[dict[str, list[float]]] = []
    why_not = ""
    for turn in range(bench.either(5, 1)):
        home = bench.run / f"client-{turn}"
        ours.append(measured(sys.executable, DRIVERS / "client_loop.py", *arguments, home=home))
        if not why_not:
            try:
                theirs.append(measured(bench.rivals.python(VIAM_SDK), DRIVERS / "viam_loop.py", *arguments, home=home))
            except (NotInstalledError, DidNotRunError) as error:
                why_not = str(error)
    found = []
    for name, (what, unit) in RATES.items():
        us, them = ([count / one[name][0] * 1_000 for one in sides] for sides in (ours, theirs))
        found.append(Row("client", what, unit, Side("labeler", us), (Side(VIAM_SDK.name, them, why_not),)))
    for name, (what, unit) in RATES.items():
        us, them = ([one[CPU + name][0] / count * 1_000 for one in sides] for sides in (ours, theirs))
        of_one = "us of a record" if unit == "records/s" else "us of an image"
        rival = Side(VIAM_SDK.name, them, why_not)
        found.append(Row("client", f"the client's CPU; {what}", of_one, Side("labeler", us), (rival,)))
    us, them = ([ms for one in sides for ms in one["small call"]] for sides in (ours, theirs))
    found.append(Row("client", "a small call (tags)", "ms", Side("labeler", us), (Side(VIAM_SDK.name, them, why_not),)))
    return found


def _of_many(bench: Bench) -> list[Row]:
    """All records of a service that costs nothing, at the client's full speed."""
    count = bench.either(1_000_000, 10_000)
    found = []
    with _service_of(count) as address:
        for turn in range(bench.either(3, 1)):
            home = bench.run / f"records-{turn}"
            found.append(measured(sys.executable, DRIVERS / "record_loop.py", address, count, home=home))
    from_all = f"{count:,} records from a service that costs nothing"
    rate, grown, late, busy = ([one[name] for one in found] for name in ("rate", "grown", "late", "busy"))
    idle = Side("a loop busy in steps of 1 ms", busy)
    ours = "labeler"
    return [
        Row("client", f"{from_all}: read", "records/s", Side(ours, rate)),
        Row("client", f"{from_all}: memory that the last nine tenths add", "MiB", Side(ours, grown), at_most=GROWN),
        Row("client", f"{from_all}: event loop late, p99", "ms", Side(ours, late), floor=idle, at_most=LATE),
    ]


@contextmanager
def _service_of(count: int) -> Iterator[str]:
    """The address of a service of so many records."""
    command = [sys.executable, str(DRIVERS / "record_service.py"), str(count)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["listening"])
    finally:
        process.communicate(timeout=30)
