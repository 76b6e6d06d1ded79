"""The next image of a server that is far away: over a line of 20 Mbit/s with a delay of 100 ms."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.along.team import Team
from tests.bench.bench import Bench
from tests.bench.figures import Row, Side
from tests.bench.pictures import photographs
from tests.bench.timing import measured
from tests.faults.proxy import Proxy

DRIVER = Path(__file__).parent.parent / "drivers" / "viewer.py"
BYTES_PER_SECOND = 20_000_000 // 8
DELAY = 0.1
THINK_MS = 500


def rows(bench: Bench) -> Iterator[Row]:
    count = bench.either(30, 3)
    folder = photographs(bench.work / "1080p", "1080p", count + bench.either(10, 2))
    team = asyncio.run(Team.start(bench.run / "far", folder))
    try:
        with Proxy(team.address, random.Random(1)) as line:
            line.delay, line.bytes_per_second = DELAY, BYTES_PER_SECOND
            server = (line.address, team.key["api_key_id"], team.key["api_key"])
            home = bench.run / "home" / "far"
            found = measured(sys.executable, DRIVER, bench.run / "near", "", count, THINK_MS, *server, home=home)
    finally:
        team.go()
    first, rest = found["next"][:1], found["next"][1:]
    what = f"1080p over 20 Mbit/s and 100 ms, {THINK_MS} ms to think"
    yield Row("link", f"{what}: the second image", "ms", Side("labeler", first))
    yield Row("link", f"{what}: those after it", "ms", Side("labeler", rest), at_most=16)
