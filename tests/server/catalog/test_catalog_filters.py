"""A catalog answers every filter as `Filter.keeps` does, whatever was done to the images before."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeler.domain.box import Box
from labeler.domain.filter import EMPTY, Filter, Order, Tagged
from labeler.domain.image import Image
from labeler.natural import natural_key
from labeler.rpc.convert import image_from
from labeler.server.catalog import Catalog, FileReference, NewImage, Source, Total
from labeler.server.cursor import Position, cursor_text
from labeler.server.metadata import metadata_of
from labeler.server.sqlite import SqliteCatalog, bitmaps, columns, sizes

ORG = "org"
START = datetime(2024, 5, 1, tzinfo=UTC)
TAGS, LABELS = ("a", "b", "c", "unused"), ("x", "y", "z")
FOLDERS = ("cam1", "cam2", "cam3")
IMAGES = 24
Makers = dict[str, Callable[[Path], Catalog]]
CATALOGS: Makers = {"sqlite": lambda folder: SqliteCatalog(folder / "catalog.db")}

numbers = st.integers(0, IMAGES - 1)
some_of = st.sets(numbers, min_size=1, max_size=6).map(sorted)
times = st.none() | st.integers(-1, 13).map(lambda second: START + timedelta(seconds=second))
filters = st.builds(
    Filter,
    location_ids=st.lists(st.sampled_from(("l1", "l2", "l3")), max_size=2).map(tuple),
    robot_name=st.sampled_from(("", "", "", "r1", "r2")),
    component_name=st.sampled_from(("", "", *FOLDERS, "none")),
    mime_types=st.lists(st.sampled_from(("image/png", "image/jpeg")), max_size=2).map(tuple),
    start=times,
    end=times,
    tagged=st.sampled_from(Tagged),
    tags=st.lists(st.sampled_from(TAGS), max_size=3).map(tuple),
    all_tags=st.lists(st.sampled_from(TAGS), max_size=2).map(tuple),
    labels=st.lists(st.sampled_from(LABELS), max_size=2).map(tuple),
    dataset_id=st.sampled_from(("", "", "0", "1", "nothing")),
)
changes = st.one_of(
    st.tuples(st.just("tag"), some_of | filters, st.sampled_from(TAGS)),
    st.tuples(st.just("untag"), some_of | filters, st.sampled_from(TAGS)),
    st.tuples(st.just("box"), some_of, st.sampled_from(LABELS)),
    st.tuples(st.just("unbox"), some_of, st.just("")),
    st.tuples(st.just("into"), some_of, st.sampled_from(("0", "1"))),
    st.tuples(st.just("out"), some_of, st.sampled_from(("0", "1"))),
    st.tuples(st.just("delete"), some_of | filters, st.just("")),
    st.tuples(st.just("restore"), some_of, st.just("")),
    st.tuples(st.just("purge"), some_of, st.just("")),
    st.tuples(st.just("more"), some_of, st.just("")),
    st.tuples(st.just("relink"), some_of, st.just("")),
)


def library() -> list[NewImage]:
    return [
        NewImage(
            Source(
                location_id=f"l{1 + number % 2}", robot_id=f"id{1 + number % 3}",
                robot_name=f"r{1 + number % 3}", part_id=f"p{number % 6}", part_name=f"p{number % 6}", method="Open",
                component_name=FOLDERS[number % 3], mime_type="image/png" if number % 5 == 0 else "image/jpeg",
            ),
            START + timedelta(seconds=number // 2),
            START,
            file_name=f"n{(number * 7) % IMAGES}.jpg",
            size_bytes=number * 1_000,
            reference=FileReference(f"/photographs/{number}.jpg", number * 1_000, 1),
            tags=(TAGS[number % 3],) if number % 4 == 0 else (),
            boxes=(Box("", LABELS[number % 3], 0, 0, 1, 1),) if number % 3 == 1 else (),
        )
        for number in range(IMAGES)
    ]  # fmt: skip


class World:
    """A catalog of the library, its ids by number, and the ids of two datasets."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.ids: tuple[str, ...] = ()
        self.datasets: dict[str, str] = {}
        self.deleted: set[str] = set()

    async def begin(self) -> None:
        self.datasets = {name: await self.catalog.create_dataset(ORG, name) for name in ("0", "1")}
        self.ids = await self.catalog.insert_images(ORG, library())

    def named(self, wanted: Filter) -> Filter:
        return replace(wanted, dataset_id=self.datasets.get(wanted.dataset_id, wanted.dataset_id))

    async def all(self) -> list[Image]:
        here = [one for one in self.ids if one not in self.deleted]
        return [image_from(metadata_of(one, str)) for one in await self.catalog.images(ORG, here)]

    async def change(self, what: str, which: list[int] | Filter, value: str) -> None:
        if isinstance(which, Filter):
            chosen: list[str] | Filter = self.named(which)
            kept = [one.id for one in await self.all() if self.named(which).keeps(one)]
        else:
            which = [number for number in which if number < len(self.ids) or what == "more"]
            there = [self.ids[number] for number in which if number < len(self.ids)]
            chosen = kept = [one for one in there if one not in self.deleted]
        if what == "tag":
            await self.catalog.add_tags(ORG, chosen, [value])
        elif what == "untag":
            had = [one for one in await self.all() if one.id in kept and value in one.tags]
            assert await self.catalog.remove_tags(ORG, chosen, [value]) == len(had)
        elif what == "delete":
            assert await self.catalog.delete_images(ORG, chosen) == len(kept)
            self.deleted.update(kept)
        elif what == "restore" and not isinstance(which, Filter):
            back = [self.ids[number] for number in which if self.ids[number] in self.deleted]
            await self.catalog.restore_images(ORG, back)
            self.deleted.difference_update(back)
        elif what == "purge" and not isinstance(which, Filter):
            gone = {self.ids[number] for number in which if self.ids[number] in self.deleted}
            assert (await self.catalog.purge_images(ORG, sorted(gone))).images == len(gone)
            self.deleted -= gone
            self.ids = tuple(one for one in self.ids if one not in gone)
        elif what == "more" and not isinstance(which, Filter):
            self.ids += await self.catalog.insert_images(ORG, [library()[number] for number in which])
        elif what in ("into", "out"):
            move = self.catalog.add_to_dataset if what == "into" else self.catalog.remove_from_dataset
            await move(ORG, self.datasets[value], chosen)
        elif what == "relink":
            for image in await self.catalog.images(ORG, kept):
                await self.catalog.relink(ORG, image.id, FileReference(image.file_name, image.size_bytes * 3 + 7, 2))
        else:
            await self._change_boxes(what, kept, value)

    async def _change_boxes(self, what: str, kept: list[str], label: str) -> None:
        for image in await self.catalog.images(ORG, kept):
            if what == "box":
                await self.catalog.add_boxes(ORG, image.id, [Box("", label, 0, 0, 0.5, 0.5)])
            elif image.boxes:
                await self.catalog.remove_box(ORG, image.id, image.boxes[0].id)


