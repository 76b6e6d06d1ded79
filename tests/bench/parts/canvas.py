"""The canvas with many boxes, and with a very large photograph: frames of hovering, dragging, panning and zooming."""

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
    large = bench.either("100 MP", "12 MP")
    for size, count, steps, most in (
        ("12 MP", bench.either(2_000, 200), bench.either(200, 10), 16),
        ("12 MP", bench.either(100_000, 300), bench.either(40, 10), None),
        (large, 10, bench.either(200, 10), 16),
    ):
        folder = photographs(bench.work / size.replace(" ", ""), size, 1)
        found = measured(sys.executable, DRIVER, "canvas", count, steps, folder, home=bench.run / "home")
        for name in ("hover", "drag", "pan", "zoom"):
            yield Row("canvas", f"{count:,} boxes on {size}, {name}", "ms", Side("labeler", found[name]), at_most=most)
