"""The two functions of the `bson` package that the reference's examples call, on pymongo's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def dumps(document: Mapping[str, Any]) -> bytes:
    """The document as BSON."""
    from bson import encode  # slow to import, and only queries need it

    return encode(document)


def loads(data: bytes) -> dict[str, Any]:
    """The document of one BSON; times are naive and UTC, outside of what datetime can hold `bson.DatetimeMS`."""
    from bson import CodecOptions, DatetimeConversion, decode

    options: CodecOptions[dict[str, Any]] = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_AUTO)
    return decode(data, codec_options=options)
