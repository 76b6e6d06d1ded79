"""The outbox on disk: an SQLite file. What it has acknowledged survives a power cut (WAL, synchronous=FULL)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import apsw

from labeler.client.attempts import Attempt
from labeler.client.pending import Head, Pending, Stage
from labeler.client.session_rows import SessionRows, load_last_run
from labeler.client.writer import Writer
from labeler.disk import make_folder
from labeler.domain.edit import Change
from labeler.domain.edit_json import change_from_json, change_to_json
from labeler.domain.errors import InvalidValue, Refused
from labeler.domain.text import storable
from labeler.seal import seal, unseal

_APPLICATION_ID = 0x4C424F58
_FIRST = f"""
    CREATE TABLE edit (number INTEGER PRIMARY KEY, target TEXT NOT NULL, head TEXT NOT NULL);
    CREATE TABLE change (
        edit INTEGER NOT NULL REFERENCES edit (number), place INTEGER NOT NULL, body TEXT NOT NULL,
        stage TEXT NOT NULL, sent INTEGER NOT NULL, problem TEXT NOT NULL, PRIMARY KEY (edit, place)
    ) WITHOUT ROWID;
    CREATE TABLE name (
        target TEXT NOT NULL, ours TEXT NOT NULL, given TEXT NOT NULL, PRIMARY KEY (target, ours)
    ) WITHOUT ROWID;
    PRAGMA application_id = {_APPLICATION_ID};
"""
_ATTEMPTS = """
    ALTER TABLE change ADD COLUMN edit_id TEXT NOT NULL DEFAULT '';
    ALTER TABLE change ADD COLUMN twins INTEGER;
    CREATE TABLE service (target TEXT PRIMARY KEY, exact INTEGER NOT NULL) WITHOUT ROWID;
"""
_DATASETS = """
    CREATE TABLE dataset_name (
        target TEXT NOT NULL, ours TEXT NOT NULL, given TEXT NOT NULL, PRIMARY KEY (target, ours)
    ) WITHOUT ROWID;
"""
_STEPS = (_FIRST, _ATTEMPTS, _DATASETS)
"""What brings a file from each version to the next."""
SCHEMA_VERSION = len(_STEPS)
_SETTINGS = """
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA mmap_size = 0;
    BEGIN IMMEDIATE; COMMIT;
"""

_ADD_CHANGE = "INSERT INTO change (edit, place, body, stage, sent, problem) VALUES (?, ?, ?, ?, 0, '')"
NO_NAMES: Mapping[str, str] = MappingProxyType({})
Key = tuple[int, int]
"""The number of an edit and the place of a change in it."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file holds for one target: changes in order."""

    rows: tuple[Pending, ...]
    last_number: int
    exact: bool | None
    """Whether the service keeps coordinates to the last bit; None where that has not been found out."""
    dataset_names: Mapping[str, str]
    """Ids that datasets have now, by those that they had."""


class OutboxRows:
    """The rows of one target. Each method that writes returns a future that ends when the write is on disk.

    Opening raises Refused if the file is open elsewhere, damaged, or of a later version of the program.
    """

    def __init__(
        self, path: Path, target: str, on_problem: Callable[[str], None], vfs: str = "", retry_seconds: float = 1.0
    ) -> None:
        self._path, self._target = path, target
        try:
            make_folder(path.parent)
            connection = _open(path, vfs)
            unseal(path)
            _prepare(connection, path)
            self.loaded = _load(connection, path, target)
            kept, place = load_last_run(connection, target)
        except (apsw.Error, OSError) as error:
            raise Refused(_why_not_opened(path, error)) from error
        self._writer = Writer(path, connection, lambda: _open(path, vfs), on_problem, retry_seconds)
        self.session = SessionRows(self._writer, target, kept, place)

    def add(
        self, head: Head, changes: Sequence[Change], dataset_names: Mapping[str, str] = NO_NAMES
    ) -> asyncio.Future[None]:
        """Keep the changes of an edit, and with them the ids that datasets have from now on."""
        # Made here, so that what cannot be written fails before anybody counts on it, and never the writer.
        edit = (head.number, self._target, _head_to_json(head))
        rows = [(head.number, i, change_to_json(one), Stage.WAITING.value) for i, one in enumerate(changes)]

        def write(connection: apsw.Connection) -> None:
            connection.execute("INSERT INTO edit VALUES (?, ?, ?)", edit)
            _many(connection, _ADD_CHANGE, rows)
            self._name_datasets(connection, dataset_names)

        return self._writer.submit(write)

    def mark_sent(self, keys: Iterable[Key], attempt: Attempt) -> asyncio.Future[None]:
        rows = tuple((attempt.edit_id, attempt.twins, *key) for key in keys)
        sql = "UPDATE change SET sent = 1, edit_id = ?, twins = ? WHERE edit = ? AND place = ?"
        return self._writer.submit(lambda connection: _many(connection, sql, rows))

    def note_exact(self, exact: bool) -> None:
        row = (self._target, int(exact))
        sql = "INSERT OR REPLACE INTO service (target, exact) VALUES (?, ?)"
        self._writer.submit(lambda connection: _many(connection, sql, [row]))

    def set_stage(self, keys: Iterable[Key], stage: Stage, sent: bool, problem: str) -> asyncio.Future[None]:
        rows = tuple((stage.value, int(sent), storable(problem), *key) for key in keys)
        sql = "UPDATE change SET stage = ?, sent = ?, problem = ? WHERE edit = ? AND place = ?"
        return self._writer.submit(lambda connection: _many(connection, sql, rows))

    def settle(
        self,
        keys: Iterable[Key],
        names: Mapping[str, str],
        changed: Iterable[tuple[Key, Change]],
        dataset_names: Mapping[str, str] = NO_NAMES,
    ) -> asyncio.Future[None]:
        """Drop changes that are settled, keep names that boxes and datasets got, and rewrite changes, all at once."""
        rows, given, rewritten = tuple(keys), tuple(names.items()), tuple(changed)

        def write(connection: apsw.Connection) -> None:
            _many(connection, "DELETE FROM change WHERE edit = ? AND place = ?", rows)
            emptied = "DELETE FROM edit WHERE number = ? AND NOT EXISTS (SELECT 1 FROM change WHERE edit = number)"
            _many(connection, emptied, sorted({(number,) for number, _ in rows}))
            _many(connection, "INSERT OR REPLACE INTO name VALUES (?, ?, ?)", [(self._target, *one) for one in given])
            bodies = [(change_to_json(change), *key) for key, change in rewritten]
            _many(connection, "UPDATE change SET body = ? WHERE edit = ? AND place = ?", bodies)
            self._name_datasets(connection, dataset_names)

        return self._writer.submit(write)

    def _name_datasets(self, connection: apsw.Connection, names: Mapping[str, str]) -> None:
        rows = [(self._target, *one) for one in names.items()]
        _many(connection, "INSERT OR REPLACE INTO dataset_name VALUES (?, ?, ?)", rows)

    async def given_among(self, box_ids: Collection[str]) -> set[str]:
        """Those of the ids that the service gave to boxes of this target. Raises StorageFailed."""
        sql = "SELECT given FROM name WHERE target = ? AND given IN (SELECT value FROM json_each(?))"
        row = (self._target, json.dumps(list(box_ids)))
        return await self._writer.ask(lambda connection: {str(one) for (one,) in connection.execute(sql, row)})

    async def name_of(self, box_id: str) -> str:
        """The id that a box has now, by one that it had before. Raises StorageFailed."""
        sql, target = "SELECT given FROM name WHERE target = ? AND ours = ?", self._target

        def read(connection: apsw.Connection) -> str:
            name = box_id
            while given := connection.execute(sql, (target, name)).get:
                name = str(given)
            return name

        return await self._writer.ask(read)

    async def flush(self) -> None:
        """Return when all that was handed over is on disk."""
        await self._writer.submit(lambda connection: None)

    async def close(self) -> None:
        """Raises Refused if something could not be written; it is kept and tried again, and so may `close` be."""
        if await self._writer.close():
            raise Refused(
                f"{self._path}: the last changes could not be written to the disk. "
                "Make room on it or mend it; they are kept while the program runs."
            )
        await asyncio.to_thread(seal, self._path)


