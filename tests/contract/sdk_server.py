"""A grpclib server made of viam-sdk's own stubs, which writes down what arrives and answers what it is told."""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from google.protobuf.message import Message
from grpclib.const import Cardinality, Handler, Status
from grpclib.exceptions import GRPCError
from grpclib.protocol import H2Protocol
from grpclib.server import Server, Stream
from viam.gen.app.data.v1 import data_pb2
from viam.gen.app.data.v1.data_grpc import UnimplementedDataServiceBase
from viam.gen.app.dataset.v1 import dataset_pb2
from viam.gen.app.dataset.v1.dataset_grpc import UnimplementedDatasetServiceBase
from viam.gen.app.datasync.v1 import data_sync_pb2
from viam.gen.app.datasync.v1.data_sync_grpc import UnimplementedDataSyncServiceBase
from viam.gen.app.v1 import app_pb2
from viam.gen.app.v1.app_grpc import UnimplementedAppServiceBase
from viam.gen.proto.rpc.v1.auth_grpc import UnimplementedAuthServiceBase
from viam.gen.proto.rpc.v1.auth_pb2 import AuthenticateResponse

from labeler.client import PLAINTEXT, Endpoint
from labeler.client.endpoint import Security

KEY_ID = "9f2b8c1e-key-id"
KEY = "the-secret-key"
SERVICES = (
    UnimplementedAuthServiceBase,
    UnimplementedDataServiceBase,
    UnimplementedDatasetServiceBase,
    UnimplementedDataSyncServiceBase,
    UnimplementedAppServiceBase,
)

# The stubs find their messages only where these have been imported.
MESSAGES = (app_pb2, data_pb2, data_sync_pb2, dataset_pb2)

Answer = Message | Exception | Callable[[list[Any]], Any]


class SdkServer:
    """Answers calls by RPC name.

    `answers[name]` is the response, an exception, or a function of the requests that gives one (or a coroutine
    of one); without it the response is an empty message. `requests[name]` are the messages of each call.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: dict[str, list[list[Any]]] = defaultdict(list)
        self.metadata: dict[str, list[dict[str, str]]] = defaultdict(list)
        self.deadlines: dict[str, list[Any]] = defaultdict(list)
        self.refuses_streams: Exception | None = None
        self.logins = 0
        self.tokens: set[str] = set()
        self.port = 0

    def endpoint(self, security: Security | bytes = PLAINTEXT, host: str = "127.0.0.1") -> Endpoint:
        return Endpoint(f"{host}:{self.port}", security, KEY_ID, KEY)

    def one(self, name: str) -> Any:
        """The only request of the only call of an RPC."""
        ((request,),) = self.requests[name]
        return request

    def stream(self, name: str) -> list[Any]:
        """The requests of the only call of an RPC."""
        (requests,) = self.requests[name]
        return requests

    def __mapping__(self) -> dict[str, Handler]:
        handlers: dict[str, Handler] = {}
        for service in SERVICES:
            for path, handler in service().__mapping__().items():
                serve = partial(self._serve, path.rpartition("/")[2], handler)
                handlers[path] = handler._replace(func=serve)
        return handlers

    async def _serve(self, name: str, handler: Handler, stream: Stream[Any, Any]) -> None:
        metadata = {key: str(value) for key, value in (stream.metadata or {}).items()}
        self.metadata[name].append(metadata)
        self.deadlines[name].append(stream.deadline)
        if name != "Authenticate" and metadata.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise GRPCError(Status.UNAUTHENTICATED, "authentication required")
        if self.refuses_streams and handler.cardinality is Cardinality.STREAM_UNARY:
            await stream.recv_message()
            raise self.refuses_streams
        requests = [request async for request in stream]
        self.requests[name].append(requests)
        answer = self._sign_in(requests[0]) if name == "Authenticate" else self.answers.get(name)
        if callable(answer):
            answer = answer(requests)
        if isinstance(answer, Awaitable):
            answer = await answer
        if isinstance(answer, Exception):
            raise answer
        response = handler.reply_type() if answer is None else answer
        assert handler.cardinality in (Cardinality.UNARY_UNARY, Cardinality.STREAM_UNARY)
        await stream.send_message(response)

    def _sign_in(self, request: Any) -> Message | Exception:
        if (request.entity, request.credentials.type, request.credentials.payload) != (KEY_ID, "api-key", KEY):
            return GRPCError(Status.UNAUTHENTICATED, "invalid credentials")
        if (refusal := self.answers.get("Authenticate")) is not None:
            assert isinstance(refusal, Exception)
            return refusal
        self.logins += 1
        token = f"token-{self.logins}"
        self.tokens.add(token)
        return AuthenticateResponse(access_token=token)


class ClosingServer(Server):
    """Closes what is connected too: grpclib leaves that to the clients."""

    protocols: list[H2Protocol]

    def _protocol_factory(self) -> H2Protocol:
        protocol = super()._protocol_factory()
        self.protocols.append(protocol)
        return protocol

    async def aclose(self) -> None:
        self.close()
        for protocol in self.protocols:
            transport = getattr(getattr(protocol, "connection", None), "_transport", None)
            if transport is not None:
                transport.abort()
        await self.wait_closed()
        for _ in range(3):
            await asyncio.sleep(0)


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[SdkServer]:
    """A running server on a free port of this machine."""
    recorder = SdkServer()
    server = ClosingServer([recorder])
    server.protocols = []
    await server.start(host, 0, ssl=tls)
    listening: Any = server._server
    recorder.port = listening.sockets[0].getsockname()[1]
    try:
        yield recorder
    finally:
        await server.aclose()
