"""Bytes of images over HTTP: for URLs that need no key, and for what is too large for a message.

GET and HEAD with one byte range (RFC 9110, section 14), one request per connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from labeler.domain.errors import LabelerError, Refused
from labeler.server.accounts import Accounts
from labeler.server.auth_service import Refusals
from labeler.server.catalog import UNKNOWN_MIME, Catalog, ImageRecord
from labeler.server.content import Content, reference_problem
from labeler.server.errors import RpcError
from labeler.server.tokens import LOCAL_KEY_ID, Tokens, read_signed, sign

_PREFIX = "/data/"
_HEAD_BYTES = 16 * 1024
_SEND_SECONDS = 60.0
"""How long a client may leave sent bytes untaken."""
_MIME = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)
"""What an uploader says of the kind is a header here, in which a line's end would begin another."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

logger = logging.getLogger(__name__)


class UrlSigner:
    """Makes and checks URLs.

    `base` is "https://host:port", "" while nothing answers them; `base_here` is "http+unix://path", the path with
    %2F for /, where programs of this computer alone are answered.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.base = self.base_here = ""

    def uri_of(self, image_id: str) -> str:
        """Where an image's bytes are, for who has a key or token."""
        return f"{self.base}{_PREFIX}{quote(image_id)}" if self.base else ""

    def sign_url(self, image_id: str, minutes: int, key_id: str) -> tuple[str, datetime]:
        """A URL of the image that needs no key, until the time given with it or until the asking key is revoked.

        Raises Refused if nothing answers it.
        """
        base = self.base or self.base_here
        if not base:
            raise Refused("This service is for programs of this computer alone and has no URLs; read bytes over gRPC.")
        ends = int(time.time()) + minutes * 60
        token = sign(self._secret, {"image": image_id, "exp": ends, "key": key_id})
        return f"{base}{_PREFIX}{quote(image_id)}?token={quote(token)}", datetime.fromtimestamp(ends, UTC)

    def key_of(self, image_id: str, token: str) -> str:
        """The id of the key by which a URL of the image was made; empty if the URL is not valid (any more)."""
        claims = read_signed(self._secret, token, time.time())
        return str(claims.get("key", "")) if claims is not None and claims.get("image") == image_id else ""


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]


class _Failure(Exception):  # noqa: N818 - not an error of the service
    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


