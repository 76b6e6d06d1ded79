"""The data service of a data directory as a child process: begun before anything that takes long to import.

Nothing here needs gRPC or Qt, nor asyncio before the child runs.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from labeler.child_environment import environment_of_child
from labeler.domain.errors import LabelerError
from labeler.server.data_directory import read_announcement

START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_LONGEST_SOCKET_PATH = 90
"""Systems take 104 bytes or more."""


@dataclass(frozen=True, slots=True)
class Started:
    """Where a service listens in plaintext, and the token of this machine's user."""

    address: str
    token: str = field(repr=False)


class ServiceChild:
    """A service as a child process. It ends when the pipe that it reads from does, however this process ends."""

    def __init__(self, data_directory: Path) -> None:
        self.data_directory = data_directory
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._starting = threading.Lock()
        self._is_over = False
        self._begun: Future[Started | None] | None = None
        self.complaint = ""

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def has_begun(self) -> bool:
        """Whether `start` goes on with what `begin` began."""
        return self._begun is not None

    def begin(self) -> None:
        """Start it in a thread of its own, unless another service is announced; `start` waits for it."""
        announced = read_announcement(self.data_directory)
        if announced is not None and not announced.is_orphaned:
            return
        begun = self._begun = Future()

        def launch() -> None:
            try:
                begun.set_result(self._launch())
            except BaseException as error:
                begun.set_exception(error)

        threading.Thread(target=launch, name="service", daemon=True).start()

    async def start(self) -> Started | None:
        """Start it; returns when it answers. None if it found the data directory in use.

        Raises LabelerError with the reason it gave. May be called again when it has ended.
        """
        import asyncio

        begun, self._begun = self._begun, None
        async with asyncio.timeout(START_SECONDS):
            if begun is not None:
                started = await asyncio.wrap_future(begun)
            else:
                await asyncio.to_thread(self._end)
                started = await asyncio.to_thread(self._launch)
        if started is None and " already has the data directory " not in self.complaint:
            raise LabelerError(self.complaint)
        return started

    def _launch(self) -> Started | None:
        """Start the process and wait for its line; None if it ended instead."""
        token = secrets.token_urlsafe(32)
        with self._starting:
            if self._is_over:
                return None
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
            return None
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
            return None
        return Started(str(json.loads(ready)["listening"]), token)

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
