"""viam-sdk as its documentation uses it, against a service; runs in the SDK's own environment.

ADDRESS KEY_ID KEY COUNT SMALL: prints ms by what was asked, as JSON. Imports nothing of the labeler.
"""

import asyncio
import importlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LOOPS = 40
"""Times that the metadata is read, which is over too soon for one time to say much."""
CPU = "CPU: "
"""Before the name of what was asked: ms that this process worked on it, which a busy machine changes little."""


@contextmanager
def taking(found: dict[str, list[float]], name: str, times: int = 1) -> Iterator[None]:
    """Note ms, and ms of CPU, of each of so many times."""
    start, worked = time.perf_counter(), time.process_time()
    yield
    found[name] = [(time.perf_counter() - start) * 1_000 / times]
    found[CPU + name] = [(time.process_time() - worked) * 1_000 / times]


async def _measure(address: str, key_id: str, key: str, count: int, small: int) -> dict[str, list[float]]:
    dial = importlib.import_module("viam.rpc.dial")
    client_module = importlib.import_module("viam.app.viam_client")
    options = dial.DialOptions(
        credentials=dial.Credentials(type="api-key", payload=key),
        auth_entity=key_id,
        insecure=True,
        disable_webrtc=True,
    )
    client = await client_module.ViamClient.create_from_dial_options(options, address)
    try:
        return await _asked(client.data_client, count, small)
    finally:
        client.close()


async def _asked(data: Any, count: int, small: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    ids: list[str] = []
    with taking(found, "metadata, 50 a page", LOOPS):
        for _ in range(LOOPS):
            ids, last = [], None
            while True:
                page, _, last = await data.binary_data_by_filter(last=last, include_binary_data=False)
                if not page:
                    break
                ids += [one.metadata.binary_data_id for one in page]
    for prefix in ("", CPU):
        found[f"{prefix}metadata"] = found[f"{prefix}metadata, 50 a page"]

    with taking(found, "documented loop"):
        last = None
        while True:
            page, _, last = await data.binary_data_by_filter(last=last)
            if not page:
                break

    with taking(found, "call by call"):
        for one in ids[:count]:
            await data.binary_data_by_ids([one])

    gate = asyncio.Semaphore(8)

    async def fetch(one: str) -> None:
        async with gate:
            await data.binary_data_by_ids([one])

    with taking(found, "8 in flight"):
        await asyncio.gather(*(fetch(one) for one in ids[:count]))

    found["small call"] = []
    for _ in range(small):
        start = time.perf_counter()
        await data.tags_by_filter()
        found["small call"].append((time.perf_counter() - start) * 1_000)
    return found


if __name__ == "__main__":
    address, key_id, key, count, small = sys.argv[1:]
    print(json.dumps(asyncio.run(_measure(address, key_id, key, int(count), int(small)))))  # noqa: T201
