"""How the memory of this process is handed back."""

from __future__ import annotations

_BLOCK = 8 << 20


def keep_freed() -> None:
    """Have the C library keep some MiB of what is freed, for the next message, rather than hand all of it back.

    An image passes through several blocks of its size that live for a millisecond; to have each of them mapped anew
    by the system takes a third of the time of a call that brings one. glibc keeps twice the largest block (up to
    32 MiB) that was ever mapped and freed, unless its tunables say otherwise, so one that nobody writes to is enough.
    Elsewhere nothing changes.
    """
    bytes(_BLOCK)
