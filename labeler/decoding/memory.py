"""Memory without a name that two processes see: gone with the last of them, however they end."""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
import weakref
from collections import deque

SPARE_BYTES = 24 * 1024 * 1024
"""How much memory is kept for pictures to come: a few of the size of a screen."""
_POPULATE = getattr(mmap, "MAP_POPULATE", 0)
_LINUX = sys.platform == "linux"


def new_memory(size: int) -> int:
    """A descriptor of so many bytes of zeros."""
    if _LINUX:
        found = os.memfd_create("picture", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    else:
        with tempfile.TemporaryFile() as file:
            found = os.dup(file.fileno())
    os.ftruncate(found, size)
    return found


def writable(descriptor: int, size: int) -> mmap.mmap:
    """The first bytes of memory, to be written; it grows where it is smaller."""
    if os.fstat(descriptor).st_size < size:
        os.ftruncate(descriptor, size)
    return mmap.mmap(descriptor, size, flags=mmap.MAP_SHARED | _POPULATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)


def _readable(descriptor: int, size: int) -> mmap.mmap:
    """The same to be read, without a fault for each page where it is painted."""
    return mmap.mmap(descriptor, size, flags=mmap.MAP_SHARED | _POPULATE, prot=mmap.PROT_READ)


def keep_size(descriptor: int) -> None:
    """Nobody can make the memory smaller any more: reading what is gone would end the process."""
    if _LINUX:
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)


class Spares:
    """Memory of pictures that nobody looks at any more, to be written again: new memory costs a third of a decode."""

    def __init__(self) -> None:
        self._descriptors: deque[tuple[int, int]] = deque()
        """Each with its bytes: who takes one may close it at once, so that only one's own is asked for its size."""
        self._closed = False

    def take(self) -> int | None:
        """A descriptor, the caller's now; None where there is none."""
        try:
            return self._descriptors.pop()[0]
        except IndexError:
            return None

    def give(self, descriptor: int) -> None:
        """Keep a descriptor for `take`, or close it."""
        self._descriptors.append((descriptor, os.fstat(descriptor).st_size))
        while self._closed or self._bytes() > SPARE_BYTES:
            try:
                oldest, _ = self._descriptors.popleft()
            except IndexError:
                return
            os.close(oldest)

    def read(self, descriptor: int, size: int) -> mmap.mmap:
        """The first bytes of memory, read only; when the result goes, its descriptor is given back.

        Raises ValueError if there is not so much, OSError where nothing more can be shown; it is given back then, too.
        """
        try:
            found = _readable(descriptor, size)
        except BaseException:
            self.give(descriptor)
            raise
        weakref.finalize(found, self.give, descriptor).atexit = False
        return found

    def close(self) -> None:
        self._closed = True
        while (descriptor := self.take()) is not None:
            os.close(descriptor)

    def _bytes(self) -> int:
        while True:
            try:
                return sum(size for _, size in self._descriptors)
            except RuntimeError:
                continue  # One was given or taken meanwhile.
