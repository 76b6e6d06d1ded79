"""From a filter to SQL: which index runs hold its images, and what must be asked of each image besides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from labeler.domain.filter import Filter, Order, Tagged
from labeler.rpc.convert import MEMBERSHIP_PREFIX
from labeler.server.cursor import Position
from labeler.server.sqlite.session import Session

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CAP = 1_000
"""Runs are compared by length up to this; counting further costs more than a wrong choice."""
_MOST_RUNS = 256
"""A condition with more alternatives than this does not choose the runs; it is asked of each image."""

SOURCE_FIELDS = (
    "location_id", "robot_id", "robot_name", "part_id", "part_name", "component_type", "component_name", "method",
    "mime_type",
)  # fmt: skip


def micros(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND


def time_of(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


@dataclass(frozen=True, slots=True)
class Link:
    """A tag, label, dataset or source that an image can have: `number` in `column` of `table`."""

    table: str
    column: str
    number: int


Clause = tuple[Link, ...]
"""Alternatives, of which an image needs one."""


@dataclass(frozen=True, slots=True)
class Sql:
    text: str
    values: tuple[Any, ...] = ()

    def __add__(self, other: Sql) -> Sql:
        return Sql(f"{self.text} AND {other.text}", self.values + other.values)


_ANY_TAGGED = Sql("tagged IN (0, 1)")
"""True of every image; lets an index be used that has `tagged` before the time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter in the numbers of one database. A clause without alternatives matches nothing."""

    org: int
    clauses: tuple[Clause, ...] = ()
    start_us: int | None = None
    end_us: int | None = None
    tagged: int | None = None

    @property
    def is_nothing(self) -> bool:
        return any(not clause for clause in self.clauses)

    @property
    def is_all(self) -> bool:
        return self == Wanted(self.org)


def resolve(session: Session, org: int, wanted: Filter) -> Wanted:
    """Look up what the filter names."""
    clauses: list[Clause] = []
    if (sources := _sources(session, org, wanted)) is not None:
        clauses.append(sources)
    if wanted.dataset_id:
        clauses.append(_named(session, org, "member", [wanted.dataset_id]))
    if wanted.tags:
        clauses.append(_tagged_as(session, org, wanted.tags))
    clauses += [_tagged_as(session, org, [tag]) for tag in wanted.all_tags]
    if wanted.labels:
        clauses.append(_named(session, org, "image_label", wanted.labels))
    return Wanted(
        org,
        tuple(clauses),
        micros(wanted.start) if wanted.start else None,
        micros(wanted.end) if wanted.end else None,
        {Tagged.TAGGED: 1, Tagged.UNTAGGED: 0}.get(wanted.tagged),
    )


def _sources(session: Session, org: int, wanted: Filter) -> Clause | None:
    """The sources that the filter allows; None if those are all."""
    conditions: list[tuple[str, Sequence[str]]] = [
        (name, (value,)) for name in SOURCE_FIELDS if isinstance(value := getattr(wanted, name, ""), str) and value
    ]
    if wanted.location_ids:
        conditions.append(("location_id", wanted.location_ids))
    if wanted.mime_types:
        conditions.append(("mime_type", wanted.mime_types))
    if not conditions:
        return None
    text = " AND ".join(f"{name} IN ({_marks(values)})" for name, values in conditions)
    found = session.rows(
        f"SELECT number FROM source WHERE org = ? AND {text} ORDER BY number",
        [org, *(value for _, values in conditions for value in values)],
    )
    row = session.row("SELECT count(*) FROM source WHERE org = ?", [org])
    if row and row[0] == len(found):
        return None
    return tuple(Link("image", "source", number) for (number,) in found)


_NAMED = {
    "image_tag": ("tag", "name"),
    "image_label": ("label", "name"),
    "member": ("dataset", "id"),
}


def _named(session: Session, org: int, table: str, names: Sequence[str]) -> Clause:
    column, name = _NAMED[table]
    sql = f"SELECT number FROM {column} WHERE org = ? AND {name} IN {{in}}"
    numbers = sorted({number for (number,) in session.rows_in(sql, names, [org])})
    return tuple(Link(table, column, number) for number in numbers)


def _tagged_as(session: Session, org: int, names: Sequence[str]) -> Clause:
    members = [name.removeprefix(MEMBERSHIP_PREFIX) for name in names if name.startswith(MEMBERSHIP_PREFIX)]
    tags = [name for name in names if not name.startswith(MEMBERSHIP_PREFIX)]
    return _named(session, org, "image_tag", tags) + _named(session, org, "member", members)


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def _by_table(clause: Clause) -> dict[tuple[str, str], list[int]]:
    tables: dict[tuple[str, str], list[int]] = {}
    for link in clause:
        tables.setdefault((link.table, link.column), []).append(link.number)
    return tables


def _asked(clause: Clause, image: str = "i") -> Sql:
    """The clause as a condition on one row `image`. The plus keeps it from choosing the index."""
    parts: list[str] = []
    values: list[int] = []
    for (table, column), numbers in _by_table(clause).items():
        if table == "image":
            parts.append(f"+{image}.{column} IN ({_marks(numbers)})")
        else:
            parts.append(
                f"EXISTS (SELECT 1 FROM {table} x WHERE x.image = {image}.number AND x.{column} IN ({_marks(numbers)}))"
            )
        values += numbers
    return Sql(f"({' OR '.join(parts)})", tuple(values))


def _times(wanted: Wanted, column: str) -> Sql:
    condition = Sql("1 = 1")
    if wanted.start_us is not None:
        condition += Sql(f"{column} >= ?", (wanted.start_us,))
    if wanted.end_us is not None:
        condition += Sql(f"{column} < ?", (wanted.end_us,))
    return condition


def _length(session: Session, wanted: Wanted, link: Link) -> int:
    """How many images the link has in the interval, at most `_CAP`."""
    condition = Sql(f"{link.column} = ?", (link.number,)) + _times(wanted, "time_us")
    if link.table == "image":
        condition += _ANY_TAGGED
    row = session.row(
        f"SELECT count(*) FROM (SELECT 1 FROM {link.table} WHERE {condition.text} LIMIT {_CAP}) AS run",
        condition.values,
    )
    return int(row[0]) if row else 0


def leading_clause(session: Session, wanted: Wanted) -> Clause | None:
    """The clause with the fewest images, which chooses the index runs; None if the whole organization does."""
    few = [clause for clause in wanted.clauses if len(clause) <= _MOST_RUNS]
    if len(few) <= 1:
        return few[0] if few else None
    lengths: dict[Clause, int] = {}
    for clause in few:
        lengths[clause] = 0
        for link in clause:
            lengths[clause] += _length(session, wanted, link)
            if lengths[clause] >= _CAP:
                break
    return min(few, key=lambda clause: (lengths[clause], len(clause)))


def matching(session: Session, wanted: Wanted) -> Sql:
    """`FROM image i WHERE ...` for all images that are wanted, in no order."""
    leading = leading_clause(session, wanted)
    # With the plus, the leading clause chooses the index.
    condition = Sql("i.org = ?" if leading is None else "+i.org = ?", (wanted.org,)) + _times(wanted, "i.time_us")
    if wanted.tagged is not None:
        condition += Sql("i.tagged = ?", (wanted.tagged,))
    elif leading is None or leading[0].table == "image":
        condition += _ANY_TAGGED
    for clause in wanted.clauses:
        condition += _asked(clause) if clause is not leading else _set_of(clause)
    return replace(condition, text=f"FROM image i WHERE {condition.text}")


def _set_of(clause: Clause) -> Sql:
    tables = _by_table(clause)
    values = tuple(number for numbers in tables.values() for number in numbers)
    if ("image", "source") in tables:
        return Sql(f"i.source IN ({_marks(values)})", values)
    union = " UNION ".join(
        f"SELECT image FROM {table} WHERE {column} IN ({_marks(numbers)})"
        for (table, column), numbers in tables.items()
    )
    return Sql(f"i.number IN ({union})", values)


def runs(session: Session, wanted: Wanted, order: Order, after: Position | None, limit: int | None) -> list[Sql]:
    """Statements that give (key, number) of at most `limit` images each, in order; together the next `limit`.

    Without a limit they give all, in no order, and can be put together in one that orders them. An image can
    be in more than one of them.
    """
    leading = leading_clause(session, wanted)
    rest = [clause for clause in wanted.clauses if clause is not leading]
    found = []
    for link in leading if leading is not None else (Link("image", "org", wanted.org),):
        times = _times_of_run(session, wanted, link, order)
        if link.table == "image":
            for tagged in (0, 1) if wanted.tagged is None else (wanted.tagged,):
                start = Sql(f"d.{link.column} = ? AND d.tagged = ?", (link.number, tagged))
                asked = [_asked(clause, "d") for clause in rest]
                found.append(_run("image d", "d.number", [start, times, *asked], order, after, limit))
            continue
        asked = [_asked(clause) for clause in rest]
        if wanted.tagged is not None:
            asked.append(Sql("+i.tagged = ?", (wanted.tagged,)))
        start = Sql(f"d.{link.column} = ?", (link.number,))
        if asked:
            start += Sql("i.number = d.image")
        tables = f"{link.table} d CROSS JOIN image i" if asked else f"{link.table} d"
        found.append(_run(tables, "d.image", [start, times, *asked], order, after, limit))
    return found


def _times_of_run(session: Session, wanted: Wanted, link: Link, order: Order) -> Sql:
    """The interval; by name, a long one is asked of each image in turn, and a short one is read and sorted."""
    has_interval = wanted.start_us is not None or wanted.end_us is not None
    if has_interval and is_by_name(order) and _length(session, wanted, link) >= _CAP:
        return _times(wanted, "+d.time_us")
    return _times(wanted, "d.time_us")


def _run(
    tables: str, number: str, conditions: Sequence[Sql], order: Order, after: Position | None, limit: int | None
) -> Sql:
    key = "d.name_key" if is_by_name(order) else "d.time_us"
    condition, *others = conditions
    if after is not None:
        beyond = "<" if is_descending(order) else ">"
        condition += Sql(f"({key}, {number}) {beyond} (?, ?)", (after.key, after.number))
    for one in others:
        condition += one
    found = Sql(f"SELECT {key}, {number} FROM {tables} WHERE {condition.text}", condition.values)
    if limit is None:
        return found
    direction = "DESC" if is_descending(order) else "ASC"
    return Sql(f"{found.text} ORDER BY {key} {direction}, {number} {direction} LIMIT ?", (*found.values, limit))


def is_combined(wanted: Filter, order: Order) -> bool:
    """Whether no one index has the images of the filter in the order, so that a page may have to look at many."""
    conditions = (
        any(getattr(wanted, name, "") for name in SOURCE_FIELDS) or bool(wanted.location_ids or wanted.mime_types),
        bool(wanted.tags),
        bool(wanted.labels),
        bool(wanted.dataset_id),
        wanted.tagged is not Tagged.ANY,
        is_by_name(order) and bool(wanted.start or wanted.end),
    )
    return sum(conditions) + len(wanted.all_tags) > 1 or conditions[-1]


def is_by_name(order: Order) -> bool:
    return order in (Order.NAME, Order.NAME_DESCENDING)


def is_descending(order: Order) -> bool:
    return order in (Order.NEWEST, Order.NAME_DESCENDING)
