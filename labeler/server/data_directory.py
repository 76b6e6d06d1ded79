"""A data directory in use: one service at a time, and how a program on this machine finds that service."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from labeler.disk import make_data_directory, replacing
from labeler.domain.errors import LabelerError, Refused
from labeler.server.network_disk import refuse_network_disk

LOCK_FILE = "service.lock"
SERVICE_FILE = "service.json"
_LOCK_SECONDS = 0.5
"""How long to try: the service before may be about to end."""


class DirectoryInUse(Refused):
    """Another service has the data directory."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """How to reach the service that has a data directory open. `certificate` is PEM, "" for plaintext.

    `owner` is the process that it ends with, 0 if it outlives the one that started it.
    """

    target: str
    certificate: str
    token: str = field(repr=False)
    owner: int = 0

    @property
    def is_orphaned(self) -> bool:
        """Whether the service is about to end, as its owner has. Not known on Windows: False there."""
        if self.owner == 0 or sys.platform == "win32":
            return False
        try:
            os.kill(self.owner, 0)
        except OSError as error:
            return isinstance(error, ProcessLookupError)  # Somebody else's process is there, too.
        return False


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the data directory for one service. The system lets go of it however the process ends.

    Raises DirectoryInUse, and LabelerError where the directory cannot be written.
    """
    refuse_network_disk(directory)
    make_data_directory(directory)
    try:
        handle = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        text = f"The data directory {directory} cannot be used: {error.strerror}. Choose another with --data."
        raise LabelerError(text) from error
    try:
        deadline = time.monotonic() + _LOCK_SECONDS
        while not _try_lock(handle):
            if time.monotonic() > deadline:
                text = f"Another labeler service already has the data directory {directory} open. "
                raise DirectoryInUse(text + "Stop it first, or use the address that it serves.")
            time.sleep(0.02)
        (directory / SERVICE_FILE).unlink(missing_ok=True)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextlib.contextmanager
def announced(directory: Path, service: Announcement) -> Iterator[None]:
    """Let programs of this user find the service."""
    path = directory / SERVICE_FILE
    with replacing(path, private=True) as file:
        file.write(json.dumps(asdict(service)).encode())
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def read_announcement(directory: Path) -> Announcement | None:
    """The service last announced and not withdrawn; it may have died since."""
    try:
        fields = json.loads((directory / SERVICE_FILE).read_bytes())
        owner = int(fields.get("owner", 0))
        return Announcement(str(fields["target"]), str(fields["certificate"]), str(fields["token"]), owner)
    except (OSError, ValueError, KeyError, TypeError):
        return None
