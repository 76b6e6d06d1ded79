"""Whether images are ready to train on, by the gate that Viam publishes (peers.md, section on training)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from labeler.domain.amounts import count_text
from labeler.domain.errors import LabelerError
from labeler.domain.filter import Filter, Order, Tagged
from labeler.domain.image import Choice
from labeler.state.finding import go_to_next, is_unlabeled
from labeler.state.progress import Progress, progress_of
from labeler.state.signal import Signal
from labeler.state.source import ImageSource

if TYPE_CHECKING:
    from labeler.state.session import Session

LABELED_PERCENT = 80
DETECTION_IMAGES = 15
PER_NAME = 10
NAMES = 2
TIMES = 3
"""No label may have more than so many times another's."""
COUNTED_BOXES = 30
"""Labels on few images whose boxes are counted one by one; of those beyond, images stand for boxes."""


class Purpose(Enum):
    """What is trained: a detector from boxes, or a classifier from tags."""

    BOXES = "boxes"
    TAGS = "tags"


@dataclass(frozen=True, slots=True)
class Check:
    """One condition: what it asks, the number found, and the images to work on where it does not hold.

    `unlabeled` says that of `missing` only those without a label are meant.
    """

    title: str
    found: str
    holds: bool
    missing: Filter
    unlabeled: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """What the checks are about. `names` are labels or tags with the images that have them, the most first.

    `boxes` are exact numbers of boxes of those labels that were counted.
    """

    progress: Progress
    names: tuple[Choice, ...]
    boxes: Mapping[str, int]

    def of(self, name: Choice) -> int:
        return self.boxes.get(name.value, name.count or 0)


def scope_of(wanted: Filter) -> Filter:
    """The filter without what it says of labels and tags, which are what is looked at."""
    return replace(wanted, tagged=Tagged.ANY, tags=(), all_tags=(), labels=())


async def counts_of(source: ImageSource, scope: Filter, purpose: Purpose, mark: str) -> Counts:
    """Ask the service. `mark` is a tag that says nothing of a picture. Raises LabelerError."""
    choices = await source.choices(scope)
    labels = choices.get("labels", ())
    progress = await progress_of(source, scope, [one.value for one in labels])
    if progress is None:
        raise LabelerError(f"{source.title} does not count the images of this filter.")
    if purpose is Purpose.TAGS:
        tags = [one for one in choices.get("tags", ()) if one.value != mark]
        return Counts(progress, await _counted(source, scope, purpose, tags), {})
    labels = await _counted(source, scope, purpose, labels)
    rare = [one for one in labels if (one.count or 0) < PER_NAME][:COUNTED_BOXES]
    boxes = {one.value: await _boxes(source, replace(scope, labels=(one.value,)), one.value) for one in rare}
    return Counts(progress, labels, boxes)


async def _counted(source: ImageSource, scope: Filter, purpose: Purpose, names: Sequence[Choice]) -> tuple[Choice, ...]:
    """The names that images have, with how many; asked for one by one where the choices came without."""
    found = []
    for name in names:
        count = name.count if name.count is not None else await source.count(_having(scope, purpose, name))
        if count:
            found.append(replace(name, count=count))
    return tuple(found)


async def _boxes(source: ImageSource, wanted: Filter, label: str) -> int:
    """The boxes with a label on the few images that have it."""
    page = await source.page(wanted, Order.NEWEST, "", PER_NAME)
    return sum(box.label == label and not box.is_proposal for image in page.images for box in image.boxes)


def checks_of(counts: Counts, scope: Filter, purpose: Purpose) -> tuple[Check, ...]:
    """The conditions of the gate in the order in which one works on them."""
    progress, names = counts.progress, counts.names
    unlabeled = replace(scope, tagged=Tagged.UNTAGGED)
    word = "label" if purpose is Purpose.BOXES else "tag"
    found = [
        Check(
            f"At least {LABELED_PERCENT} % of the images labeled",
            progress.text,
            progress.total > 0 and progress.labeled * 100 >= progress.total * LABELED_PERCENT,
            unlabeled,
            unlabeled=True,
        ),
    ]
    if purpose is Purpose.BOXES:
        enough = progress.total >= DETECTION_IMAGES
        every = replace(scope, dataset_id="")
        found.append(Check(f"At least {DETECTION_IMAGES} images", count_text(progress.total), enough, every))
    found.append(
        Check(f"At least {NAMES} {word}s", count_text(len(names), word), len(names) >= NAMES, unlabeled, unlabeled=True)
    )
    found += [_enough(counts, name, scope, purpose) for name in names]
    if len(names) >= NAMES:
        found.append(_balance(names, scope, purpose))
    return tuple(found)


