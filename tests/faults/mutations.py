"""Valid protobufs made invalid, and valid ones with values that nobody expects."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

STRINGS = (
    "",
    " ",
    "\0",
    "a\0b",
    "\n\r\t",
    "\u202e\u200b\ufeff",
    "e\u0301",
    "\U0010ffff",
    "x" * 70_000,
    "../../etc/passwd",
    "/",
    "%s%n{0}",
    "'; DROP TABLE image; --",
    '"',
    "*",
    "%",
    "NaN",
    "-1",
    "VIAM_DATASET_x",
    "{}",
    "[" * 5_000,
)
NUMBERS = (0, 1, -1, 2**31 - 1, -(2**31), 2**32 - 1, 2**63 - 1, -(2**63), 2**64 - 1, 1_000)
REALS = (0.0, -0.0, 1.0, math.nan, math.inf, -math.inf, 1e308, 5e-324, -1.0, 0.5)
_HUGE = (b"\xff" * 9 + b"\x01", b"\xff" * 10, b"\xff\xff\xff\xff\x0f", b"\x80" * 9 + b"\x01", b"\xff\xff\xff\xff\x07")
_REAL = (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT)


def flip(seed: bytes, dice: random.Random) -> bytes:
    """A few bits are wrong."""
    found = bytearray(seed)
    for _ in range(dice.randint(1, 8) if found else 0):
        found[dice.randrange(len(found))] ^= 1 << dice.randrange(8)
    return bytes(found)


def truncate(seed: bytes, dice: random.Random) -> bytes:
    return seed[: dice.randrange(len(seed))] if seed else b"\x0a"


def splice(seed: bytes, dice: random.Random) -> bytes:
    """A piece is somewhere else, too, or instead of what was there."""
    start, end = sorted(dice.randrange(len(seed) + 1) for _ in range(2))
    at, skipped = dice.randrange(len(seed) + 1), dice.choice((0, end - start))
    return seed[:at] + seed[start:end] * dice.choice((1, 1, 20)) + seed[at + skipped :]


def lie_about_length(seed: bytes, dice: random.Random) -> bytes:
    """A byte, with luck a length, becomes another number, of one byte or of many."""
    at = dice.randrange(len(seed) + 1)
    return seed[:at] + dice.choice((*_HUGE, b"\x00", b"\x7f", bytes([dice.randrange(256)]))) + seed[at + 1 :]


def add_huge_varint(seed: bytes, dice: random.Random) -> bytes:
    field = dice.randint(1, 20) << 3
    return seed + bytes([field & 0x7F | 0x80, field >> 7]) + dice.choice(_HUGE) + dice.choice((b"", seed))


def nest(seed: bytes, dice: random.Random) -> bytes:
    """A message in a message in a message, to 2,000 levels, or that many groups that never end."""
    number, depth = dice.randint(1, 8), dice.choice((5, 90, 110, 2_000))
    if dice.random() < 0.2:
        return seed + bytes([number << 3 | 3]) * depth
    inner = dice.choice((b"", seed[:20]))
    for _ in range(depth):
        inner = bytes([number << 3 | 2]) + _varint(len(inner)) + inner
    return dice.choice((b"", seed)) + inner


def break_text(seed: bytes, dice: random.Random) -> bytes:
    """Bytes that are no UTF-8 where, with luck, text is."""
    at = dice.randrange(len(seed) + 1)
    wrong = dice.choice((b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\x80"))
    return seed[:at] + wrong + seed[at + len(wrong) :]


def noise(_seed: bytes, dice: random.Random) -> bytes:
    return dice.randbytes(dice.choice((1, 2, 7, 50, 1_000)))


BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip,
    flip,
    truncate,
    splice,
    lie_about_length,
    add_huge_varint,
    nest,
    break_text,
    noise,
)


def mutant(seed: Message, dice: random.Random) -> bytes:
    """The bytes of the message with something wrong in them."""
    if dice.random() < 0.3:
        return _with_other_values(seed, dice)
    return dice.choice(BYTES)(seed.SerializeToString(), dice)


def mutants_of_stream(seeds: Sequence[Message], dice: random.Random) -> list[bytes]:
    """The messages of a stream with one of them wrong, or missing, or there twice."""
    found = [seed.SerializeToString() for seed in seeds]
    at = dice.randrange(len(found))
    kind = dice.randrange(10)
    if kind == 0:
        del found[at]
    elif kind == 1:
        found.insert(dice.randrange(len(found) + 1), found[at])
    else:
        found[at] = mutant(seeds[at], dice)
    return found


def _varint(number: int) -> bytes:
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


def _with_other_values(seed: Message, dice: random.Random) -> bytes:
    copy = type(seed)()
    copy.CopyFrom(seed)
    message: Any = copy
    for _ in range(dice.randint(1, 3)):
        _set_something(message, dice, 0)
    return bytes(copy.SerializeToString())


def _set_something(message: Any, dice: random.Random, depth: int) -> None:
    fields = message.DESCRIPTOR.fields
    if not fields or depth > 4:
        return
    field = dice.choice(fields)
    value = getattr(message, field.name)
    if field.message_type is not None:
        if field.message_type.GetOptions().map_entry:
            return
        if field.is_repeated and (not value or dice.random() < 0.3):
            value.add()
        _set_something(dice.choice(value) if field.is_repeated else value, dice, depth + 1)
    elif field.is_repeated:
        one = _value(field, dice)
        value.extend([one] * dice.choice((1, 1, 2, 3 if isinstance(one, str | bytes) and len(one) > 100 else 300)))
    elif dice.random() < 0.2:
        message.ClearField(field.name)
    else:
        setattr(message, field.name, _value(field, dice))


def _value(field: FieldDescriptor, dice: random.Random) -> Any:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return dice.choice((b"", b"\0", dice.randbytes(30), bytes(100_000)))
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return dice.choice(STRINGS)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return dice.random() < 0.5
    if field.cpp_type in _REAL:
        return dice.choice(REALS)
    if field.cpp_type in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_ENUM):
        return dice.choice([number for number in NUMBERS if -(2**31) <= number < 2**31])
    if field.cpp_type == FieldDescriptor.CPPTYPE_UINT32:
        return dice.choice([number for number in NUMBERS if 0 <= number < 2**32])
    unsigned = field.cpp_type == FieldDescriptor.CPPTYPE_UINT64
    return dice.choice([number for number in NUMBERS if (number >= 0 if unsigned else -(2**63) <= number < 2**63)])
