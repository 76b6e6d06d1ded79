"""Our client against a service, asked for the same as viam-sdk is in `viam_loop`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import aclosing

from labeler.client import DataClient, ViamClient
from labeler.client.endpoint import PLAINTEXT, Endpoint
from tests.bench.drivers.viam_loop import LOOPS, taking


async def _measure(endpoint: Endpoint, count: int, small: int) -> dict[str, list[float]]:
    async with await ViamClient.connect(endpoint) as client:
        return await _asked(client.data_client, count, small)


async def _asked(data: DataClient, count: int, small: int) -> dict[str, list[float]]:
    ids: list[str] = []
    found: dict[str, list[float]] = {"small call": []}
    for name, page_size in (("metadata, 50 a page", 50), ("metadata", 1_000)):
        with taking(found, name, LOOPS):
            for _ in range(LOOPS):
                ids = []
                async with aclosing(data.binary_data_pages(page_size=page_size)) as pages:
                    async for page in pages:
                        ids += [one.metadata.binary_data_id for one in page]
    with taking(found, "documented loop"):
        async with aclosing(data.images()) as images:
            async for _ in images:
                pass
    with taking(found, "call by call"):
        for one in ids[:count]:
            await data.binary_data_by_ids([one])
    gate = asyncio.Semaphore(8)

    async def fetch(one: str) -> None:
        async with gate:
            await data.binary_data_by_ids([one])

    with taking(found, "8 in flight"):
        await asyncio.gather(*(fetch(one) for one in ids[:count]))
    for _ in range(small):
        start = time.perf_counter()
        await data.tags_by_filter()
        found["small call"].append((time.perf_counter() - start) * 1_000)
    return found


if __name__ == "__main__":
    address, key_id, key, images, calls = sys.argv[1:]
    there = Endpoint(address, PLAINTEXT, key_id, key)
    print(json.dumps(asyncio.run(_measure(there, int(images), int(calls)))))  # noqa: T201
