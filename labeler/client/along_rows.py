"""The rows of what was taken along: an SQLite file whose commits survive a power cut."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import apsw

from labeler.domain.errors import InvalidValue, Refused
from labeler.domain.image import Image
from labeler.domain.image_json import image_from_json, image_to_json
from labeler.sqlite_handle import Handle

SCHEMA_VERSION = 1
_APPLICATION_ID = 0x4C424157
_SCHEMA = f"""
    CREATE TABLE note (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE along (
        number INTEGER PRIMARY KEY, filter TEXT NOT NULL UNIQUE, name TEXT NOT NULL, at TEXT NOT NULL,
        complete INTEGER NOT NULL, run INTEGER NOT NULL
    );
    CREATE TABLE image (id TEXT PRIMARY KEY, body TEXT NOT NULL);
    CREATE TABLE member (
        along INTEGER NOT NULL REFERENCES along (number) ON DELETE CASCADE,
        image TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE, run INTEGER NOT NULL, PRIMARY KEY (along, image)
    ) WITHOUT ROWID;
    CREATE INDEX member_of_image ON member (image);
    PRAGMA application_id = {_APPLICATION_ID};
    PRAGMA user_version = {SCHEMA_VERSION};
"""
_SETTINGS = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA mmap_size = 0;
"""


@dataclass(frozen=True, slots=True)
class AlongRow:
    """A set of images taken along. `run` counts how often it was listed."""

    number: int
    filter_text: str
    name: str
    at: datetime
    is_complete: bool
    run: int


@dataclass(frozen=True, slots=True)
class Rows:
    """All that a file holds."""

    notes: Mapping[str, str]
    sets: tuple[AlongRow, ...]
    images: tuple[Image, ...]
    members: tuple[tuple[int, str], ...]
    """Numbers of sets and ids of their images."""


class AlongRows:
    """One file, used from one thread at a time. What a method writes is on disk when it returns; else StorageFailed."""

    def __init__(self, path: Path, connection: apsw.Connection) -> None:
        self._lock = threading.Lock()
        self._handle = Handle(path, connection, lambda: _open(path))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the file.

        Raises apsw.Error or InvalidValue if it is damaged, Refused if a later version of the program made it.
        """
        connection = _open(path)
        try:
            version = connection.pragma("user_version")
            if version > SCHEMA_VERSION:
                raise Refused(f"{path}: made by a later version of the labeler. Start that version to use it.")
            if (damage := connection.pragma("quick_check", 1)) != "ok":
                raise InvalidValue(f"the file is damaged ({damage})")
            if not version:
                with connection:
                    connection.execute(_SCHEMA).fetchall()
        except BaseException:
            connection.close(True)
            raise
        return cls(path, connection)

    def close(self) -> None:
        with self._lock:
            self._handle.close()

    def read(self) -> Rows:
        """All of it. Raises InvalidValue for rows that cannot be read."""
        with self._lock, self._handle.transaction("BEGIN") as connection:
            notes = {str(name): str(body) for name, body in connection.execute("SELECT name, body FROM note")}
            sets = connection.execute("SELECT number, filter, name, at, complete, run FROM along ORDER BY number")
            rows = tuple(AlongRow(n, f, name, _time(at), bool(done), run) for n, f, name, at, done, run in sets)
            images = tuple(image_from_json(str(body)) for (body,) in connection.execute("SELECT body FROM image"))
            members = tuple(connection.execute("SELECT along, image FROM member"))
        return Rows(notes, rows, images, members)

    def set_notes(self, notes: Mapping[str, str]) -> None:
        with self._lock, self._handle.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO note VALUES (?, ?)", tuple(notes.items()))

    def begin(self, filter_text: str, name: str) -> AlongRow:
        """Begin to list a set anew; it counts as incomplete from now on."""
        now = datetime.now(UTC)
        with self._lock, self._handle.transaction() as connection:
            connection.execute(
                "INSERT INTO along (filter, name, at, complete, run) VALUES (?, ?, ?, 0, 1) "
                "ON CONFLICT (filter) DO UPDATE SET name = excluded.name, complete = 0, run = run + 1",
                (filter_text, name, now.isoformat()),
            )
            found: Any = connection.execute(
                "SELECT number, at, run FROM along WHERE filter = ?", (filter_text,)
            ).fetchone()
        number, at, run = found
        return AlongRow(number, filter_text, name, _time(at), False, run)

    def add(self, one: AlongRow, images: Sequence[Image]) -> None:
        """Images that a set was found to have."""
        with self._lock, self._handle.transaction() as connection:
            _put(connection, images)
            connection.executemany(
                "INSERT OR REPLACE INTO member VALUES (?, ?, ?)",
                [(one.number, image.id, one.run) for image in images],
            )

    def put(self, images: Sequence[Image]) -> None:
        """Newer values of images that are here; of others nothing."""
        with self._lock, self._handle.transaction() as connection:
            rows = [(image_to_json(image), image.id) for image in images]
            connection.executemany("UPDATE image SET body = ? WHERE id = ?", rows)

    def end_listing(self, one: AlongRow) -> None:
        """Let go of the images that the set was not found to have any more."""
        with self._lock, self._handle.transaction() as connection:
            connection.execute("DELETE FROM member WHERE along = ? AND run <> ?", (one.number, one.run))
            _drop_unwanted(connection)

    def complete(self, one: AlongRow) -> AlongRow:
        now = datetime.now(UTC)
        with self._lock, self._handle.transaction() as connection:
            connection.execute("UPDATE along SET complete = 1, at = ? WHERE number = ?", (now.isoformat(), one.number))
        return AlongRow(one.number, one.filter_text, one.name, now, True, one.run)

    def drop(self, number: int) -> None:
        """Forget a set, and the images that no other has."""
        with self._lock, self._handle.transaction() as connection:
            connection.execute("DELETE FROM along WHERE number = ?", (number,))
            _drop_unwanted(connection)

    def remove(self, image_ids: Iterable[str]) -> None:
        """Forget images, which do not exist any more."""
        with self._lock, self._handle.transaction() as connection:
            connection.executemany("DELETE FROM image WHERE id = ?", [(one,) for one in image_ids])


def _open(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    try:
        connection.execute(_SETTINGS).fetchall()
    except apsw.Error:
        connection.close(True)
        raise
    return connection


def _put(connection: apsw.Connection, images: Sequence[Image]) -> None:
    connection.executemany(
        "INSERT INTO image VALUES (?, ?) "
        "ON CONFLICT (id) DO UPDATE SET body = excluded.body WHERE body <> excluded.body",
        [(image.id, image_to_json(image)) for image in images],
    )


def _drop_unwanted(connection: apsw.Connection) -> None:
    connection.execute("DELETE FROM image WHERE NOT EXISTS (SELECT 1 FROM member WHERE image = id)")


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"not a time: {text!r}") from error
