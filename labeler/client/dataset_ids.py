"""Which dataset is meant: one that is made here gets its id from the service later, and another when made again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from labeler.domain.edit import Change, DatasetChange, MembershipChange, is_local, new_id


class DatasetIds:
    """The ids that datasets of one target have now, by those that edits speak of; few, and all in memory."""

    def __init__(self, names: Mapping[str, str], begun: Iterable[str]) -> None:
        """`begun` are ids of this machine of datasets that are on their way."""
        self._names = dict(names)
        self._begun = set(begun)
        self._new: dict[str, str] = {}

    def now(self, dataset_id: str) -> str:
        while dataset_id in self._names:
            dataset_id = self._names[dataset_id]
        return dataset_id

    def as_now(self, change: Change) -> Change:
        """The change of the dataset that it means by now; the same object where that has the id it speaks of."""
        if not self._names or not isinstance(change, MembershipChange | DatasetChange):
            return change
        now = self.now(change.dataset_id)
        return change if now == change.dataset_id else replace(change, dataset_id=now)

    def begin(self, change: DatasetChange) -> DatasetChange:
        """The change with the id that its dataset has until the service gives one, where it makes one.

        A service does not give the same id twice: one that is made again is another.
        """
        if change.before is not None:
            return change
        if not is_local(change.dataset_id) or change.dataset_id in self._begun:
            ours = new_id()
            self.note(change.dataset_id, ours)
            change = replace(change, dataset_id=ours)
        self._begun.add(change.dataset_id)
        return change

    def note(self, dataset_id: str, name: str) -> None:
        """Let a dataset have another id from now on, unless one that was made after it has taken its place."""
        if dataset_id not in self._names:
            self._names[dataset_id] = self._new[dataset_id] = name

    def take_new(self) -> dict[str, str]:
        """What was noted since the last call, to be kept."""
        new, self._new = self._new, {}
        return new
