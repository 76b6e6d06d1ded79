"""What the fields of a filter could be, with counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from labeler.domain.filter import Filter, Tagged
from labeler.domain.image import Choice
from labeler.server.sqlite.database import Row, Session
from labeler.server.sqlite.query import matching, resolve
from labeler.server.sqlite.read import organization

_OF_SOURCE = {
    "location_ids": ("location_id", "location_id"),
    "robot_id": ("robot_id", "robot_name"),
    "part_id": ("part_id", "part_name"),
    "component_type": ("component_type", "component_type"),
    "component_name": ("component_name", "component_name"),
    "method": ("method", "method"),
    "mime_types": ("mime_type", "mime_type"),
}
"""Columns with the value and the title of each field."""
_OF_LINK = {
    "tags": ("image_tag", "tag", "name"),
    "labels": ("image_label", "label", "name"),
    "dataset_id": ("member", "dataset", "id"),
}


def choices(session: Session, organization_id: str, wanted: Filter) -> Mapping[str, tuple[Choice, ...]]:
    org = organization(session, organization_id)
    columns = sorted({column for pair in _OF_SOURCE.values() for column in pair})
    sources = {
        number: dict(zip(columns, values, strict=True))
        for number, *values in session.rows(
            f"SELECT number, {', '.join(columns)} FROM source WHERE org = ?",
            [org],
        )
    }
    counted: dict[Filter, list[Row]] = {}
    found = {}
    for field, (value, title) in _OF_SOURCE.items():
        without = _without(wanted, field)
        if without not in counted:
            counted[without] = _by_source(session, org, without)
        found[field] = _of_sources(counted[without], sources, value, title)
    for field, (table, kind, value) in _OF_LINK.items():
        found[field] = _of_links(session, org, _without(wanted, field), table, kind, value)
    return found


def _without(wanted: Filter, field: str) -> Filter:
    if field == "tags":
        return replace(wanted, tags=(), tagged=Tagged.ANY)
    if field in ("robot_id", "part_id"):
        name = field.replace("_id", "_name")
        return replace(wanted, **{field: "", name: ""})  # type: ignore[arg-type]
    empty = () if isinstance(getattr(wanted, field), tuple) else ""
    return replace(wanted, **{field: empty})  # type: ignore[arg-type]


def _by_source(session: Session, org: int, wanted: Filter) -> list[Row]:
    found = resolve(session, org, wanted)
    if found.is_nothing:
        return []
    images = matching(session, found)
    return session.rows(f"SELECT i.source, count(*) {images.text} GROUP BY i.source", images.values)


def _of_sources(
    counts: Iterable[Row], sources: Mapping[int, Mapping[str, str]], value: str, title: str
) -> tuple[Choice, ...]:
    totals: Counter[str] = Counter()
    titles: dict[str, str] = {}
    for number, count in counts:
        source = sources[number]
        if source[value]:
            totals[source[value]] += count
            titles[source[value]] = source[title] or source[value]
    return _ordered(Choice(one, titles[one], count) for one, count in totals.items())


def _of_links(session: Session, org: int, wanted: Filter, table: str, kind: str, value: str) -> tuple[Choice, ...]:
    found = resolve(session, org, wanted)
    of_org = f"x.{kind} IN (SELECT number FROM {kind} WHERE org = ?)"
    counts: dict[int, int] = {}
    if found.is_all:
        counts = dict(session.rows(f"SELECT x.{kind}, count(*) FROM {table} x WHERE {of_org} GROUP BY x.{kind}", [org]))
    elif not found.is_nothing:
        images = matching(session, found)
        of_images = f"x.image IN (SELECT i.number {images.text})"
        sql = f"SELECT x.{kind}, count(*) FROM {table} x WHERE {of_images} GROUP BY x.{kind}"
        counts = dict(session.rows(sql, images.values))
    # Datasets are few and a person made each: they are offered while empty, too.
    return _ordered(
        Choice(one, title, counts.get(number, 0))
        for number, one, title in session.rows(f"SELECT number, {value}, name FROM {kind} WHERE org = ?", [org])
        if number in counts or kind == "dataset"
    )


def _ordered(found: Iterable[Choice]) -> tuple[Choice, ...]:
    return tuple(sorted(found, key=lambda choice: (-(choice.count or 0), choice.title, choice.value)))
