"""Adding images, and the names and sources that they bring."""

from __future__ import annotations

import json
import secrets
import string
import time
from collections.abc import Iterable, Sequence

from labeler.domain.box import Box, check_box
from labeler.domain.errors import InvalidValue, Missing
from labeler.natural import name_key
from labeler.rpc.convert import MEMBERSHIP_PREFIX, binary_data_id
from labeler.server.catalog import DatasetKind, NewImage, Source
from labeler.server.sqlite.query import SOURCE_FIELDS, micros
from labeler.server.sqlite.session import Row, Session

_ALPHANUMERICS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_FILE_ID_LENGTH = 64
_NUMBER_LENGTH = 11
"""Digits to base 62 that 63 bits need."""


def now_us() -> int:
    return time.time_ns() // 1_000


def new_identifier() -> str:
    """A box or dataset id: 24 hex digits."""
    return secrets.token_hex(12)


def _file_id(number: int) -> str:
    """64 alphanumerics that cannot be guessed, in the order of the numbers."""
    digits = []
    for _ in range(_NUMBER_LENGTH):
        number, digit = divmod(number, len(_ALPHANUMERICS))
        digits.append(_ALPHANUMERICS[digit])
    chance = (secrets.choice(_ALPHANUMERICS) for _ in range(_FILE_ID_LENGTH - _NUMBER_LENGTH))
    return "".join(reversed(digits)) + "".join(chance)


def organization_for(session: Session, organization_id: str) -> int:
    """The number of an organization, which it gets with its first data."""
    session.change("INSERT INTO organization (id) VALUES (?) ON CONFLICT DO NOTHING", [organization_id])
    row = session.row("SELECT number FROM organization WHERE id = ?", [organization_id])
    assert row is not None  # noqa: S101 - it was inserted above
    return int(row[0])


def name_number(session: Session, org: int, kind: str, name: str) -> int:
    """The number of a tag or label; `kind` is its table."""
    session.change(f"INSERT INTO {kind} (org, name) VALUES (?, ?) ON CONFLICT DO NOTHING", [org, name])
    row = session.row(f"SELECT number FROM {kind} WHERE org = ? AND name = ?", [org, name])
    assert row is not None  # noqa: S101 - it was inserted above
    return int(row[0])


def check_tags(tags: Iterable[str]) -> None:
    for tag in tags:
        if not tag.strip():
            raise InvalidValue("tags: a tag must not be empty")
        if tag.startswith(MEMBERSHIP_PREFIX):
            raise InvalidValue(f"tags: {tag} is given by membership; put the image into the dataset instead")


class _Numbers:
    """Numbers of what the images of one call share, looked up once each."""

    def __init__(self, session: Session, org: int) -> None:
        self._session = session
        self._org = org
        self._sources: dict[Source, int] = {}
        self._names: dict[tuple[str, str], int] = {}

    def source(self, source: Source) -> int:
        if source not in self._sources:
            values = [self._org, *(getattr(source, name) for name in SOURCE_FIELDS)]
            where = " AND ".join(f"{name} = ?" for name in SOURCE_FIELDS)
            row = self._session.row(f"SELECT number FROM source WHERE org = ? AND {where}", values)
            self._sources[source] = (
                row[0]
                if row
                else self._session.insert(
                    f"INSERT INTO source (org, {', '.join(SOURCE_FIELDS)}) VALUES (?{', ?' * len(SOURCE_FIELDS)})",
                    values,
                )
            )
        return self._sources[source]

    def name(self, kind: str, name: str) -> int:
        if (kind, name) not in self._names:
            self._names[kind, name] = name_number(self._session, self._org, kind, name)
        return self._names[kind, name]

    def dataset(self, dataset_id: str) -> int:
        if ("dataset", dataset_id) not in self._names:
            self._names["dataset", dataset_id] = image_dataset(self._session, self._org, dataset_id)
        return self._names["dataset", dataset_id]