def _open(path: Path, vfs: str) -> apsw.Connection:
    connection = apsw.Connection(str(path), vfs=vfs or None)
    try:
        # Statements after one that returns a row run only as rows are fetched.
        connection.execute(_SETTINGS).fetchall()
    except apsw.Error:
        connection.close(True)
        raise
    return connection


def _prepare(connection: apsw.Connection, path: Path) -> None:
    try:
        version = connection.pragma("user_version")
        if version > SCHEMA_VERSION:
            raise Refused(f"{path}: written by a later version of the labeler. Start that version to deliver it.")
        damage = connection.pragma("quick_check")
        if damage != "ok":
            raise Refused(f"{path}: the file is damaged ({damage}). Keep a copy of it and ask for help.")
        if version < SCHEMA_VERSION:
            with connection:
                for step in _STEPS[version:]:
                    connection.execute(step).fetchall()
                connection.pragma("user_version", SCHEMA_VERSION)
    except (Refused, apsw.Error):
        connection.close(True)
        raise


def _load(connection: apsw.Connection, path: Path, target: str) -> Loaded:
    last: int = connection.execute("SELECT ifnull(max(number), 0) FROM edit").get
    found = connection.execute(
        "SELECT number, head, place, body, stage, sent, problem, edit_id, twins FROM edit JOIN change ON edit = number "
        "WHERE target = ? ORDER BY number, place",
        (target,),
    )
    heads: dict[int, Head] = {}
    rows = []
    try:
        for number, head, place, body, stage, sent, problem, edit_id, twins in found:
            if number not in heads:
                heads[number] = _head_from_json(number, head)
            attempt = Attempt(edit_id, twins)
            row = Pending(heads[number], place, change_from_json(body), Stage(stage), bool(sent), attempt, problem)
            rows.append(row)
    except (InvalidValue, ValueError, KeyError) as error:
        connection.close(True)
        raise Refused(f"{path}: holds an edit that cannot be read ({error}). Keep a copy of it.") from error
    exact = connection.execute("SELECT exact FROM service WHERE target = ?", (target,)).get
    names = connection.execute("SELECT ours, given FROM dataset_name WHERE target = ?", (target,))
    dataset_names = {str(ours): str(given) for ours, given in names}
    return Loaded(tuple(rows), last, None if exact is None else bool(exact), dataset_names)


def _why_not_opened(path: Path, error: Exception) -> str:
    if isinstance(error, apsw.BusyError):
        return f"{path}: another window has these labels open. Close that window first."
    if isinstance(error, apsw.NotADBError | apsw.CorruptError):
        return f"{path}: the file is damaged ({error}). Keep a copy of it and ask for help."
    return f"{path}: labels cannot be kept there ({error}). Make room or choose another folder."


def _many(connection: apsw.Connection, sql: str, rows: Sequence[tuple[int | str | None, ...]]) -> None:
    if rows:
        connection.executemany(sql, rows)


def _head_to_json(head: Head) -> str:
    return json.dumps({"id": head.id, "title": head.title, "at": head.at.isoformat(), "merge": head.merge})


def _head_from_json(number: int, text: str) -> Head:
    found = json.loads(text)
    return Head(number, found["id"], found["title"], datetime.fromisoformat(found["at"]), found["merge"])
