"""Who has asked too much: calls per second, and calls at the same time, by the name of who asks."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator

from labeler.server.errors import slow_down

_MOST_NAMES = 10_000


class Rate:
    """A bucket of tokens for each name: full with `burst`, one more each 1 / `per_second` seconds."""

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, name: str) -> float:
        """Take a token; returns 0 if there was one, else the seconds until there is."""
        now = self._clock()
        left = self._left(name, now)
        if left < 1:
            return (1 - left) / self.per_second
        self._buckets[name] = (left - 1, now)
        if len(self._buckets) > _MOST_NAMES:
            self._forget(now)
        return 0.0

    def _left(self, name: str, now: float) -> float:
        left, then = self._buckets.get(name, (self._burst, now))
        return min(self._burst, left + (now - then) * self.per_second)

    def _forget(self, now: float) -> None:
        """Drop the buckets that are full again; if that is not enough, those that are fullest."""
        by_left = sorted(self._buckets, key=lambda name: self._left(name, now))
        self._buckets = {
            name: self._buckets[name] for name in by_left[: _MOST_NAMES // 2] if self._left(name, now) < self._burst
        }


class AtOnce:
    """Counts what is under way: at most `most` together, `most_of_one` for each name."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._under_way: Counter[str] = Counter()
        self._total = 0

    @contextlib.contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """A turn while the block runs. Raises RpcError (RESOURCE_EXHAUSTED) if there are too many."""
        if self._total >= self._most:
            raise slow_down("The service has as many calls under way as it takes", 1.0)
        if self._under_way[name] >= self._most_of_one:
            raise slow_down(f"There are {self._most_of_one} calls of yours under way already", 1.0)
        self._total += 1
        self._under_way[name] += 1
        try:
            yield
        finally:
            self._total -= 1
            self._under_way[name] -= 1
            if not self._under_way[name]:
                del self._under_way[name]
