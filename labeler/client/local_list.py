"""What a service would answer about images that are at hand: filtered, in order, counted."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from labeler.domain.filter import Filter, Order, Tagged
from labeler.domain.image import Choice, Dataset, Image
from labeler.natural import name_key
from labeler.rpc.convert import membership_tag

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_OF_ONE = {
    "location_ids": ("location_id", "location_id"),
    "robot_id": ("robot_id", "robot_name"),
    "part_id": ("part_id", "part_name"),
    "component_type": ("component_type", "component_type"),
    "component_name": ("component_name", "component_name"),
    "method": ("method", "method"),
    "mime_types": ("mime_type", "mime_type"),
}
"""Fields of an image with the value and the title, by field of the filter."""


def keeps(wanted: Filter, image: Image) -> bool:
    """Whether a service would give the image: as `Filter.keeps`, with membership tags among the tags asked for."""
    rest, tags, all_tags = _apart(wanted)
    if tags or all_tags:
        names = {*image.tags, *map(membership_tag, image.dataset_ids)}
        if (tags and names.isdisjoint(tags)) or not names >= all_tags:
            return False
    return not rest or rest.keeps(image)


@functools.lru_cache(maxsize=64)
def _apart(wanted: Filter) -> tuple[Filter, frozenset[str], frozenset[str]]:
    """The filter without the tags that it names, alternatives among these, and those that must all be there."""
    return replace(wanted, tags=(), all_tags=()), frozenset(wanted.tags), frozenset(wanted.all_tags)


def listed(images: Iterable[Image], wanted: Filter, order: Order) -> list[Image]:
    """The images that the filter keeps, in order; of equal ones in that of their ids, as our services have it."""
    key = _by_name if order in (Order.NAME, Order.NAME_DESCENDING) else _by_time
    is_descending = order in (Order.NEWEST, Order.NAME_DESCENDING)
    return sorted((image for image in images if keeps(wanted, image)), key=key, reverse=is_descending)


def _by_name(image: Image) -> tuple[Any, str]:
    return name_key(image.component_type, image.component_name, image.file_name), image.id.rpartition("/")[2]


def _by_time(image: Image) -> tuple[Any, str]:
    return image.time_requested or _LONG_AGO, image.id.rpartition("/")[2]


def choices(
    images: Sequence[Image], wanted: Filter, seen: Mapping[str, Sequence[Choice]], datasets: Sequence[Dataset]
) -> dict[str, tuple[Choice, ...]]:
    """Values to choose from, by the name of the filter's field; titles are those `seen` before."""
    found = {}
    by_filter: dict[Filter, list[Image]] = {}

    def kept(field: str) -> list[Image]:
        without = _without(wanted, field)
        if without not in by_filter:
            by_filter[without] = [image for image in images if keeps(without, image)]
        return by_filter[without]

    for field, (value, title) in _OF_ONE.items():
        titles = {choice.value: choice.title for choice in seen.get(field, ())}
        for image in kept(field):
            titles.setdefault(getattr(image, value), getattr(image, title) or getattr(image, value))
        found[field] = _choices(Counter(getattr(image, value) for image in kept(field)), titles)
    found["tags"] = _choices(Counter(tag for image in kept("tags") for tag in image.tags), {})
    labels = Counter(label for image in kept("labels") for label in {box.label for box in image.boxes})
    found["labels"] = _choices(labels, {})
    in_sets = Counter(one for image in kept("dataset_id") for one in image.dataset_ids)
    names = {one.id: one.name for one in datasets}
    found["dataset_id"] = _choices(Counter({one: in_sets[one] for one in names}), names)
    return found


def _without(wanted: Filter, field: str) -> Filter:
    """The filter with a field left out."""
    if field == "tags":
        return replace(wanted, tags=(), all_tags=(), tagged=Tagged.ANY)
    if field in ("robot_id", "part_id"):
        return replace(wanted, **{field: "", field.replace("_id", "_name"): ""})  # type: ignore[arg-type]
    return replace(wanted, **{field: type(getattr(wanted, field))()})


def _choices(counts: Counter[str], titles: Mapping[str, str]) -> tuple[Choice, ...]:
    found = (Choice(value, titles.get(value, value), count) for value, count in counts.items() if value)
    return tuple(sorted(found, key=lambda choice: (-(choice.count or 0), choice.title, choice.value)))
