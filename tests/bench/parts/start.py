"""From starting the process to a window that can be used, and to pictures, on a folder that is known."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.bench import Bench
from tests.bench.figures import Row
from tests.bench.pictures import photographs
from tests.bench.rivals import LABELIMG, LABELME, X_ANYLABELING
from tests.bench.viewers import Turns


def rows(bench: Bench) -> Iterator[Row]:
    count = bench.either(200, 4)
    folder = photographs(bench.work / "1080p", "1080p", count)
    turns = Turns(bench, (LABELME, LABELIMG, X_ANYLABELING), folder, 0, 0, with_floor=True)
    turns.take(bench.either(5, 1))
    yield Row("start", "to the window with the list", "ms", turns.ours("window"), turns.theirs("window"), turns.floor)
    what = "to the first picture (ours: first thumbnails)"
    yield Row("start", what, "ms", turns.ours("picture"), turns.theirs("picture"), turns.floor)
