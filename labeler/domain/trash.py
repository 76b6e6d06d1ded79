"""Deleted images that can be brought back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

TRASH_AGE = timedelta(days=30)
"""How long a deleted image is kept by the labeler's own service."""


@dataclass(frozen=True, slots=True)
class TrashedImage:
    """An image in the trash, with how many boxes and tags are on it; it goes for good when it `expires`."""

    id: str
    file_name: str
    size_bytes: int
    deleted: datetime
    expires: datetime
    boxes: int = 0
    tags: int = 0

    def days_left(self, now: datetime) -> int:
        """Days until it goes, the begun one counted; 0 when its time is over."""
        return max(-((now - self.expires) // timedelta(days=1)), 0)


@dataclass(frozen=True, slots=True)
class TrashPage:
    """A run of deleted images, the last deleted first. `next` asks for what follows; empty after the last page."""

    images: tuple[TrashedImage, ...]
    next: str
