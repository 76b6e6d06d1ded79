"""One SQLite file: how it is opened, brought up to date, written by one thread and read by two others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import TypeVar

import apsw

from labeler.domain.errors import Refused
from labeler.seal import seal, unseal
from labeler.server.sqlite.session import Session
from labeler.server.sqlite.upkeep import Damaged
from labeler.server.sqlite.writer import Writer
from labeler.sqlite_handle import Handle, failure_of

T = TypeVar("T")

_BUSY_MS = 10_000
_PRAGMAS = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = 1;
    PRAGMA checkpoint_fullfsync = 1;
    PRAGMA foreign_keys = ON;
    PRAGMA mmap_size = 0;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
"""
_CACHE = 65_536
"""KiB of pages that a connection keeps."""
_SURVEY_CACHE = 16_384
"""A survey reads most of what it needs once."""


class Database:
    """A database file. All changes go through one thread, one after the other; reads go beside them."""

    def __init__(self, path: Path, migrations: str) -> None:
        """Open the file, making it if there is none, and bring it up to date with `migrations`, a package.

        Raises Refused if a newer version has written it, or if it is no database, StorageFailed if the disk fails.
        """
        self._path = path
        unseal(path)
        try:
            connection = _opened(path)
            migrate(connection, migrations, path)
            self._write = Handle(path, connection, lambda: _opened(path))
            self._read = Handle(path, _opened(path), lambda: _opened(path))
            self._survey = Handle(path, _opened(path, _SURVEY_CACHE), lambda: _opened(path, _SURVEY_CACHE))
        except (apsw.NotADBError, apsw.CorruptError) as error:
            raise Damaged(path, str(error)) from error
        except apsw.Error as error:
            raise failure_of(path, error) or error from error
        self._writer = Writer(path, self._write)
        self._reader = ThreadPoolExecutor(1, "catalog-reader")
        self._surveyor = ThreadPoolExecutor(1, "catalog-surveyor")

    async def write(self, work: Callable[[Session], T], together: bool = False) -> T:
        """Run the work in one transaction; it is durable when this returns, and undone if the work raises.

        Short works `together` share a transaction where they are asked for at the same time. Raises StorageFailed
        while the disk fails, or is full or read-only.
        """
        return await asyncio.wrap_future(self._writer.ask(work, together))

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run the work on one state of the database. Raises StorageFailed while the disk fails."""
        return await self._run(self._reader, self._read, work)

    async def survey(self, work: Callable[[Session], T]) -> T:
        """As `read`, for what may take long: short reads go on beside it."""
        return await self._run(self._surveyor, self._survey, work)

    async def _run(self, thread: ThreadPoolExecutor, handle: Handle, work: Callable[[Session], T]) -> T:
        def run() -> T:
            with handle.transaction("BEGIN") as connection:
                return work(Session(connection))

        return await asyncio.get_running_loop().run_in_executor(thread, run)

    async def close(self) -> None:
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        for thread in (self._surveyor, self._reader):
            thread.shutdown(wait=True)
        self._writer.close()
        self._survey.close()
        self._read.close()
        self._write.close()
        seal(self._path)


def _opened(path: Path, cache_kib: int = _CACHE) -> apsw.Connection:
    connection = apsw.Connection(str(path), statementcachesize=400)
    connection.set_busy_timeout(_BUSY_MS)
    for _ in connection.execute(f"{_PRAGMAS} PRAGMA cache_size = -{cache_kib};"):
        pass
    return connection


def migrate(connection: apsw.Connection, package: str, path: Path) -> None:
    """Run the package's numbered `.sql` files that the database has not seen, all in one transaction."""
    files = sorted(
        (one for one in resources.files(package).iterdir() if one.name.endswith(".sql")), key=lambda one: one.name
    )
    newest = int(files[-1].name.partition("_")[0])
    version = _version(connection)
    if version > newest:
        raise Refused(newer_than_known(path, version, newest))
    if version == newest:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        for one in files:
            if int(one.name.partition("_")[0]) > version:
                connection.execute(one.read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA user_version = {newest}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def newer_than_known(path: Path, version: int, known: int) -> str:
    """The sentence that refuses a file of a later format."""
    return (
        f"{path} was written by a newer version of the labeler (format {version}, this one knows {known}): "
        "install the newer version, or use another data directory."
    )


def _version(connection: apsw.Connection) -> int:
    row = connection.execute("PRAGMA user_version").fetchone()
    assert row is not None  # noqa: S101 - the pragma always answers
    return int(row[0])
