"""Who may ask: organizations with their locations, machines and parts, and the API keys to them.

One SQLite file in the data directory, safe to change from another process while a service runs. A key's
secret is kept as an HMAC under a pepper file beside it, so that neither file alone is worth stealing.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import os
import secrets
import string
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import apsw

from labeler.disk import make_data_directory, write_private
from labeler.domain.errors import Missing, Refused
from labeler.seal import seal, unseal
from labeler.server.changes import FREELY, Terms
from labeler.server.sqlite.database import newer_than_known
from labeler.sqlite_handle import Handle

ACCOUNTS_FILE = "accounts.db"
PEPPER_FILE = "pepper"
DEFAULT_ORGANIZATION = "My images"
DEFAULT_LOCATION = "Home"
THIS_COMPUTER = "this computer"

Result = TypeVar("Result")
_LOCATION_ALPHABET = string.ascii_lowercase + string.digits
_FORMAT = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS organization (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS location (
    id TEXT PRIMARY KEY, organization_id TEXT NOT NULL REFERENCES organization,
    name TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS robot (
    id TEXT PRIMARY KEY, location_id TEXT NOT NULL REFERENCES location, name TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS part (
    id TEXT PRIMARY KEY, robot_id TEXT NOT NULL REFERENCES robot, name TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS api_key (
    id TEXT PRIMARY KEY, organization_id TEXT NOT NULL REFERENCES organization,
    secret_hmac TEXT NOT NULL, created TEXT NOT NULL, revoked TEXT);
CREATE INDEX IF NOT EXISTS location_by_organization ON location (organization_id);
CREATE INDEX IF NOT EXISTS robot_by_location ON robot (location_id);
CREATE INDEX IF NOT EXISTS part_by_robot ON part (robot_id);
"""
_PARTS = """
SELECT organization.id, location.id, robot.id, robot.name, part.id, part.name
FROM part JOIN robot ON robot.id = part.robot_id JOIN location ON location.id = robot.location_id
JOIN organization ON organization.id = location.organization_id
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a machine with all that it belongs to."""

    organization_id: str
    location_id: str
    robot_id: str
    robot_name: str
    part_id: str
    part_name: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call, and on what terms. `opens_paths` is true only for this machine's user."""

    organization_id: str
    key_id: str
    opens_paths: bool = False
    terms: Terms = FREELY


@dataclass(frozen=True, slots=True)
class Named:
    """An organization, location, machine or part; `parent_id` is empty for an organization."""

    id: str
    name: str
    parent_id: str
    created: datetime


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: the only time that its secret `api_key` is known."""

    organization_id: str
    location_id: str
    robot_id: str
    part_id: str
    api_key_id: str
    api_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """`revoked` is None while the key is valid."""

    id: str
    organization_id: str
    organization_name: str
    created: datetime
    revoked: datetime | None


def read_or_make_secret(path: Path) -> bytes:
    """The 32 bytes of the file, made at first use; whole also when two processes make it at once."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        write_private(draft, secrets.token_bytes(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()


