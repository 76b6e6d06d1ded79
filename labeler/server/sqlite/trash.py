"""Deleted images: set aside with what is on them, brought back, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from labeler.domain.filter import Order
from labeler.domain.trash import TRASH_AGE, TrashedImage
from labeler.rpc.convert import binary_data_id
from labeler.server.catalog import Purged, Selection, TrashPage
from labeler.server.cursor import Position, cursor_position, cursor_text
from labeler.server.sqlite.insert import last_change, now_us
from labeler.server.sqlite.query import micros, time_of
from labeler.server.sqlite.read import numbers_of, organization, pick
from labeler.server.sqlite.session import Session

_FIRST = 2**63 - 1
_PICKED = "number IN (SELECT number FROM picked)"
_IMAGE = (
    "number, org, source, file_id, time_us, received_us, name_key, file_name, file_ext, size_bytes, digest, path, "
    "path_size, path_mtime_ns, method_parameters, classifications, tagged"
)
_ON_IMAGE = (
    ("image_tag", "trash_tag", "tag, time_us, image, name_key, added"),
    # Without their numbers, which boxes drawn since may have been given again; their order stays.
    ("box", "trash_box", "image, id, label, x_min, y_min, x_max, y_max, confidence"),
    ("image_label", "trash_label", "label, time_us, image, name_key"),
    ("member", "trash_member", "dataset, time_us, image, name_key, added"),
)
"""Tables of what is on an image, where it goes in the trash, and their columns."""


def delete_images(session: Session, organization_id: str, which: Selection) -> int:
    found = pick(session, organization_id, which)
    if not found:
        return 0
    session.change(
        f"INSERT INTO trash_image ({_IMAGE}, deleted_us, version, author) "
        f"SELECT {_IMAGE}, ?, ?, ? FROM image WHERE {_PICKED}",
        [now_us(), *last_change(session)],
    )
    for table, trash, columns in _ON_IMAGE:
        _copy(session, table, trash, columns)
    session.change(f"DELETE FROM image WHERE {_PICKED}")
    return found


def restore_images(session: Session, organization_id: str, ids: Sequence[str] | None) -> int:
    found = _pick(session, organization_id, ids)
    version, author = last_change(session)
    session.change(
        f"INSERT INTO image ({_IMAGE}, version, author, others_version) "
        f"SELECT {_IMAGE}, ?, ?, ? FROM trash_image WHERE {_PICKED}",
        [version, author, version],
    )
    for table, trash, columns in _ON_IMAGE:
        _copy(session, trash, table, columns)
    session.change(f"DELETE FROM trash_image WHERE {_PICKED}")
    return found


def _pick(session: Session, organization_id: str, ids: Sequence[str] | None) -> int:
    """Note images of the trash in the table `picked`; returns how many."""
    pick(session, organization_id, [])
    if ids is None:
        org = organization(session, organization_id)
        return session.change("INSERT INTO picked SELECT number FROM trash_image WHERE org = ?", [org])
    numbers = sorted(set(numbers_of(session, organization_id, ids, "trash_image")))
    session.change_many("INSERT INTO picked VALUES (?)", [(number,) for number in numbers])
    return len(numbers)


def _copy(session: Session, one: str, other: str, columns: str) -> None:
    order = "ORDER BY number" if "box" in one else ""
    session.change(
        f"INSERT INTO {other} ({columns}) SELECT {columns} FROM {one} "
        f"WHERE image IN (SELECT number FROM picked) {order}"
    )


def trash(session: Session, organization_id: str, last: str, limit: int) -> TrashPage:
    # Its page tokens are those of the images' own pages, by the time of deletion in place of the capture's.
    after = cursor_position(last, Order.NEWEST) if last else Position(_FIRST, _FIRST)
    rows = session.rows(
        "SELECT t.number, s.location_id, t.file_id, t.file_name, t.size_bytes, t.deleted_us, "
        "(SELECT count(*) FROM trash_box x WHERE x.image = t.number), "
        "(SELECT count(*) FROM trash_tag x WHERE x.image = t.number) "
        "FROM trash_image t JOIN source s ON s.number = t.source "
        "WHERE t.org = ? AND (t.deleted_us, t.number) < (?, ?) ORDER BY t.deleted_us DESC, t.number DESC LIMIT ?",
        [organization(session, organization_id), after.key, after.number, limit + 1],
    )
    shown = rows[:limit]
    images = tuple(
        TrashedImage(
            binary_data_id(organization_id, location, file),
            name,
            size,
            time_of(at),
            time_of(at) + TRASH_AGE,
            boxes,
            tags,
        )
        for _, location, file, name, size, at, boxes, tags in shown
    )
    end = cursor_text(Order.NEWEST, Position(shown[-1][5], shown[-1][0])) if shown else last
    return TrashPage(images, end, len(rows) > limit)


def purge_images(session: Session, organization_id: str, ids: Sequence[str] | None) -> Purged:
    found = _pick(session, organization_id, ids)
    return Purged(found, _forget(session, _PICKED))


def purge(session: Session, deleted_before: datetime) -> tuple[str, ...]:
    return _forget(session, "org IN (SELECT number FROM organization) AND deleted_us < ?", [micros(deleted_before)])


def _forget(session: Session, which: str, values: Sequence[int] = ()) -> tuple[str, ...]:
    """Delete what the condition keeps of the trash; returns the digests that nothing refers to any more."""
    digests = session.rows(f"SELECT DISTINCT digest FROM trash_image WHERE {which} AND digest <> ''", values)
    session.change(f"DELETE FROM trash_image WHERE {which}", values)
    return unused(session, [digest for (digest,) in digests])


def unused(session: Session, digests: Sequence[str]) -> tuple[str, ...]:
    """Those that are the bytes of no image; bytes by reference are in the user's file."""
    used = {
        digest
        for table in ("image", "trash_image")
        for (digest,) in session.rows_in(
            f"SELECT digest FROM {table} WHERE path IS NULL AND digest <> '' AND digest IN {{in}}", digests
        )
    }
    return tuple(digest for digest in digests if digest not in used)
