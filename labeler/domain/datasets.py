"""Datasets as they are after changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from labeler.domain.edit import Change, DatasetChange, MembershipChange
from labeler.domain.image import Dataset


def by_name(datasets: Iterable[Dataset]) -> tuple[Dataset, ...]:
    """The datasets in the order in which people see them."""
    return tuple(sorted(datasets, key=lambda one: (one.name.casefold(), one.id)))


def with_ids(changes: Iterable[Change], now: Callable[[str], str]) -> tuple[Change, ...]:
    """The changes of images under the ids that their datasets have now, by those that they had."""
    return tuple(
        replace(change, dataset_id=now(change.dataset_id)) if isinstance(change, MembershipChange) else change
        for change in changes
    )


def changed(datasets: Sequence[Dataset], changes: Sequence[DatasetChange], organization_id: str) -> Sequence[Dataset]:
    """The datasets with the changes made; the same object where there are none."""
    if not changes:
        return datasets
    found = {one.id: one for one in datasets}
    for change in changes:
        known = found.pop(change.dataset_id, None)
        if change.after is not None:
            new = Dataset(change.dataset_id, change.after, organization_id)
            found[change.dataset_id] = replace(known, name=change.after) if known else new
    return by_name(found.values())
