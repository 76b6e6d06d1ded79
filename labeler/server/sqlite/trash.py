"""Deleted images: set aside with what is on them, brought back, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from labeler.rpc.convert import binary_data_id
from labeler.server.catalog import Selection
from labeler.server.sqlite.database import Session
from labeler.server.sqlite.insert import now_us
from labeler.server.sqlite.query import micros, time_of
from labeler.server.sqlite.read import numbers_of, organization, pick

_IMAGE = (
    "number, org, source, file_id, time_us, received_us, name_key, file_name, file_ext, size_bytes, digest, path, "
    "path_size, path_mtime_ns, method_parameters, classifications, tagged"
)
_ON_IMAGE = (
    ("image_tag", "trash_tag", "tag, time_us, image, name_key, added"),
    ("box", "trash_box", "number, image, id, label, x_min, y_min, x_max, y_max, confidence"),
    ("image_label", "trash_label", "label, time_us, image, name_key"),
    ("member", "trash_member", "dataset, time_us, image, name_key, added"),
)
"""Tables of what is on an image, where it goes in the trash, and their columns."""


def delete_images(session: Session, organization_id: str, which: Selection) -> int:
    found = pick(session, organization_id, which)
    if not found:
        return 0
    session.change(
        f"INSERT INTO trash_image ({_IMAGE}, deleted_us) SELECT {_IMAGE}, ? FROM image "
        "WHERE number IN (SELECT number FROM picked)",
        [now_us()],
    )
    for table, trash, columns in _ON_IMAGE:
        _copy(session, table, trash, columns)
    session.change("DELETE FROM image WHERE number IN (SELECT number FROM picked)")
    return found


def restore_images(session: Session, organization_id: str, ids: Sequence[str]) -> None:
    pick(session, organization_id, [])
    numbers = sorted(set(numbers_of(session, organization_id, ids, "trash_image")))
    session.change_many("INSERT INTO picked VALUES (?)", [(number,) for number in numbers])
    session.change(
        f"INSERT INTO image ({_IMAGE}) SELECT {_IMAGE} FROM trash_image WHERE number IN (SELECT number FROM picked)"
    )
    for table, trash, columns in _ON_IMAGE:
        _copy(session, trash, table, columns)
    session.change("DELETE FROM trash_image WHERE number IN (SELECT number FROM picked)")


def _copy(session: Session, one: str, other: str, columns: str) -> None:
    session.change(
        f"INSERT INTO {other} ({columns}) SELECT {columns} FROM {one} WHERE image IN (SELECT number FROM picked)"
    )


def trash(session: Session, organization_id: str) -> tuple[tuple[str, datetime], ...]:
    rows = session.rows(
        "SELECT s.location_id, t.file_id, t.deleted_us FROM trash_image t JOIN source s ON s.number = t.source "
        "WHERE t.org = ? ORDER BY t.deleted_us DESC, t.number DESC",
        [organization(session, organization_id)],
    )
    return tuple((binary_data_id(organization_id, location, file), time_of(at)) for location, file, at in rows)


def purge(session: Session, deleted_before: datetime) -> tuple[str, ...]:
    old = "org IN (SELECT number FROM organization) AND deleted_us < ?"
    values = [micros(deleted_before)]
    digests = session.rows(f"SELECT DISTINCT digest FROM trash_image WHERE {old} AND digest <> ''", values)
    session.change(f"DELETE FROM trash_image WHERE {old}", values)
    return tuple(digest for (digest,) in digests if not _is_used(session, digest))


def _is_used(session: Session, digest: str) -> bool:
    """Whether an image's bytes are the blob; those by reference are in the user's file."""
    return any(
        session.row(f"SELECT 1 FROM {table} WHERE digest = ? AND path IS NULL LIMIT 1", [digest])
        for table in ("image", "trash_image")
    )