def sort_key(order: Order) -> Callable[[Image], tuple[object, str]]:
    if order in (Order.NAME, Order.NAME_DESCENDING):
        return lambda one: (natural_key(one.file_name), one.id.rpartition("/")[2])
    return lambda one: (one.time_requested, one.id.rpartition("/")[2])


async def check(world: World, wanted: Filter) -> None:
    """Pages in all orders, count, tags, labels and choices agree with the model."""
    wanted = world.named(wanted)
    everything = await world.all()
    expected = [one for one in everything if wanted.keeps(one)]
    for order in Order:
        found: list[str] = []
        last = ""
        for _ in range(IMAGES):
            page = await world.catalog.page(ORG, wanted, order, last, 5)
            found += [one.id for one in page.images]
            last = page.last
            if not page.more:
                break
        falling = order in (Order.NEWEST, Order.NAME_DESCENDING)
        assert found == [one.id for one in sorted(expected, key=sort_key(order), reverse=falling)]
        for start in (0, 1, len(found) // 2, len(found) - 1):
            if 0 <= start < len(found):
                before = await world.catalog.last_before(ORG, wanted, order, start)
                assert before is not None
                assert (await world.catalog.page(ORG, wanted, order, before, 1)).images[0].id == found[start]
        assert await world.catalog.last_before(ORG, wanted, order, len(found) + 1) is None
    await check_overview(world, wanted)


async def check_overview(world: World, wanted: Filter) -> None:
    """Count, size, tags, labels, choices and places are those that a look at every image finds."""
    wanted = world.named(wanted)
    everything = await world.all()
    expected = [one for one in everything if wanted.keeps(one)]
    assert await world.catalog.count(ORG, wanted) == Total(len(expected), sum(one.size_bytes for one in expected))
    assert set(await world.catalog.tags(ORG, wanted)) == {tag for one in expected for tag in one.tags}
    assert set(await world.catalog.labels(ORG, wanted)) == {box.label for one in expected for box in one.boxes}
    for field, choices in (await world.catalog.choices(ORG, wanted)).items():
        found = {choice.value: choice.count for choice in choices if choice.count or field != "dataset_id"}
        assert found == Counter(value for one in everything for value in values_of(one, field, wanted)), field
    for order in Order:
        falling = order in (Order.NEWEST, Order.NAME_DESCENDING)
        in_order = sorted(expected, key=sort_key(order), reverse=falling)
        for start in {1, len(expected) // 2, len(expected) - 1} & set(range(1, len(expected))):
            last = await world.catalog.last_before(ORG, wanted, order, start)
            assert last is not None
            page = await world.catalog.page(ORG, wanted, order, last, 1)
            assert [one.id for one in page.images] == [in_order[start].id]


def values_of(image: Image, field: str, wanted: Filter) -> set[str]:
    """What the image counts for in the choices of a field."""
    cleared: dict[str, Any] = {field: getattr(EMPTY, field)}
    if field in ("robot_id", "part_id"):
        cleared[field.replace("_id", "_name")] = ""
    if field == "tags":
        cleared["tagged"] = Tagged.ANY
    if not replace(wanted, **cleared).keeps(image):
        return set()
    many = {
        "tags": set(image.tags),
        "labels": {box.label for box in image.boxes},
        "dataset_id": set(image.dataset_ids),
        "location_ids": {image.location_id},
        "mime_types": {image.mime_type},
    }
    return (many[field] if field in many else {getattr(image, field)}) - {""}


@settings(max_examples=30, deadline=None)
@given(done=st.lists(changes, max_size=8), asked=st.lists(filters, min_size=1, max_size=4))
def test_pages_counts_and_names_are_those_of_the_model(
    done: list[tuple[str, list[int] | Filter, str]], asked: list[Filter]
) -> None:
    async def run() -> None:
        for make in CATALOGS.values():
            with tempfile.TemporaryDirectory() as folder:
                world = World(make(Path(folder)))
                try:
                    await world.begin()
                    for change in done:
                        await world.change(*change)
                    for wanted in (EMPTY, *asked):
                        await check(world, wanted)
                finally:
                    await world.catalog.close()

    asyncio.run(run())


@settings(max_examples=20, deadline=None)
@given(done=st.lists(changes, min_size=1, max_size=8), wanted=filters, as_of_many=st.booleans())
def test_what_is_kept_in_memory_follows_every_change(
    done: list[tuple[str, list[int] | Filter, str]], wanted: Filter, as_of_many: bool
) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            world = World(SqliteCatalog(Path(folder) / "catalog.db"))
            try:
                await world.begin()
                await check_overview(world, EMPTY)
                for number, change in enumerate(done):
                    await world.change(*change)
                    if number % 2:
                        await check_overview(world, wanted)
                        await check_overview(world, EMPTY)
            finally:
                await world.catalog.close()

    with pytest.MonkeyPatch.context() as patch:
        if as_of_many:
            patch.setattr(bitmaps, "_FEW", 0)
            patch.setattr(columns, "_LONG", 0)
            patch.setattr(sizes, "_MANY", 0)
        asyncio.run(run())


async def test_what_came_and_went_between_two_looks_is_not_missed(tmp_path: Path) -> None:
    world = World(SqliteCatalog(tmp_path / "catalog.db"))
    try:
        await world.begin()
        for steps in (
            (("delete", [3, 4]), ("purge", [3, 4])),
            (("delete", [5]), ("restore", [5])),
            (("more", [0, 1, 2]), ("delete", [6])),
            (("more", [9, 9, 8, 8, 23]),),
            (("relink", [7]),),
            (("delete", [7, 8, 9]),),
            (("more", [10]), ("restore", [7, 8, 9]), ("purge", [6])),
        ):
            await check_overview(world, EMPTY)
            for what, which in steps:
                await world.change(what, which, "")
            await check_overview(world, EMPTY)
            await check_overview(world, Filter(component_name="cam1", start=START))
        await world.change("into", [11, 12], "1")
        await check_overview(world, Filter(dataset_id="1"))
        await world.catalog.delete_dataset(ORG, world.datasets["1"])
        world.datasets["1"] = await world.catalog.create_dataset(ORG, "another")
        await world.change("into", [12], "1")
        await check_overview(world, Filter(dataset_id="1"))
        await check_overview(world, EMPTY)
    finally:
        await world.catalog.close()


@pytest.mark.parametrize("order", Order)
async def test_pages_are_the_same_before_and_after_the_images_are_kept_in_memory(tmp_path: Path, order: Order) -> None:
    world = World(SqliteCatalog(tmp_path / "catalog.db"))
    try:
        await world.begin()
        wanted = Filter(mime_types=("image/jpeg",), tagged=Tagged.UNTAGGED)
        keys: list[int | str] = [-(2**63) + 1, 1_714_521_600_000_000, 2**63 - 1]
        if order in (Order.NAME, Order.NAME_DESCENDING):
            keys = ["", "n5", "\U0010ffff"]
        lasts = [""]
        while (page := await world.catalog.page(ORG, wanted, order, lasts[-1], 1)).more:
            lasts.append(page.last)
        await world.catalog.delete_images(ORG, [page.images[0].id])
        for key in keys:
            lasts += [cursor_text(order, Position(key, number)) for number in (-1, 0, 7, 2**40)]
        before = [await world.catalog.page(ORG, wanted, order, last, 3) for last in lasts]
        assert (await world.catalog.count(ORG, wanted)).images
        assert [await world.catalog.page(ORG, wanted, order, last, 3) for last in lasts] == before
    finally:
        await world.catalog.close()


async def test_what_is_kept_in_memory_is_of_one_organization(tmp_path: Path) -> None:
    catalog = SqliteCatalog(tmp_path / "catalog.db")
    try:
        for organization in ("one", "other"):
            await catalog.insert_images(organization, library())
            assert (await catalog.count(organization, EMPTY)).images == IMAGES
        (first, *_) = (await catalog.page("one", EMPTY, Order.NAME, "", 1)).images
        await catalog.add_tags("one", [first.id], ["seen"])
        await catalog.delete_images("other", Filter(component_name="cam1"))
        assert (await catalog.count("one", Filter(tags=("seen",)))).images == 1
        assert (await catalog.count("one", EMPTY)).images == IMAGES
        assert (await catalog.count("other", EMPTY)).images == IMAGES * 2 // 3
        assert "seen" not in await catalog.tags("other", EMPTY)
    finally:
        await catalog.close()


async def test_an_image_with_several_of_the_tags_has_one_place(tmp_path: Path) -> None:
    for make in CATALOGS.values():
        catalog = make(tmp_path)
        try:
            times = [START + timedelta(seconds=second) for second in range(4)]
            ids = await catalog.insert_images(ORG, [NewImage(Source(), one, one, tags=("a", "b")) for one in times])
            wanted = Filter(tags=("a", "b"))
            for start in range(len(ids)):
                last = await catalog.last_before(ORG, wanted, Order.OLDEST, start)
                assert last is not None
                page = await catalog.page(ORG, wanted, Order.OLDEST, last, 1)
                assert [one.id for one in page.images] == [ids[start]]
        finally:
            await catalog.close()
