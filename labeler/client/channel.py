"""The connection to a data service: TLS, signing in, deadlines. Knows calls, not what they are about.

No call is repeated, except once after UNAUTHENTICATED and, while its time lasts, when the service asks to wait:
those calls were not done, whereas any other failure leaves open whether it was.
"""

# ruff: noqa: ASYNC109 - these are deadlines of the call, known to the service too

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Self, TypeVar, cast

import grpc
import grpc.aio
from google.protobuf.message import Message

from labeler.client.endpoint import PATIENT, PLAINTEXT, TLS, Endpoint, Patience, Security, channel_credentials
from labeler.client.writing import written
from labeler.memory import keep_freed
from labeler.rpc.errors import PUSHBACK, BusyError, ServiceFailedError, Status, UnauthenticatedError, error_of
from labeler.rpc.wire.proto.rpc.v1 import auth_pb2

__all__ = ["DEFAULT_TIMEOUT", "MAX_MESSAGE_BYTES", "PLAINTEXT", "TLS", "Connection", "Endpoint", "Security"]

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
DEFAULT_TIMEOUT = 60.0
"""Seconds that a call may take when nothing else is said."""

NO_METADATA: Mapping[str, str] = MappingProxyType({})
_SIGN_IN_TIMEOUT = 20.0
_BUSY_SECONDS = 30.0
"""How long a call waits for a service that asks to wait."""
_MOST_LEFT = 3
"""Calls, each begun after the one before had failed, that a connected channel may say that its peer takes no more.

One whose peer says so (GOAWAY, RFC 9113, 6.8) in the packet of its first frame is not left by gRPC for another: it
says that it is ready and fails every call. A load balancer that is shutting down does that.
"""
_AUTHENTICATE = "/proto.rpc.v1.AuthService/Authenticate"

_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    # A service config (a DNS TXT record) could turn on retries, and a retried mutation may be done twice.
    ("grpc.service_config_disable_resolution", 1),
    ("grpc.enable_retries", 0),
    # A service that comes back is found within seconds; the default goes up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 5_000),
)


Response = TypeVar("Response", bound=Message)
Result = TypeVar("Result")
UnaryStream = grpc.aio.UnaryStreamCall[Message, Response]
Requests = Callable[[], AsyncIterable[Message]] | AsyncIterable[Message]


