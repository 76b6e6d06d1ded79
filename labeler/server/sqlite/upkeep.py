"""Database files looked after from outside, also while another process has them open: copied, checked, counted."""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import apsw

from labeler.disk import is_full, storage_failed
from labeler.domain.errors import Refused
from labeler.sqlite_handle import failure_of

_BUSY_MS = 5_000
_TRIES = 50
_LOG_HEADER = 32
"""Bytes; two random numbers for each run are among them."""
_BLOBS = """
    SELECT digest FROM image WHERE path IS NULL AND digest <> ''
    UNION SELECT digest FROM trash_image WHERE path IS NULL AND digest <> ''
"""


class Damaged(Refused):
    """A database file is not what SQLite wrote; `reason` is what SQLite says of it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} is damaged ({reason}). `labeler doctor` says what else is; `labeler restore` brings back a backup."
        )
        self.reason = reason


@contextlib.contextmanager
def opened(path: Path, busy_ms: int = _BUSY_MS) -> Iterator[apsw.Connection]:
    """A connection to a database that is there; it is not made or brought up to date. Raises Damaged, StorageFailed."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.set_busy_timeout(busy_ms)
            yield connection
        finally:
            connection.close()
    except (apsw.FullError, apsw.ReadOnlyError) as error:
        raise failure_of(path, error) or error from error
    except (apsw.NotADBError, apsw.CorruptError, apsw.IOError, apsw.CantOpenError) as error:
        if isinstance(error, apsw.IOError | apsw.CantOpenError) and is_full(path.parent):
            raise storage_failed(path.parent, errno.ENOSPC, str(error)) from error
        raise Damaged(path, str(error)) from error


def copy_database(source: Path, target: Path) -> None:
    """Copy one state of the database, durable, whoever has it open. Raises Damaged.

    An outbox that a window has open admits no second connection: its files are copied instead.
    """
    try:
        with opened(source, 0 if source.name.startswith("outbox") else _BUSY_MS) as connection:
            copy = apsw.Connection(str(target))
            try:
                with copy.backup("main", connection, "main") as backup:
                    while not backup.done:
                        backup.step(-1)
            finally:
                copy.close()
    except apsw.BusyError:
        _copy_files(source, target)
    if damage := damage_of(target):
        raise Damaged(source, damage[0])


def _copy_files(source: Path, target: Path) -> None:
    """Copy the file and then its log, of one run of the log.

    While the run lasts, the log has every page that a checkpoint may be writing to the file, and frames that
    are being added end it where their checksums do not fit. The next run begins with another header.
    """
    log, log_copy = (path.with_name(path.name + "-wal") for path in (source, target))
    for _ in range(_TRIES):
        run = _start_of(log)
        shutil.copyfile(source, target)
        log_copy.write_bytes(b"")
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(log, log_copy)
        if _start_of(log) == run:
            break
    else:
        raise Refused(f"{source} is being written to all the time; close the window that has it open, or try later.")
    with opened(target) as connection:
        connection.execute("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _start_of(log: Path) -> bytes:
    try:
        with log.open("rb") as file:
            return file.read(_LOG_HEADER)
    except FileNotFoundError:
        return b""


def damage_of(path: Path, quick: bool = False) -> tuple[str, ...]:
    """What SQLite finds wrong with the database: its structure and, unless `quick`, its indices and references."""
    try:
        with opened(path) as connection:
            check = "quick_check" if quick else "integrity_check"
            found = [str(text) for (text,) in connection.execute(f"PRAGMA {check}") if text != "ok"]
            if not quick:
                found += [
                    f"row {row} of {table} refers to a row of {parent} that is not there"
                    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check")
                ]
            return tuple(found)
    except Damaged as error:
        return (error.reason,)


def counts_of(path: Path) -> Mapping[str, int]:
    """Rows of each table."""
    with opened(path) as connection:
        tables = [
            str(name)
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
            )
        ]
        return {name: int(connection.execute(f'SELECT count(*) FROM "{name}"').get) for name in tables}


def blobs_of(catalog: Path) -> frozenset[str]:
    """Digests of the blobs that images of the catalog, deleted ones too, have for their bytes."""
    with opened(catalog) as connection:
        return frozenset(str(digest) for (digest,) in connection.execute(_BLOBS))


def referenced_files(catalog: Path) -> int:
    """How many images are read from files of the user."""
    with opened(catalog) as connection:
        return int(connection.execute("SELECT count(*) FROM image WHERE path IS NOT NULL").get)


def images_of_blob(catalog: Path, digest: str) -> tuple[str, ...]:
    """File names of the images, deleted ones too, that have the blob for their bytes."""
    sql = " UNION ALL ".join(
        f"SELECT file_name FROM {table} WHERE digest = ?1 AND path IS NULL" for table in ("image", "trash_image")
    )
    with opened(catalog) as connection:
        return tuple(str(name) for (name,) in connection.execute(sql, (digest,)))


def files_with(catalog: Path, digest: str) -> tuple[Path, ...]:
    """Files of the user that had this content when they were opened."""
    with opened(catalog) as connection:
        found = connection.execute("SELECT path FROM image WHERE digest = ? AND path IS NOT NULL", (digest,))
        return tuple(Path(str(path)) for (path,) in found)


def rebuild_indices(path: Path) -> None:
    """Make all indices anew from the tables; the database is as it was if that fails."""
    with contextlib.suppress(apsw.Error, Damaged), opened(path) as connection:
        connection.execute("PRAGMA synchronous = FULL; REINDEX").fetchall()
