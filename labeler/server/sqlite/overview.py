"""What all images of a filter have in common: how many they are, their names, where one is in an order."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from pyroaring import BitMap

from labeler.domain.filter import Filter, Order
from labeler.server.catalog import Total
from labeler.server.cursor import Position, cursor_text
from labeler.server.sqlite.bitmaps import Bitmaps
from labeler.server.sqlite.query import Link, is_by_name, is_descending, resolve
from labeler.server.sqlite.read import organization
from labeler.server.sqlite.session import Session

_KEPT = 16
"""Organizations whose images are kept in memory, some 40 bytes each."""


class Overview:
    """Keeps the bitmaps of the organizations that asked last. For one thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Bitmaps] = OrderedDict()

    def of(self, session: Session, organization_id: str) -> Seen:
        org = organization(session, organization_id)
        # Not kept if following fails halfway.
        bitmaps = self._kept.pop(org, None) or Bitmaps(org)
        bitmaps.follow(session)
        self._kept[org] = bitmaps
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return Seen(session, org, bitmaps)


@dataclass(frozen=True, slots=True)
class Seen:
    """An organization's images as a session reads them."""

    session: Session
    org: int
    bitmaps: Bitmaps

    def matching(self, wanted: Filter) -> BitMap:
        """The numbers of the images that the filter keeps; not to be changed."""
        return self.bitmaps.matching(self.session, resolve(self.session, self.org, wanted))

    def having(self, table: str, column: str, number: int) -> BitMap:
        """Those with a tag, label, dataset or source; not to be changed."""
        return self.bitmaps.having(Link(table, column, number))


def count(seen: Seen, wanted: Filter) -> Total:
    images = seen.matching(wanted)
    return Total(len(images), seen.bitmaps.size_bytes(seen.session, images))


_NAMES_OF = {"image_tag": "tag", "image_label": "label"}


def distinct_names(seen: Seen, table: str, wanted: Filter) -> tuple[str, ...]:
    """Names of the tags ("image_tag") or labels ("image_label") of the images, sorted."""
    images = seen.matching(wanted)
    kind = _NAMES_OF[table]
    names = seen.session.rows(f"SELECT number, name FROM {kind} WHERE org = ?", [seen.org])
    return tuple(sorted(name for number, name in names if seen.having(table, kind, number).intersect(images)))


def last_before(seen: Seen, wanted: Filter, order: Order, start: int) -> str | None:
    """The `last` after which the page begins that has `start` images before it; None if there are not so many."""
    if start == 0:
        return ""
    by_name = is_by_name(order)
    ordered = seen.bitmaps.by_name(seen.session) if by_name else seen.bitmaps.by_time(seen.session)
    number = ordered.at(seen.matching(wanted), start - 1, is_descending(order))
    if number is None:
        return None
    row = seen.session.row(f"SELECT {'name_key' if by_name else 'time_us'} FROM image WHERE number = ?", [number])
    assert row is not None  # noqa: S101 - the bitmaps are of what the session reads
    return cursor_text(order, Position(row[0], number))
