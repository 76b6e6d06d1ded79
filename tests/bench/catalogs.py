"""Catalogs of many images with boxes and tags, as a year of cameras leaves them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from labeler.domain.box import Box
from labeler.domain.filter import Filter
from labeler.server.catalog import DatasetKind, NewImage, Source
from labeler.server.sqlite.catalog import SqliteCatalog

ORGANIZATION = "bench"
START = datetime(2026, 1, 1, tzinfo=UTC)
APART = timedelta(seconds=30)
"""Between two images."""
COMPONENTS = tuple(f"camera-{number}" for number in range(20))
TAGS = tuple(f"tag-{number:03}" for number in range(200))
LABELS = tuple(f"label-{number:03}" for number in range(80))
IN_DATASET = 10
"""Every so manieth image is in the dataset."""
_BATCH = 5_000


async def open_catalog(folder: Path, count: int) -> SqliteCatalog:
    """The catalog of so many images: 2 tags and 3 boxes each, as Zipf has them. Made where it is not there yet."""
    path, mark = folder / f"catalog-{count}.db", folder / f"catalog-{count}.whole"
    is_whole = await asyncio.to_thread(_make_room, path, mark)
    catalog = SqliteCatalog(path)
    if not is_whole:
        await _fill(catalog, count)
        await asyncio.to_thread(mark.touch)
    return catalog


def _make_room(path: Path, mark: Path) -> bool:
    """Whether the catalog is there; where not, what a run that was broken off left of it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if mark.exists():
        return True
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()
    return False


async def dataset_of(catalog: SqliteCatalog) -> str:
    """The id of the one dataset."""
    return (await catalog.datasets(ORGANIZATION))[0].id


async def _fill(catalog: SqliteCatalog, count: int) -> None:
    await catalog.insert_images(ORGANIZATION, [])
    dataset = await catalog.create_dataset(ORGANIZATION, "chosen", DatasetKind.BINARY)
    chance = random.Random(count)
    for start in range(0, count, _BATCH):
        await catalog.insert_images(ORGANIZATION, list(new_images(start, min(_BATCH, count - start), dataset, chance)))


def filters_of(count: int, dataset: str) -> dict[str, Filter]:
    """Each condition alone, and the usual ones together, on a catalog of so many images."""
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


def new_images(start: int, count: int, dataset: str, chance: random.Random) -> Iterator[NewImage]:
    for number in range(start, start + count):
        time = START + APART * number
        camera = chance.randrange(len(COMPONENTS))
        source = Source(
            location_id="hall",
            robot_id=f"robot-{camera // 4}",
            robot_name=f"machine {camera // 4}",
            part_id=f"part-{camera // 2}",
            part_name=f"part {camera // 2}",
            component_type="camera",
            component_name=COMPONENTS[camera],
            method="GetImages",
            mime_type="image/jpeg",
        )
        yield NewImage(
            source,
            time,
            time,
            f"{COMPONENTS[camera]}/{number:08}.jpg",
            ".jpg",
            400_000,
            f"{number:064x}",
            tags=tuple({_zipf(chance, TAGS) for _ in range(2)}) if number % 5 else (),
            boxes=tuple(_box(chance) for _ in range(3)),
            dataset_ids=(dataset,) if number % IN_DATASET == 0 else (),
        )


def _zipf(chance: random.Random, names: tuple[str, ...]) -> str:
    """A name, the first ones far more often."""
    return names[int(len(names) ** chance.random()) - 1]


def _box(chance: random.Random) -> Box:
    left, top = chance.uniform(0, 0.8), chance.uniform(0, 0.8)
    return Box("", _zipf(chance, LABELS), left, top, left + chance.uniform(0.01, 0.2), top + chance.uniform(0.01, 0.2))
