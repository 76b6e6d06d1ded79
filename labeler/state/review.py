"""What the service did not take: what it has instead, and what the person decides."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labeler.disk import replacing
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, DatasetChange, DeletionChange, MembershipChange, TagChange, new_id
from labeler.domain.edit_json import change_to_json
from labeler.domain.errors import LabelerError, Missing
from labeler.domain.image import Image
from labeler.domain.saving import Held, SaveState
from labeler.state.signal import Signal

if TYPE_CHECKING:
    from labeler.state.session import Session


class Review:
    """The changes of one session that wait for a decision.

    Signals: `changed` when there are others, or when it is known what the service has of them.
    """

    def __init__(self, session: Session) -> None:
        self.changed: Signal[()] = Signal()
        self.items: tuple[Held, ...] = ()
        self._session = session
        self._at_service: dict[str, Image] = {}
        self._gone: set[str] = set()
        session.saving_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Look again at what is held, and say so where it has become more."""
        items = self._session.outbox.held
        if items == self.items:
            return
        is_more = len(items) > len(self.items)
        new = {held.change.image_id for held in items if held not in self.items and held.change.image_id}
        self.items = items
        if is_more:
            self._session.said.emit(f"{held_text(items)}: {items[-1].problem}")
        if new:
            self._session.tasks.start(self._read(new))
        self.changed.emit()

    def forget(self) -> None:
        """Begin anew, as with another service."""
        self.items, self._at_service, self._gone = (), {}, set()
        self.changed.emit()

    async def _read(self, ids: Iterable[str]) -> None:
        for image_id in ids:
            try:
                images = await self._session.source.images([image_id])
            except Missing:
                self._gone.add(image_id)
                continue
            except LabelerError:
                continue
            self.learn(images)
        self.changed.emit()

    def learn(self, images: Iterable[Image]) -> None:
        """Take what the service has of images that something is held of."""
        wanted = {held.change.image_id for held in self.items}
        fresh = {image.id: image for image in images if image.id in wanted}
        if any(self._at_service.get(image_id) != image for image_id, image in fresh.items()):
            self._at_service.update(fresh)
            self.changed.emit()

    def of(self, image_id: str) -> tuple[Held, ...]:
        return tuple(held for held in self.items if held.change.image_id == image_id)

    def is_known(self, held: Held) -> bool:
        """Whether it is known what the service has of it."""
        is_said = isinstance(held.change, DatasetChange)  # what the problem says is all there is
        return is_said or held.change.image_id in self._at_service or held.change.image_id in self._gone

    def theirs(self, held: Held) -> Box | None:
        """The service's version of a held box; None where it has none."""
        image = self._at_service.get(held.change.image_id)
        target = target_of(held)
        return image.box(target.id) if image and target else None

    def theirs_in_words(self, held: Held) -> str:
        """What the service has instead of a deletion that is in conflict."""
        image = self._at_service.get(held.change.image_id)
        if image is None:
            return "deleted"
        boxes = "1 box" if len(image.boxes) == 1 else f"{len(image.boxes)} boxes"
        return ", ".join((boxes, *image.tags))

    def boxes_of_others(self, image_id: str) -> tuple[Box, ...]:
        """The service's versions of the boxes of an image that are in conflict."""
        conflicts = (held for held in self.of(image_id) if held.state is SaveState.CONFLICT)
        return tuple(box for held in conflicts if (box := self.theirs(held)) is not None)

    # Decisions.

    def retry(self, held: Held) -> None:
        """Deliver it again, over what the service has where that is in conflict and known."""
        if held.state is SaveState.CONFLICT:
            self.keep_mine(held)
        else:
            self._session.outbox.retry(held)
            self.refresh()

    def keep_mine(self, held: Held) -> None:
        """Make the person's version the service's."""
        if held.state is not SaveState.CONFLICT:
            self._session.outbox.retry(held)
            self.refresh()
        elif self.is_known(held):
            self._session.outbox.keep_mine(held, self.theirs(held))
            self.refresh()
        else:
            self._session.said.emit("What the service has is not known yet")

    def take_theirs(self, held: Held) -> None:
        """Give the change up for what the service has."""
        image_id = held.change.image_id
        known = self._at_service.get(image_id)
        self._session.outbox.discard(held)
        self.refresh()
        if not image_id:
            self._session.vocabulary.refresh()
            return
        if known is not None:
            self._session.following.receive([known])
        self._session.tasks.start(self._session.following.read([image_id]))

    def can_keep_both(self, held: Held) -> bool:
        """Whether both versions are boxes, so that one can be put beside the other."""
        return isinstance(held.change, BoxChange) and held.change.after is not None and self.theirs(held) is not None

    def keep_both(self, held: Held) -> None:
        """Take the service's version, and add the person's as a box of its own."""
        change = held.change
        if not self.can_keep_both(held) or not isinstance(change, BoxChange) or change.after is None:
            self._session.said.emit("There are no two boxes to keep")
            return
        mine = change.after
        self.take_theirs(held)
        copy = Box(new_id(), mine.label, mine.x_min, mine.y_min, mine.x_max, mine.y_max, mine.confidence)
        self._session.edit(f"Kept both versions of {mine.label}", [BoxChange(change.image_id, None, copy)])

    # In words.

    def what(self, held: Held) -> str:
        """What was changed, in a few words."""
        change = held.change
        if isinstance(change, TagChange):
            return f"Tag {change.tag} {'added' if change.after else 'removed'}"
        if isinstance(change, MembershipChange):
            name = self._session.vocabulary.dataset_name(change.dataset_id) or change.dataset_id
            return f"{'Added to' if change.after else 'Removed from'} dataset {name}"
        if isinstance(change, DatasetChange):
            done = "made" if change.before is None else "deleted" if change.after is None else "renamed"
            return f"Dataset {change.before or change.after} {done}"
        if isinstance(change, DeletionChange):
            return "Image deleted" if change.after else "Image brought back"
        box = target_of(held)
        done = "added" if change.before is None else "deleted" if change.after is None else "changed"
        return f"Box {box.label if box else ''} {done}"

    def image_name(self, held: Held) -> str:
        """What to call the image; empty where it is not about one."""
        image_id = held.change.image_id
        index = self._session.library.index_of(image_id)
        image = self._session.library.at(index) if index is not None else self._at_service.get(image_id)
        return image.file_name or image_id if image else image_id

    def go_to(self, held: Held) -> None:
        """Put its image in front, with its box selected."""
        session = self._session
        index = session.library.index_of(held.change.image_id)
        if index is None:
            session.said.emit("The image is not among those shown; show all images first")
            return
        session.go_to(index)
        if (box := target_of(held)) is not None and session.current and session.current.box(box.id):
            session.canvas.select(box.id)

    def json(self) -> str:
        """The list as JSON text: exact values, for a file."""
        return json.dumps([self._record(held) for held in self.items], ensure_ascii=False, indent=2) + "\n"

    def _record(self, held: Held) -> dict[str, object]:
        theirs = self.theirs(held)
        return {
            "edit": held.edit_id,
            "title": held.title,
            "at": held.at.isoformat(),
            "state": held.state.value,
            "problem": held.problem,
            "file_name": self.image_name(held),
            "change": json.loads(change_to_json(held.change)),
            "theirs_known": self.is_known(held),
            "theirs": json.loads(change_to_json(BoxChange("", theirs, None)))["before"] if theirs else None,
        }

    def export(self, path: Path) -> None:
        """Write the list to a file, in the background."""
        text, count = self.json(), len(self.items)

        async def write() -> None:
            await asyncio.to_thread(_write, path, text)
            self._session.said.emit(f"Wrote {count} to {path}")

        self._session.tasks.start(write())


def target_of(held: Held) -> Box | None:
    """The box that a held change is about."""
    change = held.change
    return (change.after or change.before) if isinstance(change, BoxChange) else None


def _write(path: Path, text: str) -> None:
    try:
        with replacing(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise LabelerError(f"The list was not written to {path}: {error.strerror}. Choose another place.") from error


def held_text(items: Sequence[Held]) -> str:
    """How many changes wait for a decision."""
    return "1 change was not accepted" if len(items) == 1 else f"{len(items):,} changes were not accepted"
