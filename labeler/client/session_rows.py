"""What a person can undo and where they were, in the file of their outbox.

It is written in the transaction of the edit that it belongs to: a run that ends at any moment leaves both or
neither. Nothing of it is needed to deliver edits, so what cannot be read is given up and begun anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence

import apsw

from labeler.client.writer import Writer
from labeler.domain.edit import Edit, box_ids, rename_boxes, without_images
from labeler.domain.edit_json import edit_from_json, edit_to_json
from labeler.domain.errors import InvalidValue
from labeler.domain.history import Kept, Page, Step
from labeler.domain.text import storable

PAGE = 200
"""Edits that are read at once."""
PAGE_CHARACTERS = 2_000_000
"""Of the edits of a page as text; the one that goes beyond it is the last."""
AT_ONCE = 500
"""Changes of an edit that is put into words at once, so that what cannot be written fails before it counts."""
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS undo (
        target TEXT NOT NULL, place INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (target, place)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS session (
        target TEXT PRIMARY KEY, done INTEGER NOT NULL DEFAULT 0, place TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS undo_name (
        target TEXT NOT NULL, ours TEXT NOT NULL, given TEXT NOT NULL, before INTEGER NOT NULL,
        PRIMARY KEY (target, ours)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS undo_gone (
        target TEXT NOT NULL, image TEXT NOT NULL, before INTEGER NOT NULL, PRIMARY KEY (target, image)
    ) WITHOUT ROWID;
"""
_BACK = "SELECT place, body FROM undo WHERE target = ? AND place < ? ORDER BY place DESC"
_AHEAD = "SELECT place, body FROM undo WHERE target = ? AND place >= ? ORDER BY place"
_DROP_BACK = "DELETE FROM undo WHERE target = ? AND place <= ?"
_DROP_AHEAD = "DELETE FROM undo WHERE target = ? AND place >= ?"
_DROP_UNDONE = "DELETE FROM undo WHERE target = ?1 AND place >= (SELECT done FROM session WHERE target = ?1)"
_NAME = """
    SELECT given FROM name WHERE target = ?1 AND ours = ?2
    UNION ALL SELECT given FROM undo_name WHERE target = ?1 AND ours = ?2 AND before > ?3
"""
_GONE = "SELECT 1 FROM undo_gone WHERE target = ? AND image = ? AND before > ?"
_NEXT_PLACE = """
    SELECT max(
        (SELECT ifnull(max(place) + 1, 0) FROM undo WHERE target = ?1),
        (SELECT ifnull(max(before), 0) FROM undo_gone WHERE target = ?1),
        (SELECT ifnull(max(before), 0) FROM undo_name WHERE target = ?1)
    )
"""
_log = logging.getLogger(__name__)


def load_last_run(connection: apsw.Connection, target: str) -> tuple[Kept, str]:
    """What the former run of this target left, and the place. Makes the tables in a file that lacks them."""
    with connection:
        connection.execute(_SCHEMA).fetchall()
        connection.execute("INSERT OR IGNORE INTO session (target) VALUES (?)", (target,))
    ((now, place),) = connection.execute("SELECT done, place FROM session WHERE target = ?", (target,)).fetchall()
    now = int(str(now))
    done, undone = (_read(connection, target, now, ahead) for ahead in (False, True))
    next_place: int = connection.execute(_NEXT_PLACE, (target,)).get
    return Kept(done, undone, max(next_place, now)), str(place)


