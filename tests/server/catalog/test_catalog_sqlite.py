"""What is SQLite's own: indices for every page, migrations, durability settings."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest

from labeler.domain.box import Box
from labeler.domain.errors import Refused
from labeler.domain.filter import Filter, Order, Tagged
from labeler.rpc.convert import membership_tag
from labeler.server.catalog import NewImage
from labeler.server.cursor import Position
from labeler.server.sqlite import SqliteCatalog, query
from labeler.server.sqlite.database import Database
from labeler.server.sqlite.query import Sql, leading_clause, matching, resolve, runs
from labeler.server.sqlite.session import Session

ORG = "org"
MakeImage = Callable[..., NewImage]
CONDITIONS: dict[str, dict[str, Any]] = {
    "none": {},
    "component": {"component_name": "cam1"},
    "machine": {"robot_name": "r1"},
    "location": {"location_ids": ("loc1", "loc2")},
    "mime": {"mime_types": ("image/jpeg",)},
    "interval": {"start": datetime(2024, 5, 1, tzinfo=UTC), "end": datetime(2024, 5, 2, tzinfo=UTC)},
    "untagged": {"tagged": Tagged.UNTAGGED},
    "tagged": {"tagged": Tagged.TAGGED},
    "tags": {"tags": ("t0", "t1", "t2")},
    "all tags": {"all_tags": ("t0", "t1")},
    "labels": {"labels": ("x", "y")},
    "dataset": {"dataset_id": "{dataset}"},
    "member tag": {"tags": ("{member}", "t1")},
}


@pytest.fixture
async def path(tmp_path: Path, make_image: MakeImage) -> Path:
    """A catalog with some images of each kind."""
    made = tmp_path / "catalog.db"
    catalog = SqliteCatalog(made)
    dataset = await catalog.create_dataset(ORG, "d")
    await catalog.insert_images(ORG, [
        make_image(
            number, location_id=f"loc{number % 3}", component_name=f"cam{number % 4}", robot_name=f"r{number % 2}",
            tags=(f"t{number % 5}",) if number % 2 else (), boxes=(Box("", "xyz"[number % 3], 0, 0, 1, 1),),
            dataset_ids=(dataset,) if number % 2 else (),
        )
        for number in range(60)
    ])  # fmt: skip
    await catalog.close()
    return made


@pytest.fixture
def session(path: Path) -> Iterator[Session]:
    connection = apsw.Connection(str(path))
    yield Session(connection)
    connection.close()


def filters(session: Session) -> Iterator[tuple[str, Filter]]:
    """Each condition alone, and each two together."""
    row = session.row("SELECT id FROM dataset")
    assert row
    for names in [*((name,) for name in CONDITIONS), *itertools.combinations(CONDITIONS, 2)]:
        values: dict[str, Any] = {}
        for name in names:
            values |= CONDITIONS[name]
        wanted = replace(Filter(), **values)
        tags = tuple(membership_tag(row[0]) if tag == "{member}" else tag for tag in wanted.tags)
        dataset = row[0] if wanted.dataset_id else ""
        yield " and ".join(names), replace(wanted, tags=tags, dataset_id=dataset)


def plan(session: Session, sql: Sql) -> list[str]:
    return [str(detail) for _, _, _, detail in session.rows(f"EXPLAIN QUERY PLAN {sql.text}", sql.values)]


@pytest.mark.parametrize("order", Order)
def test_every_page_is_a_run_of_an_index_in_its_order(
    session: Session, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every run counts as a long one.
    monkeypatch.setattr(query, "_CAP", 1)
    key: int | str = "img" if query.is_by_name(order) else 1_714_564_800_000_000
    for (name, wanted), after in itertools.product(filters(session), (None, Position(key, 5))):
        for run in runs(session, resolve(session, 1, wanted), order, after, 10):
            steps = plan(session, run)
            assert not [step for step in steps if "SCAN" in step or "TEMP B-TREE" in step], (name, run.text, steps)
            # The first step finds the run, and what was shown before is not read again.
            assert after is None or ">" in steps[0] or "<" in steps[0], (name, run.text, steps)


def test_a_short_interval_by_name_is_found_by_time(session: Session) -> None:
    wanted = resolve(session, 1, replace(Filter(), **CONDITIONS["interval"]))
    for run in runs(session, wanted, Order.NAME, None, 10):
        assert "time_us>" in plan(session, run)[0]


def test_counting_reads_no_images_that_do_not_match_a_single_condition(session: Session) -> None:
    for name, wanted in filters(session):
        found = matching(session, resolve(session, 1, wanted))
        steps = plan(session, Sql(f"SELECT count(*) {found.text}", found.values))
        assert not [step for step in steps if step.startswith("SCAN")], (name, steps)


def test_the_shortest_clause_leads(session: Session) -> None:
    wanted = resolve(session, 1, Filter(component_name="cam1", tags=("t1",)))
    leading = leading_clause(session, wanted)
    assert leading is not None
    assert leading[0].table == "image_tag"
    wanted = resolve(session, 1, Filter(component_name="cam1", tags=("t0", "t1", "t2", "t3", "t4")))
    leading = leading_clause(session, wanted)
    assert leading is not None
    assert leading[0].table == "image"


def test_settings_that_keep_what_was_confirmed(tmp_path: Path) -> None:
    database = Database(tmp_path / "catalog.db", "labeler.server.sqlite.migrations")
    try:
        for handle in (database._write, database._read, database._survey):
            with handle.transaction("BEGIN") as connection:
                asked = {name: connection.pragma(name) for name in (
                    "journal_mode", "synchronous", "foreign_keys", "mmap_size", "trusted_schema",
                )}  # fmt: skip
            assert asked == {
                "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "mmap_size": 0, "trusted_schema": 0,
            }  # fmt: skip
    finally:
        database.close_now()


async def test_a_catalog_is_as_it_was_after_opening_it_again(path: Path) -> None:
    catalog = SqliteCatalog(path)
    assert (await catalog.count(ORG, Filter())).images == 60
    await catalog.close()


def test_a_file_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(Refused, match="newer version"):
        SqliteCatalog(path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "catalog.db"
    broken.write_bytes(b"not a database at all" * 100)
    with pytest.raises(Refused, match="damaged"):
        SqliteCatalog(broken)


async def test_work_that_raises_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "catalog.db", "labeler.server.sqlite.migrations")

    def work(on: Session) -> None:
        on.change("INSERT INTO organization (id) VALUES ('half')")
        raise KeyError

    with pytest.raises(KeyError):
        await database.write(work)
    assert await database.read(lambda on: on.rows("SELECT id FROM organization")) == []
    await database.close()


async def test_times_before_1970_and_far_off(tmp_path: Path, make_image: MakeImage) -> None:
    catalog = SqliteCatalog(tmp_path / "catalog.db")
    times = [datetime(1, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
             datetime(9999, 12, 31, tzinfo=UTC) + timedelta(microseconds=1)]  # fmt: skip
    await catalog.insert_images(ORG, [make_image(time_requested=time) for time in times])
    page = await catalog.page(ORG, Filter(), Order.OLDEST, "", 10)
    assert [one.time_requested for one in page.images] == times
    await catalog.close()
