"""The service of a data directory on this machine: attached to where one runs, else started as a child."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from labeler.client.channel import PLAINTEXT, Connection, Endpoint
from labeler.domain.errors import LabelerError, NotSignedIn, Refused, Unreachable
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.server.data_directory import read_announcement
from labeler.service_child import START_SECONDS, ServiceChild

_ANSWER_SECONDS = 3.0
_AGAIN_SECONDS = 0.5
"""Between attempts to find or start another service after one that ended."""
_BEAT = 0.02
_DESCRIBE = "/labeler.v1.LabelerService/Describe"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LocalService:
    """A running service. `started_here` tells that it ends with the block that opened it."""

    endpoint: Endpoint
    started_here: bool


@contextlib.asynccontextmanager
async def open_local(
    data_directory: Path, on_moved: Callable[[Endpoint], None] | None = None, begun: ServiceChild | None = None
) -> AsyncIterator[LocalService]:
    """The service that has the data directory open; where there is none, one of this process's own.

    Its calls are those of this machine's user, who may open paths. With `on_moved`, another is found or
    started whenever the service ends, and `on_moved` told where it is. `begun` is a child of this directory
    that is starting already. Raises LabelerError, with the service's own sentence, if it cannot start.
    """
    deadline = time.monotonic() + START_SECONDS
    child = begun or ServiceChild(data_directory)
    try:
        while (endpoint := await _found(child)) is None:
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


async def _keep(child: ServiceChild, endpoint: Endpoint, on_moved: Callable[[Endpoint], None]) -> None:
    """Find or start another service whenever one ends."""
    while True:
        async with await Connection.open(endpoint) as connection:
            await connection.lost()
        _log.info("the data service of %s ended", child.data_directory)
        found = None
        while found is None:
            try:
                found = await _found(child)
            except LabelerError as error:
                _log.warning("the data service does not start again: %s", error)
            if found is None:
                await asyncio.sleep(_AGAIN_SECONDS)
        endpoint = found
        on_moved(endpoint)


async def _found(child: ServiceChild) -> Endpoint | None:
    """The service that runs, else the child, begun already or not; None if somebody else is about to announce one."""
    if not child.has_begun and (running := await _running(child.data_directory)) is not None:
        return running
    started = await child.start()
    return None if started is None else Endpoint(started.address, PLAINTEXT, token=started.token)


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
