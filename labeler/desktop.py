"""One running desktop: owns the service of its data directory, the connection, the outbox and the window."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from PySide6.QtWidgets import QApplication

from labeler import credentials
from labeler.actions.keymap import Keymap
from labeler.actions.table import ACTIONS
from labeler.client.channel import Connection
from labeler.client.endpoint import PLAINTEXT, TLS, Endpoint, Security
from labeler.client.outbox import Outbox
from labeler.client.source import ServiceSource, organizations
from labeler.decoding.workers import Workers
from labeler.disk import make_data_directory
from labeler.domain.errors import InvalidValue, LabelerError
from labeler.domain.filter import Filter
from labeler.domain.image import Choice
from labeler.local import LocalService, open_local
from labeler.logs import log_path
from labeler.state.history import History
from labeler.state.pictures import Pictures
from labeler.state.prompts import Prompt, Question
from labeler.state.session import Session
from labeler.state.settings import Settings
from labeler.state.work import Work
from labeler.transfer import export_images
from labeler.ui.decode import Decoded, PictureLoader
from labeler.ui.dialogs import ConnectChoice
from labeler.ui.theme import apply_theme
from labeler.ui.window import Window

THUMBNAIL_BYTES = 192 * 1024 * 1024
PICTURE_BYTES = 384 * 1024 * 1024
CLOSING_SECONDS = 10.0
LOCAL = "local"
"""The address of this data directory's own service, among those of outboxes."""

log = logging.getLogger(__name__)


async def _export(session: Session, out: Path, layout: str, wanted: Filter, work: Work) -> str:
    def progress(done: int, total: int | None) -> None:
        work.done, work.total = done, total or 0
        session.works_changed.emit()

    result = await export_images(
        session.source, out, layout, wanted, on_progress=progress, as_seen=session.outbox.overlay
    )
    return result.summary


