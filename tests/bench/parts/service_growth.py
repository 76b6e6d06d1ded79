"""The service's answers at growing sizes, taken in turns, as how much longer ten times as many images take."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import pairwise

from labeler.domain.filter import Filter, Order
from labeler.server.sqlite.catalog import SqliteCatalog
from tests.bench.bench import Bench
from tests.bench.catalogs import ORGANIZATION, dataset_of, filters_of, open_catalog
from tests.bench.figures import Row, Side
from tests.bench.timing import into

_PAGE = 100
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
    chance = random.Random(2)
    async with AsyncExitStack() as stack:
        catalogs = []
        for size in sizes:
            catalog = await open_catalog(bench.work / "catalogs", size)
            stack.push_async_callback(catalog.close)
            await catalog.choices(ORGANIZATION, Filter())
            catalogs.append((catalog, filters_of(size, await dataset_of(catalog))))
        rows = []
        for what, name, ask in _ANSWERS:
            taken: list[list[float]] = [[] for _ in sizes]
            for _ in range(bench.either(30, 2)):
                for (catalog, filters), samples in zip(catalogs, taken, strict=True):
                    total = (await catalog.count(ORGANIZATION, filters[name])).images
                    start = chance.randrange(max(1, total))
                    last = await catalog.last_before(ORGANIZATION, filters[name], Order.NEWEST, start) or ""
                    with into(samples):
                        await ask(catalog, filters[name], last)
            medians = [statistics.median(samples) for samples in taken]
            ratios = [after / before for before, after in pairwise(medians)]
            logs = [math.log(after) / math.log(before) for before, after in pairwise(sizes)]
            times = f"{sizes[0]:,} to {sizes[-1]:,}: {', '.join(f'{one:.2f}' for one in medians)} ms"
            rows.append(
                Row("service", f"{what}, {times}", "x at 10x", Side("labeler", ratios), floor=Side("log n", logs))
            )
        return rows
