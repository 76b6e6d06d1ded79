"""Reading images: by ids and by page."""

from __future__ import annotations

import heapq
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from labeler.domain.box import Box
from labeler.domain.errors import Missing
from labeler.domain.filter import Filter, Order
from labeler.rpc.convert import binary_data_id
from labeler.server.catalog import Classification, FileReference, ImageRecord, RecordPage, Selection, Source
from labeler.server.cursor import Position, cursor_position, cursor_text
from labeler.server.sqlite.query import SOURCE_FIELDS, is_descending, matching, resolve, runs, time_of
from labeler.server.sqlite.session import Row, Session

T = TypeVar("T")


def organization(session: Session, organization_id: str) -> int:
    """The number of an organization; 0, which none has, if the catalog holds nothing of it."""
    row = session.row("SELECT number FROM organization WHERE id = ?", [organization_id])
    return row[0] if row else 0


def numbers_of(session: Session, organization_id: str, ids: Sequence[str], table: str = "image") -> list[int]:
    """The numbers of images, one per id, in this order. Raises Missing that names the first unknown."""
    files = [one.rpartition("/")[2] for one in ids]
    sql = (
        f"SELECT i.file_id, i.number, s.location_id FROM {table} i JOIN source s ON s.number = i.source "
        "WHERE i.org = ? AND i.file_id IN {in}"
    )
    found = {
        file: (number, binary_data_id(organization_id, location, file))
        for file, number, location in session.rows_in(sql, files, [organization(session, organization_id)])
    }
    numbers = []
    for one, file in zip(ids, files, strict=True):
        number, full_id = found.get(file, (0, ""))
        if not number or one not in (full_id, file):
            where = "in the trash" if table == "trash_image" else "here"
            raise Missing(f"{one or 'An empty id'}: there is no such image {where}.")
        numbers.append(number)
    return numbers


def page(session: Session, organization_id: str, wanted: Filter, order: Order, last: str, limit: int) -> RecordPage:
    after = cursor_position(last, order) if last else None
    found = resolve(session, organization(session, organization_id), wanted)
    if found.is_nothing:
        return RecordPage((), last, False)
    lists = [
        [(key, number) for key, number in session.rows(run.text, run.values)]
        for run in runs(session, found, order, after, limit + 1)
    ]
    places = _distinct(heapq.merge(*lists, reverse=is_descending(order)), limit + 1)
    shown = places[:limit]
    end = cursor_text(order, Position(*shown[-1])) if shown else last
    return RecordPage(records(session, organization_id, [number for _, number in shown]), end, len(places) > limit)


def _distinct(values: Iterable[T], limit: int) -> list[T]:
    found: list[T] = []
    for value in values:
        if not found or value != found[-1]:
            found.append(value)
            if len(found) == limit:
                break
    return found


def records(session: Session, organization_id: str, numbers: Sequence[int]) -> tuple[ImageRecord, ...]:
    """The images with these numbers, in this order, in five statements."""
    if not numbers:
        return ()
    each = sorted(set(numbers))
    images = session.rows_in(
        "SELECT number, source, file_id, time_us, received_us, file_name, file_ext, size_bytes, digest, path, "
        "path_size, path_mtime_ns, method_parameters, classifications, version FROM image WHERE number IN {in}",
        each,
    )
    sources = _sources(session, {row[1] for row in images})
    tags, boxes, datasets = _tags(session, each), _boxes(session, each), _datasets(session, each)
    found = {
        row[0]: _record(
            organization_id, row, sources, tags.get(row[0], ()), boxes.get(row[0], ()), datasets.get(row[0], ())
        )
        for row in images
    }
    return tuple(found[number] for number in numbers)


def _sources(session: Session, numbers: Iterable[int]) -> Mapping[int, Source]:
    """Few, of which each has many images: made once for all of them."""
    sql = f"SELECT number, {', '.join(SOURCE_FIELDS)} FROM source WHERE number IN {{in}}"
    return {number: Source(*values) for number, *values in session.rows_in(sql, sorted(numbers))}


def _record(
    organization_id: str,
    row: Row,
    sources: Mapping[int, Source],
    tags: Sequence[str],
    boxes: Sequence[Box],
    datasets: Sequence[str],
) -> ImageRecord:
    (
        _, source, file_id, time, received, name, ext, size, digest, path, path_size, mtime, parameters, classes,
        version,
    ) = row  # fmt: skip
    where = sources[source]
    return ImageRecord(
        id=binary_data_id(organization_id, where.location_id, file_id),
        organization_id=organization_id,
        file_id=file_id,
        source=where,
        time_requested=time_of(time),
        time_received=time_of(received),
        file_name=name,
        file_ext=ext,
        size_bytes=size,
        digest=digest,
        reference=FileReference(path, path_size, mtime) if path is not None else None,
        method_parameters=parameters or b"",
        tags=tuple(tags),
        boxes=tuple(boxes),
        classifications=tuple(Classification(*one) for one in json.loads(classes)) if classes != "[]" else (),
        dataset_ids=tuple(datasets),
        version=version,
    )


def _grouped(rows: Iterable[tuple[int, T]]) -> Mapping[int, list[T]]:
    groups: dict[int, list[T]] = defaultdict(list)
    for number, value in rows:
        groups[number].append(value)
    return groups


def _tags(session: Session, numbers: Sequence[int]) -> Mapping[int, list[str]]:
    sql = "SELECT x.image, x.added, x.tag, t.name FROM image_tag x JOIN tag t ON t.number = x.tag WHERE x.image IN {in}"
    return _grouped((image, name) for image, _, _, name in sorted(session.rows_in(sql, numbers)))


def _datasets(session: Session, numbers: Sequence[int]) -> Mapping[int, list[str]]:
    sql = (
        "SELECT x.image, x.added, x.dataset, d.id FROM member x JOIN dataset d ON d.number = x.dataset "
        "WHERE x.image IN {in}"
    )
    return _grouped((image, name) for image, _, _, name in sorted(session.rows_in(sql, numbers)))


def _boxes(session: Session, numbers: Sequence[int]) -> Mapping[int, list[Box]]:
    sql = (
        "SELECT b.image, b.number, b.id, l.name, b.x_min, b.y_min, b.x_max, b.y_max, b.confidence "
        "FROM box b JOIN label l ON l.number = b.label WHERE b.image IN {in}"
    )
    return _grouped((image, Box(*values)) for image, _, *values in sorted(session.rows_in(sql, numbers)))


def pick(session: Session, organization_id: str, which: Selection) -> int:
    """Note the numbers of the images in the temporary table `picked`; returns how many. Raises Missing."""
    session.change("CREATE TEMPORARY TABLE IF NOT EXISTS picked (number INTEGER PRIMARY KEY)")
    session.change("DELETE FROM picked")
    if isinstance(which, Filter):
        found = resolve(session, organization(session, organization_id), which)
        if found.is_nothing:
            return 0
        sql = matching(session, found)
        return session.change(f"INSERT INTO picked SELECT i.number {sql.text}", sql.values)
    numbers = sorted(set(numbers_of(session, organization_id, which)))
    session.change_many("INSERT INTO picked VALUES (?)", [(number,) for number in numbers])
    return len(numbers)
