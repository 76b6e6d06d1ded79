"""What the fields of a filter could be, with counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from pyroaring import BitMap

from labeler.domain.filter import Filter, Tagged
from labeler.domain.image import Choice
from labeler.server.sqlite.overview import Seen

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


def choices(seen: Seen, wanted: Filter) -> Mapping[str, tuple[Choice, ...]]:
    columns = sorted({column for pair in _OF_SOURCE.values() for column in pair})
    sources = {
        number: dict(zip(columns, values, strict=True))
        for number, *values in seen.session.rows(
            f"SELECT number, {', '.join(columns)} FROM source WHERE org = ?",
            [seen.org],
        )
    }
    counted: dict[Filter, Mapping[int, int]] = {}
    found = {}
    for field, (value, title) in _OF_SOURCE.items():
        without = _without(wanted, field)
        if without not in counted:
            counted[without] = _counts(seen, seen.matching(without), "image", "source", sources)
        found[field] = _of_sources(counted[without], sources, value, title)
    for field, (table, kind, value) in _OF_LINK.items():
        found[field] = _of_links(seen, _without(wanted, field), table, kind, value)
    return found


def _counts(seen: Seen, images: BitMap, table: str, column: str, numbers: Iterable[int]) -> Mapping[int, int]:
    """How many of the images have each of the links that any has."""
    counts = {number: seen.having(table, column, number).intersection_cardinality(images) for number in numbers}
    return {number: count for number, count in counts.items() if count}


def _without(wanted: Filter, field: str) -> Filter:
    if field == "tags":
        return replace(wanted, tags=(), tagged=Tagged.ANY)
    if field in ("robot_id", "part_id"):
        name = field.replace("_id", "_name")
        return replace(wanted, **{field: "", name: ""})  # type: ignore[arg-type]
    empty = () if isinstance(getattr(wanted, field), tuple) else ""
    return replace(wanted, **{field: empty})  # type: ignore[arg-type]


def _of_sources(
    counts: Mapping[int, int], sources: Mapping[int, Mapping[str, str]], value: str, title: str
) -> tuple[Choice, ...]:
    totals: Counter[str] = Counter()
    titles: dict[str, str] = {}
    for number, count in counts.items():
        source = sources[number]
        if source[value]:
            totals[source[value]] += count
            titles[source[value]] = source[title] or source[value]
    return _ordered(Choice(one, titles[one], count) for one, count in totals.items())


def _of_links(seen: Seen, wanted: Filter, table: str, kind: str, value: str) -> tuple[Choice, ...]:
    names = seen.session.rows(f"SELECT number, {value}, name FROM {kind} WHERE org = ?", [seen.org])
    counts = _counts(seen, seen.matching(wanted), table, kind, [number for number, _, _ in names])
    # Datasets are few and a person made each: they are offered while empty, too.
    return _ordered(
        Choice(one, title, counts.get(number, 0))
        for number, one, title in names
        if number in counts or kind == "dataset"
    )


def _ordered(found: Iterable[Choice]) -> tuple[Choice, ...]:
    return tuple(sorted(found, key=lambda choice: (-(choice.count or 0), choice.title, choice.value)))
