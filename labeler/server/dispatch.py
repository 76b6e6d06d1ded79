"""RPCs of the service descriptors, answered by plain classes whose methods are named as the RPC.

A call is authenticated before its message is read, so that nobody without a token can make the service
take in or parse anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from labeler.domain.errors import LabelerError
from labeler.rpc.errors import PUSHBACK
from labeler.server.accounts import Caller
from labeler.server.errors import RpcError, rpc_error, slow_down
from labeler.server.limits import Limits
from labeler.server.rates import AtOnce, Rate
from labeler.server.terms import asking, with_terms

Metadata = Mapping[str, str]
Authenticate = Callable[[Metadata], Caller]
"""Tells from a call's metadata who calls. Raises RpcError (UNAUTHENTICATED)."""
Context = grpc.aio.ServicerContext[Any, Any]
Result = TypeVar("Result")

PEER = ":peer"
"""In the metadata of a call to an open service: the address it comes from. No client can send such a name."""
_MESSAGE_SECONDS = 60.0
"""How long the one message of a call may take."""
_OPEN_MESSAGE_SECONDS = 10.0
_OPEN_AT_ONCE, _OPEN_OF_ONE = 32, 8
"""Calls without a token under way at the same time, together and of one address."""
_BURST_SECONDS = 10

logger = logging.getLogger(__name__)


