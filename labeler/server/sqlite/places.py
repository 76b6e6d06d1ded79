"""From a place in an order to where a page begins."""

from __future__ import annotations

from labeler.domain.filter import Filter, Order
from labeler.server.cursor import Position, cursor_text
from labeler.server.sqlite.database import Session
from labeler.server.sqlite.query import is_descending, resolve, runs
from labeler.server.sqlite.read import organization


def last_before(session: Session, organization_id: str, wanted: Filter, order: Order, start: int) -> str | None:
    """The `last` after which the page begins that has `start` images before it; None if there are not so many."""
    if start == 0:
        return ""
    found = resolve(session, organization(session, organization_id), wanted)
    if found.is_nothing:
        return None
    # Without an order and a limit of their own SQLite merges the runs by their indices, and sorts and keeps nothing.
    statements = runs(session, found, order, None, None)
    direction = "DESC" if is_descending(order) else "ASC"
    union = " UNION ".join(one.text for one in statements)
    row = session.row(
        f"{union} ORDER BY 1 {direction}, 2 {direction} LIMIT 1 OFFSET ?",
        [*(value for one in statements for value in one.values), start - 1],
    )
    return cursor_text(order, Position(*row)) if row else None
