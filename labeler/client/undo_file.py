"""Undo and redo from one run to the next: an SQLite file beside the outbox.

Nothing of it is needed to deliver edits, so a file that cannot be read is put aside and begun anew.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import apsw

from labeler.client.writer import Writer
from labeler.domain.edit import Edit
from labeler.domain.edit_json import edit_from_json, edit_to_json
from labeler.domain.errors import InvalidValue, Refused

AT_MOST = 1_000
"""Edits of former runs that can be undone."""
_SCHEMA = """
    CREATE TABLE edit (place INTEGER PRIMARY KEY, body TEXT NOT NULL);
    CREATE TABLE cursor (done INTEGER NOT NULL);
    INSERT INTO cursor VALUES (0);
    PRAGMA user_version = 1;
"""
_log = logging.getLogger(__name__)


class UndoFile:
    """The edits of one outbox that can be undone and redone. Must be made on the event loop.

    `done` and `undone` are those that the file had, the next to be undone or redone last.
    """

    def __init__(self, path: Path, connection: apsw.Connection, on_problem: Callable[[str], None]) -> None:
        rows = [(int(place), str(body)) for place, body in connection.execute("SELECT * FROM edit ORDER BY place")]
        ((cursor,),) = connection.execute("SELECT done FROM cursor")
        edits = [(place, edit_from_json(body)) for place, body in rows]
        self.done = [edit for place, edit in edits if place < cursor][-AT_MOST:]
        self.undone = [edit for place, edit in reversed(edits) if place >= cursor]
        self._writer = Writer(connection, lambda: _open(path), on_problem, retry_seconds=1.0)

    @classmethod
    def open(cls, path: Path, on_problem: Callable[[str], None] = lambda problem: None) -> Self:
        """Open or make the file."""
        connection: apsw.Connection | None = None
        try:
            connection = _prepared(path)
            return cls(path, connection, on_problem)
        except (apsw.Error, InvalidValue) as error:
            if connection is not None:
                connection.close()
            _log.warning("undo of former runs is not available: %s", error)
            path.replace(path.with_name(path.name + ".unreadable"))
            for suffix in ("-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    path.with_name(path.name + suffix).unlink()
            return cls(path, _prepared(path), on_problem)

    def write(self, changed: Mapping[int, Edit], length: int, done: int) -> None:
        """Put edits at places of the row, which has this length, `done` of which are done. Returns at once."""
        bodies = [(place, edit_to_json(edit)) for place, edit in changed.items()]

        def write(connection: apsw.Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO edit VALUES (?, ?)", bodies)
            connection.execute("DELETE FROM edit WHERE place >= ?", (length,))
            connection.execute("UPDATE cursor SET done = ?", (done,))

        self._writer.submit(write)

    async def close(self) -> None:
        """Write what is left and close. Raises Refused if the disk does not take it."""
        if await self._writer.close():
            raise Refused("The edits that can be undone are not on disk yet. Free some space, then close again.")


def _open(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF")
    return connection


def _prepared(path: Path) -> apsw.Connection:
    connection = _open(path)
    try:
        ((version,),) = connection.execute("PRAGMA user_version")
        if version == 0:
            with connection:
                connection.execute(_SCHEMA)
        elif version != 1:
            raise InvalidValue(f"{path.name} is of a later version")
    except BaseException:
        connection.close()
        raise
    return connection
