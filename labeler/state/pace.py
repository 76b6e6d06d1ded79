"""Whether the person goes from image to image or rests at one, so that what can wait does not hold up the hand."""

from __future__ import annotations

import asyncio

from labeler.state.signal import Signal

HASTE_SECONDS = 0.12
"""Steps that follow each other sooner are those of a key held down, or of a hand that does not look yet."""
REST_SECONDS = 0.05


class Pace:
    """What the canvas shows follows each step at once; everything else follows `rested`.

    Signals: `rested` after the last step: at once when the next turn of the event loop comes, which is after the
    canvas is painted, and after `REST_SECONDS` where steps follow each other fast.
    """

    def __init__(self) -> None:
        self.rested: Signal[()] = Signal()
        self._last = 0.0
        self._waiting: asyncio.TimerHandle | None = None

    @property
    def is_resting(self) -> bool:
        """Whether nothing waits for `rested`."""
        return self._waiting is None

    def step(self) -> None:
        """Another image is in front."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        is_fast, self._last = now - self._last < HASTE_SECONDS, now
        if self._waiting:
            self._waiting.cancel()
        self._waiting = loop.call_later(REST_SECONDS if is_fast else 0, self.rest)

    def rest(self) -> None:
        """Let follow at once what waits."""
        if self._waiting:
            self._waiting.cancel()
            self._waiting = None
            self.rested.emit()