class Accounts:
    """The accounts of a data directory. Methods may be called from any thread; the plain ones take well under 1 ms."""

    def __init__(self, directory: Path) -> None:
        make_data_directory(directory)
        self._pepper = read_or_make_secret(directory / PEPPER_FILE)
        self._lock = threading.Lock()
        self._path = path = directory / ACCOUNTS_FILE
        unseal(path)
        db = _opened(path)
        version = int(db.pragma("user_version"))
        if version > _FORMAT:
            db.close()
            raise Refused(newer_than_known(path, version, _FORMAT))
        if version < _FORMAT:
            with db:
                db.execute(_SCHEMA)
                db.pragma("user_version", _FORMAT)
        self._handle = Handle(path, db, lambda: _opened(path))
        self._version: tuple[int, int] | None = None
        """Which connection, and what it says of its file; each counts for itself."""
        self._valid_keys: dict[str, tuple[str, str]] = {}
        self._parts: dict[str, Part] = {}

    def close(self) -> None:
        with self._lock:
            self._handle.close()
        seal(self._path)

    def derived_secret(self, purpose: str) -> bytes:
        """A secret of this data directory for one purpose alone."""
        return hmac.digest(self._pepper, f"derive:{purpose}".encode(), hashlib.sha256)

    async def part(self, part_id: str) -> Part | None:
        self._refresh()
        return self._parts.get(part_id)

    def parts(self, organization_id: str) -> tuple[Part, ...]:
        """The parts of an organization, the first made first."""
        self._refresh()
        return tuple(part for part in self._parts.values() if part.organization_id == organization_id)

    def organizations(self) -> tuple[Named, ...]:
        """All organizations, the first made first."""
        return self._named("SELECT id, name, '', created FROM organization ORDER BY created, id", ())

    def organization(self, organization_id: str) -> Named | None:
        rows = self._named("SELECT id, name, '', created FROM organization WHERE id = ?", (organization_id,))
        return rows[0] if rows else None

    def locations(self, organization_id: str) -> tuple[Named, ...]:
        """Locations of an organization, by name; none for an unknown one."""
        sql = "SELECT id, name, organization_id, created FROM location WHERE organization_id = ? ORDER BY name, id"
        return self._named(sql, (organization_id,))

    def robots(self, location_id: str) -> tuple[Named, ...]:
        sql = "SELECT id, name, location_id, created FROM robot WHERE location_id = ? ORDER BY name, id"
        return self._named(sql, (location_id,))

    def parts_of_robot(self, robot_id: str) -> tuple[Named, ...]:
        """Parts of a machine, the first made (its main part) first."""
        sql = "SELECT id, name, robot_id, created FROM part WHERE robot_id = ? ORDER BY created, id"
        return self._named(sql, (robot_id,))

    def owner_of(self, kind: str, id_: str) -> str | None:
        """The organization that a "location" or "robot" belongs to."""
        index = {"location": 1, "robot": 2}[kind]
        self._refresh()
        return next((part.organization_id for part in self._parts.values() if astuple(part)[index] == id_), None)

    async def ensure_organization(self, name: str = "") -> Part:
        """The first part of the organization of this name, made with all it needs where there is none.

        Without a name: of the first organization, else of a new one named "My images".
        """
        return await asyncio.to_thread(self._write, lambda db: _ensure(db, name))

    def first_organization_id(self) -> str:
        """The organization of this machine's user: the first, named "My images" where it has to be made."""
        self._refresh()
        first = next(iter(self._parts.values()), None)
        return (first or self._write(lambda db: _ensure(db, ""))).organization_id

    async def create_key(self, organization_name: str = "") -> NewKey:
        """Make a key to the organization, as `ensure_organization` finds or makes it."""

        def create(db: apsw.Connection) -> NewKey:
            part = _ensure(db, organization_name)
            key_id, secret = str(uuid.uuid4()), secrets.token_urlsafe(32)
            db.execute(
                "INSERT INTO api_key VALUES (?, ?, ?, ?, NULL)",
                (key_id, part.organization_id, self._hash(secret), _now()),
            )
            return NewKey(part.organization_id, part.location_id, part.robot_id, part.part_id, key_id, secret)

        return await asyncio.to_thread(self._write, create)

    async def revoke_key(self, key_id: str) -> None:
        """Make a key invalid, also for who is signed in with it. Raises Missing."""

        def revoke(db: apsw.Connection) -> None:
            db.execute("UPDATE api_key SET revoked = ? WHERE id = ? AND revoked IS NULL", (_now(), key_id))
            if not db.changes():
                raise Missing(f"There is no valid key with the id {key_id!r}. `labeler keys list` shows them all.")

        await asyncio.to_thread(self._write, revoke)

    def all_keys(self) -> tuple[KeyRecord, ...]:
        """All keys, revoked ones too, the first made first."""
        sql = """SELECT api_key.id, organization_id, organization.name, api_key.created, revoked FROM api_key
                 JOIN organization ON organization.id = organization_id ORDER BY api_key.created, api_key.id"""
        rows = self._rows(sql)
        return tuple(
            KeyRecord(str(id_), str(organization), str(name), _time(created), _time(revoked) if revoked else None)
            for id_, organization, name, created, revoked in rows
        )

    def check_key(self, key_id: str, secret: str) -> Caller | None:
        """The caller that a valid key with this secret stands for."""
        self._refresh()
        # As long as a true one, so that the time does not tell which ids there are.
        organization_id, expected = self._valid_keys.get(key_id, ("", "-" * 64))
        matches = hmac.compare_digest(self._hash(secret), expected)
        return Caller(organization_id, key_id) if matches else None

    def caller_of_key(self, key_id: str) -> Caller | None:
        """The caller that a key stands for while it is valid."""
        self._refresh()
        found = self._valid_keys.get(key_id)
        return Caller(found[0], key_id) if found else None

    def _hash(self, secret: str) -> str:
        return hmac.digest(self._pepper, f"key:{secret}".encode(), hashlib.sha256).hex()

    def _refresh(self) -> None:
        """Read keys and parts again if another connection, or this one, has written since."""
        with self._lock, self._handle.transaction("BEGIN") as db:
            version = self._handle.opened, int(db.pragma("data_version"))
            if version == self._version:
                return
            keys = db.execute("SELECT id, organization_id, secret_hmac FROM api_key WHERE revoked IS NULL")
            self._valid_keys = {str(id_): (str(owner), str(digest)) for id_, owner, digest in keys}
            parts = [Part(*map(str, row)) for row in db.execute(f"{_PARTS} ORDER BY part.created, part.id")]
            self._parts = {part.part_id: part for part in parts}
            self._version = version

    def _write(self, change: Callable[[apsw.Connection], Result]) -> Result:
        """Make a change in one durable transaction."""
        with self._lock:
            self._version = None
            with self._handle.transaction() as db:
                return change(db)

    def _rows(self, sql: str, values: Sequence[str] = ()) -> list[tuple[object, ...]]:
        with self._lock, self._handle.transaction("BEGIN") as db:
            return db.execute(sql, tuple(values)).fetchall()

    def _named(self, sql: str, values: Sequence[str]) -> tuple[Named, ...]:
        rows = self._rows(sql, values)
        return tuple(Named(str(id_), str(name), str(parent), _time(created)) for id_, name, parent, created in rows)


