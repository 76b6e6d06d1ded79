"""Messages between the window's process and a worker: a header in JSON, bytes, and at most one descriptor.

Over a pair of sockets where descriptors can be sent, else over a pair of pipes, with all bytes in the message.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

CAN_PASS_DESCRIPTORS = hasattr(socket, "AF_UNIX") and hasattr(socket, "recv_fds")
_LENGTHS = struct.Struct("<IQ")
"""Bytes of the header and bytes that follow it."""
MOST_HEADER = 1 << 16
_BUFFER = 1 << 20
_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


@dataclass(frozen=True, slots=True)
class Message:
    header: Mapping[str, Any]
    body: bytes | bytearray = b""
    descriptor: int | None = None


class Link(Protocol):
    """One end. Calls raise EOFError when the other end is gone, ValueError for what it should not send."""

    passes_descriptors: bool

    def send(self, message: Message) -> None: ...

    def receive(self, most: int) -> Message:
        """The next message, whose body has at most so many bytes. A descriptor in it is the caller's."""
        ...

    def until(self, deadline: float) -> None:
        """Let calls raise TimeoutError from a time of `time.monotonic` on, where the link can; 0 for never."""
        ...

    def close(self) -> None: ...


def _packed(message: Message) -> bytes:
    header = json.dumps(message.header).encode()
    return _LENGTHS.pack(len(header), len(message.body)) + header


def _lengths(head: bytes | bytearray, most: int) -> tuple[int, int]:
    header, body = _LENGTHS.unpack(head)
    if header > MOST_HEADER or body > most:
        raise ValueError(f"a message of {header} and {body} bytes")
    return header, body


def _parsed(header: bytes | bytearray) -> Mapping[str, Any]:
    found = json.loads(header)
    if not isinstance(found, dict):
        raise ValueError("a message without fields")
    return found


class SocketLink:
    """Messages over a connected Unix socket."""

    passes_descriptors = True

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._deadline = 0.0
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)

    def send(self, message: Message) -> None:
        head = _packed(message)
        try:
            self._wait()
            if message.descriptor is not None:
                sent = socket.send_fds(self._socket, [head], [message.descriptor])
                self._socket.sendall(head[sent:])
            else:
                self._socket.sendall(head)
            self._wait()
            self._socket.sendall(message.body)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise EOFError from error

    def receive(self, most: int) -> Message:
        head = bytearray()
        descriptors: list[int] = []
        try:
            while len(head) < _LENGTHS.size:
                self._wait()
                part, found, _, _ = socket.recv_fds(self._socket, _LENGTHS.size - len(head), 1, _CLOSE_ON_EXEC)
                descriptors += found
                if not part:
                    raise EOFError
                head += part
            header, body = _lengths(head, most)
            fields = _parsed(self._exactly(header))
            return Message(fields, self._exactly(body), descriptors.pop() if descriptors else None)
        except BaseException as error:
            for one in descriptors:
                os.close(one)
            if isinstance(error, ConnectionResetError):
                raise EOFError from error
            raise

    def _exactly(self, count: int) -> bytearray:
        found = bytearray(count)
        rest = memoryview(found)
        while rest:
            self._wait()
            got = self._socket.recv_into(rest)
            if not got:
                raise EOFError
            rest = rest[got:]
        return found

    def until(self, deadline: float) -> None:
        self._deadline = deadline

    def _wait(self) -> None:
        if not self._deadline:
            self._socket.settimeout(None)
            return
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)

    def close(self) -> None:
        self._socket.close()


class PipeLink:
    """Messages over two pipes; who reads ends the other process to stop waiting."""

    passes_descriptors = False

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self._reader, self._writer = reader, writer

    def send(self, message: Message) -> None:
        try:
            self._writer.write(_packed(message))
            self._writer.write(message.body)
            self._writer.flush()
        except OSError as error:
            raise EOFError from error

    def receive(self, most: int) -> Message:
        header, body = _lengths(self._exactly(_LENGTHS.size), most)
        fields = _parsed(self._exactly(header))
        return Message(fields, self._exactly(body))

    def _exactly(self, count: int) -> bytes:
        found = self._reader.read(count)
        if len(found) < count:
            raise EOFError
        return found

    def until(self, deadline: float) -> None:
        """Pipes cannot stop waiting by themselves."""

    def close(self) -> None:
        for one in (self._writer, self._reader):
            with contextlib.suppress(OSError):
                one.close()
