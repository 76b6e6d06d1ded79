"""Something long that goes on."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from labeler.domain.amounts import seconds_text

SURE_AFTER = 2.0
"""Seconds after which the time that is left is told."""


@dataclass(slots=True)
class Work:
    """Something long that goes on: its title, how far it is (`total` 0 while unknown), and its task."""

    title: str
    done: int = 0
    total: int = 0
    task: asyncio.Task[None] | None = None
    begun: float = field(default_factory=time.monotonic)
    left: float | None = None
    """Seconds that it still takes, where that is known otherwise than by `done`."""

    def begin(self, title: str, total: int) -> None:
        """Go on with another part, which is counted anew."""
        self.title, self.done, self.total, self.begun = title, 0, total, time.monotonic()

    @property
    def text(self) -> str:
        """The title, how far it is and, once it can be told, how long it still takes."""
        if not self.total:
            return self.title
        seconds, left = time.monotonic() - self.begun, self.left
        if left is None and seconds > SURE_AFTER and 0 < self.done < self.total:
            left = seconds / self.done * (self.total - self.done)
        when = "" if left is None else f", {seconds_text(left)} left"
        return f"{self.title}  {self.done:,} of {self.total:,}{when}"

    def cancel(self) -> None:
        if self.task:
            self.task.cancel()
