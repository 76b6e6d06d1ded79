"""Where edits are on their way to the service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from labeler.domain.edit import Change


class SaveState(Enum):
    """Where an image's edits are; the worst of them counts."""

    SAVING = "saving"
    SAVED_HERE = "saved here"
    DELIVERED = "delivered"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """Edits by where they are; one whose changes are in several places counts in each."""

    saving: int = 0
    waiting: int = 0
    refused: int = 0
    conflicts: int = 0
    """Edits that the service's own state contradicts; a person has to choose."""
    problem: str = ""
    """Why edits do not go on, in a few words ("offline", "key not accepted", "not saved"), empty while they do."""
    trouble: str = ""
    """A sentence about a disk that somebody has to mend or make room on, else empty."""


@dataclass(frozen=True, slots=True)
class Held:
    """A change that the service did not take, kept until the person decides."""

    edit_id: str
    title: str
    at: datetime
    change: Change
    state: SaveState
    """CONFLICT or REFUSED."""
    problem: str
    """Why, as a sentence."""
