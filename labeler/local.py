"""The service of a data directory on this machine: attached to where one runs, else started as a child."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from labeler.client.channel import PLAINTEXT, Connection, Endpoint
from labeler.domain.errors import LabelerError, NotSignedIn, Refused, Unreachable
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.server.data_directory import read_announcement

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_ANSWER_SECONDS = 3.0
_LONGEST_SOCKET_PATH = 90
"""Systems take 104 bytes or more."""
_DESCRIBE = "/labeler.v1.LabelerService/Describe"


@dataclass(frozen=True, slots=True)
class LocalService:
    """A running service. `started_here` tells that it ends with the block that opened it."""

    endpoint: Endpoint
    started_here: bool


@contextlib.asynccontextmanager
async def open_local(data_directory: Path) -> AsyncIterator[LocalService]:
    """The service that has the data directory open; where there is none, one of this process's own.

    Its calls are those of this machine's user, who may open paths. Raises LabelerError, with the
    service's own sentence, if it cannot start.
    """
    deadline = time.monotonic() + _START_SECONDS
    while (endpoint := await _running(data_directory)) is None:
        child = _Child(data_directory)
        try:
            own = await child.start()
            if own is not None:
                yield LocalService(own, started_here=True)
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


class _Child:
    """A service as a child process. It ends when the pipe that it reads from does, however this process ends."""

    def __init__(self, data_directory: Path) -> None:
        self._data_directory = data_directory
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self.complaint = ""

    async def start(self) -> Endpoint | None:
        """Start it; returns when it answers. None if it found the data directory in use.

        Raises LabelerError with the reason it gave.
        """
        token = secrets.token_urlsafe(32)
        ready = await asyncio.wait_for(asyncio.to_thread(self._launch, token), _START_SECONDS)
        if ready:
            return Endpoint(str(json.loads(ready)["listening"]), PLAINTEXT, token=token)
        if " already has the data directory " in self.complaint:
            return None
        raise LabelerError(self.complaint)

    def _launch(self, token: str) -> bytes:
        """Start the process and wait for its line; empty if it ended instead."""
        self._folder = _fresh_folder()
        complaints = self._folder / "complaints"
        path = self._folder / "s"
        with complaints.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "labeler", "serve", "--data", str(self._data_directory), "--embedded"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            return b""
        with contextlib.suppress(OSError):
            stdin.write(
                json.dumps({"token": token, "socket": str(path) if _has_unix_sockets() else ""}).encode() + b"\n"
            )
            stdin.flush()
        ready = stdout.readline()
        if not ready:
            self._process.wait()
            lines = complaints.read_text("utf-8", "replace").strip().splitlines()
            self.complaint = lines[-1].removeprefix("labeler: ") if lines else "The data service ended as it started."
        return ready

    def stop(self) -> None:
        """End the process, if it runs, and wait for it."""
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
