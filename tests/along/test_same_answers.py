"""What was taken along is filtered, put in order, counted and chosen from as the service does it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from labeler.client.channel import Connection
from labeler.client.source import ServiceSource
from labeler.domain.box import Box
from labeler.domain.filter import Filter, Order, Tagged
from labeler.domain.image import Choice
from labeler.natural import FOLDER_TYPE
from labeler.rpc.convert import is_exact, membership_tag
from labeler.server.accounts import Accounts
from labeler.server.catalog import NewImage, Source
from labeler.server.sqlite import SqliteCatalog
from labeler.workplace import Workplace
from tests.along.team import EVERYTHING, Team, kept, listed, take
from tests.server.served import Served

START = datetime(2024, 5, 1, tzinfo=UTC)
TAGS, LABELS, SETS = ("night", "wet road", "unused"), ("bolt", "nut"), ("Bolts", "Nuts")
IMAGES = 40

times = st.integers(-1, IMAGES // 2).map(lambda second: START + timedelta(seconds=second))


def one(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


def some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "location_ids": some("l1", "l2", "nowhere"),
    "robot_name": one("Robot 1"),
    "robot_id": one("r1", "r2"),
    "part_name": one("Part 1"),
    "part_id": one("p1", "p2"),
    "component_type": one(FOLDER_TYPE, "camera"),
    "component_name": one("/a", "/b/c", "none"),
    "method": one("ReadImage"),
    "mime_types": some("image/png", "image/jpeg"),
    "start": times,
    "end": times,
    "tagged": st.sampled_from(Tagged),
    "tags": some(*TAGS, "member 0"),
    "all_tags": some(*TAGS, "member 1"),
    "without_tags": some(*TAGS),
    "labels": some(*LABELS, "unused"),
    "dataset_id": one("member 0", "member 1", "nothing"),
}
names = st.lists(st.sampled_from(sorted(FIELDS)), max_size=3, unique=True)
filters = names.flatmap(lambda some: st.builds(Filter, **{name: FIELDS[name] for name in some}))


def library() -> list[NewImage]:
    return [
        NewImage(
            Source(
                location_id=f"l{1 + number % 2}",
                robot_id=f"r{number % 3}" if number % 3 else "",
                robot_name=f"Robot {number % 3}" if number % 3 else "",
                part_id=f"p{number % 4}",
                part_name=f"Part {number % 4}",
                component_type=FOLDER_TYPE if number % 2 else "camera",
                component_name=("/a", "/b/c", "/b")[number % 3],
                method="ReadImage" if number % 5 else "",
                mime_type="image/png" if number % 4 else "image/jpeg",
            ),
            START + timedelta(seconds=number // 2),
            START,
            file_name=f"{'Part' if number % 3 else 'part'} {(number * 7) % 19}.png",
            size_bytes=10,
            digest=f"{number:064x}",
            tags=tuple(tag for place, tag in enumerate(TAGS[:2]) if number % (3 + place) == 0),
            boxes=(Box("", LABELS[number % 2], 0, 0, 1, 1), Box("", "bolt", 0, 0, 0.5, 1))[: number % 3],
        )
        for number in range(IMAGES)
    ]


async def begin(data: Path) -> tuple[Team, list[str]]:
    """A server of the library; its datasets' ids."""
    accounts = Accounts(data)
    organization = (await accounts.create_key("")).organization_id
    accounts.close()
    catalog = SqliteCatalog(data / "catalog.db")
    ids = await catalog.insert_images(organization, library())
    sets = [await catalog.create_dataset(organization, name) for name in SETS]
    for place, one in enumerate(sets):
        await catalog.add_to_dataset(organization, one, list(ids[place :: 3 + place]))
    await catalog.close()
    served = Served(data, "--insecure", "--listen", "127.0.0.1:0")
    return Team(data, served.address, await served.new_key(), served), sets


def named(wanted: Filter, sets: list[str]) -> Filter:
    """The filter with the datasets' ids, as ids and as the tags that the wire has for them."""
    ids = {f"member {place}": one for place, one in enumerate(sets)}

    def tags(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(membership_tag(ids[name]) if name in ids else name for name in names)

    dataset = ids.get(wanted.dataset_id, wanted.dataset_id)
    return replace(wanted, dataset_id=dataset, tags=tags(wanted.tags), all_tags=tags(wanted.all_tags))


def of_images(choices: tuple[Choice, ...]) -> list[Choice]:
    return [choice for choice in choices if choice.count]


def test_every_filter_is_answered_as_the_service_does(tmp_path: Path) -> None:
    asked = 0
    with asyncio.Runner() as runner:
        (tmp_path / "team").mkdir()
        team, sets = runner.run(begin(tmp_path / "team"))
        connection = Connection(team.endpoint)
        service = runner.run(ServiceSource.open(connection))
        place = runner.run(Workplace.open(tmp_path / "laptop", team.address, service))
        source = kept(place)
        runner.run(take(source))
        here = source.answers

        async def same(wanted: Filter) -> None:
            for order in Order:
                theirs = [image.id for image in await listed(service, wanted, order)]
                page = await here.page(wanted, order, "", IMAGES)
                assert [image.id for image in page.images] == theirs
                parts, after = [], ""
                while True:
                    part = await here.page(wanted, order, after, 7)
                    parts += [image.id for image in part.images]
                    after = part.next
                    if not after:
                        break
                assert parts == theirs
                assert (await here.page_at(wanted, order, 3, 5)).images == page.images[3:8]
            assert await here.count(wanted) == len(theirs)
            if is_exact(wanted):
                theirs_to_choose, ours = await service.choices(wanted), await here.choices(wanted)
                assert {one: of_images(some) for one, some in theirs_to_choose.items() if of_images(some)} == {
                    one: of_images(some) for one, some in ours.items() if of_images(some)
                }

        @settings(max_examples=120)
        @given(filters)
        @example(Filter(tags=("night",), all_tags=("member 1",)))
        @example(Filter(tags=("night", "member 0"), all_tags=("wet road",), tagged=Tagged.TAGGED))
        def check(wanted: Filter) -> None:
            nonlocal asked
            asked += 1
            runner.run(same(named(wanted, sets)))

        try:
            runner.run(same(EVERYTHING))
            check()
            assert [(one.name, one.images) for one in here.datasets()] == [
                (one.name, one.images) for one in runner.run(service.datasets())
            ]
        finally:
            runner.run(place.close())
            team.go()
    print(f"{asked} filters answered alike")  # noqa: T201
    assert asked >= 100
