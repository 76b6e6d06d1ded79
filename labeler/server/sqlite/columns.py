"""Columns of many rows, read as one text each: a row at a time costs Python ten times as much."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, Literal

from labeler.server.sqlite.session import Session

_LONG = 200_000
"""Characters; below, converting them costs less than importing numpy."""


def numbers(text: str | None, kind: Literal["I", "q"] = "I") -> array[int]:
    """The integers of a `group_concat`, with 32 bits and no sign ("I"), or with 64 and one ("q")."""
    if not text:
        return array(kind)
    if len(text) < _LONG:
        return array(kind, map(int, text.split(",")))
    import numpy

    return array(kind, numpy.fromstring(text, dtype=kind, sep=",").tobytes())


def pairs(session: Session, column: str, tables: str, values: Sequence[Any]) -> tuple[array[int], array[int]]:
    """The numbers of images and another column of the same rows, in no order. `tables` is what follows FROM."""
    row = session.row(f"SELECT group_concat(number), group_concat({column}) FROM {tables}", values)
    return (numbers(row[0]), numbers(row[1], "q")) if row else (numbers(""), numbers("", "q"))