def _enough(counts: Counts, name: Choice, scope: Filter, purpose: Purpose) -> Check:
    count = counts.of(name)
    exact = name.value in counts.boxes
    what = count_text(count, "box") if exact else count_text(count)
    if purpose is Purpose.TAGS:
        return Check(
            f"{name.value}: at least {PER_NAME} images", what, count >= PER_NAME, _having(scope, purpose, name)
        )
    more = what if exact else f"boxes on {what}"
    return Check(f"{name.value}: at least {PER_NAME} boxes", more, count >= PER_NAME, _having(scope, purpose, name))


def _balance(names: Sequence[Choice], scope: Filter, purpose: Purpose) -> Check:
    by_count = sorted(names, key=lambda one: one.count or 0)
    least, most = by_count[0], by_count[-1]
    few, many = least.count or 0, most.count or 0
    word = "label" if purpose is Purpose.BOXES else "tag"
    return Check(
        f"No {word} on more than {TIMES} times the images of another",
        f"{most.value} on {many:,}, {least.value} on {few:,}",
        many <= TIMES * few,
        _having(scope, purpose, least),
    )


def _having(scope: Filter, purpose: Purpose, name: Choice) -> Filter:
    return replace(scope, **{"labels" if purpose is Purpose.BOXES else "tags": (name.value,)})  # type: ignore[arg-type]


class Readiness:
    """The checks of the images that the library shows, as long as a dialog is open. Signals: `changed`."""

    def __init__(self, session: Session) -> None:
        self.changed: Signal[()] = Signal()
        self.scope = scope_of(session.library.filter)
        self.checks: tuple[Check, ...] | None = None
        """None while they are counted."""
        self.problem = ""
        self._session = session
        has_boxes = bool(session.vocabulary.choices.get("labels")) or not session.vocabulary.choices.get("tags")
        self.purpose = Purpose.BOXES if has_boxes else Purpose.TAGS
        self._task = session.tasks.start(self._count())

    def close(self) -> None:
        """Count no more."""
        self._task.cancel()

    def turn(self) -> None:
        """Look at tags instead of boxes, or the other way round."""
        self.purpose = Purpose.TAGS if self.purpose is Purpose.BOXES else Purpose.BOXES
        self.checks = None
        self._task.cancel()
        self._task = self._session.tasks.start(self._count())
        self.changed.emit()

    @property
    def is_ready(self) -> bool:
        return self.checks is not None and all(check.holds for check in self.checks)

    @property
    def waiting(self) -> int:
        """Edits that the service does not have yet, and does not count."""
        counts = self._session.outbox.counts
        return counts.saving + counts.waiting

    async def _count(self) -> None:
        try:
            counts = await counts_of(self._session.source, self.scope, self.purpose, self._session.done_tag)
        except LabelerError as error:
            self.problem = str(error)
        else:
            self.problem, self.checks = "", checks_of(counts, self.scope, self.purpose)
        self.changed.emit()

    def open_missing(self, check: Check) -> None:
        """Show the images to work on, from the first that is meant."""
        session = self._session
        session.show(check.missing)
        if check.unlabeled:
            session.tasks.start(_to_first_unlabeled(session, check.missing))


async def _to_first_unlabeled(session: Session, shown: Filter) -> None:
    await session.library.load(0, 0)
    first = session.library.at(0)
    if session.library.filter == shown and first is not None and not is_unlabeled(session, first) and not session.index:
        go_to_next(session, 1, is_unlabeled, "unlabeled image")
