"""The service of a data directory on this machine: attached to where one runs, else started as a child."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from labeler.child_environment import environment_of_child
from labeler.client.channel import PLAINTEXT, Connection, Endpoint
from labeler.domain.errors import LabelerError, NotSignedIn, Refused, Unreachable
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.server.data_directory import read_announcement

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_ANSWER_SECONDS = 3.0
_AGAIN_SECONDS = 0.5
"""Between attempts to find or start another service after one that ended."""
_BEAT = 0.02
_LONGEST_SOCKET_PATH = 90
"""Systems take 104 bytes or more."""
_DESCRIBE = "/labeler.v1.LabelerService/Describe"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LocalService:
    """A running service. `started_here` tells that it ends with the block that opened it."""

    endpoint: Endpoint
    started_here: bool


@contextlib.asynccontextmanager
async def open_local(
    data_directory: Path, on_moved: Callable[[Endpoint], None] | None = None
) -> AsyncIterator[LocalService]:
    """The service that has the data directory open; where there is none, one of this process's own.

    Its calls are those of this machine's user, who may open paths. With `on_moved`, another is found or
    started whenever the service ends, and `on_moved` told where it is. Raises LabelerError, with the
    service's own sentence, if it cannot start.
    """
    deadline = time.monotonic() + _START_SECONDS
    child = _Child(data_directory)
    try:
        while (endpoint := await _running(data_directory) or await child.start()) is None:
            # Somebody else has the directory and is about to announce where, or has just let go of it.
            if time.monotonic() > deadline:
                raise LabelerError(child.complaint)
            await asyncio.sleep(_BEAT)
        keeping = asyncio.create_task(_keep(child, endpoint, on_moved)) if on_moved else None
        try:
            yield LocalService(endpoint, started_here=child.is_running)
        finally:
            if keeping:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)
    finally:
        await asyncio.to_thread(child.stop)


async def _keep(child: _Child, endpoint: Endpoint, on_moved: Callable[[Endpoint], None]) -> None:
    """Find or start another service whenever one ends."""
    while True:
        async with await Connection.open(endpoint) as connection:
            await connection.lost()
        _log.info("the data service of %s ended", child.data_directory)
        found = None
        while found is None:
            try:
                found = await _running(child.data_directory) or await child.start()
            except LabelerError as error:
                _log.warning("the data service does not start again: %s", error)
            if found is None:
                await asyncio.sleep(_AGAIN_SECONDS)
        endpoint = found
        on_moved(endpoint)


async def _running(data_directory: Path) -> Endpoint | None:
    """The announced service, if it answers: one that was killed cannot withdraw its announcement.

    One whose owner was killed still answers until it notices, and is not begun with.
    """
    found = await asyncio.to_thread(read_announcement, data_directory)
    if found is None or found.is_orphaned:
        return None
    security = found.certificate.encode() if found.certificate else PLAINTEXT
    endpoint = Endpoint(found.target, security, token=found.token)
    try:
        async with await Connection.open(endpoint) as connection:
            request = labeler_pb2.DescribeRequest()
            await connection.unary(_DESCRIBE, request, labeler_pb2.DescribeResponse, timeout=_ANSWER_SECONDS)
    except (Unreachable, NotSignedIn, Refused):
        return None
    return endpoint


class _Child:
    """A service as a child process. It ends when the pipe that it reads from does, however this process ends."""

    def __init__(self, data_directory: Path) -> None:
        self.data_directory = data_directory
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._starting = threading.Lock()
        self._is_over = False
        self.complaint = ""

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def start(self) -> Endpoint | None:
        """Start it; returns when it answers. None if it found the data directory in use.

        Raises LabelerError with the reason it gave. May be called again when it has ended.
        """
        await asyncio.to_thread(self._end)
        token = secrets.token_urlsafe(32)
        ready = await asyncio.wait_for(asyncio.to_thread(self._launch, token), _START_SECONDS)
        if ready:
            return Endpoint(str(json.loads(ready)["listening"]), PLAINTEXT, token=token)
        if " already has the data directory " in self.complaint:
            return None
        raise LabelerError(self.complaint)

    def _launch(self, token: str) -> bytes:
        """Start the process and wait for its line; empty if it ended instead."""
        with self._starting:
            if self._is_over:
                return b""
            self._folder = _fresh_folder()
            complaints, path = self._folder / "complaints", self._folder / "s"
            with complaints.open("wb") as errors:
                self._process = process = subprocess.Popen(
                    [sys.executable, "-m", "labeler", "serve", "--data", str(self.data_directory), "--embedded"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    env=environment_of_child(),
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
        stdin, stdout = process.stdin, process.stdout
        if stdin is None or stdout is None:
            return b""
        with contextlib.suppress(OSError, ValueError):  # It ended, or `stop` has closed the pipe.
            stdin.write(
                json.dumps({"token": token, "socket": str(path) if _has_unix_sockets() else ""}).encode() + b"\n"
            )
            stdin.flush()
        ready = stdout.readline()
        if not ready:
            process.wait()
            lines = complaints.read_text("utf-8", "replace").strip().splitlines()
            self.complaint = lines[-1].removeprefix("labeler: ") if lines else "The data service ended as it started."
        return ready

    def stop(self) -> None:
        """End the process, if it runs, and wait for it; none is started any more."""
        with self._starting:
            self._is_over = True
        self._end()

    def _end(self) -> None:
        process = self._process
        if process is not None:
            if process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _has_unix_sockets() -> bool:
    return sys.platform != "win32" and hasattr(socket, "AF_UNIX")


def _fresh_folder() -> Path:
    """A new folder that only this user can enter, with a path short enough for a socket in it."""
    folder = Path(tempfile.mkdtemp(prefix="labeler-"))
    if _has_unix_sockets() and len(bytes(folder)) > _LONGEST_SOCKET_PATH:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="labeler-", dir="/tmp"))
    return folder
