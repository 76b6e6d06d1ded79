"""Images that look alike, in groups: one of each is kept to be labeled, the others are tagged or left out."""

from __future__ import annotations

import contextlib
from bisect import bisect_right
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from labeler.domain.amounts import count_text
from labeler.domain.edit import TagChange
from labeler.domain.image import Image
from labeler.state.alike import Hashes, Looked, Scope, groups_of, look, read
from labeler.state.likeness import BITS
from labeler.state.session import Mode, Session
from labeler.state.signal import Signal
from labeler.state.work import Work

DEFAULT_BITS, MOST_BITS, STEP_BITS = 10, 24, 2
"""How many bits of a hash may differ: copies that are scaled, encoded anew or brightened differ in up to 9, pictures
of one conveyor in 9 to 52, photographs of different scenes in 33 and more."""


@dataclass(frozen=True, slots=True)
class Group:
    """Images that look alike, by id, in the order of the list, and the one that is to be labeled."""

    ids: tuple[str, ...]
    kept: str

    @property
    def others(self) -> tuple[str, ...]:
        return tuple(one for one in self.ids if one != self.kept)


class Duplicates:
    """Groups of the images of one session's filter; follows what is changed on them.

    What was found stays until something else is looked for. Signals: `changed` when there are others, when another is
    kept, or work begins or ends; `moved` when another image is in front; `found` when a search has come to its end.
    """

    def __init__(self, session: Session, hashes: Hashes) -> None:
        self.changed: Signal[()] = Signal()
        self.moved: Signal[()] = Signal()
        self.found: Signal[()] = Signal()
        self.groups: list[Group] = []
        self.cursor = 0
        """The index of the image in front, through all groups."""
        self.work: Work | None = None
        self.unread = 0
        """Pictures that cannot be looked at."""
        self.is_whole = False
        """Whether all of the filter was looked through."""
        self._session, self._hashes = session, hashes
        self.like: Image | None = None
        """The image that others are to be like; None where all groups are looked for."""
        self._scope: Scope | None = None
        self._looked: list[Looked] = []
        self._rows: list[tuple[str, ...]] = []
        self._images: dict[str, Image] = {}
        self._starts = [0]
        session.images_changed.connect(self._follow)

    # What is looked for.

    @property
    def bits(self) -> int:
        """How many of the bits of a hash may differ."""
        return int(self._session.settings.get("duplicates.bits", DEFAULT_BITS))

    @property
    def tag(self) -> str:
        """The tag for images that are not kept."""
        return str(self._session.settings.get(f"{self._session.settings_key}.duplicate_tag", "duplicate"))

    def set_tag(self, tag: str) -> None:
        self._session.settings.set(f"{self._session.settings_key}.duplicate_tag", tag)
        self._session.saver.save_soon()
        self.changed.emit()

    def find(self, like: Image | None = None, anew: bool = False) -> None:
        """Look through the filter for groups, or for images like one of it; what was found of it already stays."""
        session = self._session
        scope = Scope(session.source, session.library.filter, session.library.order, like.id if like else "")
        if scope == self._scope and (self.work is not None or self.is_whole) and not anew:
            return
        self.stop()
        self._scope, self.like, self._looked, self._rows, self._images = scope, like, [], [], {}
        self.groups, self.cursor, self.unread, self.is_whole = [], 0, 0, False
        self._index()
        work = Work(f"Looking for images like {like.file_name}" if like else "Looking for near-duplicates")
        self._run(work, self._find(work, scope))

    def find_again(self) -> None:
        """Look through the same again, for what is new."""
        self.find(self.like, anew=True)

    def set_bits(self, bits: int) -> None:
        """Let so many bits differ from now on, within bounds."""
        bits = min(max(bits, 0), MOST_BITS)
        if bits == self.bits:
            return
        self._session.settings.set("duplicates.bits", bits)
        self._session.saver.save_soon()
        if self._scope is not None and self.is_whole:
            self.stop()
            work = Work("Comparing pictures", total=len(self._looked))
            self._run(work, self._regroup(work, self._scope))
        self.changed.emit()

    def stop(self) -> None:
        """End the search, if there is one; what was learned of pictures is kept."""
        if self.work is not None:
            self.work.cancel()

    def _run(self, work: Work, body: Awaitable[None]) -> None:
        self.work = work

        def ended() -> None:
            if self.work is work:
                self.work = None
                self.changed.emit()

        self._session.run(work, body, ended)
        self.changed.emit()

    async def _find(self, work: Work, scope: Scope) -> None:
        looked, unread = await look(self._session, self._hashes, scope, work)
        self._looked, self.unread, self.is_whole = looked, len(unread), True
        await self._regroup(work, scope)
        self.found.emit()

    async def _regroup(self, work: Work, scope: Scope) -> None:
        rows = await groups_of(self._session, self._looked, scope.like, self.bits, work)
        members = {one for row in rows for one in row}
        fresh = await read(self._session, scope.source, members - self._images.keys())
        self._images = {one: image for one, image in (self._images | fresh).items() if one in members}
        self._rows = rows
        self._make_groups()

    # Groups.

    def _make_groups(self) -> None:
        """From what was found, without images that are gone; who was kept stays kept."""
        front, kept = self._id_at(self.cursor), {group.kept for group in self.groups}
        is_there = {one for one in self._images if not self._session.outbox.is_deleted(one)}
        self.groups = []
        for row in self._rows:
            ids = tuple(one for one in row if one in is_there)
            if len(ids) > 1:
                choice = next((one for one in ids if one in kept), None)
                self.groups.append(Group(ids, choice or self._best(ids)))
        self._index()
        with contextlib.suppress(ValueError):
            self.cursor = [one for group in self.groups for one in group.ids].index(front)
        self.cursor = min(self.cursor, max(self.count - 1, 0))
        self.changed.emit()

    def _index(self) -> None:
        self._starts = [0, *accumulate(len(group.ids) for group in self.groups)]

    def _best(self, ids: Sequence[str]) -> str:
        """The one that is to be labeled unless the person says otherwise: the one looked for, labeled, or largest."""
        if self.like and self.like.id in ids:
            return self.like.id
        images = [self._images[one] for one in ids]
        return max(images, key=lambda one: (self.tag not in one.tags, len(one.boxes), one.size_bytes)).id

    @property
    def count(self) -> int:
        """Of the images in groups."""
        return self._starts[-1]

    @property
    def left(self) -> int:
        """How many images that are not kept have not got the tag."""
        images, tag = self._images, self.tag
        return sum(tag not in images[one].tags for group in self.groups for one in group.others)

    def group_of(self, index: int) -> int:
        """The number of the group, from 0, that holds the image at an index."""
        return bisect_right(self._starts, index, hi=len(self._starts) - 1) - 1

    def _id_at(self, index: int) -> str:
        """The id of the image at an index; empty where there is none."""
        if index >= self.count:
            return ""
        group = self.group_of(index)
        return self.groups[group].ids[index - self._starts[group]]

    def at(self, index: int) -> Image:
        return self._images[self._id_at(index)]

    def is_kept(self, index: int) -> bool:
        return self.groups[self.group_of(index)].kept == self._id_at(index)

    @property
    def current(self) -> Image | None:
        return self.at(self.cursor) if self.cursor < self.count else None

    @property
    def current_group(self) -> int:
        return self.group_of(self.cursor)

    def go_to(self, index: int) -> None:
        """Put the image at the index in front, as far as there is one."""
        self.cursor = min(max(index, 0), max(self.count - 1, 0))
        self.moved.emit()

    def go_to_group(self, group: int) -> None:
        """Put the kept image of a group in front, as far as there is such a group."""
        if self.groups:
            group = min(max(group, 0), len(self.groups) - 1)
            self.go_to(self._starts[group] + self.groups[group].ids.index(self.groups[group].kept))

    def _follow(self, image_ids: tuple[str, ...]) -> None:
        """Take what was changed on images of the groups, here or by others."""
        library, outbox = self._session.library, self._session.outbox
        ours = [one for one in image_ids if one in self._images]
        for one in ours:
            place = library.index_of(one)
            known = library.at(place) if place is not None else None
            self._images[one] = known or outbox.overlay(self._images[one])
        if any(outbox.is_deleted(one) is not None for one in ours):
            self._make_groups()
        elif ours:
            self.changed.emit()

    # What is done with them.

    def keep(self) -> None:
        """Keep the image in front, instead of another of its group."""
        if (image := self.current) is not None:
            group = self.current_group
            self.groups[group] = replace(self.groups[group], kept=image.id)
            self.changed.emit()

    def tag_others(self) -> None:
        """Put the tag on the other images of the group in front; the next group is in front then."""
        if self.groups:
            group = self.current_group
            self._tag([self.groups[group]])
            if group + 1 < len(self.groups):
                self.go_to_group(group + 1)

    def tag_all(self) -> None:
        """Put the tag on all images that are not kept, as one edit."""
        self._tag(self.groups)

    def _tag(self, groups: Sequence[Group]) -> None:
        session, images, tag = self._session, self._images, self.tag
        others = [one for group in groups for one in group.others if tag not in images[one].tags]
        kept = [group.kept for group in groups if tag in images[group.kept].tags]
        if not others and not kept:
            session.said.emit(f"Tagged {tag} already" if groups else "There are no groups")
            return
        title = f"Tagged {tag}, {count_text(len(others))}" if others else f"Untagged {tag}, {count_text(len(kept))}"
        session.vocabulary.tags.add([tag])
        changes = [TagChange(one, tag, True) for one in others] + [TagChange(one, tag, False) for one in kept]
        session.mass.change(title, changes)
        session.said.emit(title)

    def leave_out(self) -> bool:
        """Show the filter without images that have the tag; whether there are any."""
        session, tag = self._session, self.tag
        tagged = sum(tag in self._images[one].tags for group in self.groups for one in group.ids)
        if not tagged:
            session.said.emit(f"Nothing is tagged {tag} yet")
            return False
        wanted = session.library.filter
        session.show(replace(wanted, without_tags=tuple(dict.fromkeys((*wanted.without_tags, tag)))))
        session.said.emit(f"Left out {count_text(tagged)} tagged {tag}")
        return True

    def open(self) -> None:
        """Put the image in front into the editor."""
        if (image := self.current) is not None:
            place = next(one.place for one in self._looked if one.id == image.id)
            self._session.tasks.start(self._open(image.id, place))

    async def _open(self, image_id: str, place: int) -> None:
        library = self._session.library
        if library.index_of(image_id) is None:
            await library.load(place, place)
        found = library.index_of(image_id)
        if found is None:
            self._session.said.emit("The image is not in the list any more")
            return
        self._session.go_to(found)
        self._session.set_mode(Mode.EDITOR)


def closeness_text(bits: int) -> str:
    """How alike images are that differ in at most so many bits."""
    return f"{100 * (BITS - bits) / BITS:.0f} % alike"
