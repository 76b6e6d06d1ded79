"""Tabular data in one SQLite file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from labeler.domain.filter import Filter, Order, Tagged
from labeler.server.cursor import Position, cursor_position, cursor_text
from labeler.server.sqlite.database import Database
from labeler.server.sqlite.session import Row, Session
from labeler.server.tabular.store import Capture, NewReading, Reading, ReadingPage, ReadingTotal, TooManyRows

MOST_ROWS = 500_000
"""The most readings that one SQL or MQL query is run on."""
_COPY_PAGE = 5_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CAPTURE = (
    "location_id, robot_id, robot_name, part_id, part_name, component_type, component_name, method, "
    "method_parameters, parameters, tags"
)
_ONE_OF_EACH = ("robot_name", "robot_id", "part_name", "part_id", "component_type", "component_name", "method")


class SqliteTabularStore:
    """A TabularStore in the file `path`, made if there is none."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, "labeler.server.tabular.migrations")

    async def insert(
        self, organization_id: str, capture: Capture, readings: Sequence[NewReading], stored: datetime
    ) -> None:
        def work(session: Session) -> None:
            number = _capture_number(session, organization_id, capture)
            session.change_many(
                "INSERT INTO reading (organization_id, capture_id, time_requested, time_received, time_stored, data) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (organization_id, number, _micros(one.time_requested), _micros(one.time_received),
                     _micros(stored), one.data)
                    for one in readings
                ],
            )  # fmt: skip

        await self._database.write(work)

    async def page(
        self,
        organization_id: str,
        wanted: Filter,
        order: Order,
        last: str,
        limit: int,
        parameters: str | None = None,
    ) -> ReadingPage:
        position = cursor_position(last, order) if last else None

        def work(session: Session) -> ReadingPage:
            rows = _rows(session, _where(organization_id, wanted, parameters), order, position, limit)
            end = cursor_text(order, Position(rows[-1][1], rows[-1][0])) if rows else last
            return ReadingPage(tuple(_reading(row) for row in rows), end)

        return await self._database.read(work)

    async def count(self, organization_id: str, wanted: Filter) -> ReadingTotal:
        where, values = _where(organization_id, wanted, None)
        sql = f"SELECT count(*), coalesce(sum(length(CAST(data AS BLOB))), 0) FROM reading r WHERE {where}"  # noqa: S608
        row = await self._database.read(lambda session: session.rows(sql, values)[0])
        return ReadingTotal(*row)

    async def delete(self, organization_id: str, wanted: Filter) -> int:
        where, values = _where(organization_id, wanted, None)
        sql = f"DELETE FROM reading AS r WHERE {where}"  # noqa: S608
        return await self._database.write(lambda session: session.change(sql, values))

    async def copy_rows(self, organization_id: str, wanted: Filter, path: Path) -> None:
        def work(session: Session) -> None:
            condition, position, written = _where(organization_id, wanted, None), None, 0
            with path.open("w", encoding="utf-8") as file:
                while rows := _rows(session, condition, Order.OLDEST, position, _COPY_PAGE):
                    written += len(rows)
                    if written > MOST_ROWS:
                        raise TooManyRows(
                            f"A query runs on at most {MOST_ROWS:,} readings, and there are more: "
                            "fetch them by filter, or match fewer in the first stage of an MQL query."
                        )
                    file.writelines(_line(organization_id, row) for row in rows)
                    position = Position(rows[-1][1], rows[-1][0])

        await self._database.read(work)

    async def close(self) -> None:
        await self._database.close()


def _capture_number(session: Session, organization_id: str, capture: Capture) -> int:
    values = (
        organization_id, capture.location_id, capture.robot_id, capture.robot_name, capture.part_id, capture.part_name,
        capture.component_type, capture.component_name, capture.method, capture.method_parameters, capture.parameters,
        json.dumps(capture.tags),
    )  # fmt: skip
    found = session.row(
        "SELECT id FROM capture WHERE organization_id = ? AND location_id = ? AND robot_id = ? AND robot_name = ? "
        "AND part_id = ? AND part_name = ? AND component_type = ? AND component_name = ? AND method = ? "
        "AND method_parameters = ? AND parameters = ? AND tags = ?",
        values,
    )
    if found:
        return int(found[0])
    return session.insert(
        f"INSERT INTO capture (organization_id, {_CAPTURE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        values,
    )


