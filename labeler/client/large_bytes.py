"""Bytes of images that are too large for a message, over HTTP from a URL that the service signs.

The service says where: its own web server, a storage behind it, or a socket of this machine ("http+unix").
"""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from labeler.client.calls import BYTES_TIMEOUT, DATA
from labeler.client.channel import Connection
from labeler.client.endpoint import PLAINTEXT, Endpoint, host_of
from labeler.domain.errors import LabelerError, Refused, Unreachable
from labeler.rpc.errors import RefusedError, UnimplementedError
from labeler.rpc.wire.app.data.v1 import data_pb2

MOST_BYTES = 512 * 1024 * 1024
_SILENCE = 30.0
"""Seconds that a server may say nothing."""
_CHUNK = 1 << 20
_MINUTES = 15


async def large_bytes(connection: Connection, image_id: str) -> bytes:
    """All bytes of an image. Raises Refused or Unreachable with a sentence to show in its place."""
    request = data_pb2.CreateBinaryDataSignedURLRequest(binary_data_id=image_id, expiration_minutes=_MINUTES)
    try:
        response = await connection.unary(
            DATA + "CreateBinaryDataSignedURL", request, data_pb2.CreateBinaryDataSignedURLResponse
        )
    except (RefusedError, UnimplementedError):
        raise Refused(f"{image_id}: the picture is too large for one message, and the service has no URL.") from None
    given_up = threading.Event()
    try:
        return await asyncio.to_thread(_read, response.signed_url, connection.endpoint, given_up)
    except (OSError, http.client.HTTPException) as error:
        raise _told(image_id, error) from error
    finally:
        given_up.set()


def _told(image_id: str, error: Exception) -> LabelerError:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return Refused(f"{image_id}: the picture is too large for one message, and its URL answered {error.code}.")
    why = error.reason if isinstance(error, urllib.error.URLError) else error
    return Unreachable(f"{image_id}: the picture is too large for one message, and its URL does not answer ({why}).")


def _read(url: str, endpoint: Endpoint, given_up: threading.Event) -> bytes:
    """All that the URL answers. Raises OSError, HTTPException and Refused."""
    ends = time.monotonic() + BYTES_TIMEOUT
    with _open(url, endpoint) as response:
        said = response.headers.get("Content-Length", "")
        if said.isascii() and said.isdigit():
            _check_length(int(said))
        found = bytearray()
        while chunk := response.read(_CHUNK):
            found += chunk
            _check_length(len(found))
            if given_up.is_set() or time.monotonic() > ends:
                raise TimeoutError("it takes too long")
    if said.isascii() and said.isdigit() and len(found) != int(said):
        raise http.client.IncompleteRead(bytes(found[:0]), int(said) - len(found))
    return bytes(found)


def _check_length(length: int) -> None:
    if length > MOST_BYTES:
        raise Refused(f"The picture is too large to show: more than {MOST_BYTES // 1_000_000} MB.")


def _open(url: str, endpoint: Endpoint) -> Any:
    parts = urlsplit(url)
    # What somebody else's service says must not make this machine's programs talk to each other.
    if parts.scheme == "http+unix" and endpoint.is_loopback:
        return _open_here(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and endpoint.security is PLAINTEXT):
        raise Refused("The picture is too large for one message, and its URL is not protected by TLS.")
    context = ssl.create_default_context()
    if isinstance(endpoint.security, bytes) and parts.hostname == host_of(endpoint.target):
        context = ssl.create_default_context(cadata=endpoint.security.decode())
        context.check_hostname = not endpoint.is_loopback
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _StayProtected())
    return opener.open(url, timeout=_SILENCE)


class _StayProtected(urllib.request.HTTPRedirectHandler):
    """Goes elsewhere only over TLS."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme != "https":
            raise urllib.error.URLError("it leads to where there is no TLS")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Here(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_SILENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _open_here(url: str) -> http.client.HTTPResponse:
    parts = urlsplit(url)
    connection = _Here(unquote(parts.netloc))
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        if response.status == http.HTTPStatus.OK:
            return response
        headers: Any = response.headers
        raise urllib.error.HTTPError(url, response.status, response.reason, headers, None)
    except BaseException:
        connection.close()
        raise
