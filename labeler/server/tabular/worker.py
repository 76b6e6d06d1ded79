"""A process that runs one query of a user and ends.

It reads from standard input the path of a folder with `query.bson` ({"kind": "sql" or "mql", "query": ...}) and
`rows.ndjson`, and writes to standard output one line of JSON: {"loaded": true} before the query runs, then
{"sizes": [...]} followed by that many BSON documents end to end, or {"problem": kind, "text": ...}.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import bson

MEMORY_BYTES = 2 << 30
LARGEST_ANSWER = 24 << 20
"""Bytes of rows in one answer."""
_COLUMNS = {
    **dict.fromkeys(
        ("organization_id", "location_id", "robot_id", "part_id", "component_type", "component_name", "method_name"),
        "VARCHAR",
    ),
    "time_requested": "BIGINT",
    "time_received": "BIGINT",
    "tags": "VARCHAR[]",
    "additional_parameters": "JSON",
    "data": "JSON",
}
_LOCK = """
    SET temp_directory = '';
    SET secret_directory = '';
    SET autoinstall_known_extensions = false;
    SET autoload_known_extensions = false;
    SET enable_external_access = false;
    SET lock_configuration = true;
"""


class Problem(Exception):  # noqa: N818 - what the protocol calls it
    """Why a query has no answer: `kind` is "invalid" or "too large"."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text


def main() -> None:
    _limit_memory()
    kind = sys.argv[1]
    engine: type[SqlEngine | MqlEngine] = SqlEngine if kind == "sql" else MqlEngine
    prepared = engine()
    line = sys.stdin.readline()
    if not line:
        return
    folder = Path(json.loads(line))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    out = sys.stdout.buffer
    try:
        query = bson.decode((folder / "query.bson").read_bytes())["query"]
        prepared.load(folder / "rows.ndjson")
        out.write(b'{"loaded": true}\n')
        out.flush()
        rows = _bounded(prepared.run(query))
    except Problem as problem:
        out.write(json.dumps({"problem": problem.kind, "text": problem.text}).encode() + b"\n")
    except MemoryError:
        out.write(b'{"problem": "too large", "text": ""}\n')
    else:
        out.write(json.dumps({"sizes": [len(row) for row in rows]}).encode() + b"\n")
        for row in rows:
            out.write(row)
    out.flush()


def _end_with_parent() -> None:
    # Without the buffered reader: its lock, held by a daemon thread, would abort the interpreter's end.
    while os.read(0, 1):
        pass
    os._exit(1)


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit; the engine's own limit and the time limit stay.
        return
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _bounded(rows: Iterable[dict[str, Any]]) -> list[bytes]:
    found, size = [], 0
    for row in rows:
        try:
            document = bson.encode(row)
        except (bson.errors.BSONError, OverflowError, ValueError) as error:
            raise Problem("invalid", f"A row cannot be said in BSON: {error}") from error
        size += len(document)
        if size > LARGEST_ANSWER:
            raise Problem("too large", "")
        found.append(document)
    return found


class SqlEngine:
    """DuckDB in memory, closed to files, extensions and settings before the query runs."""

    def __init__(self) -> None:
        import duckdb

        self._errors: type[Exception] = duckdb.Error
        self._out_of_memory: type[Exception] = duckdb.OutOfMemoryException
        self._select = duckdb.StatementType.SELECT
        self._connection = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "512MB"})

    def load(self, rows: Path) -> None:
        run = self._connection.execute
        kept = ", ".join(f"make_timestamp({name}) AS {name}" if name.startswith("time_") else name for name in _COLUMNS)
        source = "read_json(?, format = 'newline_delimited', maximum_object_size = 33554432, columns = {columns})"
        if rows.stat().st_size:
            columns = "{" + ", ".join(f"{name}: '{kind}'" for name, kind in _COLUMNS.items()) + "}"
            run(f"CREATE TABLE readings AS SELECT {kept} FROM {source.replace('{columns}', columns)}", [str(rows)])  # noqa: S608
        else:
            kinds = {name: kind.replace("BIGINT", "TIMESTAMP") for name, kind in _COLUMNS.items()}
            run(f"CREATE TABLE readings ({', '.join(f'{name} {kind}' for name, kind in kinds.items())})")
        run("CREATE SCHEMA sensorData")
        run("CREATE VIEW sensorData.readings AS SELECT * FROM main.readings")
        for setting in _LOCK.strip().splitlines():
            run(setting)

    def run(self, query: str) -> Iterator[dict[str, Any]]:
        try:
            if not self._is_select(statements := self._connection.extract_statements(query)):
                raise Problem("invalid", "A query is one SELECT statement.")
            cursor = self._connection.execute(statements[0])
            names = _names([str(column[0]) for column in cursor.description])
            as_json = [str(column[1]) == "JSON" for column in cursor.description]
            while rows := cursor.fetchmany(500):
                for row in rows:
                    yield {
                        name: json.loads(value) if is_json and isinstance(value, str) else _plain(value)
                        for name, is_json, value in zip(names, as_json, row, strict=True)
                    }
        except self._out_of_memory as error:
            raise Problem("too large", "") from error
        except self._errors as error:
            raise Problem("invalid", str(error)) from error

    def _is_select(self, statements: Sequence[Any]) -> bool:
        try:
            return len(statements) == 1 and bool(statements[0].type == self._select)
        except ValueError:  # a type that the engine has and its Python module does not
            return False


class MqlEngine:
    """A pure Python copy of MongoDB's aggregation; stages were checked before."""

    def __init__(self) -> None:
        import mongomock_ng

        self._collection: Any = mongomock_ng.MongoClient().sensorData.readings

    def load(self, rows: Path) -> None:
        with rows.open(encoding="utf-8") as lines:
            documents = [_with_times(json.loads(line)) for line in lines]
        if documents:
            self._collection.insert_many(documents)

    def run(self, query: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        try:
            yield from self._collection.aggregate(query)
        except MemoryError:
            raise
        except NotImplementedError as error:
            raise Problem("invalid", f"This service cannot run a part of the pipeline: {error}") from error
        except Exception as error:
            raise Problem("invalid", f"{type(error).__name__}: {error}") from error


def _with_times(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("time_requested", "time_received"):
        row[name] = datetime.fromtimestamp(row[name] / 1_000_000, UTC).replace(tzinfo=None)
    return row


def _names(names: list[str]) -> list[str]:
    """Columns without a name of their own are _1, _2, ... as in Viam; a second column of a name gets a number."""
    found: list[str] = []
    unnamed = 0
    for name in names:
        if "(" in name:
            unnamed += 1
            name = f"_{unnamed}"
        copy, plain = 1, name
        while name in found:
            name = f"{plain}_{copy}"
            copy += 1
        found.append(name)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value if -(2**63) <= value < 2**63 else float(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, (bool, float, str, bytes)):
        return value
    return str(value) if not isinstance(value, UUID) else value.hex


if __name__ == "__main__":
    main()
