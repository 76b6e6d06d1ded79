"""The canvas with many boxes on a 12 MP photograph: frames of hovering, zooming and dragging."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.figures import Row, Side
from tests.bench.pictures import photographs
from tests.bench.timing import measured

DRIVER = Path(__file__).parent.parent / "drivers" / "window_frames.py"


def rows(bench: Bench) -> Iterator[Row]:
    folder = photographs(bench.work / "12MP", "12 MP", 1)
    count, steps = bench.either(2_000, 200), bench.either(200, 10)
    found = measured(sys.executable, DRIVER, "canvas", count, steps, folder, home=bench.run / "home")
    for name in ("hover", "drag", "zoom"):
        yield Row("canvas", f"{count:,} boxes, {name}", "ms", Side("labeler", found[name]), at_most=16)
