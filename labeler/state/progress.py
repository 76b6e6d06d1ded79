"""How many images of a filter are labeled, as the service counts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labeler.domain.errors import LabelerError
from labeler.domain.filter import Filter, Tagged
from labeler.domain.image import Dataset
from labeler.state.signal import Signal
from labeler.state.source import ImageSource

if TYPE_CHECKING:
    from labeler.state.session import Session


@dataclass(frozen=True, slots=True)
class Progress:
    """`labeled` of `total` images have a tag or a box. A service counts proposals as boxes, too."""

    labeled: int
    total: int

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all; 0 where there is no image."""
        return self.labeled * 100 // self.total if self.total else 0

    @property
    def text(self) -> str:
        return f"{self.labeled:,} of {self.total:,} labeled ({self.percent} %)"


def labeled_parts(wanted: Filter, labels: Sequence[str]) -> tuple[Filter, ...]:
    """Filters that together keep each labeled image of a filter once; `labels` are all that its boxes can have."""
    if wanted.labels or wanted.tags or wanted.all_tags or wanted.tagged is Tagged.TAGGED:
        return (wanted,)
    boxed = (replace(wanted, tagged=Tagged.UNTAGGED, labels=tuple(labels)),) if labels else ()
    return boxed if wanted.tagged is Tagged.UNTAGGED else (replace(wanted, tagged=Tagged.TAGGED), *boxed)


async def progress_of(source: ImageSource, wanted: Filter, labels: Sequence[str]) -> Progress | None:
    """Ask the service; None where it cannot count. Raises LabelerError."""
    total = await source.count(wanted)
    labeled = 0
    for part in labeled_parts(wanted, labels):
        count = await source.count(part)
        if count is None:
            return None
        labeled += count
    return None if total is None else Progress(min(labeled, total), total)


class FilterProgress:
    """The progress of the library's filter. Signals: `changed`."""

    def __init__(self, session: Session) -> None:
        self.changed: Signal[()] = Signal()
        self.progress: Progress | None = None
        """None while it is not known."""
        self._session = session
        self._choices: object = None
        session.filter_changed.connect(self._forget)
        session.vocabulary.changed.connect(self._count_if_new)

    def _forget(self) -> None:
        self.progress = None
        self.changed.emit()

    def _count_if_new(self) -> None:
        """Count when the choices were read again: that is when what was labeled has come to the service."""
        choices = self._session.vocabulary.choices
        if choices is not self._choices:
            self._choices = choices
            self._session.tasks.start(self._count())

    async def _count(self) -> None:
        session, wanted, choices = self._session, self._session.library.filter, self._choices
        labels = [choice.value for choice in session.vocabulary.choices.get("labels", ())]
        try:
            found = await progress_of(session.source, wanted, labels)
        except LabelerError:
            # Nobody asked for it; whatever is wrong is said by the library, which reads the same filter.
            found = None
        if (session.library.filter, self._choices) == (wanted, choices):
            self.progress = found
            self.changed.emit()


class DatasetProgress:
    """The progress of datasets by id, counted one after the other. Signals: `changed` after each."""

    def __init__(self, session: Session) -> None:
        self.changed: Signal[()] = Signal()
        self.of: dict[str, Progress] = {}
        self._session = session
        self._labels: tuple[str, ...] | None = None
        self._datasets: Sequence[Dataset] = ()
        session.vocabulary.changed.connect(self._begin)
        self._task = session.tasks.start(self._count())

    def close(self) -> None:
        """Count no more."""
        self._session.vocabulary.changed.disconnect(self._begin)
        self._task.cancel()

    def _begin(self) -> None:
        if self._session.vocabulary.datasets is not self._datasets:
            self._task.cancel()
            self._task = self._session.tasks.start(self._count())

    async def _count(self) -> None:
        source = self._session.source
        self._datasets = self._session.vocabulary.datasets
        try:
            if self._labels is None:
                self._labels = tuple(one.value for one in (await source.choices(Filter())).get("labels", ()))
            for dataset in self._datasets:
                found = await progress_of(source, Filter(dataset_id=dataset.id), self._labels)
                if found is not None:
                    self.of[dataset.id] = found
                    self.changed.emit()
        except LabelerError:
            # The sizes stand without it; the library says what is wrong with the service.
            return
