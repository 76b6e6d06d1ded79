"""Changes on their way, in memory: by image, in the order they were made; those of datasets in a lane of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from labeler.client.attempts import NO_ATTEMPT, Attempt
from labeler.client.reconcile import changes_nothing, find_ours
from labeler.domain.edit import (
    BoxChange,
    Change,
    DatasetChange,
    DeletionChange,
    MembershipChange,
    TagChange,
    is_local,
    rename_boxes,
)
from labeler.domain.image import Image
from labeler.domain.saving import OutboxCounts, SaveState


class Stage(Enum):
    """Where a change is. All but SAVING are on disk."""

    SAVING = "saving"
    WAITING = "waiting"
    CONFLICT = "conflict"
    REFUSED = "refused"


_SHOWN = {
    Stage.SAVING: SaveState.SAVING,
    Stage.WAITING: SaveState.SAVED_HERE,
    Stage.CONFLICT: SaveState.CONFLICT,
    Stage.REFUSED: SaveState.REFUSED,
}
_WORST_FIRST = (Stage.REFUSED, Stage.CONFLICT, Stage.SAVING, Stage.WAITING)
HELD = (Stage.CONFLICT, Stage.REFUSED)

Subject = tuple[str, str]
"""What a change is about, within its lane: changes of different subjects do not touch each other."""
DATASETS = DatasetChange.image_id
"""The lane of changes of datasets, which are delivered one after the other, as names are free or taken."""
IMAGE: Subject = ("image", "")
"""The image as a whole: it is deleted after all else that is pending of it, and brought back before."""


def subject_of(change: Change) -> Subject:
    match change:
        case BoxChange(before=before, after=after):
            box = after or before
            assert box is not None  # noqa: S101 - a change has at least one side
            return "box", box.id
        case TagChange(tag=tag):
            return "tag", tag
        case MembershipChange(dataset_id=dataset_id):
            return "dataset", dataset_id
        case DeletionChange():
            return IMAGE
        case DatasetChange(dataset_id=dataset_id):
            return "names of dataset", dataset_id


def lane_of(change: Change) -> str:
    """What a change is delivered in order with: those of its image, by the id of that, or those of datasets."""
    return change.image_id


@dataclass(frozen=True, slots=True)
class Head:
    """What the changes of one edit share."""

    number: int
    id: str
    title: str
    at: datetime
    merge: str = ""


@dataclass(slots=True, eq=False)
class Pending:
    """One change on its way. `sent` is set, on disk, before the change is first sent and says that the
    service may have it, sent as `attempt` says; a definite refusal clears it. `busy` while a call about it is
    under way.
    """

    head: Head
    place: int
    change: Change
    stage: Stage = Stage.SAVING
    sent: bool = False
    attempt: Attempt = NO_ATTEMPT
    problem: str = ""
    busy: bool = False
    attempts: int = 0

    @property
    def lane(self) -> str:
        return lane_of(self.change)

    @property
    def subject(self) -> Subject:
        return subject_of(self.change)

    @property
    def key(self) -> tuple[int, int]:
        """What names it on disk: the number of its edit and its place in it."""
        return self.head.number, self.place


@dataclass(frozen=True, slots=True)
class Unit:
    """Changes of one subject of one lane that go to the service as one.

    `unsure` where the service may have it already, so that it must be asked first.
    """

    rows: tuple[Pending, ...]
    unsure: bool

    @property
    def lane(self) -> str:
        return self.rows[0].lane

    @property
    def change(self) -> Change:
        """The one change that does what all do."""
        first, last = self.rows[0].change, self.rows[-1].change
        if isinstance(first, BoxChange) and isinstance(last, BoxChange):
            return BoxChange(first.image_id, first.before, last.after)
        if isinstance(first, DatasetChange) and isinstance(last, DatasetChange):
            return replace(last, before=first.before)
        return last

    @property
    def attempt(self) -> Attempt | None:
        """How it was sent, where the service may have it."""
        return self.rows[0].attempt if self.unsure else None

    @property
    def changes_nothing(self) -> bool:
        """Whether the service need not hear of it, as of a box that was added and deleted in between."""
        first, change = self.rows[0].change, self.change
        if self.unsure:
            return False
        if isinstance(change, DatasetChange):
            return change.before is change.after is None
        if isinstance(first, DeletionChange) and isinstance(change, DeletionChange):
            return first.after != change.after
        return isinstance(change, BoxChange) and changes_nothing(change.before, change.after)


class PendingIndex:
    """All changes that the service has not confirmed."""

    def __init__(self) -> None:
        self._by_lane: dict[str, list[Pending]] = {}
        self._stages: dict[int, Counter[Stage]] = {}
        self._counts: OutboxCounts | None = None
        self._moving = 0
        self._members: Counter[str] = Counter()
        """Images on their way into or out of datasets, by dataset."""
        self.held: dict[Pending, None] = {}
        """The rows that wait for a person, which are few among very many."""

    def __iter__(self) -> Iterator[Pending]:
        for rows in self._by_lane.values():
            yield from rows

    def of(self, lane: str) -> tuple[Pending, ...]:
        return tuple(self._by_lane.get(lane, ()))

    @property
    def of_datasets(self) -> list[DatasetChange]:
        """What is done to datasets, in order."""
        return [row.change for row in self._by_lane.get(DATASETS, ()) if isinstance(row.change, DatasetChange)]

    def add(self, rows: Iterable[Pending]) -> None:
        for row in rows:
            self._by_lane.setdefault(row.lane, []).append(row)
            self._put_stage(row)
        self._counts = None

    def remove(self, rows: Iterable[Pending]) -> None:
        for row in rows:
            left = self._by_lane[row.lane]
            left.remove(row)
            if not left:
                del self._by_lane[row.lane]
            self._take_stage(row)
        self._counts = None

    def set_stage(self, row: Pending, stage: Stage) -> None:
        self._take_stage(row)
        row.stage = stage
        self._put_stage(row)
        self._counts = None

    def _put_stage(self, row: Pending) -> None:
        self._stages.setdefault(row.head.number, Counter())[row.stage] += 1
        self._moving += _moves(row)
        self._members.update(_members_of(row))
        if row.stage in HELD:
            self.held[row] = None

    def _take_stage(self, row: Pending) -> None:
        self._moving -= _moves(row)
        self._members.subtract(_members_of(row))
        self.held.pop(row, None)
        stages = self._stages[row.head.number]
        stages[row.stage] -= 1
        if not +stages:
            del self._stages[row.head.number]

    def rename(self, names: Mapping[str, str], image_id: str) -> list[Pending]:
        """Give boxes of an image their service's ids; returns the changes that this touched."""
        touched = []
        for row in self._by_lane.get(image_id, ()):
            (renamed,) = rename_boxes((row.change,), names)
            if renamed != row.change:
                row.change = renamed
                touched.append(row)
        return touched

    def rename_dataset(self, dataset_id: str, name: str) -> list[Pending]:
        """Give a dataset its service's id; returns the changes that this touched."""
        touched = []
        for row in self:
            change = row.change
            if isinstance(change, MembershipChange | DatasetChange) and change.dataset_id == dataset_id:
                row.change = replace(change, dataset_id=name)
                touched.append(row)
        self._members[name] += self._members.pop(dataset_id, 0)
        return touched

    def members_of(self, dataset_id: str) -> dict[str, bool]:
        """Images that are put into a dataset (True) or taken out of it by what is pending."""
        changes = (row.change for row in self if row.stage not in HELD)
        return {
            change.image_id: change.after
            for change in changes
            if isinstance(change, MembershipChange) and change.dataset_id == dataset_id
        }

    def is_adding(self, image_id: str, box_id: str) -> bool:
        """Whether a change on its way makes this box."""
        rows = self._by_lane.get(image_id, ())
        return any(
            isinstance(row.change, BoxChange) and row.change.before is None and row.subject == ("box", box_id)
            for row in rows
        )

    def is_deleted(self, image_id: str) -> bool | None:
        """Whether an image is deleted after what is pending; None where nothing says so.

        What is held was not done: a deletion that was refused leaves the image where it is.
        """
        deleted: bool | None = None
        for row in self._by_lane.get(image_id, ()):
            if isinstance(row.change, DeletionChange):
                deleted = row.change.after if row.stage not in HELD else not row.change.after
        return deleted

    @property
    def moves_images(self) -> bool:
        """Whether images are on their way out of the service's lists or back into them."""
        return self._moving > 0

    def state_of(self, image_id: str) -> SaveState:
        stages = {row.stage for row in self._by_lane.get(image_id, ())}
        return next((_SHOWN[stage] for stage in _WORST_FIRST if stage in stages), SaveState.DELIVERED)

    def counts(self, problem: str) -> OutboxCounts:
        """Edits by where their changes are; one of which some wait and some were refused counts in both."""
        if self._counts is None:
            edits = Counter(stage for stages in self._stages.values() for stage, rows in stages.items() if rows > 0)
            self._counts = OutboxCounts(
                edits[Stage.SAVING], edits[Stage.WAITING], edits[Stage.REFUSED], edits[Stage.CONFLICT]
            )
        return replace(self._counts, problem=problem)

    def overlay(self, image: Image, known: Collection[str]) -> Image:
        """The image with all that is pending made on it.

        A box that the service has already but whose name has not arrived is shown once. `known` are
        box ids that the service gave before.
        """
        for row in self._by_lane.get(image.id, ()):
            change = row.change
            if row.sent and isinstance(change, BoxChange) and change.before is None and change.after is not None:
                twin = find_ours(change.after, image.boxes, known)
                if twin is not None:
                    image = replace(image, boxes=tuple(box for box in image.boxes if box is not twin))
            image = change.apply(image)
        return image

    def next_unit(self, lane: str) -> Unit | None:
        """What is to be delivered next of a lane, oldest first; None while something of it is under way.

        Changes of one subject that wait behind each other become one. A subject that is held (refused,
        in conflict) waits until the person changes it again, and takes the newer change along then.
        """
        rows = self._by_lane.get(lane, ())
        if any(row.busy for row in rows):
            return None
        if lane == DATASETS:
            return self._next_of_datasets(rows)
        subjects: dict[Subject, list[Pending]] = {}
        for row in rows:
            if row.stage is not Stage.SAVING:
                subjects.setdefault(row.subject, []).append(row)
        units = [_unit_of(group) for group in subjects.values() if any(row.stage is Stage.WAITING for row in group)]
        return min((unit for unit in units if not self._waits_for_dataset(unit.change)), key=_turn, default=None)

    def _waits_for_dataset(self, change: Change) -> bool:
        """Whether its dataset is still to be made."""
        if not isinstance(change, MembershipChange) or not is_local(change.dataset_id):
            return False
        return any(one.dataset_id == change.dataset_id for one in self.of_datasets)

    def _next_of_datasets(self, rows: Sequence[Pending]) -> Unit | None:
        """The first change that is not held, with those of its dataset that are; a deletion waits for its images."""
        last = next((row for row in rows if row.stage not in HELD), None)
        if last is None or last.stage is Stage.SAVING:
            return None
        held = (row for row in rows if row.stage in HELD and row.subject == last.subject)
        unit = Unit((*held, last), unsure=last.sent)
        is_in_use = _is_deletion(unit.change) and self._members[last.subject[1]] > 0
        return None if is_in_use else unit


def _moves(row: Pending) -> bool:
    return isinstance(row.change, DeletionChange) and row.stage not in HELD


def dataset_of(row: Pending) -> str:
    """The dataset that a row puts its image into or takes it out of; empty where it does neither."""
    return row.change.dataset_id if isinstance(row.change, MembershipChange) else ""


def _members_of(row: Pending) -> tuple[str, ...]:
    """The dataset that its image is on its way into or out of."""
    return (dataset_id,) if (dataset_id := dataset_of(row)) and row.stage not in HELD else ()


def _is_deletion(change: Change) -> bool:
    return isinstance(change, DatasetChange) and change.before is not None and change.after is None


def _turn(unit: Unit) -> int:
    """What goes before what, of one image: nothing can be done to an image while it is deleted."""
    change = unit.change
    if not isinstance(change, DeletionChange):
        return 1
    is_later = change.after and not unit.unsure and not unit.changes_nothing
    return 2 if is_later else 0


def _unit_of(group: list[Pending]) -> Unit:
    sent = 0
    while sent < len(group) and group[sent].sent:
        sent += 1
    return Unit(tuple(group[:sent]), unsure=True) if sent else Unit(tuple(group), unsure=False)