def _read(connection: apsw.Connection, target: str, place: int, ahead: bool) -> Page:
    """A page of the steps before a place, or of those from it on, under the names that boxes have now."""
    steps: list[Step] = []
    edge, characters = place, 0
    for count, (found, body) in enumerate(connection.execute(_AHEAD if ahead else _BACK, (target, place))):
        if count == PAGE or characters > PAGE_CHARACTERS:
            return Page(tuple(steps), edge, more=True)
        at, text = int(str(found)), str(body)
        characters += len(text)
        try:
            edit = _as_now(connection, target, at, edit_from_json(text))
        except InvalidValue as error:
            _log.warning("undo of former runs is not available: %s", error)
            connection.execute(_DROP_AHEAD if ahead else _DROP_BACK, (target, at))
            break
        edge = at + 1 if ahead else at
        if edit.changes:
            steps.append(Step(at, edit))
    return Page(tuple(steps), edge)


def _as_now(connection: apsw.Connection, target: str, place: int, edit: Edit) -> Edit:
    """The edit without images that are gone, under the names that boxes have now."""
    gone = {one for one in edit.image_ids if connection.execute(_GONE, (target, storable(one), place)).get}
    edit = without_images(edit, gone)
    names = {}
    for box_id in set(box_ids(edit)):
        name = box_id
        while given := connection.execute(_NAME, (target, storable(name), place)).get:
            name = str(given)
        if name != box_id:
            names[box_id] = name
    return Edit(edit.title, rename_boxes(edit.changes, names), edit.id, edit.at, edit.merge) if names else edit


class SessionRows:
    """The rows of one target. All methods return at once; what they write is on disk with what is handed over next."""

    def __init__(self, writer: Writer, target: str, kept: Kept, place: str) -> None:
        self._writer, self._target = writer, target
        self._kept: Kept | None = kept
        self.place = place
        """Where the person is; anything they want to find again, as text."""

    def begin(self) -> Kept:
        """What former runs did, as far as it is read at once. Called once, as it is not held any longer."""
        kept, self._kept = self._kept, None
        if kept is None:
            raise RuntimeError("another history is kept in these rows")
        return kept

    def put(self, step: Step) -> None:
        """Keep a step as the last that is done; none is after it any more."""
        # A large edit is put into words by the writer: it would keep the screen from being painted.
        body = None if len(step.edit.changes) > AT_ONCE else edit_to_json(step.edit)

        def write(connection: apsw.Connection) -> None:
            row = (self._target, step.place, edit_to_json(step.edit) if body is None else body)
            connection.execute(_DROP_UNDONE, row[:1])
            connection.execute("INSERT OR REPLACE INTO undo VALUES (?, ?, ?)", row)
            connection.execute("UPDATE session SET done = ? WHERE target = ?", (step.place + 1, self._target))

        self._writer.submit_with_next(write)

    def move(self, now: int) -> None:
        """Keep that the steps before this place are done and the others are not."""
        self._execute("UPDATE session SET done = ? WHERE target = ?", [(now, self._target)])

    def rename(self, names: Mapping[str, str], before: int) -> None:
        """Give boxes other ids in all steps before this place."""
        rows = [(self._target, storable(ours), given, before) for ours, given in names.items()]
        self._execute("INSERT OR REPLACE INTO undo_name VALUES (?, ?, ?, ?)", rows)

    def forget(self, image_ids: Collection[str], before: int) -> None:
        """Leave images out of all steps before this place."""
        rows = [(self._target, storable(image_id), before) for image_id in image_ids]
        self._execute("INSERT OR REPLACE INTO undo_gone VALUES (?, ?, ?)", rows)

    def keep_place(self, place: str) -> None:
        """Keep where the person is."""
        self.place = place
        self._execute("UPDATE session SET place = ? WHERE target = ?", [(place, self._target)])

    def _execute(self, sql: str, rows: Sequence[tuple[str | int, ...]]) -> None:
        def write(connection: apsw.Connection) -> None:
            connection.executemany(sql, rows)

        self._writer.submit_with_next(write)

    def read(self, place: int, ahead: bool) -> asyncio.Future[Page]:
        """A page of the steps before a place, or of those from it on; ends in StorageFailed where the disk fails.

        It has what was written before this call.
        """
        return self._writer.ask(lambda connection: _read(connection, self._target, place, ahead))
