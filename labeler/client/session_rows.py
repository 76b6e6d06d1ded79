"""What a person can undo and where they were, in the file of their outbox.

It is written in the transaction of the edit that it belongs to: a run that ends at any moment leaves both or
neither. Nothing of it is needed to deliver edits, so what cannot be read is given up and begun anew.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import apsw

from labeler.client.writer import Writer
from labeler.domain.edit import Edit
from labeler.domain.edit_json import edit_from_json, edit_to_json
from labeler.domain.errors import InvalidValue

AT_MOST = 1_000
"""Edits of former runs that can be undone."""
AT_ONCE = 500
"""Changes of an edit that is put into words at once, so that what cannot be written fails before it counts."""
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS undo (
        target TEXT NOT NULL, place INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (target, place)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS session (
        target TEXT PRIMARY KEY, done INTEGER NOT NULL DEFAULT 0, place TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID;
"""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LastRun:
    """Edits done and undone, the next to be undone or redone last, and the place as text."""

    done: tuple[Edit, ...] = ()
    undone: tuple[Edit, ...] = ()
    place: str = ""


def load_last_run(connection: apsw.Connection, target: str) -> LastRun:
    """What the former run of this target left. Makes the tables in a file that lacks them."""
    with connection:
        connection.execute(_SCHEMA).fetchall()
        connection.execute("INSERT OR IGNORE INTO session (target) VALUES (?)", (target,))
    ((found, place),) = connection.execute("SELECT done, place FROM session WHERE target = ?", (target,)).fetchall()
    rows = connection.execute("SELECT place, body FROM undo WHERE target = ? ORDER BY place", (target,)).fetchall()
    try:
        edits = [edit_from_json(str(body)) for _, body in rows]
    except InvalidValue as error:
        _log.warning("undo of former runs is not available: %s", error)
        return LastRun(place=str(place))
    cursor = sum(int(str(at)) < int(str(found)) for at, _ in rows)
    return LastRun(tuple(edits[:cursor][-AT_MOST:]), tuple(reversed(edits[cursor:])), str(place))


class SessionRows:
    """The rows of one target. All methods return at once."""

    def __init__(self, writer: Writer, target: str, last_run: LastRun) -> None:
        self._writer, self._target = writer, target
        self.done, self.undone = last_run.done, last_run.undone
        self.place = last_run.place
        """Where the person is; anything they want to find again, as text."""

    def write(self, changed: Mapping[int, Edit], length: int, done: int) -> None:
        """Put edits at places of the row, which has this length, `done` of which are done.

        They are on disk with the write that is handed over next.
        """
        # A large edit is put into words by the writer: it would keep the screen from being painted.
        large = {place: edit for place, edit in changed.items() if len(edit.changes) > AT_ONCE}
        small = [(self._target, place, edit_to_json(edit)) for place, edit in changed.items() if place not in large]

        def write(connection: apsw.Connection) -> None:
            bodies = small + [(self._target, place, edit_to_json(edit)) for place, edit in large.items()]
            connection.executemany("INSERT OR REPLACE INTO undo VALUES (?, ?, ?)", bodies)
            connection.execute("DELETE FROM undo WHERE target = ? AND place >= ?", (self._target, length))
            connection.execute("UPDATE session SET done = ? WHERE target = ?", (done, self._target))

        self._writer.submit_with_next(write)

    def keep_place(self, place: str) -> None:
        """Keep it with the write that is handed over next."""
        self.place = place
        row = (place, self._target)

        def write(connection: apsw.Connection) -> None:
            connection.execute("UPDATE session SET place = ? WHERE target = ?", row)

        self._writer.submit_with_next(write)
