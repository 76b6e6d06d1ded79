"""How a change was sent, noted before it is: what tells later whether the service has it."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Attempt:
    """`edit_id` names the change to a service that does what one id names once; it is empty for other services.

    `twins` counts the boxes like the added one that the image had before, where the service may change
    coordinates a little, so that they prove nothing; else it is None.
    """

    edit_id: str = ""
    twins: int | None = None


NO_ATTEMPT = Attempt()


def new_edit_id() -> str:
    """A UUID of version 7, which says when it was made (RFC 9562)."""
    milliseconds = time.time_ns() // 1_000_000
    number = milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(UUID(int=number))


def age_of(edit_id: str) -> float:
    """Seconds since the id was made, by this machine's clock, which may have been set since."""
    return time.time() - (UUID(edit_id).int >> 80) / 1_000
