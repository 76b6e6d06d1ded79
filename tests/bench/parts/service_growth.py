"""The service's answers at growing sizes, taken in turns, as how much more work ten times as many images are.

Work is the processor time of this process, which other programs on the machine change less than the time that passes.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import pairwise

from labeler.domain.filter import Filter, Order
from labeler.server.sqlite.catalog import SqliteCatalog
from tests.bench.bench import Bench
from tests.bench.catalogs import ORGANIZATION, dataset_of, filters_of, open_catalog
from tests.bench.figures import Row, Side

_PAGE = 100
_Sized = tuple[int, SqliteCatalog, dict[str, Filter]]
Ask = Callable[[SqliteCatalog, Filter, str], Awaitable[object]]


async def _page(catalog: SqliteCatalog, wanted: Filter, last: str) -> object:
    return await catalog.page(ORGANIZATION, wanted, Order.NEWEST, last, _PAGE)


_ANSWERS: tuple[tuple[str, str, Ask], ...] = (
    ("page of 100, all, at any depth", "all", _page),
    ("page of 100, 3 tags, at any depth", "3 tags", _page),
    ("page of 100, component and 2 tags, at any depth", "component and 2 tags", _page),
    ("count, component", "component", lambda catalog, wanted, _: catalog.count(ORGANIZATION, wanted)),
    ("choices, component", "component", lambda catalog, wanted, _: catalog.choices(ORGANIZATION, wanted)),
)


async def growth(bench: Bench, sizes: list[int]) -> list[Row]:
    """A row for each answer; the samples are of each size beside the one before it."""
    if len(sizes) < 2:
        return []
    async with AsyncExitStack() as stack:
        catalogs: list[_Sized] = []
        for size in sizes:
            catalog = await open_catalog(bench.work / "catalogs", size)
            stack.push_async_callback(catalog.close)
            await catalog.choices(ORGANIZATION, Filter())
            catalogs.append((size, catalog, filters_of(size, await dataset_of(catalog))))
        rows = [await _grown(bench, catalogs, what, name, ask) for what, name, ask in _ANSWERS]
        return [row for row in rows if row.ours.samples]


async def _grown(bench: Bench, catalogs: list[_Sized], what: str, name: str, ask: Ask) -> Row:
    chance = random.Random(2)
    taken: dict[int, list[float]] = {}
    for _ in range(bench.either(30, 2)):
        for size, catalog, filters in catalogs:
            total = (await catalog.count(ORGANIZATION, filters[name])).images
            if total < bench.either(_PAGE, 0):
                # No whole page is to be had.
                continue
            start = chance.randrange(max(1, total - _PAGE))
            last = await catalog.last_before(ORGANIZATION, filters[name], Order.NEWEST, start) or ""
            before = time.process_time()
            await ask(catalog, filters[name], last)
            taken.setdefault(size, []).append((time.process_time() - before) * 1_000)
    medians = [statistics.median(samples) for samples in taken.values()]
    ratios = [after / before for before, after in pairwise(medians)]
    logs = [math.log(after) / math.log(before) for before, after in pairwise(taken)]
    times = f"{', '.join(f'{size:,}' for size in taken)}: {', '.join(f'{one:.2f}' for one in medians)} ms of work"
    return Row("service", f"{what}, {times}", "x at 10x", Side("labeler", ratios), floor=Side("log n", logs))
