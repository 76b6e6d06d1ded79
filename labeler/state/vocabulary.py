"""What can be chosen at an organization: labels, tags, datasets, and the values that a filter can have."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from labeler.domain.errors import Unreachable
from labeler.domain.image import Choice, Dataset
from labeler.domain.vocabulary import NameOrder
from labeler.state.names import Names
from labeler.state.signal import Signal

if TYPE_CHECKING:
    from labeler.state.session import Session


class Vocabulary:
    """The names of one session. Signals: `changed` when any of them is new, gone, or counted anew."""

    def __init__(self, session: Session) -> None:
        self.changed: Signal[()] = Signal()
        self.labels, self.tags = Names(), Names()
        self.datasets: Sequence[Dataset] = ()
        """By name, as the person has left them."""
        self._at_service: tuple[Dataset, ...] = ()
        self.choices: Mapping[str, tuple[Choice, ...]] = {}
        """Values to choose from, by the name of the `Filter` field."""
        self._session = session
        self._told: NameOrder | None = None
        """What the service keeps or was told, in any order; None while it is not known to keep any."""
        self._telling: asyncio.Task[None] | None = None

    def restore(self) -> None:
        """Take the labels and tags that this machine knows of the organization, in their order."""
        key, settings = self._session.settings_key, self._session.settings
        self.labels = Names(settings.get(f"{key}.labels", []))
        self.tags = Names(settings.get(f"{key}.tags", []))
        self._told = None
        self._at_service = ()
        self.follow_edits()
        for names in (self.labels, self.tags):
            names.changed.connect(self._names_changed)

    def _names_changed(self) -> None:
        key, settings = self._session.settings_key, self._session.settings
        settings.set(f"{key}.labels", list(self.labels.all))
        settings.set(f"{key}.tags", list(self.tags.all))
        self._session.saver.save_soon()
        self._tell_soon()
        self.changed.emit()

    def refresh(self) -> None:
        """Read the datasets and the choices of the filter again, in the background."""
        self._session.tasks.start(self._refresh())

    async def _refresh(self) -> None:
        try:
            await self.read()
        except Unreachable:
            # The status bar says that it is offline; nobody asked for this.
            if not self._session.along.offline:
                raise

    async def read(self) -> None:
        """Read the datasets and the choices of the filter again. Raises LabelerError."""
        source = self._session.source
        self._at_service = await source.datasets()
        self.datasets = self._session.outbox.datasets(self._at_service, source.organization_id)
        self.choices = await source.choices(self._session.library.filter)
        kept = await source.names()
        if kept is not None:
            self._told = NameOrder()
            self._take(await self._tell_renamed(kept))
        renamed, labels = self._renamed_by_now(), sorted(choice.value for choice in self.choices.get("labels", ()))
        self.labels.add(label for label in labels if label not in renamed)
        self.tags.add(choice.value for choice in sorted(self.choices.get("tags", ()), key=lambda one: one.value))
        self._tell_soon()
        self.changed.emit()

    def _take(self, kept: NameOrder) -> None:
        self._told = (self._told or NameOrder()).plus(kept)
        renamed = self._renamed_by_now()
        self.labels.follow([renamed.get(name, name) for name in kept.labels])
        self.labels.drop(kept.renamed.keys() - set(kept.labels) - self._in_use - renamed.keys())
        self.tags.follow(kept.tags)

    async def _tell_renamed(self, kept: NameOrder) -> NameOrder:
        """Have the service give places to new names, or back where renaming was undone; what it keeps then."""
        counts = self._session.outbox.counts
        if counts.saving or counts.waiting:
            return kept
        for old, new in self._renamed.items():
            is_made, is_undone = self._in_use & {old, new} == {new}, self._in_use & {old, new} == {old}
            if is_made and old in kept.labels and new not in kept.labels:
                kept = await self._session.source.rename_label(old, new) or kept
            elif is_undone and kept.renamed.get(old) == new:
                kept = await self._session.source.rename_label(new, old) or kept
        return kept

    @property
    def _renamed(self) -> dict[str, str]:
        """Labels that were renamed, whose places the service keeps under their old names."""
        found: dict[str, str] = self._session.settings.get(f"{self._session.settings_key}.renamed_labels", {})
        return found

    def _renamed_by_now(self) -> dict[str, str]:
        """Those of them that are on no box, or will not be: taken back, a label has its place again."""
        counts = self._session.outbox.counts
        is_old = bool(counts.saving or counts.waiting)
        return {old: new for old, new in self._renamed.items() if is_old or old not in self._in_use}

    @property
    def _in_use(self) -> set[str]:
        """Labels of boxes, as far as the service has them and the filter does not leave them out."""
        return {choice.value for choice in self.choices.get("labels", ())}

    def rename_label(self, old: str, new: str) -> None:
        """Let a new label have the place of an old one; one that is here already keeps its own."""
        if new not in self.labels.all:
            renamed = {one: new if now == old else now for one, now in self._renamed.items() if one != new}
            self._session.settings.set(f"{self._session.settings_key}.renamed_labels", {**renamed, old: new})
        self.labels.rename(old, new)

    @property
    def _untold(self) -> NameOrder:
        here = NameOrder(self.labels.all, self.tags.all)
        return NameOrder() if self._told is None else here.without(self._told)

    def _tell_soon(self) -> None:
        if self._untold and (self._telling is None or self._telling.done()):
            self._telling = self._session.tasks.start(self._tell())

    async def _tell(self) -> None:
        while new := self._untold:
            try:
                kept = await self._session.source.add_names(new)
            except Unreachable:
                # They are told after the next reading; until then this computer's order goes on.
                self._told = None
                return
            # Of these, too, what the service did not take, so that it is not asked without end.
            self._told = (self._told or NameOrder()).plus(new)
            self._take(kept)

    def dataset_name(self, identifier: str) -> str | None:
        return next((dataset.name for dataset in self.datasets if dataset.id == identifier), None)

    def dataset_id(self, name: str) -> str | None:
        return next((dataset.id for dataset in self.datasets if dataset.name == name), None)

    def follow_edits(self) -> None:
        """Take what was done to datasets."""
        session = self._session
        datasets = session.outbox.datasets(self._at_service, session.source.organization_id)
        if datasets != self.datasets:
            self.datasets = datasets
            self.changed.emit()
