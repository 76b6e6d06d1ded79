"""Queries of users, each in a process of its own on a throw-away copy of one organization's readings."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import bson
import grpc

from labeler.child_environment import environment_of_child
from labeler.domain.filter import Filter
from labeler.server.errors import RpcError, failed_precondition
from labeler.server.tabular.mql import pipeline_of, pushed_down
from labeler.server.tabular.store import TabularStore, TooManyRows

QUERY_SECONDS = 1.0
LOAD_SECONDS = 60.0
_LINE_BYTES = 32 << 20
_ENGINES = {"sql": "duckdb", "mql": "mongomock_ng"}
_AT_ONCE = 2
_LATE_SECONDS = 0.1

logger = logging.getLogger(__name__)


class Sandbox:
    """Runs SQL and MQL. A process serves one query; one more of a kind that was used waits, started, for the next."""

    def __init__(self, store: TabularStore) -> None:
        self._store = store
        self._spare: dict[str, asyncio.subprocess.Process] = {}
        self._running: set[asyncio.subprocess.Process] = set()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._closed = False

    async def sql(self, organization_id: str, query: str) -> list[bytes]:
        """Rows of one SELECT. Raises RpcError: INVALID_ARGUMENT, DEADLINE_EXCEEDED or RESOURCE_EXHAUSTED."""
        return await self._run("sql", organization_id, Filter(), query)

    async def mql(self, organization_id: str, stages: Sequence[bytes]) -> list[bytes]:
        """Documents of an aggregation of BSON stages. Raises RpcError as `sql` does."""
        pipeline = pipeline_of(stages)
        return await self._run("mql", organization_id, pushed_down(pipeline), pipeline)

    async def close(self) -> None:
        """End every process; queries under way fail."""
        self._closed = True
        for process in [*self._spare.values(), *self._running]:
            await _end(process)
        self._spare.clear()

    async def _run(self, kind: str, organization_id: str, wanted: Filter, query: Any) -> list[bytes]:
        if importlib.util.find_spec(_ENGINES[kind]) is None:
            raise failed_precondition(
                f"{kind.upper()} queries need the extra {kind!r} of the labeler where the service runs: "
                f"install labeler[{kind}]."
            )
        async with self._turns:
            folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="labeler-query-"))
            try:
                await self._store.copy_rows(organization_id, wanted, folder / "rows.ndjson")
                await asyncio.to_thread((folder / "query.bson").write_bytes, bson.encode({"query": query}))
                return await self._ask(kind, folder)
            except TooManyRows as error:
                raise RpcError(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error)) from error
            finally:
                await asyncio.to_thread(shutil.rmtree, folder, True)

    async def _ask(self, kind: str, folder: Path) -> list[bytes]:
        process = self._spare.pop(kind, None)
        if process is None or process.returncode is not None:
            process = await _start(kind)
        self._running.add(process)
        try:
            return await _answer(process, folder)
        finally:
            self._running.discard(process)
            await _end(process)
            await self._keep_spare(kind)

    async def _keep_spare(self, kind: str) -> None:
        if self._closed or kind in self._spare:
            return
        process = await _start(kind)
        if self._closed or kind in self._spare:
            await _end(process)
        else:
            self._spare[kind] = process


async def _start(kind: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "labeler.server.tabular.worker",
        kind,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment_of_child(),
        limit=_LINE_BYTES,
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    _kill(process)
    if process.stdin:
        process.stdin.close()
    await process.wait()


async def _answer(process: asyncio.subprocess.Process, folder: Path) -> list[bytes]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the worker was started without pipes")
    try:
        process.stdin.write(json.dumps(str(folder)).encode() + b"\n")
        await process.stdin.drain()
        first = await _loaded(process.stdout)
        if "loaded" not in first:
            raise _refusal(first)
        with _measured(process):
            async with asyncio.timeout(QUERY_SECONDS):
                header = await _header(process.stdout)
                if "sizes" not in header:
                    raise _refusal(header)
                return [await process.stdout.readexactly(size) for size in header["sizes"]]
    except TimeoutError:
        raise RpcError(
            grpc.StatusCode.DEADLINE_EXCEEDED,
            f"The query took longer than {QUERY_SECONDS:g} s and was ended: ask for less.",
        ) from None
    except (asyncio.IncompleteReadError, BrokenPipeError, ConnectionResetError):
        # A process that passes its memory limit can end without a word.
        raise _refusal({"problem": "too large"}) from None


def _kill(process: asyncio.subprocess.Process) -> None:
    """End a process now, if it has not ended."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            # `Process.kill` looks first whether it has ended, and takes its end from asyncio, which then misses it.
            os.kill(process.pid, signal.SIGKILL)


@contextmanager
def _measured(process: asyncio.subprocess.Process) -> Iterator[None]:
    """Run a query: its process is killed at the end of the block, and the time until then noted."""
    start = time.monotonic()
    try:
        yield
    finally:
        _kill(process)
        note_seconds(time.monotonic() - start)


def note_seconds(seconds: float) -> None:
    """Take down how long a query ran; more than its time means that this service is late with everything."""
    if seconds > QUERY_SECONDS + _LATE_SECONDS:
        logger.warning("A query ran for %.2f s", seconds)


async def _loaded(stream: asyncio.StreamReader) -> dict[str, Any]:
    try:
        async with asyncio.timeout(LOAD_SECONDS):
            return await _header(stream)
    except TimeoutError:
        raise RpcError(
            grpc.StatusCode.DEADLINE_EXCEEDED, "The readings could not be made ready for the query in time: try again."
        ) from None


async def _header(stream: asyncio.StreamReader) -> dict[str, Any]:
    line = await stream.readuntil(b"\n")
    found: dict[str, Any] = json.loads(line)
    return found


def _refusal(answer: dict[str, Any]) -> RpcError:
    if answer.get("problem") == "invalid":
        return RpcError(grpc.StatusCode.INVALID_ARGUMENT, f"The query cannot be run. {answer['text']}")
    return RpcError(
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "The query needs more memory, or answers more, than a query may have: ask for less.",
    )
