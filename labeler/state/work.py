"""Something long that goes on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(slots=True)
class Work:
    """Something long that goes on: its title, how far it is (`total` 0 while unknown), and its task."""

    title: str
    done: int = 0
    total: int = 0
    task: asyncio.Task[None] | None = None

    def cancel(self) -> None:
        if self.task:
            self.task.cancel()
