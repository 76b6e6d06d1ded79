"""What the data client takes, checked before anything is sent.

A wrong type is a TypeError, a value no service takes an InvalidCallError (a ValueError and a GRPCError);
both begin with the argument's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from google.protobuf.message import Message

from labeler.client.messages import BinaryID
from labeler.domain.text import is_text
from labeler.rpc.convert import binary_data_id
from labeler.rpc.errors import InvalidCallError

Of = TypeVar("Of", bound=Message)
Times = tuple[datetime, datetime]

_LARGEST_UINT64: Final = 2**64 - 1


def wrong_type(name: str, wanted: str, value: object) -> TypeError:
    return TypeError(f"{name} must be {wanted}, not {type(value).__name__}")


def text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise wrong_type(name, "a str", value)
    if not is_text(value):
        raise InvalidCallError(name, f"is {value!a}, which no service takes: it has half a character in it")
    return value


def nonempty_text(name: str, value: object) -> str:
    if not text(name, value):
        raise InvalidCallError(name, "is empty")
    return str(value)


def optional_text(name: str, value: object) -> str:
    """The text, "" for None: the wire does not know the difference."""
    return "" if value is None else text(name, value)


def flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise wrong_type(name, "True or False", value)
    return value


def whole(name: str, value: object, largest: int = _LARGEST_UINT64) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(name, "an int", value)
    if not 0 <= value <= largest:
        raise InvalidCallError(name, f"is {value}; it must be from 0 to {largest}")
    return value


def fraction(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(name, "a number", value)
    if not 0 <= value <= 1:  # also NaN
        raise InvalidCallError(name, f"is {value}; it must be from 0 to 1")
    return float(value)


def texts(name: str, value: Iterable[str] | None) -> list[str]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise wrong_type(name, "a list of str", value)
    return [text(f"{name}[{place}]", each) for place, each in enumerate(value)]


def nonempty_texts(name: str, value: Iterable[str] | None) -> list[str]:
    checked = texts(name, value)
    if not checked:
        raise InvalidCallError(name, "is empty")
    return checked


def optional_texts(name: str, value: Iterable[str] | None) -> list[str]:
    return [] if value is None else texts(name, value)


def message(name: str, value: object, kind: type[Of]) -> Of:
    """The message; one of another package's code for the same protocol is converted."""
    if isinstance(value, kind):
        return value
    if isinstance(value, Message) and value.DESCRIPTOR.full_name == kind.DESCRIPTOR.full_name:
        return kind.FromString(value.SerializeToString())
    raise wrong_type(name, f"a {kind.DESCRIPTOR.name}", value)


def optional_message(name: str, value: object, kind: type[Of]) -> Of | None:
    return None if value is None else message(name, value, kind)


def enum_number(name: str, value: object, known: Iterable[int]) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(name, "one of the enum's values", value)
    if value not in known:
        raise InvalidCallError(name, f"is {value}, which is not one of the enum's values")
    return value


def ids(name: str, value: Sequence[BinaryID] | Sequence[str]) -> dict[str, Any]:
    """The two fields that every request by ids has: one of them is filled, in the given order."""
    if isinstance(value, str | bytes | Message | Mapping) or not isinstance(value, Iterable):
        raise wrong_type(name, "a list of BinaryID or of str", value)
    checked = [one_id(f"{name}[{place}]", each) for place, each in enumerate(value)]
    if not checked:
        raise InvalidCallError(name, "is empty")
    if all(isinstance(each, BinaryID) for each in checked):
        return {"binary_ids": checked}
    return {"binary_data_ids": [each if isinstance(each, str) else _joined(each) for each in checked]}


def one_id(name: str, value: object) -> BinaryID | str:
    if isinstance(value, str):
        return nonempty_text(name, value)
    if isinstance(value, Message):
        return message(name, value, BinaryID)
    raise wrong_type(name, "a BinaryID or a str", value)


def id_fields(name: str, value: BinaryID | str) -> dict[str, Any]:
    """The two fields that every request for one image has: one of them is filled."""
    checked = one_id(name, value)
    return {"binary_data_id": checked} if isinstance(checked, str) else {"binary_id": checked}


def _joined(value: BinaryID) -> str:
    return binary_data_id(value.organization_id, value.location_id, value.file_id)


def times(name: str, value: object) -> Times | None:
    """Times requested and received: two datetimes, or a list with one pair of them."""
    if value is None:
        return None
    if isinstance(value, Sequence) and len(value) == 1:
        value = value[0]
    if not _is_pair(value):
        raise wrong_type(name, "two datetimes (requested, received)", value)
    return value[0], value[1]  # type: ignore[index]


def times_of_rows(name: str, value: object, rows: int) -> list[Times | None]:
    """A pair of times for each row: one pair for all, or a list of as many pairs as rows."""
    if value is None:
        return [None] * rows
    if _is_pair(value):
        return [times(name, value)] * rows
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise wrong_type(name, "a list of pairs of datetimes", value)
    if len(value) != rows:
        raise InvalidCallError(name, f"has {len(value)} pairs for {rows} rows of tabular_data")
    pairs = [(f"{name}[{place}]", each) for place, each in enumerate(value)]
    for place, each in pairs:
        if not _is_pair(each):
            raise wrong_type(place, "two datetimes (requested, received)", each)
    return [times(place, each) for place, each in pairs]


def _is_pair(value: object) -> bool:
    is_two = isinstance(value, Sequence) and not isinstance(value, str | bytes) and len(value) == 2
    return is_two and all(isinstance(each, datetime) for each in value)  # type: ignore[attr-defined]
