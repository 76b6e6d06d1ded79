"""A network that breaks: a TCP proxy in a thread of its own that ends TLS, so that it sees the frames of HTTP/2."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import struct
import threading
from collections import Counter
from contextlib import suppress
from typing import Self

FAULTS = ("reset before", "reset after", "black hole", "half close", "goaway", "goaway unprocessed")
"""Faults of single packets. Others last: `delay`, `bytes_per_second`, `held`."""
_SILENCE = 0.3
_PREFACE = len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
_HEADERS, _GOAWAY = 1, 7


class Proxy:
    """Forwards to `target` ("host:port"); of the packets that clients send, the share `share` meets a fault.

    `delay` is seconds that packets take to the service; `bytes_per_second` is what passes each way, 0 for all;
    while it is `held`, nothing passes, and all of it afterwards. While it is `leaving`, services say in the packet of
    their first frame that they take no calls, and keep the connection. May be changed while it runs.
    """

    def __init__(self, target: str, chance: random.Random, context: ssl.SSLContext | None = None) -> None:
        host, _, port = target.rpartition(":")
        self.host, self.port, self._chance, self._context = host, int(port), chance, context
        self.share = self.delay = 0.0
        self.bytes_per_second = 0
        self.held = self.leaving = False
        self.made: Counter[str] = Counter()
        self.address = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._ready, self._stop = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="proxy")

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.__exit__)

    def cut(self) -> int:
        """Reset all connections now, whatever is under way on them; returns how many."""
        links = list(self._tasks)
        for link in links:
            self._loop.call_soon_threadsafe(link.cancel)
        return len(links)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve_all())

    async def _serve_all(self) -> None:
        server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, ssl=self._context)
        self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with suppress(OSError, asyncio.CancelledError):
            await self._serve(reader, writer)
        _reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self.host, self.port)
        link = _Link(self, writer, back)
        ways = [asyncio.ensure_future(link.to_service(reader)), asyncio.ensure_future(link.to_client(there))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            _reset(back)

    def fault(self) -> str:
        if self._chance.random() >= self.share:
            return ""
        found = self._chance.choice(FAULTS)
        self.made[found] += 1
        return found

    async def pass_on(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Write when the line lets it through."""
        while self.held:  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.05)
        if self.bytes_per_second:
            await asyncio.sleep(len(data) / self.bytes_per_second)
        writer.write(data)
        await writer.drain()


class _Frames:
    """Follows frames through one way of a connection (RFC 9113, 4.1)."""

    def __init__(self, skip: int) -> None:
        self._skip = skip
        self._header = b""
        self.last_stream = 0

    def feed(self, data: bytes) -> None:
        while data:
            if self._skip:
                taken = min(self._skip, len(data))
                self._skip, data = self._skip - taken, data[taken:]
                continue
            taken = 9 - len(self._header)
            self._header, data = self._header + data[:taken], data[taken:]
            if len(self._header) == 9:
                length, kind = int.from_bytes(self._header[:3], "big"), self._header[3]
                if kind == _HEADERS:
                    self.last_stream = max(self.last_stream, int.from_bytes(self._header[5:], "big"))
                self._skip, self._header = length, b""

    @property
    def between(self) -> bool:
        """Whether no frame has begun that has not ended."""
        return not self._skip and not self._header


class _Link:
    """One connection; it ends when one of its two ways does."""

    def __init__(self, proxy: Proxy, client: asyncio.StreamWriter, service: asyncio.StreamWriter) -> None:
        self._proxy, self._client, self._service = proxy, client, service
        self._reset_at_reply = self._silent = self._going_away = self._has_replied = False
        self._sent, self._replied = _Frames(_PREFACE), _Frames(0)

    async def to_service(self, reader: asyncio.StreamReader) -> None:
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[tuple[float, bytes, str]] = asyncio.Queue()

        async def read() -> None:
            while data := await reader.read(65536):
                queue.put_nowait((loop.time() + self._proxy.delay, data, self._proxy.fault()))
            queue.put_nowait((0, b"", "reset before"))

        reading = asyncio.ensure_future(read())
        try:
            while True:
                due, data, fault = await queue.get()
                if due > loop.time():
                    await asyncio.sleep(due - loop.time())
                if fault == "reset before" or not await self._forward(data, fault):
                    return
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _forward(self, data: bytes, fault: str) -> bool:
        """Whether the connection goes on."""
        before = self._sent.last_stream
        self._sent.feed(data)
        if fault == "goaway unprocessed" and self._sent.last_stream > before:
            # What has come is not done, and the client is told so.
            await self._go_away(before)
            return False
        self._reset_at_reply = self._reset_at_reply or fault == "reset after"
        self._silent = self._silent or fault == "black hole"
        await self._proxy.pass_on(data, self._service)
        if fault == "half close":
            self._service.write_eof()
        if fault == "goaway":
            self._going_away = True
        if self._silent:
            await asyncio.sleep(_SILENCE)
        return not self._silent

    async def to_client(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(65536):
            if self._reset_at_reply:
                return
            if self._silent:
                continue
            if self._proxy.leaving and not self._has_replied:
                end = 9 + int.from_bytes(data[:3], "big")
                data = data[:end] + _goaway(0) + data[end:]
            self._has_replied = True
            await self._proxy.pass_on(data, self._client)
            self._replied.feed(data)
            if self._going_away and self._replied.between:
                self._going_away = False
                await self._go_away(self._sent.last_stream)

    async def _go_away(self, last_stream: int) -> None:
        """Tell the client to open no more streams on this connection (RFC 9113, 6.8)."""
        if self._replied.between:
            self._client.write(_goaway(last_stream))
            await self._client.drain()


def _goaway(last_stream: int) -> bytes:
    return b"\0\0\x08" + bytes([_GOAWAY]) + struct.pack(">BIII", 0, 0, last_stream, 0)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a machine that fell over does: by RST."""
    connection = writer.get_extra_info("socket")
    if connection is None:
        return
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