def image_dataset(session: Session, org: int, dataset_id: str) -> int:
    """The number of a dataset that holds images. Raises Missing, InvalidValue for one of another kind."""
    row = session.row("SELECT number, kind FROM dataset WHERE org = ? AND id = ?", [org, dataset_id])
    if row is None:
        raise Missing(f"{dataset_id or 'An empty id'}: there is no such dataset here.")
    if row[1] != DatasetKind.BINARY.value:
        raise InvalidValue(f"dataset_id: {dataset_id} holds sequences; images cannot be put into it")
    return int(row[0])


def _image_row(number: int, file_id: str, org: int, source: int, image: NewImage) -> Row:
    by_name = name_key(image.source.component_type, image.source.component_name, image.file_name)
    reference = image.reference
    classes = [[new_identifier(), one.label, one.confidence] for one in image.classifications]
    return (
        number, org, source, file_id, micros(image.time_requested), micros(image.time_received), by_name,
        image.file_name, image.file_ext, image.size_bytes, image.digest,
        reference.path if reference else None, reference.size if reference else None,
        reference.mtime_ns if reference else None,
        image.method_parameters or None, json.dumps(classes), int(bool(image.tags)),
    )  # fmt: skip


def insert_images(session: Session, organization_id: str, images: Sequence[NewImage]) -> tuple[str, ...]:
    org = organization_for(session, organization_id)
    numbers = _Numbers(session, org)
    session.change("UPDATE last_image SET number = number + ?", [len(images)])
    row = session.row("SELECT number FROM last_image")
    assert row is not None  # noqa: S101 - the schema puts one row there
    first = row[0] - len(images) + 1
    version, author = last_change(session)
    ids, rows, tags, members = [], [], [], []
    added = now_us()
    for number, image in enumerate(images, first):
        check_tags(image.tags)
        file_id = _file_id(number)
        ids.append(binary_data_id(organization_id, image.source.location_id, file_id))
        values = _image_row(number, file_id, org, numbers.source(image.source), image)
        rows.append((*values, version, author, version))
        place = (values[4], number, values[6])
        tags += [(numbers.name("tag", tag), *place, added + at) for at, tag in enumerate(dict.fromkeys(image.tags))]
        members += [
            (numbers.dataset(one), *place, added + at) for at, one in enumerate(dict.fromkeys(image.dataset_ids))
        ]
    session.change_many(f"INSERT INTO image VALUES (?{', ?' * 19})", rows)
    session.change_many("INSERT INTO image_tag (tag, time_us, image, name_key, added) VALUES (?, ?, ?, ?, ?)", tags)
    session.change_many("INSERT INTO member (dataset, time_us, image, name_key, added) VALUES (?, ?, ?, ?, ?)", members)
    for number, image in enumerate(images, first):
        if image.boxes:
            insert_boxes(session, org, number, image.boxes)
    return tuple(ids)


def last_change(session: Session) -> tuple[int, int]:
    """The number of the change that is being made, and its author."""
    row = session.row("SELECT number, author FROM last_change")
    assert row is not None  # noqa: S101 - the schema puts one row there
    return row[0], row[1]


def insert_boxes(session: Session, org: int, image: int, boxes: Sequence[Box]) -> tuple[str, ...]:
    """Add boxes; returns their new ids."""
    ids = []
    for box in boxes:
        check_box(box)
        ids.append(new_identifier())
        label = name_number(session, org, "label", box.label)
        session.change(
            "INSERT INTO box (image, id, label, x_min, y_min, x_max, y_max, confidence) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [image, ids[-1], label, box.x_min, box.y_min, box.x_max, box.y_max, box.confidence],
        )
        link_label(session, image, label)
    return tuple(ids)


def link_label(session: Session, image: int, label: int) -> None:
    session.change(
        "INSERT INTO image_label (label, time_us, image, name_key) "
        "SELECT ?, time_us, number, name_key FROM image WHERE number = ? ON CONFLICT DO NOTHING",
        [label, image],
    )
