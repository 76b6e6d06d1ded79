"""All records of a service, as fast as they come: what the process grows by meanwhile, how late its loop is."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import aclosing

from labeler.client import ViamClient
from labeler.client.endpoint import PLAINTEXT, Endpoint
from tests.bench.drivers.rival_viewer import memory_mib

SETTLED = 10
"""Memory is taken from after this part of the records on: one tenth."""
STEP = 0.002
BUSY, BUSY_STEP = 2.0, 0.001
"""Seconds of a loop that does nothing but be busy, in steps of so many: how late it is tells what the machine adds."""


async def _measure(address: str, count: int) -> dict[str, float]:
    late: list[float] = []
    async with await ViamClient.connect(Endpoint(address, PLAINTEXT)) as client:
        watching = asyncio.create_task(_watch(late))
        read, before = 0, 0.0
        start = time.perf_counter()
        async with aclosing(client.data_client.binary_data_pages(page_size=1_000)) as pages:
            async for page in pages:
                for one in page:
                    if one.metadata.binary_data_id:
                        read += 1
                if not before and read * SETTLED >= count:
                    before = memory_mib(os.getpid())
        seconds = time.perf_counter() - start
        watching.cancel()
    if read != count:
        raise ValueError(f"{read} of {count} records came")
    grown = max(0.0, memory_mib(os.getpid()) - before)
    return {"rate": count / seconds, "grown": grown, "late": _p99(late), "busy": _p99(await _busy())}


async def _busy() -> list[float]:
    late: list[float] = []
    watching = asyncio.create_task(_watch(late))
    end = time.perf_counter() + BUSY
    while time.perf_counter() < end:
        step = time.perf_counter() + BUSY_STEP
        while time.perf_counter() < step:
            pass
        await asyncio.sleep(0)
    watching.cancel()
    return late


def _p99(samples: list[float]) -> float:
    return sorted(samples)[int(len(samples) * 0.99)]


async def _watch(late: list[float]) -> None:
    """Note by how many ms a timer is late, again and again."""
    while True:
        due = time.perf_counter() + STEP
        await asyncio.sleep(STEP)
        late.append((time.perf_counter() - due) * 1_000)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(sys.argv[1], int(sys.argv[2])))))  # noqa: T201
