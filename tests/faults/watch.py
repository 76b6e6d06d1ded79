"""Tells whether anybody opened a file, by the kernel's word (inotify(7))."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OPENED = 0x20
_libc = ctypes.CDLL(None, use_errno=True)


class Watch:
    """`opened()` is whether the file was opened since it was asked last."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def opened(self) -> bool:
        try:
            return bool(os.read(self._descriptor, 65_536))
        except BlockingIOError:
            return False


@contextmanager
def watched(path: Path) -> Iterator[Watch]:
    descriptor = _libc.inotify_init1(os.O_NONBLOCK)
    try:
        assert _libc.inotify_add_watch(descriptor, os.fsencode(path), _OPENED) > 0, os.strerror(ctypes.get_errno())
        yield Watch(descriptor)
    finally:
        os.close(descriptor)