class Connection:
    """An open channel to one endpoint, signed in. Make it with `Connection.open`; close it when done."""

    def __init__(self, endpoint: Endpoint, patience: Patience = PATIENT) -> None:
        keep_freed()
        self._patience = patience
        self._signing_in: asyncio.Task[None] | None = None
        self._closed = False
        self.name = secrets.token_hex(8)
        """Tells what goes over this connection from what others do."""
        self._go_to(endpoint)

    def _go_to(self, endpoint: Endpoint) -> None:
        self.endpoint, self._token = endpoint, endpoint.token
        self._channel = self._new_channel(endpoint)
        self._left = 0

    def _new_channel(self, endpoint: Endpoint) -> grpc.aio.Channel:
        credentials, options_of_tls = channel_credentials(endpoint)
        options: list[tuple[str, int | str]] = [*_OPTIONS, *self._patience.options, *options_of_tls]
        if endpoint.is_loopback:
            # grpc would go to this machine, too, by way of the proxy in the environment.
            options.append(("grpc.enable_http_proxy", 0))
        if credentials is None:
            return grpc.aio.insecure_channel(endpoint.target, options=options)
        return grpc.aio.secure_channel(endpoint.target, credentials, options=options)

    @classmethod
    async def open(cls, endpoint: Endpoint, patience: Patience = PATIENT) -> Self:
        """Connect and, where the endpoint has a key and no ready token, sign in.

        Raises UnavailableError (CertificateError for TLS) and UnauthenticatedError.
        """
        connection = cls(endpoint, patience)
        try:
            if endpoint.api_key and not endpoint.token:
                await connection._sign_in("")
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """End all calls and give up the channel. May be called twice; needs no await."""
        self._closed = True
        if self._signing_in is not None:
            self._signing_in.cancel()
        _end(self._channel)

    def move_to(self, endpoint: Endpoint) -> None:
        """Go on at another endpoint, where the same data is served now. Calls under way fail with UnavailableError."""
        former = self._channel
        self._go_to(endpoint)
        _end(former)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    async def restored(self) -> None:
        """Return when the service can be reached again; never while it can be. Keeps on trying to reach it."""
        was_there = self._channel.get_state() is grpc.ChannelConnectivity.READY
        await self._until(grpc.ChannelConnectivity.READY)
        if was_there or self._closed:
            await asyncio.Event().wait()

    async def lost(self) -> None:
        """Return when the service cannot be reached any more, at once if it cannot be now or this is closed."""
        await self._until(grpc.ChannelConnectivity.TRANSIENT_FAILURE)

    async def _until(self, wanted: grpc.ChannelConnectivity) -> None:
        while not self._closed and (state := self._channel.get_state(try_to_connect=True)) is not wanted:
            with contextlib.suppress(grpc.aio.UsageError):  # The channel was left for another.
                await self._channel.wait_for_state_change(state)

    async def unary(
        self,
        method: str,
        request: Message,
        response_type: type[Response],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        metadata: Mapping[str, str] = NO_METADATA,
    ) -> Response:
        """One request, one response. `method` is the full path, `timeout` seconds. Raises GRPCError."""

        async def once() -> Response:
            call = self._channel.unary_unary(method, _serialize, response_type.FromString)
            return await call(request, timeout=min(timeout, self._patience.call), metadata=self._metadata(metadata))

        return await self._signed_in(method, once)

    async def stream_out(
        self, method: str, requests: Requests, response_type: type[Response], *, timeout: float = DEFAULT_TIMEOUT
    ) -> Response:
        """Many requests, one response.

        `requests` is a function that starts them anew, or the requests themselves; these cannot be repeated,
        so that UNAUTHENTICATED is raised. An error of the requests ends the call and is raised as it is.
        """

        async def once() -> Response:
            start = self._channel.stream_unary(method, _serialize, response_type.FromString)
            call = start(timeout=timeout, metadata=self._metadata())
            messages = requests() if callable(requests) else requests
            return await written(call, messages, method, self.endpoint.target)

        return await self._signed_in(method, once, repeatable=callable(requests))

    async def stream_in(
        self,
        method: str,
        request: Message,
        response_type: type[Response],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        metadata: Mapping[str, str] = NO_METADATA,
    ) -> AsyncGenerator[Response, None]:
        """One request, many responses. Leaving the iteration early (`aclose`) ends the call."""

        async def begin() -> tuple[UnaryStream[Response], Response | None]:
            start = self._channel.unary_stream(method, _serialize, response_type.FromString)
            call = start(request, timeout=timeout, metadata=self._metadata(metadata))
            return call, await _next(call)

        call, response = await self._signed_in(method, begin)
        try:
            while response is not None:
                yield response
                response = await self._translated(method, lambda: _next(call))
        finally:
            call.cancel()

    def _metadata(self, more: Mapping[str, str] = NO_METADATA) -> grpc.aio.Metadata:
        authorization = [("authorization", f"Bearer {self._token}")] if self._token else []
        return grpc.aio.Metadata(*authorization, *more.items())

    async def _signed_in(
        self, method: str, call: Callable[[], Awaitable[Result]], *, repeatable: bool = True
    ) -> Result:
        """The call's result; where the service no longer takes the token, signs in anew and calls once more."""
        if self._closed:
            raise self._closed_error(method)
        token = self._token
        ask = self._patient if repeatable else self._translated
        try:
            return await ask(method, call)
        except UnauthenticatedError:
            if not self.endpoint.api_key:
                raise
            await self._sign_in(token)
            if not repeatable:
                raise
        return await ask(method, call)

    async def _patient(self, method: str, call: Callable[[], Awaitable[Result]]) -> Result:
        """The call's result, however often the service asks to wait; raises BusyError after half a minute of that."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _BUSY_SECONDS
        while True:
            try:
                return await self._translated(method, call)
            except BusyError as error:
                # Others were told the same time, and must not all come back at once.
                pause = error.retry_after * random.uniform(1, 1.5)  # noqa: S311 - no secret
                if self._closed or loop.time() + pause > end:
                    raise
                await asyncio.sleep(pause)

    async def _sign_in(self, stale_token: str) -> None:
        """Get a token, once for all calls that found the same one stale."""
        if self._token != stale_token:
            return
        if self._signing_in is None or self._signing_in.done():
            self._signing_in = asyncio.create_task(self._authenticate())
            self._signing_in.add_done_callback(_mark_seen)
        signing_in = self._signing_in
        await self._translated(_AUTHENTICATE, lambda: asyncio.shield(signing_in))

    async def _authenticate(self) -> None:
        request = auth_pb2.AuthenticateRequest(
            entity=self.endpoint.api_key_id,
            credentials=auth_pb2.Credentials(type="api-key", payload=self.endpoint.api_key),
        )
        timeout = min(_SIGN_IN_TIMEOUT, self._patience.call)

        async def once() -> auth_pb2.AuthenticateResponse:
            response_type = auth_pb2.AuthenticateResponse
            call = self._channel.unary_unary(_AUTHENTICATE, _serialize, response_type.FromString)
            return await call(request, timeout=timeout, metadata=grpc.aio.Metadata())

        try:
            response = await self._patient(_AUTHENTICATE, once)
        except UnauthenticatedError as error:
            text = (
                f"The data service at {self.endpoint.target} does not accept the API key {self.endpoint.api_key_id}: "
                f"{error.message}. Check the key's id and the key, and that it was not revoked."
            )
            raise UnauthenticatedError(error.status, error.message, error.method, text) from None
        self._token = response.access_token

    async def _translated(self, method: str, call: Callable[[], Awaitable[Result]]) -> Result:
        """The call's result, its failure as an error of ours."""
        left = self._left
        try:
            result = await call()
        except grpc.aio.AioRpcError as error:
            status, details = Status(error.code().value[0]), self._without_secrets(error.details() or "")
            if status is Status.UNAVAILABLE and "GOAWAY" in details and left == self._left:
                self._note_left()
            pushback = str(dict(error.trailing_metadata() or ()).get(PUSHBACK, ""))
            raise error_of(status, details, method, self.endpoint.target, pushback) from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # The call was cancelled by `close` or `move_to`, not the task that awaits it.
            if self._closed:
                raise self._closed_error(method) from None
            message = "the connection was lost"
            raise error_of(Status.UNAVAILABLE, message, method, self.endpoint.target) from None
        self._left = 0
        return result

    def _note_left(self) -> None:
        """Go on over another channel where this one does not leave a peer that takes no more calls."""
        if self._closed or self._channel.get_state() is not grpc.ChannelConnectivity.READY:
            return
        self._left += 1
        if self._left == _MOST_LEFT:
            former, self._channel, self._left = self._channel, self._new_channel(self.endpoint), 0
            _end(former)

    def _without_secrets(self, text: str) -> str:
        """What a service says, which could repeat what it was sent, and is shown and logged."""
        for secret in (self.endpoint.api_key, self._token):
            text = text.replace(secret, "…") if secret else text
        return text

    def _closed_error(self, method: str) -> ServiceFailedError:
        text = f"The connection to {self.endpoint.target} is closed."
        return ServiceFailedError(Status.CANCELLED, "the connection is closed", method, text)


def _end(channel: grpc.aio.Channel) -> None:
    closing = channel.close(None)
    try:
        # Without a grace period closing waits for nothing and is through at its first step.
        closing.send(None)
    except StopIteration:
        return
    finally:
        closing.close()


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()


def _mark_seen(task: asyncio.Task[None]) -> None:
    """Keep asyncio from reporting a failed sign-in that everyone who waited for it has given up on."""
    if not task.cancelled():
        task.exception()


async def _next(call: UnaryStream[Response]) -> Response | None:
    response = await call.read()
    return None if response is grpc.aio.EOF else cast(Response, response)
