"""Tags and boxes on images that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

from labeler.domain.box import Box, check_box
from labeler.domain.errors import InvalidValue, Missing
from labeler.server.catalog import BoxPatch, Selection
from labeler.server.sqlite.changes import check_version
from labeler.server.sqlite.insert import (
    check_tags,
    insert_boxes,
    link_label,
    name_number,
    now_us,
    organization_for,
)
from labeler.server.sqlite.read import numbers_of, organization, pick
from labeler.server.sqlite.session import Session


def _check_some(tags: Sequence[str]) -> None:
    if not tags:
        raise InvalidValue("tags: none were given")
    check_tags(tags)


def add_tags(session: Session, organization_id: str, which: Selection, tags: Sequence[str]) -> None:
    _check_some(tags)
    if not pick(session, organization_id, which):
        return
    org = organization_for(session, organization_id)
    added = now_us()
    for at, tag in enumerate(dict.fromkeys(tags)):
        session.change(
            "INSERT INTO image_tag (tag, time_us, image, name_key, added) "
            "SELECT ?, i.time_us, i.number, i.name_key, ? FROM picked p JOIN image i ON i.number = p.number "
            "WHERE 1 = 1 ON CONFLICT DO NOTHING",
            [name_number(session, org, "tag", tag), added + at],
        )
    session.change("UPDATE image SET tagged = 1 WHERE number IN (SELECT number FROM picked) AND +tagged = 0")


def remove_tags(session: Session, organization_id: str, which: Selection, tags: Sequence[str]) -> int:
    _check_some(tags)
    if not pick(session, organization_id, which):
        return 0
    org = organization(session, organization_id)
    session.change("CREATE TEMPORARY TABLE IF NOT EXISTS untagged (number INTEGER PRIMARY KEY)")
    session.change("DELETE FROM untagged")
    for tag in dict.fromkeys(tags):
        row = session.row("SELECT number FROM tag WHERE org = ? AND name = ?", [org, tag])
        if row is None:
            continue
        on_picked = "FROM image_tag WHERE tag = ? AND image IN (SELECT number FROM picked)"
        session.change(f"INSERT INTO untagged SELECT image {on_picked} ON CONFLICT DO NOTHING", row)
        session.change(f"DELETE {on_picked}", row)
    session.change(
        "UPDATE image SET tagged = 0 WHERE number IN (SELECT number FROM untagged) "
        "AND NOT EXISTS (SELECT 1 FROM image_tag x WHERE x.image = image.number)"
    )
    row = session.row("SELECT count(*) FROM untagged")
    assert row is not None  # noqa: S101 - an aggregate without groups has one row
    return int(row[0])


def add_boxes(
    session: Session, organization_id: str, image_id: str, boxes: Sequence[Box], if_match: int | None
) -> tuple[str, ...]:
    (image,) = numbers_of(session, organization_id, [image_id])
    check_version(session, image, if_match)
    return insert_boxes(session, organization(session, organization_id), image, boxes)


def _box(session: Session, image: int, image_id: str, box_id: str) -> tuple[int, int, Box]:
    """The box's number, its label's number and its value. Raises Missing."""
    row = session.row(
        "SELECT b.number, b.label, b.id, l.name, b.x_min, b.y_min, b.x_max, b.y_max, b.confidence "
        "FROM box b JOIN label l ON l.number = b.label WHERE b.image = ? AND b.id = ?",
        [image, box_id],
    )
    if row is None:
        raise Missing(f"{box_id or 'An empty id'}: image {image_id} has no such box.")
    return row[0], row[1], Box(*row[2:])


def update_box(
    session: Session, organization_id: str, image_id: str, box_id: str, patch: BoxPatch, if_match: int | None
) -> None:
    (image,) = numbers_of(session, organization_id, [image_id])
    check_version(session, image, if_match)
    number, old_label, before = _box(session, image, image_id, box_id)
    changed = {one.name: value for one in fields(patch) if (value := getattr(patch, one.name)) is not None}
    after = replace(before, **changed)
    check_box(after)
    label = name_number(session, organization(session, organization_id), "label", after.label)
    session.change(
        "UPDATE box SET label = ?, x_min = ?, y_min = ?, x_max = ?, y_max = ?, confidence = ? WHERE number = ?",
        [label, after.x_min, after.y_min, after.x_max, after.y_max, after.confidence, number],
    )
    link_label(session, image, label)
    _unlink_label(session, image, old_label)


def remove_box(session: Session, organization_id: str, image_id: str, box_id: str, if_match: int | None) -> None:
    (image,) = numbers_of(session, organization_id, [image_id])
    check_version(session, image, if_match)
    number, label, _ = _box(session, image, image_id, box_id)
    session.change("DELETE FROM box WHERE number = ?", [number])
    _unlink_label(session, image, label)


def _unlink_label(session: Session, image: int, label: int) -> None:
    session.change(
        "DELETE FROM image_label WHERE image = ? AND label = ? "
        "AND NOT EXISTS (SELECT 1 FROM box b WHERE b.image = ? AND b.label = ?)",
        [image, label, image, label],
    )
