"""One running desktop: owns the service of its data directory, the connection, the outbox and the window."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from PySide6.QtWidgets import QApplication

from labeler.actions.key_choices import read_keymap
from labeler.actions.keymap import Keymap
from labeler.actions.table import ACTIONS
from labeler.client.endpoint import Endpoint
from labeler.client.kept_source import KeptSource
from labeler.connecting import Connecting, Target, last_target, local_target
from labeler.decoding.workers import Workers
from labeler.disk import make_data_directory
from labeler.domain.errors import InvalidValue, LabelerError, Unreachable
from labeler.domain.filter import Filter
from labeler.domain.image import Image
from labeler.hashing import PictureHashes
from labeler.local import LocalService, open_local
from labeler.logs import log_path
from labeler.service_child import ServiceChild
from labeler.state.history import History
from labeler.state.pictures import Pictures
from labeler.state.session import Session
from labeler.state.settings import Settings
from labeler.state.work import Work
from labeler.ui.decode import Decoded, PictureLoader
from labeler.ui.theme import apply_theme
from labeler.ui.window import Window
from labeler.workplace import CACHE_BYTES, LOCAL, Workplace

THUMBNAIL_BYTES = 40 * 1024 * 1024
PICTURE_BYTES = 40 * 1024 * 1024
CLOSING_SECONDS = 10.0
MOVING_SECONDS = 20.0
"""How long another service of this computer is waited for, when the one that was found ends at once."""

log = logging.getLogger(__name__)


async def _export(session: Session, out: Path, layout: str, wanted: Filter, work: Work) -> str:
    from labeler.transfer import export_images  # with Pillow, which nothing else of the window needs

    def progress(done: int, total: int | None) -> None:
        work.done, work.total = done, total or 0
        session.works_changed.emit()

    def as_seen(image: Image) -> Image | None:
        return None if session.outbox.is_deleted(image.id) else session.outbox.overlay(image)

    result = await export_images(session.source, out, layout, wanted, on_progress=progress, as_seen=as_seen)
    return result.summary


class Desktop:
    """An async context: on the way in everything is started, on the way out every edit is on disk first."""

    session: Session
    window: Window

    def __init__(
        self, data: Path, theme: str | None = None, *, at_home: bool = False, begun: ServiceChild | None = None
    ) -> None:
        """`at_home`: begin on this computer, wherever the person worked last; `begun`: its service that is starting."""
        self._begun = begun
        self._data, self._theme, self._at_home = data.absolute(), theme, at_home
        self.closed = asyncio.Event()
        self._moved = asyncio.Event()
        self._stack = AsyncExitStack()
        self._closing: asyncio.Task[None] | None = None
        self._switching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.window.keys.remove()
        self.window.holding.remove()
        self.window.hide()
        async with self._stack:  # the service and the workers end last
            if self._switching:
                await asyncio.gather(self._switching, return_exceptions=True)
            await self.session.close()
            try:
                await self.place.close()
            finally:
                self.window.deleteLater()  # not before: the outbox tells the window until it is closed
                self._connecting.close()

    async def _start(self) -> None:
        from labeler.app import settings_path

        make_data_directory(self._data)
        settings = await asyncio.to_thread(Settings.read, settings_path())
        theme = self._theme or settings.get("window.theme", "system")
        application = QApplication.instance()
        if isinstance(application, QApplication):
            apply_theme(application, theme)
        workers = Workers()
        self._stack.push_async_callback(asyncio.to_thread, workers.close)
        workers.start()
        self._local = await self._stack.enter_async_context(open_local(self._data, self._local_is_back, self._begun))
        self.place, missed = await self._first_place(settings)
        source, outbox = self.place.source, self.place.outbox
        self.session = Session(source, outbox, settings, _export, History(outbox.session))
        self._connecting = Connecting(self._data, self._local.endpoint, self.session, self._begin_switching)
        keymap, wrong = _keymap(settings)
        self._loader = PictureLoader(source, workers)
        self._hashes = PictureHashes(source, workers, self._data / "hashes")
        thumbnails: Pictures[Decoded] = Pictures(
            self.session.tasks, self._loader.load, lambda one: one.size_bytes, THUMBNAIL_BYTES
        )
        pictures: Pictures[Decoded] = Pictures(
            self.session.tasks, self._loader.load, lambda one: one.size_bytes, PICTURE_BYTES
        )
        self._pictures = (thumbnails, pictures)
        self.session.pictures_old.connect(self._fetch_pictures_anew)
        self.session.along.back.connect(self._try_pictures_again)
        self.window = Window(
            self.session, keymap, thumbnails, pictures, self._begin_closing, self._connecting.begin, log_path(),
            self._hashes,
        )  # fmt: skip
        self.session.start()
        if self.place.address == LOCAL and self.place.connection.endpoint != self._local.endpoint:
            self._local_is_back(self._local.endpoint)  # It went on elsewhere while the window was made.
        for problem in filter(None, (wrong, self.place.trouble)):
            self.session.failed.emit(problem)
        if missed:
            self.session.said.emit(missed)

    async def _first_place(self, settings: Settings) -> tuple[Workplace, str]:
        """Where the person worked last if that can be gone on with, else this computer; and what to tell of it."""
        missed = ""
        try:
            last = None if self._at_home else await last_target(self._data, settings)
            if last is not None:
                return await self._open_place(last, settings), ""
        except LabelerError as error:
            missed = str(error)
        return await self._open_place(await self._local_target(), settings), missed

    async def _local_target(self) -> Target:
        """This computer's service; another is waited for where the one that was found ends meanwhile."""
        while True:
            found = self._local
            try:
                return await local_target(found.endpoint)
            except Unreachable:
                if found is self._local and not await self._has_moved():
                    raise

    async def _has_moved(self) -> bool:
        """Return when this computer's service is elsewhere; False where that takes too long."""
        self._moved.clear()
        try:
            async with asyncio.timeout(MOVING_SECONDS):
                await self._moved.wait()
        except TimeoutError:
            return False
        return True

    async def _open_place(self, target: Target, settings: Settings) -> Workplace:
        limit = int(settings.get("cache.bytes", CACHE_BYTES))
        try:
            return await Workplace.open(self._data, target.address, target.service, limit)
        except BaseException:
            target.service.connection.close()
            raise

    def _local_is_back(self, endpoint: Endpoint) -> None:
        """This computer's service ended; another goes on with its data."""
        self._local = LocalService(endpoint, started_here=True)
        self._moved.set()
        if not hasattr(self, "window"):
            return
        self._connecting.local = endpoint
        if self.place.address == LOCAL:
            self.place.connection.move_to(endpoint)
            self.place.outbox.hurry()
            self._try_pictures_again()
            if not self.session.library.complete:
                self.session.reload()

    def _try_pictures_again(self) -> None:
        for pictures in self._pictures:
            pictures.forget_problems()

    def _forget_pictures(self) -> None:
        self._loader.forget()
        for pictures in self._pictures:
            pictures.clear()

    def _fetch_pictures_anew(self) -> None:
        self._forget_pictures()
        if isinstance(self.place.source, KeptSource):
            self.session.tasks.start(self.place.source.forget_pictures())

    # Closing.

    def _begin_closing(self) -> None:
        if self._closing is None or self._closing.done():
            self._closing = asyncio.get_running_loop().create_task(self._close())

    async def _close(self) -> None:
        """Let the window go once every edit and the settings are on disk."""
        try:
            async with asyncio.timeout(CLOSING_SECONDS):
                await self.session.outbox.drained()
        except TimeoutError:
            trouble = self.session.outbox.counts.trouble or "The disk does not answer."
            self.session.failed.emit(f"Not closed: some edits are not on disk yet. {trouble}")
            self.window.stay()
            return
        self.window.remember()
        try:
            await asyncio.to_thread(self.session.settings.write, self.session.settings.text())
        except OSError as error:
            log.warning("settings not written: %s", error)
        self.closed.set()

    # Connecting.

    def _begin_switching(self, target: Target) -> None:
        """Switch in a task that the session, which is about to end its own, does not cancel."""
        before = self._switching

        async def switch() -> None:
            if before:
                await before
            await self._switch(target)

        self._switching = asyncio.get_running_loop().create_task(switch())

    async def _switch(self, target: Target) -> None:
        if self.place.is_of(target.address, target.service.organization_id):
            await self.place.reconnect(target.service, lambda: self._attach(self.session.history))
        else:
            try:
                place = await self._open_place(target, self.session.settings)
            except LabelerError as error:
                self.session.failed.emit(str(error))
                return
            former, self.place = self.place, place
            await self._attach(History(place.outbox.session))
            await former.close()
        target.remember(self.session.settings)
        self.session.saver.save_soon()
        self.session.said.emit(target.said)

    async def _attach(self, history: History) -> None:
        self._forget_pictures()
        self._loader.source = self._hashes.source = self.place.source
        await self.session.attach(self.place.source, self.place.outbox, history)
        if self.place.trouble:
            self.session.failed.emit(self.place.trouble)


def _keymap(settings: Settings) -> tuple[Keymap, str]:
    """The keymap of the settings; the default one, with what is wrong, where they do not fit."""
    try:
        return read_keymap(ACTIONS, settings), ""
    except InvalidValue as error:
        return Keymap(ACTIONS), f"The keys in {settings.path} are not used: {error}"
