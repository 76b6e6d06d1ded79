"""`labeler serve`: one data directory over gRPC, with images over HTTP, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import ssl
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path
from urllib.parse import quote

import grpc
import grpc.aio
from platformdirs import user_state_path

from labeler.domain.errors import LabelerError
from labeler.logs import LogFormatter
from labeler.server.accounts import Accounts
from labeler.server.data_directory import Announcement, announced, locked
from labeler.server.limits import Limits, connections_allowed
from labeler.server.services import Services, refuse_damaged
from labeler.server.stopping import stop_at_end_of, stop_on_signals, stop_without_parent
from labeler.server.tls import CERTIFICATE_FILE, KEY_FILE, Identity, identity_of

_OPTIONS: list[tuple[str, int]] = [
    ("grpc.max_concurrent_streams", 128),
    # Both, since between the two a call is refused at random.
    ("grpc.max_metadata_size", 16 << 10),
    ("grpc.absolute_max_metadata_size", 16 << 10),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Clients whose network is gone must not keep their connections for the two hours of the default.
    ("grpc.keepalive_time_ms", 300_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # Two services on one port would share its calls between them.
    ("grpc.so_reuseport", 0),
]
_GRACE_SECONDS = 2.0
_LOG_BYTES = 2 << 20
THREADS = 32
"""Most of them wait for the disk, and what waits at the same time is synced together."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listening:
    """Where to listen. `socket` is the path of a unix socket, or empty; then it is host and port (0: a free one)."""

    host: str = "127.0.0.1"
    port: int = 0
    socket: str = ""
    tls: bool = True
    embedded: bool = False
    token: str = field(default="", repr=False)
    """A token for this machine's user beside the announced one."""
    limits: Limits = field(default_factory=Limits)


def serve(directory: Path, listen: str, *, insecure: bool, embedded: bool, limits: Limits) -> int:
    """Serve until a signal, or the end of the parent; returns the exit code. Prints one line of JSON when ready.

    Embedded, the first line of standard input is JSON with "token" and "socket" ("" for a loopback port),
    and the end of standard input ends the service.
    """
    _log_to_file()
    if embedded:
        first = json.loads(sys.stdin.buffer.readline())
        listening = Listening(
            socket=str(first["socket"]), tls=False, embedded=True, token=str(first["token"]), limits=limits
        )
    else:
        host, port = _address(listen)
        listening = Listening(host, port, tls=not insecure, limits=limits)
    with locked(directory):
        try:
            asyncio.run(_serve(directory, listening))
        except LabelerError:
            raise
        except Exception:
            logger.exception("The service ended by an unexpected error")
            raise
    return 0


async def _serve(directory: Path, listening: Listening) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "work"))
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(stop_on_signals(stop))
        await asyncio.to_thread(refuse_damaged, directory)
        accounts = Accounts(directory)
        stack.callback(accounts.close)
        identity = identity_of(directory) if listening.tls else None
        local_token = secrets.token_urlsafe(32)
        tokens = tuple(filter(None, (local_token, listening.token)))
        services = Services(directory, accounts, tokens, listening.limits)
        stack.push_async_callback(services.close)
        ready: dict[str, str | bool] = {}
        connections = connections_allowed(listening.limits.max_connections)
        if not listening.embedded:
            ready["http"] = await _start_http(services, directory, listening, connections)
        elif listening.socket:
            await _start_http_here(services, listening, connections)
        options = _options(listening.limits, connections)
        target = await stack.enter_async_context(_grpc_server(services, listening, identity, options))
        certificate = identity.certificate.decode() if identity else ""
        owner = os.getppid() if listening.embedded else 0
        stack.enter_context(announced(directory, Announcement(_reachable(target), certificate, local_token, owner)))
        watch = _watch_parent(stop, listening)
        if watch is not None:
            stack.callback(watch.cancel)
        sys.stdout.write(json.dumps({"listening": target, "tls": listening.tls, **ready}) + "\n")
        sys.stdout.flush()
        services.start_housekeeping()
        logger.info("Serving %s at %s", directory, target)
        await stop.wait()
        logger.info("Stopping")
        services.stop_streams()


