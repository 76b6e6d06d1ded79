"""Edits: what a person changed, as values that can be undone, stored and delivered."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import ClassVar, Self

from labeler.domain.box import Box
from labeler.domain.image import Image

LOCAL_PREFIX = "local-"


def new_id() -> str:
    """An id of this machine, for a box that its service has not named yet and for edits."""
    return LOCAL_PREFIX + secrets.token_hex(12)


def is_local(identifier: str) -> bool:
    return identifier.startswith(LOCAL_PREFIX)


@dataclass(frozen=True, slots=True)
class BoxChange:
    """A box added (`before` is None), removed (`after` is None), or moved, resized or relabeled (same id)."""

    image_id: str
    before: Box | None
    after: Box | None

    def inverse(self) -> BoxChange:
        return BoxChange(self.image_id, self.after, self.before)

    def apply(self, image: Image) -> Image:
        """The image with the change made; a box that is gone stays gone, one that is there is replaced."""
        target = self.after or self.before
        assert target is not None  # noqa: S101 - a change has at least one side
        boxes = list(image.boxes)
        place = next((i for i, box in enumerate(boxes) if box.id == target.id), None)
        if self.after is None:
            if place is not None:
                del boxes[place]
        elif place is None:
            boxes.append(self.after)
        else:
            boxes[place] = self.after
        return replace(image, boxes=tuple(boxes))


@dataclass(frozen=True, slots=True)
class TagChange:
    """A tag put on an image (`after` is True) or taken off it."""

    image_id: str
    tag: str
    after: bool

    def inverse(self) -> TagChange:
        return replace(self, after=not self.after)

    def apply(self, image: Image) -> Image:
        others = tuple(tag for tag in image.tags if tag != self.tag)
        if not self.after:
            return replace(image, tags=others)
        return image if self.tag in image.tags else replace(image, tags=(*image.tags, self.tag))


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """An image put into a dataset (`after` is True) or taken out of it."""

    image_id: str
    dataset_id: str
    after: bool

    def inverse(self) -> MembershipChange:
        return replace(self, after=not self.after)

    def apply(self, image: Image) -> Image:
        others = tuple(one for one in image.dataset_ids if one != self.dataset_id)
        if not self.after:
            return replace(image, dataset_ids=others)
        return image if self.dataset_id in image.dataset_ids else replace(image, dataset_ids=(*others, self.dataset_id))


@dataclass(frozen=True, slots=True)
class OnImage:
    """What people put on an image."""

    boxes: tuple[Box, ...] = ()
    tags: tuple[str, ...] = ()
    dataset_ids: tuple[str, ...] = ()

    @classmethod
    def of(cls, image: Image) -> Self:
        return cls(image.boxes, image.tags, image.dataset_ids)


@dataclass(frozen=True, slots=True)
class DeletionChange:
    """An image deleted, with all that is on it (`after` is True), or brought back.

    `seen` is what the person saw on it, where deleting is for good and must not take along what somebody
    else put there meanwhile; None where the image can be brought back, or the person knows what it has.
    """

    image_id: str
    after: bool
    seen: OnImage | None = None

    def inverse(self) -> DeletionChange:
        return replace(self, after=not self.after)

    def apply(self, image: Image) -> Image:
        """The image as it is: whether it is in a list is not among its values."""
        return image


@dataclass(frozen=True, slots=True)
class DatasetChange:
    """A dataset made (`before` is None), renamed, or deleted (`after` is None); both are names.

    Which images are in it is said by changes of their own: a dataset is deleted once the person's images are out
    of it. `anyway` deletes one that has others, and renames one that has another name, which the person knows.
    """

    image_id: ClassVar[str] = ""
    """It is about no image."""

    dataset_id: str
    before: str | None
    after: str | None
    anyway: bool = False

    def inverse(self) -> DatasetChange:
        return DatasetChange(self.dataset_id, self.after, self.before)

    def apply(self, image: Image) -> Image:
        return image


Change = BoxChange | TagChange | MembershipChange | DeletionChange | DatasetChange


@dataclass(frozen=True, slots=True)
class Edit:
    """A titled group of changes that a person made as one: one undo step, stored and delivered whole.

    `title` is in the past tense and complete ("Tagged night, 212 images"). Edits of one box with
    the same `merge` key that follow each other closely are one undo step (a held arrow key).
    """

    title: str
    changes: tuple[Change, ...]
    id: str = field(default_factory=new_id)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    merge: str = ""

    def inverse(self) -> Edit:
        return Edit(f"Undid: {self.title}", tuple(change.inverse() for change in reversed(self.changes)))

    @property
    def image_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(change.image_id for change in self.changes if change.image_id))


def apply_changes(image: Image, changes: Iterable[Change]) -> Image:
    """The image with those of the changes made that are about it."""
    for change in changes:
        if change.image_id == image.id:
            image = change.apply(image)
    return image


def rename_boxes(changes: Iterable[Change], names: Mapping[str, str]) -> tuple[Change, ...]:
    """The changes with local box ids replaced by the ids that the service gave."""

    def renamed(box: Box | None) -> Box | None:
        return replace(box, id=names[box.id]) if box is not None and box.id in names else box

    return tuple(
        replace(change, before=renamed(change.before), after=renamed(change.after))
        if isinstance(change, BoxChange)
        else change
        for change in changes
    )


def box_ids(edit: Edit) -> tuple[str, ...]:
    """Ids of all boxes that the edit speaks of; one as often as it does."""
    boxes = (box for change in edit.changes if isinstance(change, BoxChange) for box in (change.before, change.after))
    return tuple(box.id for box in boxes if box is not None)


def without_images(edit: Edit, image_ids: Collection[str]) -> Edit:
    """The edit without the changes of some images; it may have none left."""
    changes = tuple(change for change in edit.changes if change.image_id not in image_ids)
    return edit if len(changes) == len(edit.changes) else replace(edit, changes=changes)


def merge_edits(first: Edit, second: Edit) -> Edit:
    """One edit that does what both do, keeping the first's id and `before` values.

    Only for edits of the same `merge` key: each changes the same boxes, in the same order.
    """
    changes = tuple(
        BoxChange(one.image_id, one.before, other.after)
        for one, other in zip(first.changes, second.changes, strict=True)
        if isinstance(one, BoxChange) and isinstance(other, BoxChange)
    )
    return replace(first, title=second.title, changes=changes, at=second.at)
