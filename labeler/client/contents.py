"""What is uploaded, in chunks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from dataclasses import dataclass
from pathlib import Path

from labeler.client.arguments import wrong_type

CHUNK_BYTES = 256 * 1024
"""Viam's own clients send 64 KiB, its cloud takes messages up to 32 MiB (rdk app/common.go, goutils rpc/const.go)."""

Data = bytes | bytearray | memoryview | str | AsyncIterable[bytes]


@dataclass(frozen=True, slots=True)
class Contents:
    """Bytes to upload: `start` begins them anew, as often as it is called where `repeatable`; size None is unknown."""

    start: Callable[[], AsyncGenerator[bytes, None]]
    repeatable: bool
    size: int | None


def given(name: str, data: Data) -> Contents:
    """Contents of bytes, of text (as UTF-8), or of an asynchronous iterable of bytes, which is read once."""
    if isinstance(data, str):
        data = data.encode()
    if isinstance(data, bytes | bytearray | memoryview):
        whole = memoryview(data).cast("B")
        return Contents(lambda: _slices(whole), True, len(whole))
    if isinstance(data, AsyncIterable):
        chunks = data
        return Contents(lambda: _resized(name, chunks), False, None)
    raise wrong_type(name, "bytes, text or an asynchronous iterable of bytes", data)


def of_file(path: Path, size: int) -> Contents:
    """Contents of a file, read while they are sent; one chunk is in memory."""
    return Contents(lambda: _file(path), True, size)


async def _slices(whole: memoryview) -> AsyncGenerator[bytes, None]:
    for start in range(0, len(whole) or 1, CHUNK_BYTES):
        yield bytes(whole[start : start + CHUNK_BYTES])


async def _resized(name: str, chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """The same bytes in chunks of at most CHUNK_BYTES, small ones put together."""
    pending = bytearray()
    sent = False
    async for chunk in chunks:
        if not isinstance(chunk, bytes | bytearray | memoryview):
            raise wrong_type(f"every item of {name}", "bytes", chunk)
        pending += chunk
        while len(pending) >= CHUNK_BYTES:
            yield bytes(pending[:CHUNK_BYTES])
            sent = True
            del pending[:CHUNK_BYTES]
    if pending or not sent:
        yield bytes(pending)


async def _file(path: Path) -> AsyncGenerator[bytes, None]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        chunk = await asyncio.to_thread(file.read, CHUNK_BYTES)
        while True:
            yield chunk
            chunk = await asyncio.to_thread(file.read, CHUNK_BYTES)
            if not chunk:
                return
    finally:
        file.close()


async def stat(path: Path) -> os.stat_result:
    """Size and times of a file. Raises FileNotFoundError, IsADirectoryError and other OSError."""
    if await asyncio.to_thread(path.is_dir):
        raise IsADirectoryError(f"filepath is a folder: {path}")
    return await asyncio.to_thread(path.stat)