async def _start_http(services: Services, directory: Path, listening: Listening, connections: int) -> str:
    context = None
    if listening.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / CERTIFICATE_FILE, directory / KEY_FILE)
    try:
        port = await services.images_over_http.start(
            listening.host, context, connections, listening.limits.handshake_seconds
        )
    except OSError:
        raise _cannot_listen(_joined(listening.host, listening.port)) from None
    base = f"{'https' if listening.tls else 'http'}://{_joined(_host_for_clients(listening.host), port)}"
    services.signer.base = base
    return base


async def _start_http_here(services: Services, listening: Listening, connections: int) -> None:
    path = f"{listening.socket}.http"
    try:
        await services.images_over_http.start_here(path, connections, listening.limits.handshake_seconds)
    except OSError:
        raise _cannot_listen(path) from None
    services.signer.base_here = f"http+unix://{quote(path, safe='')}"


def _options(limits: Limits, connections: int) -> list[tuple[str, int]]:
    """What gRPC itself sees to.

    It cannot count the connections of one address: who holds all of them, each with a finished handshake, keeps
    others out, and a service that strangers can reach needs a firewall or a proxy before it against that.
    """
    largest = limits.max_message_mib << 20
    return [
        *_OPTIONS,
        ("grpc.max_send_message_length", largest),
        ("grpc.max_receive_message_length", largest),
        ("grpc.max_allowed_incoming_connections", connections),
        ("grpc.server_handshake_timeout_ms", limits.handshake_seconds * 1_000),
    ]


@contextlib.asynccontextmanager
async def _grpc_server(
    services: Services, listening: Listening, identity: Identity | None, options: list[tuple[str, int]]
) -> AsyncIterator[str]:
    """Run the RPCs; gives the target that was bound."""
    server = grpc.aio.server(options=options)
    server.add_generic_rpc_handlers((services.dispatcher,))
    wanted = f"unix:{listening.socket}" if listening.socket else _joined(listening.host, listening.port)
    try:
        if identity is None:
            port = server.add_insecure_port(wanted)
        else:
            port = server.add_secure_port(wanted, grpc.ssl_server_credentials([(identity.key, identity.certificate)]))
    except RuntimeError:
        raise _cannot_listen(wanted) from None
    if listening.socket:
        Path(listening.socket).chmod(0o600)  # noqa: ASYNC240 - no slower than the call around it
    await server.start()
    try:
        yield wanted if listening.socket else _joined(listening.host, port)
    finally:
        await server.stop(_GRACE_SECONDS)


def _cannot_listen(address: str) -> LabelerError:
    text = f"Cannot listen on {address}: the address is in use or not this machine's. Choose another with --listen."
    return LabelerError(text)


def _watch_parent(stop: asyncio.Event, listening: Listening) -> asyncio.Task[None] | None:
    if listening.embedded:
        stop_at_end_of(sys.stdin.buffer, stop)
        return None
    return asyncio.create_task(stop_without_parent(stop, os.getppid()))


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise LabelerError(f"--listen {listen!r} is not HOST:PORT, such as 127.0.0.1:8080 or [::1]:0.")
    return host, int(port)


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _host_for_clients(host: str) -> str:
    """A name for this machine in URLs, where the service listens on all of its addresses."""
    if host not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return host
    import socket

    return socket.getfqdn()


def _reachable(target: str) -> str:
    """The target for programs on this machine."""
    for everywhere, here in (("0.0.0.0:", "127.0.0.1:"), ("[::]:", "[::1]:")):
        if target.startswith(everywhere):
            return here + target.removeprefix(everywhere)
    return target


def _log_to_file() -> None:
    """Everything to a file in the state directory, warnings to standard error too."""
    shape = LogFormatter()
    to_screen = logging.StreamHandler()
    to_screen.setLevel(logging.WARNING)
    handlers: list[logging.Handler] = [to_screen]
    with contextlib.suppress(OSError):
        folder = user_state_path("labeler", appauthor=False)
        folder.mkdir(parents=True, exist_ok=True)
        handlers.append(
            RotatingFileHandler(folder / "service.log", maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8")
        )
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for handler in handlers:
        handler.setFormatter(shape)
        root.addHandler(handler)
