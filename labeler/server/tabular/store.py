"""What is kept of tabular data, and what is asked of a store of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from labeler.domain.errors import Refused
from labeler.domain.filter import Filter, Order


class TooManyRows(Refused):
    """A copy of the rows for one query would be larger than allowed."""


@dataclass(frozen=True, slots=True)
class Capture:
    """Where readings come from. `method_parameters` is a serialised CaptureMetadata with that field alone."""

    location_id: str
    robot_id: str
    robot_name: str
    part_id: str
    part_name: str
    component_type: str
    component_name: str
    method: str
    method_parameters: bytes = b""
    parameters: str = "{}"
    """The same parameters as a JSON object with sorted keys."""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewReading:
    """`data` is the text of a JSON object; NaN and Infinity may stand in it as Python writes them. Times are aware."""

    time_requested: datetime
    time_received: datetime
    data: str


@dataclass(frozen=True, slots=True)
class Reading:
    capture: Capture
    time_requested: datetime
    time_received: datetime
    time_stored: datetime
    data: str


@dataclass(frozen=True, slots=True)
class ReadingPage:
    """Readings in order; `last` continues after them, also when they are gone."""

    readings: tuple[Reading, ...]
    last: str


@dataclass(frozen=True, slots=True)
class ReadingTotal:
    readings: int
    size_bytes: int
    """Of the data as JSON text."""


class TabularStore(Protocol):
    """Readings of all organizations; every method sees those of one. A change is durable when it returns.

    A filter on mime types, box labels or datasets keeps no reading: readings have none of these.
    """

    async def insert(
        self, organization_id: str, capture: Capture, readings: Sequence[NewReading], stored: datetime
    ) -> None: ...

    async def page(
        self,
        organization_id: str,
        wanted: Filter,
        order: Order,
        last: str,
        limit: int,
        parameters: str | None = None,
    ) -> ReadingPage:
        """Up to `limit` readings after `last` ("" for the first), of the newest or oldest first.

        `parameters` restricts to captures with these, as in `Capture.parameters`. On an empty page, `last` is what
        was given. Raises InvalidValue for a `last` that no page in this order gave.
        """
        ...

    async def count(self, organization_id: str, wanted: Filter) -> ReadingTotal: ...

    async def delete(self, organization_id: str, wanted: Filter) -> int:
        """Delete what the filter keeps; returns how many."""
        ...

    async def copy_rows(self, organization_id: str, wanted: Filter, path: Path) -> None:
        """Write the readings as JSON lines with the columns of the table `readings`, oldest first.

        Times are microseconds since 1970 UTC; what JSON cannot say (NaN, Infinity) is null. Raises TooManyRows.
        """
        ...

    async def close(self) -> None: ...