class Desktop:
    """An async context: on the way in everything is started, on the way out every edit is on disk first."""

    session: Session
    window: Window

    def __init__(self, data: Path, theme: str | None = None) -> None:
        self._data, self._theme = data.absolute(), theme
        self.closed = asyncio.Event()
        self._stack = AsyncExitStack()
        self._connection: Connection | None = None
        self._closing: asyncio.Task[None] | None = None
        self._switching: asyncio.Task[None] | None = None
        self._offered: Connection | None = None
        """A connection whose organization has not been chosen yet."""

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
        self.window.hide()
        async with self._stack:  # the service and the workers end last
            if self._switching:
                await asyncio.gather(self._switching, return_exceptions=True)
            await self.session.close()
            try:
                await self._outbox.close()
            finally:
                self.window.deleteLater()  # not before: the outbox tells the window until it is closed
                for connection in (self._connection, self._offered):
                    if connection:
                        connection.close()

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
        self._local = await self._stack.enter_async_context(open_local(self._data, self._local_is_back))
        self._connection = await Connection.open(self._local.endpoint)
        source = await ServiceSource.open(self._connection, title="This computer")
        self._outbox = await self._open_outbox(self._connection, source, LOCAL)
        self._target = (LOCAL, source.organization_id)
        self.session = Session(source, self._outbox, settings, _export, _history(self._outbox))
        keymap, wrong = _keymap(settings)
        self._loader = PictureLoader(source, workers)
        thumbnails: Pictures[Decoded] = Pictures(
            self.session.tasks, self._loader.load, lambda one: one.size_bytes, THUMBNAIL_BYTES
        )
        pictures: Pictures[Decoded] = Pictures(
            self.session.tasks, self._loader.load, lambda one: one.size_bytes, PICTURE_BYTES
        )
        self._pictures = (thumbnails, pictures)
        self.session.pictures_old.connect(self._forget_pictures)
        self.window = Window(
            self.session, keymap, thumbnails, pictures, self._begin_closing, self._begin_connecting, log_path()
        )
        self.session.start()
        if wrong:
            self.session.failed.emit(wrong)

    async def _open_outbox(self, connection: Connection, source: ServiceSource, address: str) -> Outbox:
        target = f"{address} {source.organization_id}"
        digest = hashlib.sha256(target.encode()).hexdigest()[:16]
        outbox = Outbox.open(self._data / ("outbox.db" if address == LOCAL else f"outbox-{digest}.db"), target)
        await outbox.start(connection)
        return outbox

    def _local_is_back(self, endpoint: Endpoint) -> None:
        """This computer's service ended; another goes on with its data."""
        self._local = LocalService(endpoint, started_here=True)
        if self._connection is None or not hasattr(self, "window") or self._target[0] != LOCAL:
            return
        self._connection.move_to(endpoint)
        self._outbox.hurry()
        for pictures in self._pictures:
            pictures.forget_problems()
        if not self.session.library.complete:
            self.session.reload()

    def _forget_pictures(self) -> None:
        for pictures in self._pictures:
            pictures.clear()

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

    def _begin_connecting(self, choice: ConnectChoice) -> None:
        self.session.tasks.start(self._connect(choice))

    async def _connect(self, choice: ConnectChoice) -> None:
        endpoint = self._local.endpoint if choice.kind == "local" else await self._endpoint(choice)
        connection = await Connection.open(endpoint)
        try:
            names = {} if choice.kind == "local" else await organizations(connection)
        except BaseException:
            connection.close()
            raise
        if len(names) > 1:
            self._choose_organization(choice, connection, names)
        else:
            self._begin_switching(choice, connection, next(iter(names), ""), next(iter(names.values()), ""))

    def _begin_switching(self, choice: ConnectChoice, connection: Connection, organization_id: str, name: str) -> None:
        """Switch in a task that the session, which is about to end its own, does not cancel."""
        before = self._switching

        async def switch() -> None:
            if before:
                await before
            await self._switch(choice, connection, organization_id, name)

        self._switching = asyncio.get_running_loop().create_task(switch())

    async def _endpoint(self, choice: ConnectChoice) -> Endpoint:
        key_id, key = choice.key_id, choice.key
        if not choice.address:
            raise LabelerError("Not connected: the address is missing. Write it as host:port.")
        if not key:
            stored = await asyncio.to_thread(self._stored_key, choice.address)
            if stored is None:
                raise LabelerError(f"No key for {choice.address} is kept on this computer. Enter its id and the key.")
            key_id, key = stored
        elif choice.remember:
            problem = await asyncio.to_thread(credentials.store_key, choice.address, key_id, key)
            if problem:
                self._offer_file(choice, problem)
        security: Security | bytes = PLAINTEXT if choice.plaintext else TLS
        if choice.certificate:
            security = await asyncio.to_thread(_certificate, choice.certificate)
        return Endpoint(choice.address, security, key_id, key)

    def _stored_key(self, address: str) -> tuple[str, str] | None:
        return credentials.stored_key(address) or credentials.key_in_file(self._key_file, address)

    @property
    def _key_file(self) -> Path:
        return self._data / "keys.json"

    def _offer_file(self, choice: ConnectChoice, problem: str) -> None:
        def keep() -> None:
            self.session.tasks.start(
                asyncio.to_thread(
                    credentials.store_key_in_file, self._key_file, choice.address, choice.key_id, choice.key
                )
            )

        self.session.asked.emit(
            Question(
                "Keep the key in a file?",
                f"{problem} It can be kept in {self._key_file}, which only you can read, but not encrypted.",
                "Keep it in the file",
                keep,
                danger=True,
            )
        )

    def _choose_organization(self, choice: ConnectChoice, connection: Connection, names: dict[str, str]) -> None:
        def accept(organization_id: str) -> None:
            self._offered = None
            self._begin_switching(choice, connection, organization_id, names[organization_id])

        if self._offered:
            self._offered.close()
        self._offered = connection

        self.session.prompted.emit(
            Prompt(
                "Organization",
                accept,
                suggest=lambda text: tuple(
                    Choice(key, name) for key, name in names.items() if text.casefold() in name.casefold()
                ),
                check=lambda text: "" if text in names else "Choose one of the organizations",
                only_choices=True,
            )
        )

    async def _switch(self, choice: ConnectChoice, connection: Connection, organization_id: str, name: str) -> None:
        address = LOCAL if choice.kind == "local" else choice.address
        try:
            if choice.kind == "local":
                source = await ServiceSource.open(connection, title="This computer")
            else:
                title = ", ".join(part for part in (choice.address, name) if part)
                source = await ServiceSource.open(connection, organization_id, title)
            is_same = (address, source.organization_id) == self._target
            outbox = self._outbox if is_same else await self._open_outbox(connection, source, address)
        except LabelerError as error:
            connection.close()
            self.session.failed.emit(str(error))
            return
        former, former_outbox = self._connection, self._outbox
        self._connection, self._outbox = connection, outbox
        self._target = (address, source.organization_id)
        self._forget_pictures()
        self._loader.source = source
        history = self.session.history if is_same else _history(outbox)
        await self.session.attach(source, outbox, history)
        if is_same:
            await outbox.start(connection)
        else:
            await former_outbox.close()
        if former:
            former.close()
        self.session.said.emit(f"Connected to {source.title}")


def _history(outbox: Outbox) -> History:
    """What former runs did, under the names that boxes have now."""
    history = History(outbox.session.done, outbox.session.undone, outbox.session)
    history.rename(outbox.names)
    return history


def _certificate(name: str) -> bytes:
    path = Path(name).expanduser()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LabelerError(f"The certificate {path} cannot be read: {error.strerror}.") from None
    if b"-----BEGIN CERTIFICATE-----" not in content:
        raise LabelerError(f"{path} is not a certificate in PEM form. Take the server's certificate.pem.")
    return content


def _keymap(settings: Settings) -> tuple[Keymap, str]:
    """The keymap of the settings; the default one, with what is wrong, where they do not fit."""
    try:
        return Keymap(ACTIONS, settings.get("keys", {})), ""
    except InvalidValue as error:
        return Keymap(ACTIONS), f"The keys in {settings.path} are not used: {error}"
