"""The service: pages, counts and names at growing sizes, in the service; boxes and uploads over the wire."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from labeler.client import ViamClient
from labeler.domain.filter import Filter, Order
from labeler.server.sqlite.catalog import SqliteCatalog
from tests.bench.bench import Bench
from tests.bench.catalogs import ORGANIZATION, dataset_of, filters_of, open_catalog
from tests.bench.figures import Row, Side
from tests.bench.floors import commits, written_files
from tests.bench.parts.service_folders import opened
from tests.bench.parts.service_growth import growth
from tests.bench.running import Service, clients, served
from tests.bench.timing import into, times

PAGE = 100
OURS = "labeler"
_PAUSE = 0.2
"""Seconds between two boxes of a labeler, of whom the fastest need a second."""


def rows(bench: Bench) -> Iterator[Row]:
    sizes = bench.either(bench.sizes(1_000, 10_000, 100_000, 1_000_000), [100, 1_000])
    for count in sizes[bench.either(0, 1) :]:
        yield from asyncio.run(_of_catalog(bench, count))
    yield from asyncio.run(growth(bench, sizes))
    yield from asyncio.run(opened(bench))
    yield from asyncio.run(_over_the_wire(bench))


async def _of_catalog(bench: Bench, count: int) -> list[Row]:
    catalog = await open_catalog(bench.work / "catalogs", count)
    try:
        first = await times(1, lambda _: catalog.choices(ORGANIZATION, Filter()))
        of_start = Row("service", f"first choices after a start, {count:,}", "ms", Side(OURS, first))
        return [of_start, *await _asked(bench, catalog, count)]
    finally:
        await catalog.close()


async def _asked(bench: Bench, catalog: SqliteCatalog, count: int) -> list[Row]:
    filters = filters_of(count, await dataset_of(catalog))
    chance = random.Random(1)
    found = []
    for name, wanted in filters.items():
        total = (await catalog.count(ORGANIZATION, wanted)).images
        samples: list[float] = []
        for _ in range(bench.either(12, 2)):
            start = chance.randrange(max(1, total))
            last = await catalog.last_before(ORGANIZATION, wanted, Order.NEWEST, start) or ""
            with into(samples):
                await catalog.page(ORGANIZATION, wanted, Order.NEWEST, last, PAGE)
        what = f"page of {PAGE}, {count:,}, {name}, at any depth"
        found.append(Row("service", what, "ms", Side(OURS, samples), at_most=5))
    answers: dict[str, Callable[[Filter], Awaitable[object]]] = {
        "count": lambda wanted: catalog.count(ORGANIZATION, wanted),
        "tags": lambda wanted: catalog.tags(ORGANIZATION, wanted),
        "labels": lambda wanted: catalog.labels(ORGANIZATION, wanted),
        "choices": lambda wanted: catalog.choices(ORGANIZATION, wanted),
        "any place": lambda wanted: _place(catalog, wanted, chance),
    }
    repeats = bench.either(5 if count > 100_000 else 15, 2)
    for answer, ask in answers.items():
        for name in ("all", "component"):
            samples = await times(repeats, partial(_ask, ask, filters[name]))
            at_most = None if answer == "any place" else 50
            found.append(Row("service", f"{answer}, {count:,}, {name}", "ms", Side(OURS, samples), at_most=at_most))
    return found


async def _place(catalog: SqliteCatalog, wanted: Filter, chance: random.Random) -> object:
    """A jump to somewhere among the images."""
    total = (await catalog.count(ORGANIZATION, wanted)).images
    return await catalog.last_before(ORGANIZATION, wanted, Order.NEWEST, chance.randrange(max(1, total)))


async def _ask(ask: Callable[[Filter], Awaitable[object]], wanted: Filter, _: int) -> object:
    return await ask(wanted)


async def _over_the_wire(bench: Bench) -> list[Row]:
    found = []
    boxes = bench.either(200, 5)
    async with served(bench, bench.either(64, 4)) as service:
        ids = service.ids
        for labelers, pause in ((1, 0.0), (16, _PAUSE), (16, 0.0)):
            floor = Side("SQLite commits of 3 rows", await asyncio.to_thread(commits, bench.run, boxes))
            samples: list[float] = []
            async with clients(service.endpoint, labelers) as connected:
                drawing = (
                    _draw(client, ids[number % len(ids) :], max(3, boxes // labelers), pause, samples)
                    for number, client in enumerate(connected)
                )
                await asyncio.gather(*drawing)
            who = f"{labelers} labeler{'s' if labelers > 1 else ''}"
            how = f"a box each {pause:g} s" if pause else "without a pause"
            found.append(
                Row("service", f"a durable box, {who} {how}, call to answer", "ms", Side(OURS, samples), floor=floor)
            )
        found.append(await _ingest(bench, service))
    return found


async def _draw(client: ViamClient, ids: tuple[str, ...], count: int, pause: float, samples: list[float]) -> None:
    """Draw boxes, one after another."""
    for number in range(count):
        await asyncio.sleep(random.uniform(0.5, 1.5) * pause)
        with into(samples):
            await client.data_client.add_bounding_box_to_image_by_id(ids[number % len(ids)], "bolt", 0.1, 0.1, 0.5, 0.5)


async def _ingest(bench: Bench, service: Service) -> Row:
    """Small images a second, each uploaded by a call of its own, 16 at a time."""
    count = bench.either(500, 20)
    contents = [random.Random(number).randbytes(8_000) for number in range(count)]
    rounds, files = [], []
    for turn in range(bench.either(3, 1)):
        samples: list[float] = []
        files.append(count / await asyncio.to_thread(written_files, bench.run / f"files-{turn}", contents))
        async with clients(service.endpoint, 16) as connected:
            with into(samples):
                await asyncio.gather(
                    *(
                        _upload(connected[labeler], service.part_id, contents[labeler::16], f"{turn}-{labeler}")
                        for labeler in range(16)
                    )
                )
        rounds.append(count / samples[0] * 1_000)
    what = "uploads of 8 KB, 16 at a time"
    return Row("service", what, "images/s", Side(OURS, rounds), floor=Side("files with fsync", files))


async def _upload(client: ViamClient, part_id: str, contents: list[bytes], name: str) -> None:
    for number, content in enumerate(contents):
        await client.data_client.file_upload(part_id, content + name.encode(), file_name=f"{name}-{number}.jpg")