def _opened(path: Path) -> apsw.Connection:
    with contextlib.suppress(FileExistsError):
        write_private(path, b"")  # SQLite gives its log the same permissions
    db = apsw.Connection(str(path))
    db.set_busy_timeout(10_000)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        db.execute(f"PRAGMA {pragma}").fetchall()
    return db


def _ensure(db: apsw.Connection, name: str) -> Part:
    wanted = db.execute(
        "SELECT id FROM organization WHERE name = ? OR ? = '' ORDER BY created, id LIMIT 1", (name, name)
    ).fetchall()
    organization_id = str(wanted[0][0]) if wanted else _insert(db, "organization", str(uuid.uuid4()), None, name)
    sql = f"{_PARTS} WHERE organization.id = ? ORDER BY part.created, part.id LIMIT 1"
    if not db.execute(sql, (organization_id,)).fetchall():
        location_id = "".join(secrets.choice(_LOCATION_ALPHABET) for _ in range(10))
        _insert(db, "location", location_id, organization_id, DEFAULT_LOCATION)
        robot_id = _insert(db, "robot", str(uuid.uuid4()), location_id, THIS_COMPUTER)
        _insert(db, "part", str(uuid.uuid4()), robot_id, THIS_COMPUTER)
    return Part(*map(str, db.execute(sql, (organization_id,)).fetchall()[0]))


def _insert(db: apsw.Connection, table: str, id_: str, parent: str | None, name: str) -> str:
    values = (id_, name or DEFAULT_ORGANIZATION, _now()) if parent is None else (id_, parent, name, _now())
    db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608
    return id_


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _time(text: object) -> datetime:
    return datetime.fromisoformat(str(text))
