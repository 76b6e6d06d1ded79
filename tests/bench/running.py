"""The service as people run it, with photographs in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from labeler.client import ViamClient
from labeler.client.endpoint import PLAINTEXT, Endpoint
from labeler.server.accounts import Accounts
from tests.bench.bench import Bench
from tests.bench.pictures import name_of, photographs

PHOTOGRAPHS = "1080p"
_LIMITS = ("--requests-per-second", "1000000")
"""Measured is how fast the service is, not where it asks a client to wait."""


@dataclass(frozen=True, slots=True)
class Service:
    """A running service; `ids` are the images in it."""

    endpoint: Endpoint
    part_id: str
    ids: tuple[str, ...]


@asynccontextmanager
async def served(bench: Bench, count: int, size: str = PHOTOGRAPHS) -> AsyncIterator[Service]:
    """A service in a process of its own, with so many photographs uploaded, over plaintext on this machine."""
    folder = photographs(bench.work / size.replace(" ", ""), size, count)
    data = bench.run / f"service-{count}-{size.replace(' ', '')}"
    with _process(data) as address:
        accounts = Accounts(data)
        try:
            key = asdict(await accounts.create_key(""))
        finally:
            accounts.close()
        endpoint = Endpoint(address, PLAINTEXT, key["api_key_id"], key["api_key"])
        async with await ViamClient.connect(endpoint) as client:
            ids = [
                await client.data_client.file_upload_from_path(
                    folder / name_of(number), key["part_id"], component_name="camera-0"
                )
                for number in range(count)
            ]
        yield Service(endpoint, key["part_id"], tuple(ids))


@contextmanager
def _process(data: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "labeler",
            "serve",
            "--data",
            str(data),
            "--listen",
            "127.0.0.1:0",
            "--insecure",
            *_LIMITS,
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_STATE_HOME": str(data.parent / "state")},
    )
    try:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["listening"])
    finally:
        process.terminate()
        process.communicate(timeout=30)


@asynccontextmanager
async def clients(endpoint: Endpoint, count: int) -> AsyncIterator[list[ViamClient]]:
    """So many clients, each with a connection of its own."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(await ViamClient.connect(endpoint)) for _ in range(count)]
