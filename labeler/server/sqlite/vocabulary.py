"""The order of an organization's labels and tags, which only grows, and keeps places when a label is renamed."""

from __future__ import annotations

from collections.abc import Sequence

from labeler.domain.errors import InvalidValue
from labeler.domain.vocabulary import NameOrder
from labeler.server.sqlite.insert import check_tags, organization_for
from labeler.server.sqlite.read import organization
from labeler.server.sqlite.session import Session

_LABELS, _TAGS = 0, 1


def vocabulary(session: Session, organization_id: str) -> NameOrder:
    org = organization(session, organization_id)
    renamed = session.rows("SELECT name, became FROM renamed_label WHERE org = ? ORDER BY name", [org])
    return NameOrder(_names(session, org, _LABELS), _names(session, org, _TAGS), dict(renamed))


def _names(session: Session, org: int, kind: int) -> tuple[str, ...]:
    rows = session.rows("SELECT name FROM vocabulary WHERE org = ? AND kind = ? ORDER BY place", [org, kind])
    return tuple(name for (name,) in rows)


def add_names(session: Session, organization_id: str, names: NameOrder) -> NameOrder:
    check_tags(names.tags)
    if not all(label.strip() for label in names.labels):
        raise InvalidValue("labels: a label must not be empty")
    if names:
        org = organization_for(session, organization_id)
        _append(session, org, _LABELS, names.labels)
        _append(session, org, _TAGS, names.tags)
        _forget_renamed(session, org, names.labels)
    return vocabulary(session, organization_id)


def rename_label(session: Session, organization_id: str, label: str, name: str) -> NameOrder:
    if not name.strip():
        raise InvalidValue("name: a label must not be empty")
    org = organization_for(session, organization_id)
    labels = _names(session, org, _LABELS)
    if label in labels and name not in labels:
        session.change(
            "UPDATE vocabulary SET name = ? WHERE org = ? AND kind = ? AND name = ?", [name, org, _LABELS, label]
        )
        session.change("UPDATE renamed_label SET became = ? WHERE org = ? AND became = ?", [name, org, label])
        session.change("INSERT OR REPLACE INTO renamed_label (org, name, became) VALUES (?, ?, ?)", [org, label, name])
        _forget_renamed(session, org, [name])
    return vocabulary(session, organization_id)


def _forget_renamed(session: Session, org: int, labels: Sequence[str]) -> None:
    """These have a place of their own now."""
    rows = [(org, label) for label in labels]
    session.change_many("DELETE FROM renamed_label WHERE org = ? AND name = ?", rows)


def _append(session: Session, org: int, kind: int, names: Sequence[str]) -> None:
    session.change_many(
        "INSERT INTO vocabulary (org, kind, place, name) "
        "SELECT ?1, ?2, (SELECT ifnull(max(place), -1) + 1 FROM vocabulary WHERE org = ?1 AND kind = ?2), ?3 "
        "WHERE NOT EXISTS (SELECT 1 FROM vocabulary WHERE org = ?1 AND kind = ?2 AND name = ?3)",
        [(org, kind, name) for name in names],
    )
