"""Changes of images: on what terms they are asked for, how they are numbered, and who is told of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from labeler.domain.errors import Refused

ANSWER_AGE = timedelta(days=30)
"""How long what a change was answered is kept at least, for a client that asks again."""


class ChangedMeanwhile(Refused):
    """The image is of another version than the change was asked for; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a change is asked for.

    A change with an `edit_id` is made once in its organization: asked for again, it is answered as it was,
    and nothing is changed. `request` is a digest of what is asked; another one under the same id is
    InvalidValue. With `if_match`, a change of a box is made only while its image has this version, else it is
    ChangedMeanwhile. `author` is a number from 1 to 2^63 - 1 that tells a client from others; 0 is not told.
    """

    edit_id: str = ""
    request: bytes = b""
    if_match: int | None = None
    author: int = 0


FREELY = Terms()


@dataclass(frozen=True, slots=True)
class Changed:
    """Ids of images that were changed or deleted, each once. `position` is where the next ones follow."""

    ids: tuple[str, ...]
    position: str


class News:
    """Tells those who listen that images of an organization may have changed. Used on one event loop."""

    def __init__(self) -> None:
        self._listening: dict[str, set[asyncio.Event]] = defaultdict(set)

    @contextlib.contextmanager
    def listening(self, organization_id: str) -> Iterator[asyncio.Event]:
        """An event that is set at each change; who waits for it clears it."""
        event = asyncio.Event()
        self._listening[organization_id].add(event)
        try:
            yield event
        finally:
            self._listening[organization_id].discard(event)
            if not self._listening[organization_id]:
                del self._listening[organization_id]

    def tell(self, organization_id: str) -> None:
        for event in self._listening.get(organization_id, ()):
            event.set()
