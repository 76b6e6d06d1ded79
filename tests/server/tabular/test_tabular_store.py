"""What every TabularStore does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labeler.domain.errors import InvalidValue
from labeler.domain.filter import Filter, Order, Tagged
from labeler.server.tabular.sqlite_store import SqliteTabularStore
from labeler.server.tabular.store import Capture, NewReading, ReadingPage, TabularStore

START = datetime(2024, 3, 1, tzinfo=UTC)


def capture(name: str = "s", tags: tuple[str, ...] = ()) -> Capture:
    return Capture("loc", "robot", "Robot", "part", "Part", "sensor", name, "Readings", tags=tags)


async def fill(store: TabularStore, count: int, source: Capture | None = None, organization: str = "ours") -> None:
    readings = [
        NewReading(START + timedelta(seconds=number // 2), START, json.dumps({"n": number})) for number in range(count)
    ]
    await store.insert(organization, source or capture(), readings, START)


def numbers(page: ReadingPage) -> list[int]:
    return [json.loads(one.data)["n"] for one in page.readings]


@pytest.mark.parametrize(("order", "expected"), [(Order.NEWEST, [4, 3, 2, 1, 0]), (Order.OLDEST, [0, 1, 2, 3, 4])])
async def test_pages_follow_each_other_through_equal_times(
    store: TabularStore, order: Order, expected: list[int]
) -> None:
    await fill(store, 5)
    found, last = [], ""
    while (page := await store.page("ours", Filter(), order, last, 2)).readings:
        found += numbers(page)
        last = page.last
    assert found == expected
    assert page.last == last


async def test_a_page_goes_on_after_its_last_reading_is_deleted(store: TabularStore) -> None:
    await fill(store, 6)
    page = await store.page("ours", Filter(), Order.NEWEST, "", 2)
    assert await store.delete("ours", Filter(start=START + timedelta(seconds=2))) == 2
    assert numbers(await store.page("ours", Filter(), Order.NEWEST, page.last, 2)) == [3, 2]


async def test_last_of_another_order_or_none_is_refused(store: TabularStore) -> None:
    await fill(store, 1)
    page = await store.page("ours", Filter(), Order.NEWEST, "", 1)
    for last, order in ((page.last, Order.OLDEST), ("nonsense", Order.NEWEST)):
        with pytest.raises(InvalidValue, match="last"):
            await store.page("ours", Filter(), order, last, 1)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Filter(), 5),
        (Filter(component_name="a"), 2),
        (Filter(location_ids=("loc", "other")), 5),
        (Filter(location_ids=("other",)), 0),
        (Filter(tags=("x", "z")), 2),
        (Filter(all_tags=("x", "z")), 0),
        (Filter(tagged=Tagged.TAGGED), 2),
        (Filter(tagged=Tagged.UNTAGGED), 3),
        (Filter(start=START + timedelta(seconds=1)), 1),
        (Filter(end=START + timedelta(seconds=1)), 4),
        (Filter(mime_types=("image/png",)), 0),
        (Filter(component_name="b", end=START + timedelta(seconds=1)), 2),
    ],
)
async def test_a_filter_keeps_what_meets_all_of_it(store: TabularStore, wanted: Filter, count: int) -> None:
    await fill(store, 2, capture("a", tags=("x", "y")))
    await fill(store, 3, capture("b"))
    assert (await store.count("ours", wanted)).readings == count
    assert len((await store.page("ours", wanted, Order.NEWEST, "", 10)).readings) == count
    assert await store.delete("ours", wanted) == count
    assert (await store.count("ours", Filter())).readings == 5 - count


async def test_another_organization_sees_and_deletes_nothing(store: TabularStore) -> None:
    await fill(store, 3)
    assert not (await store.page("theirs", Filter(), Order.NEWEST, "", 10)).readings
    assert await store.delete("theirs", Filter()) == 0
    assert (await store.count("ours", Filter())).readings == 3


async def test_a_copy_holds_the_rows_of_one_organization_in_standard_json(store: TabularStore, tmp_path: Path) -> None:
    await store.insert("ours", capture(), [NewReading(START, START, '{"n": NaN, "m": 1.0}')], START)
    await fill(store, 1, organization="theirs")
    await store.copy_rows("ours", Filter(), tmp_path / "rows")
    (line,) = (tmp_path / "rows").read_text().splitlines()
    row = json.loads(line, parse_constant=lambda name: pytest.fail(name))
    assert (row["organization_id"], row["data"], row["tags"]) == ("ours", {"n": None, "m": 1.0}, [])
    assert row["time_requested"] == START.timestamp() * 1_000_000


async def test_readings_are_there_after_opening_again(tmp_path: Path) -> None:
    path = tmp_path / "again.db"
    for expected in (2, 4):
        store = SqliteTabularStore(path)
        await fill(store, 2)
        assert (await store.count("ours", Filter())).readings == expected
        await store.close()
