"""A TCP proxy that breaks connections: before a request arrives, after it did, by silence, by halves, late."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections import Counter
from contextlib import suppress

FAULTS = ("reset before", "reset after", "black hole", "half close", "delay")
_SILENCE, _DELAY = 0.3, 0.05


class Proxy:
    """Forwards to `target` ("host:port"); of the packets that clients send, the share `share` meets a fault."""

    def __init__(self, target: str, chance: random.Random) -> None:
        host, _, port = target.rpartition(":")
        self._host, self._port, self._chance = host, int(port), chance
        self.share = 0.0
        self.made: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with suppress(OSError, asyncio.CancelledError):
            await self._serve(reader, writer)
        _reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._host, self._port)
        link = _Link(self, writer, back)
        ways = [asyncio.ensure_future(link.to_service(reader)), asyncio.ensure_future(link.to_client(there))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            _reset(back)

    def cut(self) -> int:
        """Break all connections now, whatever is under way on them; returns how many."""
        cut = [task for task in self._tasks if not task.done()]
        for task in cut:
            task.cancel()
        return len(cut)

    def fault(self) -> str:
        if self._chance.random() >= self.share:
            return ""
        found = self._chance.choice(FAULTS)
        self.made[found] += 1
        return found


class _Link:
    """One connection; it ends when one of its two ways does."""

    def __init__(self, proxy: Proxy, client: asyncio.StreamWriter, service: asyncio.StreamWriter) -> None:
        self._proxy, self._client, self._service = proxy, client, service
        self._reset_at_reply = self._silent = False

    async def to_service(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(65536):
            fault = self._proxy.fault()
            if fault == "reset before":
                return
            if fault == "delay":
                await asyncio.sleep(_DELAY)
            self._reset_at_reply = self._reset_at_reply or fault == "reset after"
            self._silent = self._silent or fault == "black hole"
            self._service.write(data)
            await self._service.drain()
            if fault == "half close":
                self._service.write_eof()
            if self._silent:
                await asyncio.sleep(_SILENCE)
                return

    async def to_client(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(65536):
            if self._reset_at_reply:
                return
            if not self._silent:
                self._client.write(data)
                await self._client.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a machine that fell over does: by RST."""
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
