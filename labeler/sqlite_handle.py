"""A connection to an SQLite file that is given up when the disk fails beneath it. Client and server use this.

After a failed fsync the system may take pages for written that are not on disk, so that the next fsync claims
success for them (PostgreSQL's "fsyncgate"). Such a connection commits nothing more: another takes its place, once
the log is written again from the start and the file is checked.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw

from labeler.disk import is_full, storage_failed
from labeler.domain.errors import StorageFailed

_DISK_ERRORS = (apsw.FullError, apsw.IOError, apsw.ReadOnlyError, apsw.CantOpenError)
_DAMAGE = (apsw.CorruptError, apsw.NotADBError)
_LONGEST_LOG = 1_000
"""Pages after which the log is copied into the file; SQLite's own number."""
_CHUNK = 1 << 20

logger = logging.getLogger(__name__)


def failure_of(path: Path, error: apsw.Error, number: int = 0) -> StorageFailed | None:
    """What a person is told of an error of the disk, by SQLite's code and the system's errno; None of another error."""
    if isinstance(error, _DAMAGE):
        return StorageFailed(f"{path} is damaged ({error}): close the program and run `labeler doctor`.")
    if not isinstance(error, _DISK_ERRORS):
        return None
    if isinstance(error, apsw.FullError):
        number = errno.ENOSPC
    elif isinstance(error, apsw.ReadOnlyError):
        number = errno.EROFS
    elif number != errno.EIO and is_full(path.parent):
        # What SQLite shares between connections needs room too, and its lack has no code of its own.
        number = errno.ENOSPC
    return storage_failed(path.parent, number, str(error))


class Handle:
    """One connection at a time. Not for two threads at once."""

    def __init__(self, path: Path, connection: apsw.Connection, reopen: Callable[[], apsw.Connection]) -> None:
        self._path, self._reopen = path, reopen
        self._connection: apsw.Connection | None = None
        self._is_suspect = False
        self._failing: str | None = None
        """What was last told; None until the first transaction, whose failure its caller tells."""
        self._log_pages = 0
        self.opened = 0
        """How often the file was opened."""
        self._adopt(connection)

    @contextlib.contextmanager
    def transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[apsw.Connection]:
        """A connection within a transaction, which is durable at the end of the block, and undone if that raises.

        Raises StorageFailed where the disk fails; then the transaction may be found done later, if its commit was
        under way. The connection is used no more; the next transaction tries with another.
        """
        connection: apsw.Connection | None = None
        try:
            connection = self._connection or self._verified()
            connection.execute(begin)
            yield connection
            connection.execute("COMMIT")
        except BaseException as error:
            failure = self._failure(error, connection)
            if failure is None:
                self._roll_back()
                raise
            raise failure from error
        self._failing = ""
        self._shorten_log(connection)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Closing fails where the disk does; what was committed is safe in the log all the same.
            with contextlib.suppress(apsw.Error):
                connection.close(True)

    def _adopt(self, connection: apsw.Connection) -> None:
        # In place of SQLite's own hook, which says nothing of a failure.
        connection.set_wal_hook(self._committed)
        self._connection = connection
        self.opened += 1

    def _committed(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._log_pages = pages
        return apsw.SQLITE_OK

    def _shorten_log(self, connection: apsw.Connection) -> None:
        if self._log_pages < _LONGEST_LOG:
            return
        try:
            connection.wal_checkpoint()
        except (apsw.BusyError, apsw.LockedError):
            return
        except apsw.Error as error:
            # What was committed is on disk, in the log.
            self._failure(error, connection)

    def _failure(self, error: BaseException, connection: apsw.Connection | None) -> StorageFailed | None:
        """What to tell of an error of the disk, whose connection goes; None of another error."""
        if not isinstance(error, apsw.Error):
            return None
        failure = failure_of(self._path, error, connection.system_errno if connection else 0)
        if failure is not None:
            self._is_suspect |= not isinstance(error, apsw.FullError)
            if self._failing is not None and self._failing != str(failure):
                self._failing = str(failure)
                logger.error("%s: %s", self._path, failure)
            self.close()
        return failure

    def _roll_back(self) -> None:
        if self._connection is not None and self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except apsw.Error as error:
                if self._failure(error, self._connection) is None:
                    self.close()

    def _verified(self) -> apsw.Connection:
        """A new connection, if the disk works again."""
        connection = self._reopen()
        try:
            if self._is_suspect:
                if not connection.readonly("main"):
                    connection.execute("BEGIN IMMEDIATE")
                    _write_again(Path(connection.filename_wal))
                    connection.execute("ROLLBACK")
                if (damage := connection.pragma("quick_check", 1)) != "ok":
                    raise apsw.CorruptError(" ".join(str(damage).split()))
        except OSError as error:
            connection.close(True)
            raise storage_failed(self._path.parent, error.errno or 0, str(error.strerror)) from error
        except apsw.Error:
            connection.close(True)
            raise
        self._is_suspect = False
        self._log_pages = 0
        self._adopt(connection)
        return connection


def _write_again(path: Path) -> None:
    """Write a file's bytes over themselves and force them to disk; nobody else may be writing to it."""
    try:
        file = path.open("rb+")
    except FileNotFoundError:
        return
    with file:
        at = 0
        while chunk := file.read(_CHUNK):
            file.seek(at)
            file.write(chunk)
            at += len(chunk)
            file.seek(at)
        file.flush()
        os.fsync(file.fileno())
