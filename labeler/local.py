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

from labeler.client.channel import PLAINTEXT, Connection, Endpoint
from labeler.domain.errors import LabelerError, NotSignedIn, Refused, Unreachable
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.server.data_directory import read_announcement

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_ANSWER_SECONDS = 3.0
_AGAIN_SECONDS = 1.0
"""Between attempts to start a service again."""
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
async def open_local(data_directory: Path, on_return: Callable[[], None] = lambda: None) -> AsyncIterator[LocalService]:
    """The service that has the data directory open; where there is none, one of this process's own.

    Its calls are those of this machine's user, who may open paths. One of this process's own that ends
    is started again at the same endpoint, and `on_return` called. Raises LabelerError, with the
    service's own sentence, if it cannot start.
    """
    deadline = time.monotonic() + _START_SECONDS
    while (endpoint := await _running(data_directory)) is None:
        child = _Child(data_directory)
        try:
            own = await child.start()
            if own is not None:
                keeping = asyncio.create_task(_keep_running(child, on_return), name="the local service")
                try:
                    yield LocalService(own, started_here=True)
                finally:
                    keeping.cancel()
                    await asyncio.gather(keeping, return_exceptions=True)
                return
        finally:
            await asyncio.to_thread(child.stop)
        # Somebody else has the directory and is about to announce where, or has just let go of it.
        if time.monotonic() > deadline:
            raise LabelerError(child.complaint)
    yield LocalService(endpoint, started_here=False)


async def _running(data_directory: Path) -> Endpoint | None:
    """The announced service, if it answers: one that was killed cannot withdraw its announcement."""
    found = await asyncio.to_thread(read_announcement, data_directory)
    if found is None:
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


async def _keep_running(child: _Child, on_return: Callable[[], None]) -> None:
    while True:
        await asyncio.to_thread(child.wait)
        _log.warning("the data service ended; starting it again")
        while not await asyncio.to_thread(child.launch):  # noqa: ASYNC110 - nothing tells when it can start
            await asyncio.sleep(_AGAIN_SECONDS)
        on_return()


class _Child:
    """A service as a child process. It ends when the pipe that it reads from does, however this process ends."""

    def __init__(self, data_directory: Path) -> None:
        self._data_directory = data_directory
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = _fresh_folder()
        self._first_line = {
            "token": secrets.token_urlsafe(32),
            "socket": str(self._folder / "s") if _has_unix_sockets() else "",
            "port": 0,
        }
        self._starting = threading.Lock()
        self._stopped = False
        self.complaint = ""

    async def start(self) -> Endpoint | None:
        """Start it; returns when it answers. None if it found the data directory in use.

        Raises LabelerError with the reason it gave.
        """
        ready = await asyncio.wait_for(asyncio.to_thread(self.launch), _START_SECONDS)
        if ready:
            target = str(json.loads(ready)["listening"])
            if not self._first_line["socket"]:
                self._first_line["port"] = int(target.rpartition(":")[2])
            return Endpoint(target, PLAINTEXT, token=str(self._first_line["token"]))
        if " already has the data directory " in self.complaint:
            return None
        raise LabelerError(self.complaint)

    def launch(self) -> bytes:
        """Start the process and wait for its line; empty if it ended instead, or is not to start any more."""
        complaints = self._folder / "complaints"
        with self._starting:
            if self._stopped:
                return b""
            self._close_pipes()
            with complaints.open("wb") as errors:
                self._process = process = subprocess.Popen(
                    [sys.executable, "-m", "labeler", "serve", "--data", str(self._data_directory), "--embedded"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
        if process.stdin is None or process.stdout is None:
            return b""
        # What is closed or broken here was ended by `stop` or by itself, which the empty line tells.
        with contextlib.suppress(OSError, ValueError):
            process.stdin.write(json.dumps(self._first_line).encode() + b"\n")
            process.stdin.flush()
        ready = process.stdout.readline()
        if not ready:
            process.wait()
            lines = complaints.read_text("utf-8", "replace").strip().splitlines()
            self.complaint = lines[-1].removeprefix("labeler: ") if lines else "The data service ended as it started."
            _log.info("the data service did not start: %s", self.complaint)
        return ready

    def wait(self) -> None:
        """Return when the process has ended."""
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """End the process, if it runs, and wait for it."""
        with self._starting:
            self._stopped = True
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
            self._close_pipes()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout) if self._process else ():
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _has_unix_sockets() -> bool:
    return sys.platform != "win32" and hasattr(socket, "AF_UNIX")


def _fresh_folder() -> Path:
    """A new folder that only this user can enter, with a path short enough for a socket in it."""
    folder = Path(tempfile.mkdtemp(prefix="labeler-"))
    if _has_unix_sockets() and len(bytes(folder)) > _LONGEST_SOCKET_PATH:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="labeler-", dir="/tmp"))
    return folder
