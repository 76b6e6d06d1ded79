"""JSON as Viam's own programs, which are written in Go, write it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""What Go makes of a time that a message does not have."""

_ESCAPED = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)  # fmt: skip
"""What Go's encoding/json escapes beside JSON's own rules."""


def _number(value: float) -> str:
    """The shortest digits that read back the same, with an exponent below 1e-6 and from 1e21 on."""
    if value == 0:
        return "0"
    digits = repr(value)
    mantissa, _, exponent = digits.partition("e")
    if 1e-6 <= abs(value) < 1e21:
        if exponent:
            places = -int(exponent) + len(mantissa.partition(".")[2])
            return f"{value:.{max(places, 0)}f}"
        return digits.removesuffix(".0")
    return f"{mantissa.removesuffix('.0')}e{int(exponent):+d}"


def go_json(value: object, escape_html: bool = True) -> str:
    """Compact JSON in the way of Go's encoding/json; without `escape_html`, in the way of its protojson."""
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return text.translate(_ESCAPED) if escape_html else text
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        pairs = (f"{go_json(key, escape_html)}:{go_json(one, escape_html)}" for key, one in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(go_json(one, escape_html) for one in value) + "]"
    return json.dumps(value)


def _fraction(time: datetime) -> str:
    return f".{time.microsecond:06d}".rstrip("0") if time.microsecond else ""


def go_time_string(time: datetime) -> str:
    """`time.String()`: `2024-01-01 00:00:00.5 +0000 UTC`."""
    time = time.astimezone(UTC)
    return f"{time:%Y-%m-%d %H:%M:%S}{_fraction(time)} +0000 UTC"


def rfc3339_nano(time: datetime) -> str:
    """`time.RFC3339Nano` in UTC: `2024-01-01T00:00:00.5Z`."""
    time = time.astimezone(UTC)
    return f"{time:%Y-%m-%dT%H:%M:%S}{_fraction(time)}Z"


def protojson_time(time: datetime) -> str:
    """A Timestamp in protojson: a fraction of 0, 3 or 6 digits."""
    time = time.astimezone(UTC)
    digits = f".{time.microsecond:06d}" if time.microsecond % 1000 else f".{time.microsecond // 1000:03d}"
    return f"{time:%Y-%m-%dT%H:%M:%S}{digits if time.microsecond else ''}Z"
