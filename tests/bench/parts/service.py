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
from tests.bench.catalogs import APART, COMPONENTS, LABELS, ORGANIZATION, START, TAGS, dataset_of, open_catalog
from tests.bench.figures import Row, Side
from tests.bench.floors import commits, written_files
from tests.bench.running import Service, clients, served
from tests.bench.timing import into, times

PAGE = 100
OURS = "labeler"


def rows(bench: Bench) -> Iterator[Row]:
    for count in bench.either(bench.sizes(1_000, 10_000, 100_000, 1_000_000), [1_000]):
        yield from asyncio.run(_of_catalog(bench, count))
    yield from asyncio.run(_over_the_wire(bench))


async def _of_catalog(bench: Bench, count: int) -> list[Row]:
    catalog = await open_catalog(bench.work / "catalogs", count)
    try:
        return await _asked(bench, catalog, count)
    finally:
        await catalog.close()


async def _asked(bench: Bench, catalog: SqliteCatalog, count: int) -> list[Row]:
    filters = _filters(count, await dataset_of(catalog))
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
        "place at 90 %": lambda wanted: catalog.last_before(ORGANIZATION, wanted, Order.NEWEST, count * 9 // 10),
    }
    repeats = bench.either(5 if count > 100_000 else 15, 2)
    for answer, ask in answers.items():
        for name in ("all",) if answer == "place at 90 %" else ("all", "component"):
            samples = await times(repeats, partial(_ask, ask, filters[name]))
            found.append(Row("service", f"{answer}, {count:,}, {name}", "ms", Side(OURS, samples)))
    return found


async def _ask(ask: Callable[[Filter], Awaitable[object]], wanted: Filter, _: int) -> object:
    return await ask(wanted)


def _filters(count: int, dataset: str) -> dict[str, Filter]:
    start = START + APART * (count // 2)
    return {
        "all": Filter(),
        "component": Filter(component_name=COMPONENTS[3]),
        "interval of 10 %": Filter(start=start, end=start + APART * (count // 10)),
        "3 tags": Filter(tags=TAGS[1:4]),
        "3 labels": Filter(labels=LABELS[1:4]),
        "dataset": Filter(dataset_id=dataset),
        "component and 2 tags": Filter(component_name=COMPONENTS[3], tags=TAGS[1:3]),
    }


async def _over_the_wire(bench: Bench) -> list[Row]:
    found = []
    boxes = bench.either(200, 5)
    async with served(bench, bench.either(64, 4)) as service:
        ids = service.ids
        for labelers in (1, 16):
            floor = Side("SQLite commits of 3 rows", await asyncio.to_thread(commits, bench.run, boxes))
            samples: list[float] = []
            async with clients(service.endpoint, labelers) as connected:
                drawing = (
                    _draw(client, ids[number % len(ids) :], max(3, boxes // labelers), samples)
                    for number, client in enumerate(connected)
                )
                await asyncio.gather(*drawing)
            what = f"a durable box, {labelers} labeler{'s' if labelers > 1 else ''}, call to answer"
            found.append(Row("service", what, "ms", Side(OURS, samples), floor=floor))
        found.append(await _ingest(bench, service))
    return found


async def _draw(client: ViamClient, ids: tuple[str, ...], count: int, samples: list[float]) -> None:
    """Draw boxes, one after another."""
    for number in range(count):
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
