"""Statements within a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import apsw

Row = tuple[Any, ...]

_LIST_SIZES = (1, 8, 32, 128, 512)
"""A page of 100 among them without much that is bound twice."""


class Session:
    """Statements on one connection, inside one transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return list(self._connection.execute(sql, tuple(values)))

    def row(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        return self._connection.execute(sql, tuple(values)).fetchone()

    def change(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a statement that changes rows; returns how many it changed."""
        self._connection.execute(sql, tuple(values)).fetchall()
        return self._connection.changes()

    def insert(self, sql: str, values: Sequence[Any]) -> int:
        """Insert one row; returns its number."""
        self._connection.execute(sql, tuple(values)).fetchall()
        return self._connection.last_insert_rowid()

    def change_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._connection.executemany(sql, rows)

    def rows_in(self, sql: str, values: Sequence[Any], before: Sequence[Any] = ()) -> list[Row]:
        """Rows of a statement with `{in}` where the list of values goes, after the values `before`.

        Lists are filled up to few sizes with copies of the last value, so that few statements are prepared.
        """
        found: list[Row] = []
        for start in range(0, len(values), _LIST_SIZES[-1]):
            part = list(values[start : start + _LIST_SIZES[-1]])
            size = next(size for size in _LIST_SIZES if size >= len(part))
            part += part[-1:] * (size - len(part))
            marks = ",".join("?" * size)
            found += self.rows(sql.replace("{in}", f"({marks})"), [*before, *part])
        return found
