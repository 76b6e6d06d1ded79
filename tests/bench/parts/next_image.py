"""The next image: from the key to the picture, as sharp as the screen, with time to think and held down."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.bench import Bench
from tests.bench.figures import Row
from tests.bench.pictures import photographs
from tests.bench.rivals import LABELIMG, LABELME, X_ANYLABELING
from tests.bench.viewers import Turns

THINK_MS = {"1080p": 250, "12 MP": 450}
RIVALS = (LABELME, LABELIMG, X_ANYLABELING)
MEMORY_AFTER = 200


def rows(bench: Bench) -> Iterator[Row]:
    counts = {"1080p": bench.either(30, 2), "12 MP": bench.either(15, 1)}
    for size, think in THINK_MS.items():
        count = counts[size]
        folder = photographs(bench.work / size.replace(" ", ""), size, count + bench.either(10, 2))
        for pause, said in ((think, f"{think} ms to think"), (0, "held down")):
            turns = Turns(bench, RIVALS, folder, count, pause)
            turns.take(bench.either(2, 1))
            yield Row("next_image", f"{size}, {said}", "ms", turns.ours("next"), turns.theirs("next"))
    count = bench.either(MEMORY_AFTER, 2)
    folder = photographs(bench.work / "1080p", "1080p", count + 2)
    turns = Turns(bench, RIVALS, folder, count, 0)
    turns.take(1)
    what = f"memory of all processes after {count} images of 1080p"
    yield Row("next_image", what, "MiB", turns.ours("memory"), turns.theirs("memory"))
