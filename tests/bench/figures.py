"""What was measured, as rows of one table."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_DISTRIBUTIONS = ("PySide6-Essentials", "grpcio", "protobuf", "apsw", "simplejpeg", "Pillow")


@dataclass(frozen=True, slots=True)
class Side:
    """Samples of one of those who were measured, or why there are none."""

    who: str
    samples: Sequence[float] = ()
    why_not: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def p95(self) -> float:
        """The value that 95 % of the samples do not exceed."""
        return self._at(0.95)

    def _at(self, share: float) -> float:
        ordered = sorted(self.samples)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    def text(self, unit: str) -> str:
        """Median and, of several samples, that which 95 % are as good as or better than."""
        if not self.samples:
            return f"{self.who}: {self.why_not}"
        worst = self._at(0.05) if unit.endswith("/s") else self.p95
        more = f" ({_rounded(worst)})" if len(self.samples) > 1 else ""
        return f"{_rounded(self.median)}{more}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    `ours`, `rivals` and `floor` are in `unit`; all were taken in one run, in turns where there is more than one.
    """

    part: str
    what: str
    unit: str
    ours: Side
    rivals: tuple[Side, ...] = ()
    floor: Side | None = None
    at_most: float | None = field(default=None)
    """What issue 5 or the design asks of the median (rates: at least), in the unit; None where it asks for a ratio."""


HEAD = ("part", "what", "unit", "ours", "rival", "ours/rival", "floor", "ours/floor")


def cells(row: Row) -> list[tuple[str, ...]]:
    """One tuple per rival, at least one."""
    ours, floor = row.ours.text(row.unit), _named(row.floor, row.unit)
    rivals: Sequence[Side | None] = row.rivals or (None,)
    return [
        (
            row.part,
            row.what,
            row.unit,
            ours,
            _named(rival, row.unit),
            _ratio(row.ours, rival),
            floor,
            _ratio(row.ours, row.floor),
        )
        for rival in rivals
    ]


def _named(side: Side | None, unit: str) -> str:
    if side is None:
        return "-"
    return f"{side.who} {side.text(unit)}" if side.samples else side.text(unit)


def table(rows: Sequence[Row]) -> str:
    """A Markdown table."""
    lines = [HEAD, tuple("---" for _ in HEAD), *(line for row in rows for line in cells(row))]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine() -> str:
    """Where and when this runs, and with what."""
    model = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if "model name" in line), "")
    memory = next((int(line.split()[1]) >> 20 for line in _lines("/proc/meminfo") if "MemTotal" in line), 0)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    parts = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"{os.cpu_count()} cores {model or platform.processor()}".strip(),
        f"{memory} GiB",
        f"load {load:.1f} at the start",
        f"{platform.system()} {platform.release()}",
        f"Python {sys.version.split()[0]}",
        *(f"{name} {version(name)}" for name in _DISTRIBUTIONS),
    ]
    return ", ".join(parts)


def _lines(path: str) -> list[str]:
    return Path(path).read_text("utf-8").splitlines() if Path(path).exists() else []


def _ratio(ours: Side, other: Side | None) -> str:
    if other is None or not other.samples or not ours.samples or not other.median:
        return "-"
    return f"{ours.median / other.median:.2f}"


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
