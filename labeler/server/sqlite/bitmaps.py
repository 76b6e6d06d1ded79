"""Which images of an organization have what, as bitmaps in memory, so that any filter is counted without its rows.

They are nobody's to write: they follow the versions of images, read in the transaction that asks, so that they are
those of what was committed, whatever became of the process or of a change that was undone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pyroaring import BitMap

from labeler.server.sqlite.columns import numbers
from labeler.server.sqlite.query import Link, Wanted
from labeler.server.sqlite.session import Row, Session
from labeler.server.sqlite.sizes import Sizes

if TYPE_CHECKING:
    from labeler.server.sqlite.orders import NameOrder, TimeOrder

_LINKS = (("image_tag", "tag"), ("image_label", "label"), ("member", "dataset"))
_FEW = 2_000
"""So many changed images are always read one by one; of many, an eighth of all costs as much as reading all."""


class Bitmaps:
    """The images of an organization by their numbers, as of the state last followed. For one thread.

    After an exception in `follow` it is of no state, and of no use.
    """

    def __init__(self, org: int) -> None:
        self.org = org
        self._seen = 0
        self._resized = 0
        self._all = BitMap()
        self._tagged = BitMap()
        self._having: dict[Link, BitMap] = {}
        self._sizes: Sizes | None = None
        self._by_time: TimeOrder | None = None
        self._by_name: NameOrder | None = None

    def follow(self, session: Session) -> None:
        """Come to the state that the session reads."""
        row = session.row("SELECT number, purged, resized FROM last_change")
        assert row is not None  # noqa: S101 - the schema puts one row there
        number, purged, resized = row
        if resized != self._resized:
            self._sizes = None
        if number != self._seen:
            # An image that was deleted and purged since is in no table any more.
            changed = None if purged > self._seen or not self._seen else self._changed(session)
            if changed is None:
                self._read_all(session)
            else:
                self._read_again(session, *changed)
        self._seen, self._resized = number, resized

    def matching(self, session: Session, wanted: Wanted) -> BitMap:
        """The images that are wanted; not to be changed."""
        found = self._all
        for clause in wanted.clauses:
            having = [self.having(link) for link in clause]
            found = found & (having[0] if len(having) == 1 else BitMap.union(*having) if having else BitMap())
        if wanted.tagged is not None:
            found = found & self._tagged if wanted.tagged else found - self._tagged
        if wanted.start_us is not None or wanted.end_us is not None:
            found = found & self.by_time(session).between(wanted.start_us, wanted.end_us)
        return found

    def having(self, link: Link) -> BitMap:
        """The images with this tag, label, dataset or source; not to be changed."""
        return self._having.get(link) or BitMap()

    def size_bytes(self, session: Session, images: BitMap) -> int:
        """The size of the images together."""
        if self._sizes is None:
            self._sizes = Sizes(session, self.org)
        return self._sizes.total(images)

    def by_time(self, session: Session) -> TimeOrder:
        if self._by_time is None:
            # Importing numpy takes longer than most answers, and few need it.
            from labeler.server.sqlite.orders import TimeOrder

            self._by_time = TimeOrder(session, self.org)
        return self._by_time

    def by_name(self, session: Session) -> NameOrder:
        if self._by_name is None:
            from labeler.server.sqlite.orders import NameOrder

            self._by_name = NameOrder(session, self.org)
        return self._by_name

    def _read_all(self, session: Session) -> None:
        self._sizes = self._by_time = self._by_name = None
        self._all, self._tagged, self._having = BitMap(), BitMap(), {}
        of_source = "source IN (SELECT number FROM source WHERE org = ?)"
        for source, tagged, text in session.rows(
            f"SELECT source, tagged, group_concat(number) FROM image WHERE {of_source} GROUP BY source, tagged",
            [self.org],
        ):
            images = BitMap(numbers(text))
            self._all.update(images)
            if tagged:
                self._tagged.update(images)
            self._add(Link("image", "source", source), images)
        for table, column in _LINKS:
            for number, text in session.rows(
                f"SELECT {column}, group_concat(image) FROM {table} "
                f"WHERE {column} IN (SELECT number FROM {column} WHERE org = ?) GROUP BY {column}",
                [self.org],
            ):
                self._add(Link(table, column, number), BitMap(numbers(text)))

    def _add(self, link: Link, images: BitMap) -> None:
        there = self._having.setdefault(link, images)
        if there is not images:
            there.update(images)

    def _changed(self, session: Session) -> tuple[list[Row], list[Row]] | None:
        """Images that were changed, and those deleted, since the state that was seen; None for too many."""
        most = max(_FEW, len(self._all) // 8)
        since = "WHERE org = ? AND version > ? LIMIT ?"
        values = [self.org, self._seen, most + 1]
        there = session.rows(f"SELECT number, source, tagged, size_bytes FROM image {since}", values)
        gone = session.rows(f"SELECT number FROM trash_image {since}", values)
        return None if len(there) + len(gone) > most else (there, gone)

    def _read_again(self, session: Session, there: Sequence[Row], gone: Sequence[Row]) -> None:
        those = [row[0] for row in there]
        here = BitMap(those)
        changed = here | BitMap(number for (number,) in gone)
        born, lost = here - self._all, (changed & self._all) - here
        for bitmap in (self._all, self._tagged, *self._having.values()):
            bitmap.difference_update(changed)
        self._all.update(here)
        self._tagged.update(number for number, _, tagged, _ in there if tagged)
        for link, images in _grouped((Link("image", "source", source), number) for number, source, _, _ in there):
            self._add(link, images)
        for table, column in _LINKS:
            found = session.rows_in(f"SELECT {column}, image FROM {table} WHERE image IN {{in}}", those)
            for link, images in _grouped((Link(table, column, number), image) for number, image in found):
                self._add(link, images)
        if self._sizes is not None:
            self._sizes.add(those, [size for _, _, _, size in there])
        for order in (self._by_time, self._by_name):
            if order is not None and (born or lost):
                order.change(session, born, lost)


def _grouped(pairs: Iterable[tuple[Link, int]]) -> Iterable[tuple[Link, BitMap]]:
    groups: dict[Link, list[int]] = defaultdict(list)
    for link, number in pairs:
        groups[link].append(number)
    return ((link, BitMap(images)) for link, images in groups.items())
