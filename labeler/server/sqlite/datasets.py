"""Datasets and what is in them."""

from __future__ import annotations

from collections.abc import Sequence

from labeler.domain.errors import InvalidValue, Missing
from labeler.server.catalog import DatasetKind, DatasetRecord, NameTaken, Selection
from labeler.server.sqlite.insert import image_dataset, new_identifier, now_us, organization_for
from labeler.server.sqlite.query import time_of
from labeler.server.sqlite.read import organization, pick
from labeler.server.sqlite.session import Session


def _check_name(session: Session, org: int, name: str, own: int = 0) -> None:
    if not name.strip():
        raise InvalidValue("name: a dataset needs a name that is not empty")
    row = session.row("SELECT number FROM dataset WHERE org = ? AND name = ?", [org, name])
    if row is not None and row[0] != own:
        raise NameTaken(f"name: there is a dataset {name} already; choose another name")


def _number(session: Session, org: int, dataset_id: str) -> int:
    row = session.row("SELECT number FROM dataset WHERE org = ? AND id = ?", [org, dataset_id])
    if row is None:
        raise Missing(f"{dataset_id or 'An empty id'}: there is no such dataset here.")
    return int(row[0])


def create_dataset(session: Session, organization_id: str, name: str, kind: DatasetKind, merged: Sequence[str]) -> str:
    org = organization_for(session, organization_id)
    _check_name(session, org, name)
    identifier = new_identifier()
    number = session.insert(
        "INSERT INTO dataset (org, id, name, created_us, kind) VALUES (?, ?, ?, ?, ?)",
        [org, identifier, name, now_us(), kind.value],
    )
    for one in merged:
        session.change(
            "INSERT INTO member (dataset, time_us, image, name_key, added) "
            "SELECT ?, time_us, image, name_key, ? FROM member WHERE dataset = ? ON CONFLICT DO NOTHING",
            [number, now_us(), image_dataset(session, org, one)],
        )
    return identifier


def datasets(session: Session, organization_id: str, ids: Sequence[str] | None) -> tuple[DatasetRecord, ...]:
    org = organization(session, organization_id)
    rows = session.rows(
        "SELECT d.number, d.id, d.name, d.created_us, d.kind, "
        "(SELECT count(*) FROM member m WHERE m.dataset = d.number) "
        "FROM dataset d WHERE d.org = ? ORDER BY d.name, d.id",
        [org],
    )
    found = {
        one: DatasetRecord(one, name, organization_id, time_of(created), DatasetKind(kind), images)
        for _, one, name, created, kind, images in rows
    }
    if ids is None:
        return tuple(found.values())
    for one in ids:
        if one not in found:
            raise Missing(f"{one or 'An empty id'}: there is no such dataset here.")
    return tuple(found[one] for one in ids)


def rename_dataset(session: Session, organization_id: str, dataset_id: str, name: str) -> None:
    org = organization(session, organization_id)
    number = _number(session, org, dataset_id)
    _check_name(session, org, name, number)
    session.change("UPDATE dataset SET name = ? WHERE number = ?", [name, number])


def delete_dataset(session: Session, organization_id: str, dataset_id: str) -> None:
    number = _number(session, organization(session, organization_id), dataset_id)
    session.change("DELETE FROM dataset WHERE number = ?", [number])


def add_to_dataset(session: Session, organization_id: str, dataset_id: str, which: Selection) -> None:
    number = image_dataset(session, organization(session, organization_id), dataset_id)
    pick(session, organization_id, which)
    session.change(
        "INSERT INTO member (dataset, time_us, image, name_key, added) "
        "SELECT ?, i.time_us, i.number, i.name_key, ? FROM picked p JOIN image i ON i.number = p.number "
        "WHERE 1 = 1 ON CONFLICT DO NOTHING",
        [number, now_us()],
    )


def remove_from_dataset(session: Session, organization_id: str, dataset_id: str, which: Selection) -> None:
    number = _number(session, organization(session, organization_id), dataset_id)
    pick(session, organization_id, which)
    session.change("DELETE FROM member WHERE dataset = ? AND image IN (SELECT number FROM picked)", [number])
