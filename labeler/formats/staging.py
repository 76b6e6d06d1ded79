"""A folder that is there whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from labeler.disk import sync
from labeler.domain.errors import InvalidValue


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked for it
    """`StagedFolder.commit` was asked to stop before the folder was in place."""


class StagedFolder:
    """Collects files in `work`, then puts them at `out` in one step.

    For a new `out` the work folder is its neighbour and is renamed. An empty `out` keeps its identity
    (it can be where a disk is mounted): the work folder is inside and its entries are moved up, with
    `last` after all others, so that what says the folder is whole appears when it is.
    """

    def __init__(self, out: Path, last: str) -> None:
        """Raises InvalidValue if `out` is a file or not empty."""
        self._out = out.absolute()
        self._last = last
        if self._out.exists() and not self._out.is_dir():
            raise InvalidValue(f"{out} is a file; choose a new or empty folder to export to")
        self._is_new = not self._out.exists()
        if not self._is_new and any(self._out.iterdir()):
            raise InvalidValue(f"{out} is not empty; choose a new or empty folder to export to")
        name = f".labeler-{secrets.token_hex(4)}.partial"
        self.work = (self._out.parent if self._is_new else self._out) / name

    def begin(self) -> None:
        """Make the work folder. Until then nothing on disk is touched."""
        self.work.mkdir(parents=True)

    def commit(self, is_stopped: Callable[[], bool] = lambda: False) -> None:
        """Force all to disk and put it in place. Raises Stopped, with nothing in place, if asked to stop."""
        for folder, _, files in os.walk(self.work, topdown=False):
            for name in files:
                if is_stopped():
                    raise Stopped
                sync(Path(folder, name))
            sync(Path(folder))
        if self._is_new:
            self.work.rename(self._out)
            sync(self._out.parent)
            return
        for entry in sorted(self.work.iterdir(), key=lambda entry: entry.name == self._last):
            entry.rename(self._out / entry.name)
        self.work.rmdir()
        sync(self._out)

    def discard(self) -> None:
        """Remove what was collected; nothing else is touched. Allowed at any time."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self.work)