class ImageServer:
    """Answers the URLs of a signer from a catalog."""

    def __init__(
        self,
        catalog: Catalog,
        content: Content,
        signer: UrlSigner,
        tokens: Tokens,
        accounts: Accounts,
        refusals: Refusals,
    ) -> None:
        self._catalog = catalog
        self._content = content
        self._signer = signer
        self._tokens = tokens
        self._accounts = accounts
        self._refusals = refusals
        self._most_connections = 0
        self._head_seconds = 0.0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str, context: ssl.SSLContext | None, most_connections: int, head_seconds: float) -> int:
        """Listen on a free port; returns it. A client has `head_seconds` for TLS, and as many to say what it wants."""
        self._most_connections = most_connections
        self._head_seconds = head_seconds
        self._server = await asyncio.start_server(
            self._connected,
            host,
            0,
            ssl=context,
            limit=_HEAD_BYTES,
            ssl_handshake_timeout=head_seconds if context else None,
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def start_here(self, path: str, most_connections: int, head_seconds: float) -> None:
        """Listen on a Unix socket, which only this user can use."""
        self._most_connections = most_connections
        self._head_seconds = head_seconds
        self._server = await asyncio.start_unix_server(self._connected, path, limit=_HEAD_BYTES)
        Path(path).chmod(0o600)  # noqa: ASYNC240 - no slower than the call above

    async def close(self) -> None:
        """Stop listening and end what is being sent."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= self._most_connections:
            writer.close()
            return
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            await self._serve(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client went away, or never asked
        except asyncio.CancelledError:
            pass  # the service ends
        except LabelerError as error:
            logger.warning("An image could not be sent to its end: %s", error)
        except Exception:
            logger.exception("An HTTP request failed")
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(self._head_seconds):
            head = await reader.readuntil(b"\r\n\r\n")
        try:
            request = _parsed(head)
            record = await self._allowed(request, str((writer.get_extra_info("peername") or ("",))[0]))
            await self._send(request, record, writer)
        except _Failure as failure:
            text = f"{failure}\n".encode()
            headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(text))}
            _write_head(writer, failure.status, headers)
            writer.write(text)
            await writer.drain()

    async def _allowed(self, request: _Request, address: str) -> ImageRecord:
        """The image that the request names, if it may have it."""
        if request.method not in ("GET", "HEAD"):
            raise _Failure(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET and HEAD are answered.")
        image_id = unquote(request.path.removeprefix(_PREFIX))
        token = (request.query.get("token") or [""])[0]
        if token:
            key_id = self._signer.key_of(image_id, token)
            if key_id != LOCAL_KEY_ID and self._accounts.caller_of_key(key_id) is None:
                raise _Failure(HTTPStatus.FORBIDDEN, "The URL is not valid, or its time is over.")
            organization_id = image_id.partition("/")[0]
        else:
            organization_id = self._organization(request.headers, address)
        try:
            return (await self._catalog.images(organization_id, [image_id]))[0]
        except LabelerError:
            raise _Failure(HTTPStatus.NOT_FOUND, "There is no such image.") from None

    def _organization(self, headers: Mapping[str, str], address: str) -> str:
        if "key" in headers:
            caller = self._accounts.check_key(headers.get("key_id", ""), headers["key"])
            if caller is not None:
                return caller.organization_id
            refusal = self._refusals.of(address)
            if refusal.retry_after:
                raise _Failure(HTTPStatus.TOO_MANY_REQUESTS, refusal.message)
        with contextlib.suppress(RpcError):
            return self._tokens.authenticate(headers).organization_id
        raise _Failure(HTTPStatus.UNAUTHORIZED, "Send an access token, or key_id and key.")

    async def _send(self, request: _Request, record: ImageRecord, writer: asyncio.StreamWriter) -> None:
        if record.reference is not None and (problem := await asyncio.to_thread(reference_problem, record.reference)):
            raise _Failure(HTTPStatus.CONFLICT, problem)
        size = record.size_bytes
        start, end, status = _range_of(request.headers.get("range", ""), size)
        headers = {
            "Content-Type": mime if _MIME.fullmatch(mime := record.source.mime_type) else UNKNOWN_MIME,
            "Content-Length": str(end - start),
            "Accept-Ranges": "bytes",
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": "attachment",
        }
        if status is HTTPStatus.PARTIAL_CONTENT:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        _write_head(writer, status, headers)
        if request.method == "GET":
            async for chunk in self._content.stream(record, start, end):
                writer.write(chunk)
                async with asyncio.timeout(_SEND_SECONDS):
                    await writer.drain()
        await writer.drain()


def _parsed(head: bytes) -> _Request:
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise _Failure(HTTPStatus.BAD_REQUEST, "That is not an HTTP/1.1 request.")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    try:
        target = urlsplit(words[1])
    except ValueError:
        raise _Failure(HTTPStatus.BAD_REQUEST, "That is not the path of an image.") from None
    return _Request(words[0], target.path, parse_qs(target.query), headers)


def _range_of(header: str, size: int) -> tuple[int, int, HTTPStatus]:
    """First byte, end, and status. A range of another form than one of bytes is passed over, as the RFC allows."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or not any(match.groups()):
        return 0, size, HTTPStatus.OK
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last) + 1, size) if last else size
    else:
        start, end = max(size - int(last), 0), size
    if start >= end:
        raise _Failure(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, f"The image has {size} bytes.")
    return start, end, HTTPStatus.PARTIAL_CONTENT


def _write_head(writer: asyncio.StreamWriter, status: HTTPStatus, headers: Mapping[str, str]) -> None:
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
