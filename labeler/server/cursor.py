"""Where a page ended, as text that callers keep for us."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from labeler.domain.errors import InvalidValue
from labeler.domain.filter import Order


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an order: the sort key of a row (microseconds or a name's natural key) and its number.

    It needs no row to be there, so paging goes on after the row is deleted.
    """

    key: int | str
    number: int


def cursor_text(order: Order, position: Position) -> str:
    text = json.dumps([order.value, position.key, position.number], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def cursor_position(text: str, order: Order) -> Position:
    """The place that `cursor_text` wrote. Raises InvalidValue for any other text, or for another order."""
    by_name = order in (Order.NAME, Order.NAME_DESCENDING)
    try:
        written, key, number = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
        fits = isinstance(key, str) if by_name else _is_number(key)
        if written != order.value:
            raise InvalidValue("last: it was given by a page in another order; start again without it")
        if not (fits and _is_number(number)):
            raise ValueError
    except InvalidValue:
        raise
    except (ValueError, TypeError, RecursionError):
        raise InvalidValue("last: not what a page of this service gave; start again without it") from None
    return Position(key, number)


def _is_number(value: object) -> bool:
    return type(value) is int and abs(value) < 2**63
