"""What all images of a filter have in common, where one is in an order, and pages that no one index has."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyroaring import BitMap

from labeler.domain.filter import Filter, Order
from labeler.server.catalog import RecordPage, Total
from labeler.server.cursor import Position, cursor_position, cursor_text
from labeler.server.sqlite.bitmaps import Bitmaps
from labeler.server.sqlite.query import Link, is_by_name, is_descending, resolve
from labeler.server.sqlite.read import organization, records
from labeler.server.sqlite.session import Session

if TYPE_CHECKING:
    from labeler.server.sqlite.orders import NameOrder, TimeOrder

_KEPT = 16
"""Organizations whose images are kept in memory, some 30 bytes each."""


class Overview:
    """Keeps the bitmaps of the organizations that asked last. For one thread, but for `has`."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Bitmaps] = OrderedDict()

    def has(self, organization_id: str) -> bool:
        """Whether an answer needs no reading of all its images first."""
        return organization_id in self._kept

    def of(self, session: Session, organization_id: str) -> Seen:
        org = organization(session, organization_id)
        # What fails halfway is not kept.
        bitmaps = self._kept.pop(organization_id, None)
        if bitmaps is None or bitmaps.org != org:
            bitmaps = Bitmaps(org)
        bitmaps.follow(session)
        self._kept[organization_id] = bitmaps
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return Seen(session, organization_id, bitmaps)


@dataclass(frozen=True, slots=True)
class Seen:
    """An organization's images as a session reads them."""

    session: Session
    organization_id: str
    bitmaps: Bitmaps

    @property
    def org(self) -> int:
        return self.bitmaps.org

    def matching(self, wanted: Filter) -> BitMap:
        """The numbers of the images that the filter keeps; not to be changed."""
        return self.bitmaps.matching(self.session, resolve(self.session, self.org, wanted))

    def ordered(self, order: Order) -> NameOrder | TimeOrder:
        return self.bitmaps.by_name(self.session) if is_by_name(order) else self.bitmaps.by_time(self.session)

    def having(self, table: str, column: str, number: int) -> BitMap:
        """Those with a tag, label, dataset or source; not to be changed."""
        return self.bitmaps.having(Link(table, column, number))


def page(seen: Seen, wanted: Filter, order: Order, last: str, limit: int) -> RecordPage:
    """As `read.page`, at the same cost wherever the images of the filter are."""
    after = cursor_position(last, order) if last else None
    images = seen.matching(wanted)
    found = seen.ordered(order).following(seen.session, images, after, is_descending(order), limit + 1)
    shown = found[:limit]
    end = cursor_text(order, position_of(seen.session, order, shown[-1])) if shown else last
    return RecordPage(records(seen.session, seen.organization_id, shown), end, len(found) > limit)


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
    number = seen.ordered(order).at(seen.matching(wanted), start - 1, is_descending(order))
    if number is None:
        return None
    return cursor_text(order, position_of(seen.session, order, number))


def position_of(session: Session, order: Order, number: int) -> Position:
    row = session.row(f"SELECT {'name_key' if is_by_name(order) else 'time_us'} FROM image WHERE number = ?", [number])
    assert row is not None  # noqa: S101 - the bitmaps are of what the session reads
    return Position(row[0], number)
