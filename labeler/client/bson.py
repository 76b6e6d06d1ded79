"""The two functions of the `bson` package that the reference's examples call, on pymongo's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson import CodecOptions, DatetimeConversion, decode, encode

# A date outside of what datetime can hold is a DatetimeMS, not an error that hides the row.
_OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_AUTO)


def dumps(document: Mapping[str, Any]) -> bytes:
    """The document as BSON."""
    return encode(document)


def loads(data: bytes) -> dict[str, Any]:
    """The document of one BSON; times are naive and UTC."""
    return decode(data, codec_options=_OPTIONS)
