"""One row of captured tabular data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labeler.client.messages import CaptureMetadata


@dataclass(frozen=True, eq=False)
class TabularData:
    """A row: its values, where it comes from, and when. Times are naive and UTC, as in viam-sdk; None is unknown.

    Rows are equal when their texts are.
    """

    data: Mapping[str, Any]
    metadata: CaptureMetadata
    time_requested: datetime | None
    time_received: datetime | None

    def __str__(self) -> str:
        times = f"Time requested: {self.time_requested}\nTime received: {self.time_received}\n"
        return f"{self.data}\n{self.metadata}{times}"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, TabularData) else False

    def __hash__(self) -> int:
        return hash(str(self))
