"""Amounts in words: numbers of things, bytes and times, to as many figures as a person needs to decide."""

from __future__ import annotations

_UNITS = ("kB", "MB", "GB", "TB")


def count_text(count: int, what: str = "image") -> str:
    """As in 1 image, 2,000 images."""
    return f"1 {what}" if count == 1 else f"{count:,} {what}{'es' if what.endswith('x') else 's'}"


def size_text(size_bytes: int) -> str:
    """As in 312 MB; a thousand to the next unit, as disks and operating systems count."""
    if size_bytes < 1_000:
        return f"{size_bytes} bytes"
    power = next((power for power in (1, 2, 3) if size_bytes / 1_000**power < 999.5), 4)
    value = size_bytes / 1_000**power
    return f"{value:.1f} {_UNITS[power - 1]}" if value < 9.95 else f"{value:,.0f} {_UNITS[power - 1]}"


def seconds_text(seconds: float) -> str:
    """As in about 3 min: how long something will take."""
    if seconds < 60:
        return f"about {max(round(seconds), 1)} s"
    if seconds < 3_600:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3_600:.1f} h"
