"""A catalog answers every filter as `Filter.keeps` does, whatever was done to the images before."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from labeler.domain.box import Box
from labeler.domain.filter import EMPTY, Filter, Order, Tagged
from labeler.domain.image import Image
from labeler.natural import natural_key
from labeler.rpc.convert import image_from
from labeler.server.catalog import Catalog, NewImage, Source
from labeler.server.metadata import metadata_of
from labeler.server.sqlite import SqliteCatalog

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
)


def library() -> list[NewImage]:
    return [
        NewImage(
            Source(
                location_id=f"l{1 + number % 2}", robot_name=f"r{1 + number % 3}",
                component_name=FOLDERS[number % 3], mime_type="image/png" if number % 5 == 0 else "image/jpeg",
            ),
            START + timedelta(seconds=number // 2),
            START,
            file_name=f"n{(number * 7) % IMAGES}.jpg",
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
            chosen = kept = [self.ids[number] for number in which if self.ids[number] not in self.deleted]
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
        elif what in ("into", "out"):
            move = self.catalog.add_to_dataset if what == "into" else self.catalog.remove_from_dataset
            await move(ORG, self.datasets[value], chosen)
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
    assert (await world.catalog.count(ORG, wanted)).images == len(expected)
    assert set(await world.catalog.tags(ORG, wanted)) == {tag for one in expected for tag in one.tags}
    assert set(await world.catalog.labels(ORG, wanted)) == {box.label for one in expected for box in one.boxes}
    found_choices = await world.catalog.choices(ORG, wanted)
    without = replace(wanted, component_name="")
    components = {choice.value: choice.count for choice in found_choices["component_name"]}
    among = [one.component_name for one in everything if without.keeps(one)]
    assert components == {name: among.count(name) for name in set(among)}


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
