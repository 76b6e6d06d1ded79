"""Images whose bytes are read from files of the user."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from labeler.domain.errors import Missing
from labeler.rpc.convert import binary_data_id
from labeler.server.catalog import FileReference, ReferencedImage
from labeler.server.sqlite.read import numbers_of, organization
from labeler.server.sqlite.session import Row, Session

_COLUMNS = "i.number, s.location_id, i.file_id, i.path, i.path_size, i.path_mtime_ns, i.digest"
_TABLES = "image i JOIN source s ON s.number = i.source"


def _referenced(organization_id: str, rows: Iterable[Row]) -> tuple[ReferencedImage, ...]:
    return tuple(
        ReferencedImage(binary_data_id(organization_id, location, file), FileReference(path, size, mtime), digest)
        for _, location, file, path, size, mtime, digest in rows
    )


def references(session: Session, organization_id: str, paths: Sequence[str]) -> tuple[ReferencedImage, ...]:
    rows = session.rows_in(
        f"SELECT {_COLUMNS} FROM {_TABLES} WHERE i.path IS NOT NULL AND i.org = ? AND i.path IN {{in}}",
        paths,
        [organization(session, organization_id)],
    )
    return _referenced(organization_id, sorted(set(rows)))


def undigested(session: Session, organization_id: str, limit: int) -> tuple[ReferencedImage, ...]:
    rows = session.rows(
        f"SELECT {_COLUMNS} FROM {_TABLES} WHERE i.org = ? AND i.digest = '' ORDER BY i.number LIMIT ?",
        [organization(session, organization_id), limit],
    )
    return _referenced(organization_id, rows)


def images_with_digest(session: Session, organization_id: str, digests: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    rows = session.rows_in(
        f"SELECT i.digest, i.number, s.location_id, i.file_id FROM {_TABLES} "
        "WHERE i.digest <> '' AND i.org = ? AND i.digest IN {in}",
        digests,
        [organization(session, organization_id)],
    )
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for digest, _, location, file in sorted(set(rows)):
        found[digest] += (binary_data_id(organization_id, location, file),)
    return dict(found)


def set_digests(
    session: Session, organization_id: str, found: Sequence[tuple[str, FileReference, str]]
) -> tuple[str, ...]:
    noted = []
    for image_id, reference, digest in found:
        with suppress(Missing):
            (number,) = numbers_of(session, organization_id, [image_id])
            if session.change(
                "UPDATE image SET digest = ? WHERE number = ? AND path = ? AND path_size = ? AND path_mtime_ns = ?",
                [digest, number, reference.path, reference.size, reference.mtime_ns],
            ):
                noted.append(image_id)
    return tuple(noted)


def relink(session: Session, organization_id: str, image_id: str, reference: FileReference, digest: str) -> None:
    (number,) = numbers_of(session, organization_id, [image_id])
    session.change(
        "UPDATE image SET path = ?, path_size = ?, path_mtime_ns = ?, size_bytes = ?, digest = ? WHERE number = ?",
        [reference.path, reference.size, reference.mtime_ns, reference.size, digest, number],
    )
