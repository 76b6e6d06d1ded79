"""Our client beside viam-sdk, against the same service, in turns."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.figures import Row, Side
from tests.bench.rivals import VIAM_SDK, NotInstalledError
from tests.bench.running import Service, served
from tests.bench.timing import DidNotRunError, measured

DRIVERS = Path(__file__).parent.parent / "drivers"
RATES = {
    "metadata": ("metadata of all: largest pages, their documented loop", "records/s"),
    "metadata, 50 a page": ("metadata of all, 50 a page", "records/s"),
    "documented loop": ("bytes of all: our iterator, their documented loop", "images/s"),
    "call by call": ("bytes, one id a call", "images/s"),
    "8 in flight": ("bytes, one id a call, 8 in flight", "images/s"),
}


def rows(bench: Bench) -> Iterator[Row]:
    yield from asyncio.run(_rows(bench))


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
    us, them = ([ms for one in sides for ms in one["small call"]] for sides in (ours, theirs))
    found.append(Row("client", "a small call (tags)", "ms", Side("labeler", us), (Side(VIAM_SDK.name, them, why_not),)))
    return found
