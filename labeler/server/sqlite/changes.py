"""Changes of images, numbered, made once, and read by who was away."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from labeler.domain.errors import InvalidValue
from labeler.rpc.convert import binary_data_id
from labeler.server.changes import Changed, ChangedMeanwhile, Terms
from labeler.server.sqlite.insert import last_change, now_us, organization_for
from labeler.server.sqlite.query import micros
from labeler.server.sqlite.read import organization
from labeler.server.sqlite.session import Row, Session

T = TypeVar("T")

_LAST = 2**63 - 1
_LONGEST = 2 * len(str(_LAST)) + 1


def change(session: Session, organization_id: str, terms: Terms, work: Callable[[Session], T]) -> T:
    """Do the work under the next number, unless it was done; its result is then what it was.

    With an edit id, the result has to be of None, numbers, texts and tuples of these.
    """
    org = organization_for(session, organization_id) if terms.edit_id else 0
    if terms.edit_id:
        row = session.row("SELECT request, result FROM answer WHERE org = ? AND edit_id = ?", [org, terms.edit_id])
        if row is not None:
            if row[0] != terms.request:
                raise InvalidValue(f"labeler-edit-id: {terms.edit_id} was used for another request")
            result: T = _tupled(json.loads(row[1]))
            return result
    session.change("UPDATE last_change SET number = number + 1, author = ?", [terms.author])
    result = work(session)
    if terms.edit_id:
        session.change(
            "INSERT INTO answer (org, edit_id, request, result, at_us) VALUES (?, ?, ?, ?, ?)",
            [org, terms.edit_id, terms.request, json.dumps(result), now_us()],
        )
    return result


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def forget_answers(session: Session, before: datetime) -> int:
    return session.change("DELETE FROM answer WHERE at_us < ?", [micros(before)])


def check_version(session: Session, image: int, if_match: int | None) -> None:
    """Raise ChangedMeanwhile unless the image has this version, or any where it is None."""
    if if_match is None:
        return
    row = session.row("SELECT version FROM image WHERE number = ?", [image])
    version = row[0] if row else 0
    if version != if_match:
        raise ChangedMeanwhile(f"labeler-if-match: the image is at version {version}, not {if_match}")


def changed(session: Session, organization_id: str, position: str, limit: int, author: int) -> Changed:
    now, _ = last_change(session)
    if not position:
        return Changed((), _text(now, _LAST))
    version, number = _parsed(position, now)
    org = organization(session, organization_id)
    columns = "SELECT i.version, i.number, s.location_id, i.file_id FROM {table} i JOIN source s ON s.number = i.source"
    where = "i.org = ? AND (i.version, i.number) > (?, ?)"
    others = "(i.author <> ? OR ? = 0 OR (i.others_version, i.number) > (?, ?))"
    end = "ORDER BY i.version, i.number LIMIT ?"
    there = session.rows(
        f"{columns.format(table='image')} WHERE {where} AND {others} {end}",
        [org, version, number, author, author, version, number, limit + 1],
    )
    deleted = session.rows(
        f"{columns.format(table='trash_image')} WHERE {where} AND (i.author <> ? OR ? = 0) {end}",
        [org, version, number, author, author, limit + 1],
    )
    found: list[Row] = sorted((*there, *deleted))
    shown = found[:limit]
    ids = tuple(binary_data_id(organization_id, location, file) for _, _, location, file in shown)
    at_end = not shown or len(found) <= limit
    return Changed(ids, _text(now, _LAST) if at_end else _text(*shown[-1][:2]))


def _text(version: int, number: int) -> str:
    return f"{version}.{number}"


def _parsed(position: str, last: int) -> tuple[int, int]:
    version, _, number = position.partition(".")
    if len(position) > _LONGEST or not (
        version.isascii() and version.isdigit() and number.isascii() and number.isdigit()
    ):
        raise InvalidValue(f"position: {position!r} is none of this service")
    found = int(version), int(number)
    if found[0] > last or found[1] > _LAST:
        raise InvalidValue(
            f"position: {position!r} is ahead of this service, whose data may be of a backup; begin anew"
        )
    return found
