"""The grid at growing numbers of images: until thumbnails are seen, jumps, frames while scrolling, memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.figures import Row, Side
from tests.bench.pictures import photographs
from tests.bench.timing import measured

DRIVER = Path(__file__).parent.parent / "drivers" / "window_frames.py"
ROWS = {
    "first": "open to all visible thumbnails",
    "jump": "jump anywhere to all visible thumbnails",
    "jump frame": "frame of a jump",
    "scroll": "frame while scrolling 40 px a step",
}


def rows(bench: Bench) -> Iterator[Row]:
    folder = photographs(bench.work / "1080p", "1080p", bench.either(40, 4))
    for count in bench.either(bench.sizes(10_000, 100_000, 1_000_000), [1_000]):
        found = measured(sys.executable, DRIVER, "grid", count, bench.either(200, 10), folder, home=bench.run / "home")
        for name, what in ROWS.items():
            target = 16 if "frame" in what else None
            yield Row("grid", f"{count:,}: {what}", "ms", Side("labeler", found[name]), at_most=target)
        yield Row("grid", f"{count:,}: memory beyond the list", "MiB", Side("labeler", [found["memory"]]))