class _Allowance:
    """What callers may ask of the service."""

    def __init__(self, limits: Limits) -> None:
        per_caller = max(limits.max_calls // 4, 1)
        self.of_callers = AtOnce(limits.max_calls, per_caller)
        self.of_strangers = AtOnce(_OPEN_AT_ONCE, _OPEN_OF_ONE)
        self.rate = Rate(limits.requests_per_second, limits.requests_per_second * _BURST_SECONDS)
        self.upload_bytes = limits.max_upload_mib << 20
        self.upload_seconds = limits.max_upload_minutes * 60

    def check_rate(self, caller: Caller) -> None:
        """Raise RpcError (RESOURCE_EXHAUSTED) for who calls too often; this machine's user may."""
        if not caller.opens_paths and (wait := self.rate.take(caller.key_id)):
            raise slow_down(f"This key makes more than {self.rate.per_second:g} calls per second", wait)


class Dispatcher(grpc.GenericRpcHandler):
    """Finds who answers a call. An RPC that nobody implements answers UNIMPLEMENTED by name."""

    def __init__(self, authenticate: Authenticate, limits: Limits | None = None) -> None:
        self._authenticate = authenticate
        self._allowance = _Allowance(limits or Limits())
        self._routes: dict[str, _Route] = {}

    def add(self, service: ServiceDescriptor, implementations: Sequence[object], is_open: bool = False) -> None:
        """Answer the RPCs of a service by methods of these objects, the first that has it.

        RPCs of an open service need no token, and get the call's metadata in place of a Caller.
        """
        for method in service.methods:
            behaviour = next(
                (getattr(each, method.name) for each in implementations if hasattr(each, method.name)), None
            )
            self._routes[f"/{service.full_name}/{method.name}"] = _Route(method, behaviour, is_open, self._allowance)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        path = str(handler_call_details.method)
        metadata: dict[str, str] = {}
        for key, value in handler_call_details.invocation_metadata or ():
            if isinstance(value, str):
                metadata.setdefault(key, value)
        route = self._routes.get(path)
        if route is not None and route.is_open:
            return route.handler(metadata)
        try:
            caller = with_terms(self._authenticate(metadata), metadata)
            self._allowance.check_rate(caller)
        except RpcError as error:
            return _refusing(error)
        except LabelerError as error:
            return _refusing(rpc_error(error))
        except Exception:
            return _refusing(_unexpected(path))
        if route is None or route.behaviour is None:
            return _refusing(RpcError(grpc.StatusCode.UNIMPLEMENTED, f"{path} is not offered by this service."))
        return route.handler(caller, lambda: self._authenticate(metadata))


def _refusing(error: RpcError) -> grpc.RpcMethodHandler[Any, Any]:
    """Ends a call of any kind without reading from it: only handlers of streams start before the first message."""

    async def refuse(_requests: object, context: Context) -> None:
        await _abort(context, error)

    return grpc.stream_unary_rpc_method_handler(refuse)


async def _abort(context: Context, error: RpcError) -> None:
    if error.retry_after:
        context.set_trailing_metadata(((PUSHBACK, str(round(error.retry_after * 1_000))),))
    await context.abort(error.code, error.message)


def _unexpected(what: str) -> RpcError:
    """Log the error being handled; gives what the caller learns of it."""
    reference = secrets.token_hex(4)
    logger.exception("%s failed, reference %s", what, reference)
    text = f"The service failed to answer; its log says why, at reference {reference}."
    return RpcError(grpc.StatusCode.INTERNAL, text)


def _address_of(context: Context) -> str:
    """Where a call comes from, without the port: "ipv4:127.0.0.1", "ipv6:[::1]", "unix:"."""
    peer = str(context.peer())
    return peer.rpartition(":")[0] if peer.startswith(("ipv4:", "ipv6:")) else peer


def _known(who: Caller | Metadata, context: Context) -> Caller | Metadata:
    return who if isinstance(who, Caller) else {**who, PEER: _address_of(context)}


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()


class _Route:
    """One RPC. Requests come as bytes and are parsed here, where a failure has a status.

    All are handled as streams of requests, since only then a handler runs, and its call is counted and timed,
    before a message has been taken in.
    """

    def __init__(
        self, method: MethodDescriptor, behaviour: Callable[..., Any] | None, is_open: bool, allowance: _Allowance
    ) -> None:
        self._method = method
        self._request = GetMessageClass(method.input_type)
        self._allowance = allowance
        self.behaviour: Any = behaviour
        self.is_open = is_open

    def handler(
        self, who: Caller | Metadata, authenticate: Callable[[], object] = lambda: None
    ) -> grpc.RpcMethodHandler[Any, Any]:
        """`authenticate` is asked again at each message of a stream: its key may have been revoked since it began."""

        async def unary_unary(requests: AsyncIterator[bytes], context: Context) -> Message | None:
            async def answer() -> Message:
                message = await self._only(requests)
                caller = (
                    asking(who, self._method.full_name, message) if isinstance(who, Caller) else _known(who, context)
                )
                return await self.behaviour(message, caller)  # type: ignore[no-any-return]

            return await self._guard(answer, who, context)

        async def stream_unary(requests: AsyncIterator[bytes], context: Context) -> Message | None:
            async def answer() -> Message:
                async with self._in_time(self._allowance.upload_seconds, "upload"):
                    messages = self._bounded(requests, authenticate)
                    return await self.behaviour(messages, who)  # type: ignore[no-any-return]

            return await self._guard(answer, who, context)

        async def unary_stream(requests: AsyncIterator[bytes], context: Context) -> None:
            async def answer() -> None:
                answers = self.behaviour(await self._only(requests), who)
                try:
                    async for each in answers:
                        authenticate()
                        await context.write(each)
                finally:
                    await answers.aclose()

            await self._guard(answer, who, context)

        if self._method.client_streaming:
            return grpc.stream_unary_rpc_method_handler(stream_unary, None, _serialize)
        if self._method.server_streaming:
            return grpc.stream_stream_rpc_method_handler(unary_stream, None, _serialize)
        return grpc.stream_unary_rpc_method_handler(unary_unary, None, _serialize)

    async def _only(self, requests: AsyncIterator[bytes]) -> Message:
        """The message of a call that has one."""
        async with self._in_time(_OPEN_MESSAGE_SECONDS if self.is_open else _MESSAGE_SECONDS, "message"):
            request = await anext(aiter(requests), None)
        if request is None:
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, "The call ended before its message came.")
        return self._parse(request)

    async def _bounded(
        self, requests: AsyncIterator[bytes], authenticate: Callable[[], object]
    ) -> AsyncIterator[Message]:
        """The messages of an upload, as long as they are not too much together."""
        most = left = self._allowance.upload_bytes
        async for request in requests:
            authenticate()
            left -= len(request)
            if left < 0:
                text = f"An upload has at most {most >> 20:,} MiB here (--max-upload-mib of the service)."
                raise RpcError(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
            yield self._parse(request)

    @contextlib.asynccontextmanager
    async def _in_time(self, seconds: float, what: str) -> AsyncIterator[None]:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            text = f"The {what} did not come within {seconds:g} s and the call was ended."
            raise RpcError(grpc.StatusCode.DEADLINE_EXCEEDED, text) from None

    def _parse(self, request: bytes) -> Message:
        try:
            return self._request.FromString(request)
        except DecodeError:
            name = self._method.input_type.full_name
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, f"The request is not a valid {name}.") from None

    async def _guard(
        self, run: Callable[[], Awaitable[Result]], who: Caller | Metadata, context: Context
    ) -> Result | None:
        """Run, and turn what goes wrong into a status; of an unexpected error the caller learns a reference only."""
        if isinstance(who, Caller):
            turns, name = self._allowance.of_callers, who.key_id
        else:
            turns, name = self._allowance.of_strangers, _address_of(context)
        try:
            with turns.turn(name):
                return await run()
        except RpcError as error:
            refusal = error
        except LabelerError as error:
            refusal = rpc_error(error)
        except grpc.aio.AbortError:
            raise
        except Exception:
            refusal = _unexpected(self._method.full_name)
        await _abort(context, refusal)
        return None