def _where(organization_id: str, wanted: Filter, parameters: str | None) -> tuple[str, list[Any]]:
    if wanted.mime_types or wanted.labels or wanted.dataset_id:
        return "0", []
    terms, values = ["r.organization_id = ?"], [organization_id]
    times: list[Any] = []
    for time, operator in ((wanted.start, ">="), (wanted.end, "<")):
        if time:
            terms.append(f"r.time_requested {operator} ?")
            times.append(_micros(time))
    captures, capture_values = _capture_terms(wanted, parameters)
    if captures:
        terms.append(f"r.capture_id IN (SELECT id FROM capture c WHERE {' AND '.join(captures)})")  # noqa: S608
        capture_values = [organization_id, *capture_values]
    return " AND ".join(terms), [*values, *times, *capture_values]


def _capture_terms(wanted: Filter, parameters: str | None) -> tuple[list[str], list[Any]]:
    terms, values = ["c.organization_id = ?"], []
    for name in _ONE_OF_EACH:
        if value := getattr(wanted, name):
            terms.append(f"c.{name} = ?")
            values.append(value)
    if wanted.location_ids:
        terms.append("c.location_id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(wanted.location_ids))
    if parameters is not None:
        terms.append("c.parameters = ?")
        values.append(parameters)
    if wanted.tagged is not Tagged.ANY:
        terms.append("c.tags <> '[]'" if wanted.tagged is Tagged.TAGGED else "c.tags = '[]'")
    for any_of in (wanted.tags, *((tag,) for tag in wanted.all_tags)):
        if any_of:
            terms.append("EXISTS (SELECT 1 FROM json_each(c.tags) t WHERE t.value IN (SELECT value FROM json_each(?)))")
            values.append(json.dumps(any_of))
    return (terms, values) if len(terms) > 1 else ([], [])


def _rows(
    session: Session, condition: tuple[str, list[Any]], order: Order, position: Position | None, limit: int
) -> list[Row]:
    where, values = condition
    newest = order is not Order.OLDEST
    if position:
        where += f" AND (r.time_requested, r.id) {'<' if newest else '>'} (?, ?)"
        values = [*values, position.key, position.number]
    way = "DESC" if newest else "ASC"
    # The rows of the page are chosen from the index alone, before their metadata is joined.
    return session.rows(
        f"SELECT p.*, {_CAPTURE} FROM (SELECT r.id, r.time_requested, r.time_received, r.time_stored, r.data, "  # noqa: S608
        f"r.capture_id FROM reading r WHERE {where} ORDER BY r.time_requested {way}, r.id {way} LIMIT ?) p "
        f"JOIN capture c ON c.id = p.capture_id ORDER BY p.time_requested {way}, p.id {way}",
        [*values, limit],
    )


def _reading(row: Row) -> Reading:
    _, requested, received, stored, data, _, *fields = row
    source = Capture(*(*fields[:-1], tuple(json.loads(fields[-1]))))
    return Reading(source, _time(requested), _time(received), _time(stored), data)


def _line(organization_id: str, row: Row) -> str:
    _, requested, received, _, data, _, location, robot, _, part, _, kind, name, method, _, parameters, tags = row
    known = json.dumps(
        {"organization_id": organization_id, "location_id": location, "robot_id": robot, "part_id": part,
         "component_type": kind, "component_name": name, "method_name": method, "time_requested": requested,
         "time_received": received}
    )  # fmt: skip
    return (
        f'{known[:-1]}, "tags": {tags}, "additional_parameters": {_standard(parameters)}, "data": {_standard(data)}}}\n'
    )


def _standard(text: str) -> str:
    if "NaN" in text or "Infinity" in text:
        return json.dumps(json.loads(text, parse_constant=lambda _: None))
    return text


def _micros(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1)


def _time(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
