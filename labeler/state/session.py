"""A person at work: the library, the image in front of them, what they change, and what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path

from labeler.domain.box import Box
from labeler.domain.datasets import with_ids
from labeler.domain.edit import BoxChange, Change, Edit
from labeler.domain.filter import Filter, Order, filter_text, parse_filter
from labeler.domain.geometry import Rect
from labeler.domain.image import Image
from labeler.state import deleting
from labeler.state.along import TakingAlong
from labeler.state.canvas import Canvas
from labeler.state.following import Following
from labeler.state.grid import Grid
from labeler.state.history import History
from labeler.state.library import Library
from labeler.state.mass import MassEdits
from labeler.state.meter import Meter
from labeler.state.opening import open_paths
from labeler.state.pace import Pace
from labeler.state.place import Place
from labeler.state.prompts import Prompt, Question, Request
from labeler.state.proposals import Proposals
from labeler.state.review import Review
from labeler.state.selecting import extend_to
from labeler.state.settings import Settings
from labeler.state.settings_saver import SettingsSaver
from labeler.state.signal import Signal
from labeler.state.source import ImageSource, Outbox
from labeler.state.tasks import Tasks
from labeler.state.views import Views
from labeler.state.vocabulary import Vocabulary
from labeler.state.work import Work

Export = Callable[["Session", Path, str, Filter, "Work"], Awaitable[str]]
"""Write images to a folder in a format; returns what to tell. Put in by `app`."""


class Mode(Enum):
    GRID = "grid"
    EDITOR = "editor"


class Session:
    """Everything that a window shows, and all that can be done to it.

    Signals:
        said(text)              what was done, for a moment
        failed(text)            what went wrong, until dismissed
        mode_changed()          grid or editor
        current_changed()       another image is in front
        images_changed(ids)     images have other values, or another save state
        edited(edit)            the person changed something, one by one; undoing is none
        saving_changed()        the outbox's counts
        filter_changed()        the filter or the order
        works_changed()         long work began, went on or ended
        pictures_old()          pictures may be others than those in memory
        prompted(prompt), asked(question), requested(request)
        done_by_mouse(name)     an action was done by the pointer
    """

    def __init__(
        self, source: ImageSource, outbox: Outbox, settings: Settings, export: Export, history: History | None = None
    ) -> None:
        self.said: Signal[str] = Signal()
        self.failed: Signal[str] = Signal()
        self.mode_changed: Signal[()] = Signal()
        self.current_changed: Signal[()] = Signal()
        self.images_changed: Signal[tuple[str, ...]] = Signal()
        self.edited: Signal[Edit] = Signal()
        self.saving_changed: Signal[()] = Signal()
        self.filter_changed: Signal[()] = Signal()
        self.works_changed: Signal[()] = Signal()
        self.pictures_old: Signal[()] = Signal()
        self.prompted: Signal[Prompt] = Signal()
        self.asked: Signal[Question] = Signal()
        self.requested: Signal[Request] = Signal()
        self.done_by_mouse: Signal[str] = Signal()

        self.source, self.outbox, self.settings, self._export = source, outbox, settings, export
        self.pace = Pace()
        self.tasks = Tasks()
        self.tasks.failed.connect(self.failed.emit)
        self.saver = SettingsSaver(settings, self.tasks)
        self.vocabulary = Vocabulary(self)
        self.library = Library(self.tasks, lambda: self.outbox, self._is_selected)
        self.history = history or History()
        self.grid = Grid()
        self.canvas = Canvas(self._commit_boxes, self.said.emit, lambda: self.vocabulary.labels.current or "object")
        self.mode = Mode.GRID
        self.works: list[Work] = []
        self.broken: set[str] = set()
        """Ids of images whose pictures turned out not to be any."""
        self.copied: tuple[Box, ...] = ()
        self.last_drawn: Rect | None = None
        self._current_id = ""
        self._asked_too_early = self._choices_are_old = False

        self.library.reset.connect(self._library_reset)
        self.library.grown.connect(self._library_grown)
        self.library.replaced.connect(self._image_replaced)
        self.grid.moved.connect(self._grid_moved)
        self.meter = Meter(self)
        self.place = Place(self)
        self.review = Review(self)
        self.proposals = Proposals(self)
        self.views = Views(self)
        self.following = Following(self)
        self.along = TakingAlong(self)
        self.mass = MassEdits(self)
        outbox.subscribe(self._states_changed, self._named)

    # Beginning and ending.

    def start(self, wanted: Filter | None = None) -> None:
        """Begin to show a filter of the source, or what was shown last, and to learn what can be chosen."""
        self.vocabulary.restore()
        if wanted is None:
            self.place.restore()
        else:
            self.place.begin()
            self.show(wanted)
        self.review.refresh()
        self.following.begin()
        self.along.begin()

    async def attach(self, source: ImageSource, outbox: Outbox, history: History | None = None) -> None:
        """Work with another service from now on; the caller closes the former ones."""
        self.pace.rest()
        self.place.leave()
        await self.tasks.close()
        if outbox is not self.outbox:
            outbox.subscribe(self._states_changed, self._named)
        self.source, self.outbox = source, outbox
        self.history = history or History()
        self.review.forget()
        self.works.clear()
        self.broken.clear()
        self.set_mode(Mode.GRID)
        self.start()

    async def close(self) -> None:
        """Stop background work for good; returns when every edit is durable on this machine."""
        self.pace.rest()
        await self.tasks.end()
        await self.outbox.drained()

    @property
    def settings_key(self) -> str:
        return f"organizations.{self.source.organization_id or 'none'}"

    @property
    def done_tag(self) -> str:
        """The tag that marks an image as done."""
        return str(self.settings.get(f"{self.settings_key}.done_tag", "done"))

    def set_done_tag(self, tag: str) -> None:
        self.settings.set(f"{self.settings_key}.done_tag", tag)
        self.saver.save_soon()

    # What is shown.

    def show(self, wanted: Filter, order: Order | None = None) -> None:
        """Show a filter; without an order, the one in use if the source has it."""
        order = order or (self.library.order if self.library.order in self.source.orders else self.source.orders[0])
        self.grid.reset()
        self._current_id = ""
        wanted = replace(wanted, dataset_id=self.outbox.dataset_id_now(wanted.dataset_id))
        self.library.show(self.source, wanted, order)
        self._asked_too_early = self._is_delivering
        self.filter_changed.emit()
        self.vocabulary.refresh()

    def show_text(self, text: str) -> None:
        """Show the filter that the text says. Raises InvalidValue."""
        self.show(self.parse_filter(text))

    def parse_filter(self, text: str) -> Filter:
        return parse_filter(text, self.vocabulary.dataset_id)

    @property
    def filter_text(self) -> str:
        return filter_text(self.library.filter, self.vocabulary.dataset_name)

    def reload(self) -> None:
        """Read the library, the datasets and the choices again."""
        self.library.reload(self.source)
        self.vocabulary.refresh()

    def read_again(self) -> None:
        """Read everything again that is shown, the pictures too."""
        self.reload()
        self.broken.clear()
        self.pictures_old.emit()

    def set_mode(self, mode: Mode) -> None:
        if mode is Mode.EDITOR and self.current is None:
            return
        if mode is not self.mode:
            self.mode = mode
            self.mode_changed.emit()

    # The image in front.

    @property
    def index(self) -> int:
        return self.grid.cursor

    @property
    def current(self) -> Image | None:
        return self.library.at(self.grid.cursor)

    def _is_selected(self, image_id: str) -> bool:
        return image_id in self.grid.selected

    def go_to(self, index: int, extend: bool = False) -> None:
        """Put the image at the index in front, as far as there is one."""
        index = min(max(index, 0), max(self.library.size - 1, 0))
        self.library.want(index)
        if extend or self.grid.visual:
            extend_to(self, index)
        else:
            self.grid.move_to(index)

    def step(self, by: int, extend: bool = False) -> None:
        target = self.index + by
        if 0 <= target < self.library.size:
            self.go_to(target, extend)
        else:
            self.said.emit("The last image" if by > 0 else "The first image")

    def targets(self) -> tuple[Image, ...]:
        """The images that an action is about: the selected ones in the grid, else the one in front."""
        if self.mode is Mode.GRID and self.grid.selected:
            return tuple(self.library.of(self.grid.selected))
        return (self.current,) if self.current else ()

    # Changes.

    def edit(self, title: str, changes: Iterable[Change], merge: str = "", for_good: bool = False) -> None:
        """Make a change: on the screen now, on disk in a moment, at the service after that.

        One that is `for_good` cannot be undone, nor what was done before to the same images.
        """
        edit = Edit(title, tuple(changes), merge=merge)
        if edit.changes:
            if for_good:
                self.history.forget(set(edit.image_ids))
            else:
                self.history.push(edit)
            self.commit(edit)
            self.edited.emit(edit)

    def undo(self) -> None:
        if self.mass.takes(self.history.last, self.history.can_undo):
            self.mass.undo()
        else:
            self.make_again(self.history.undo(), "Nothing to undo")

    def redo(self) -> None:
        if self.mass.takes(self.history.next, self.history.can_redo):
            self.mass.redo()
        else:
            self.make_again(self.history.redo(), "Nothing to redo")

    def make_again(self, edit: Edit | None, otherwise: str) -> None:
        """Make an edit that the history gave, or say `otherwise` where it has none."""
        self.said.emit(edit.title if edit else otherwise)
        if edit:
            self.commit(edit)
            places = (self.library.index_of(image_id) for image_id in edit.image_ids[:1])
            if self.mode is Mode.EDITOR and (index := next(places, None)) is not None:
                self.go_to(index)

    def commit(self, edit: Edit, is_part: bool = False) -> None:
        """Make an edit that the history has, or a part of one, whose images are where they belong already."""
        self.pace.rest()
        self._choices_are_old = True
        self.outbox.put(edit)
        self.images_changed.emit(self.library.apply(with_ids(edit.changes, self.outbox.dataset_id_now)))
        self.vocabulary.follow_edits()
        if not is_part:
            deleting.follow(self, edit)

    def reload_when_delivered(self) -> None:
        """Read the library again as soon as the service has all edits."""
        self._asked_too_early = True

    def _commit_boxes(self, title: str, changes: Sequence[BoxChange], merge: str) -> None:
        for change in changes:
            if change.after and (change.before is None or change.before.label != change.after.label):
                self.vocabulary.labels.choose(change.after.label)
            if change.after:
                self.last_drawn = change.after.rect
        self.edit(title, changes, merge)

    def run(self, work: Work, body: Awaitable[None], then: Callable[[], None] = lambda: None) -> None:
        """Do long work in the background, shown with its progress until it ends, however that is; then call `then`."""

        async def task() -> None:
            await body

        def ended() -> None:
            self.works.remove(work)
            if asyncio.iscoroutine(body):
                body.close()  # one that was cancelled before it began
            then()
            self.works_changed.emit()

        self.works.append(work)
        work.task = self.tasks.start(task(), then=ended)
        self.works_changed.emit()

    # Files in and out.

    def open_paths(self, paths: Sequence[Path], copy: bool = False) -> None:
        """Show files and folders of this machine, taking in what is new."""
        if not self.source.opens_paths:
            self.failed.emit(
                f"{self.source.title} does not open files of this computer. Connect to this computer first."
            )
            return
        names = ", ".join(path.name or str(path) for path in paths)
        work = Work(f"Opening {names}")
        self.set_mode(Mode.GRID)
        self.run(work, open_paths(self, work, paths, copy))

    def export(self, out: Path, layout: str, wanted: Filter) -> None:
        """Write images of a filter to a folder, in the background."""
        work = Work(f"Exporting to {out.name}")

        async def body() -> None:
            self.said.emit(await self._export(self, out, layout, wanted, work))

        self.run(work, body())

    # What others tell.

    @property
    def _is_delivering(self) -> bool:
        """Whether edits are on their way, so that the service does not know yet what they put into a filter."""
        counts = self.outbox.counts
        return bool(counts.saving or counts.waiting)

    def _states_changed(self, image_ids: Sequence[str]) -> None:
        self.library.follow_deletions(image_ids)
        self.vocabulary.follow_edits()
        if self._asked_too_early and not self._is_delivering:
            self._asked_too_early = self._choices_are_old = False
            self.reload()
        elif self._choices_are_old and not self._is_delivering:
            self._choices_are_old = False
            self.vocabulary.refresh()
        self.saving_changed.emit()
        if image_ids:
            self.images_changed.emit(tuple(image_ids))

    def _named(self, names: Mapping[str, str]) -> None:
        self.history.rename(names)
        self.canvas.rename_boxes(dict(names))
        self.library.rename(names)
        shown = self.library.filter
        if shown.dataset_id in names:
            self.library.filter = replace(shown, dataset_id=names[shown.dataset_id])
            self._asked_too_early = True
            self.filter_changed.emit()

    def _library_reset(self) -> None:
        index = self.library.index_of(self._current_id) if self._current_id else None
        if index is not None and index != self.grid.cursor:
            self.grid.cursor = index
        self.grid.cursor = min(self.grid.cursor, max(self.library.size - 1, 0))
        self.canvas.show(self.current)
        self.current_changed.emit()

    def _library_grown(self) -> None:
        if self.current and not self._current_id:
            self._grid_moved()

    def _image_replaced(self, index: int) -> None:
        if index == self.grid.cursor:
            self.canvas.show(self.current)
            self.current_changed.emit()

    def _grid_moved(self) -> None:
        current = self.current
        if current is None or current.id != self._current_id:
            self._current_id = current.id if current else ""
            self.pace.step()
            self.canvas.show(current)
            self.current_changed.emit()
