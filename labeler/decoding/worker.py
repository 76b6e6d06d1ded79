"""The program that decodes or hashes pictures sent to it, one after the other, until nobody sends any more.

    python -m labeler.decoding.worker socket|pipes

Whatever a picture makes of it stays in it: its memory is limited, it ends by itself when a picture takes
longer than the window waits, and it has neither the window's environment nor its files.
"""

from __future__ import annotations

import mmap
import os
import signal
import socket
import sys

from labeler.decoding.likeness import picture_hash
from labeler.decoding.link import Link, Message, PipeLink, SocketLink
from labeler.decoding.memory import new_memory, writable
from labeler.decoding.pixels import MOST_BYTES, decode
from labeler.domain.errors import InvalidValue

MOST_MEMORY = 2 * 1024**3
"""Bytes of address space: what the largest picture needs that is not refused by its size."""
MOST_SECONDS = 6.0
"""A little longer than the window waits, in case there is no window any more."""
IN_MESSAGE = 2 << 20
"""Pixels of so many bytes are sent, more are shared: each picture that is shared costs the window descriptors."""


class _Target:
    """Where the pixels of one picture go: memory of the window's, new memory, or the message."""

    def __init__(self, spare: int | None, can_share: bool) -> None:
        self._spare, self._can_share = spare, can_share
        self.shared: int | None = None
        self.body = bytearray()
        self._map: mmap.mmap | None = None

    def allocate(self, size: int) -> memoryview:
        if size <= IN_MESSAGE or not self._can_share:
            self.body = bytearray(size)
            return memoryview(self.body)
        self.shared = new_memory(size) if self._spare is None else self._spare
        self._map = writable(self.shared, size)
        return memoryview(self._map)

    def reply(self, header: dict[str, object]) -> Message:
        is_spare = self.shared is not None and self.shared == self._spare
        header["memory"] = "sent" if self.shared is None else "spare" if is_spare else "new"
        return Message(header, self.body, None if is_spare else self.shared)

    def close(self) -> None:
        for one in {self._spare, self.shared} - {None}:
            os.close(one)  # type: ignore[arg-type]


def _answer(link: Link, request: Message) -> None:
    target = _Target(request.descriptor, link.passes_descriptors)
    try:
        try:
            if request.header.get("hash"):
                reply = Message({"hash": picture_hash(bytes(request.body)).hex()})
            else:
                size, at_least = int(request.header["size"]), bool(request.header["at_least"])
                shape = decode(bytes(request.body), size, target.allocate, at_least=at_least)
                reply = target.reply({"width": shape.width, "height": shape.height, "sizes": shape.sizes})
        except InvalidValue as error:
            reply = Message({"problem": str(error)})
        except MemoryError:
            reply = Message({"problem": "The picture cannot be shown: it needs more memory than a picture may take."})
        link.send(reply)
    finally:
        target.close()


def serve(link: Link) -> None:
    """Say that there is somebody, then answer until the other end is gone."""
    link.send(Message({}))
    while True:
        try:
            request = link.receive(MOST_BYTES)
            _set_alarm(MOST_SECONDS)
            _answer(link, request)
            _set_alarm(0)
        except (EOFError, OSError):
            return


def _set_alarm(seconds: float) -> None:
    """End this process after so long, whatever it is at; 0 for never."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit() -> None:
    """Take as little from the machine as a picture needs."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; sizes of pictures and the window's patience remain.
        return
    for what, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        _, hard = resource.getrlimit(what)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (limit, limit))


def main() -> None:
    _limit()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the window's to answer
    if sys.argv[1:] == ["pipes"]:
        serve(PipeLink(sys.stdin.buffer, sys.stdout.buffer))
    else:
        serve(SocketLink(socket.socket(fileno=os.dup(0))))


if __name__ == "__main__":
    main()
