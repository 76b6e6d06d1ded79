"""RPCs of the service descriptors, answered by plain classes whose methods are named as the RPC.

A call is authenticated before its message is read, so that nobody without a token can make the service
take in or parse anything.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from labeler.domain.errors import LabelerError
from labeler.server.accounts import Caller
from labeler.server.errors import RpcError, rpc_error

Metadata = Mapping[str, str]
Authenticate = Callable[[Metadata], Caller]
"""Tells from a call's metadata who calls. Raises RpcError (UNAUTHENTICATED)."""
Context = grpc.aio.ServicerContext[Any, Any]
Result = TypeVar("Result")

logger = logging.getLogger(__name__)


class Dispatcher(grpc.GenericRpcHandler):
    """Finds who answers a call. An RPC that nobody implements answers UNIMPLEMENTED by name."""

    def __init__(self, authenticate: Authenticate) -> None:
        self._authenticate = authenticate
        self._routes: dict[str, _Route] = {}

    def add(self, service: ServiceDescriptor, implementations: Sequence[object], is_open: bool = False) -> None:
        """Answer the RPCs of a service by methods of these objects, the first that has it.

        RPCs of an open service need no token, and get the call's metadata in place of a Caller.
        """
        for method in service.methods:
            behaviour = next(
                (getattr(each, method.name) for each in implementations if hasattr(each, method.name)), None
            )
            self._routes[f"/{service.full_name}/{method.name}"] = _Route(method, behaviour, is_open)

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
            caller = self._authenticate(metadata)
        except RpcError as error:
            return _refusing(error)
        except Exception:
            return _refusing(_unexpected(path))
        if route is None or route.behaviour is None:
            return _refusing(RpcError(grpc.StatusCode.UNIMPLEMENTED, f"{path} is not offered by this service."))
        return route.handler(caller)


def _refusing(error: RpcError) -> grpc.RpcMethodHandler[Any, Any]:
    """Ends a call of any kind without reading from it: only handlers of streams start before the first message."""

    async def refuse(_requests: object, context: Context) -> None:
        await context.abort(error.code, error.message)

    return grpc.stream_unary_rpc_method_handler(refuse)


def _unexpected(what: str) -> RpcError:
    """Log the error being handled; gives what the caller learns of it."""
    reference = secrets.token_hex(4)
    logger.exception("%s failed, reference %s", what, reference)
    text = f"The service failed to answer; its log says why, at reference {reference}."
    return RpcError(grpc.StatusCode.INTERNAL, text)


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()


class _Route:
    """One RPC. Requests come as bytes and are parsed here, where a failure has a status."""

    def __init__(self, method: MethodDescriptor, behaviour: Callable[..., Any] | None, is_open: bool) -> None:
        self._method = method
        self._request = GetMessageClass(method.input_type)
        self.behaviour: Any = behaviour
        self.is_open = is_open

    def handler(self, who: Caller | Metadata) -> grpc.RpcMethodHandler[Any, Any]:
        async def unary_unary(request: bytes, context: Context) -> Message | None:
            async def answer() -> Message:
                return await self.behaviour(self._parse(request), who)  # type: ignore[no-any-return]

            return await self._guard(answer, context)

        async def stream_unary(requests: AsyncIterator[bytes], context: Context) -> Message | None:
            async def parsed() -> AsyncIterator[Message]:
                async for request in requests:
                    yield self._parse(request)

            async def answer() -> Message:
                return await self.behaviour(parsed(), who)  # type: ignore[no-any-return]

            return await self._guard(answer, context)

        async def unary_stream(request: bytes, context: Context) -> None:
            async def answer() -> None:
                answers = self.behaviour(self._parse(request), who)
                try:
                    async for each in answers:
                        await context.write(each)
                finally:
                    await answers.aclose()

            await self._guard(answer, context)

        if self._method.client_streaming:
            return grpc.stream_unary_rpc_method_handler(stream_unary, None, _serialize)
        if self._method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(unary_stream, None, _serialize)
        return grpc.unary_unary_rpc_method_handler(unary_unary, None, _serialize)

    def _parse(self, request: bytes) -> Message:
        try:
            return self._request.FromString(request)
        except DecodeError:
            name = self._method.input_type.full_name
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, f"The request is not a valid {name}.") from None

    async def _guard(self, run: Callable[[], Awaitable[Result]], context: Context) -> Result | None:
        """Run, and turn what goes wrong into a status; of an unexpected error the caller learns a reference only."""
        try:
            return await run()
        except RpcError as error:
            refusal = error
        except LabelerError as error:
            refusal = rpc_error(error)
        except grpc.aio.AbortError:
            raise
        except Exception:
            refusal = _unexpected(self._method.full_name)
        await context.abort(refusal.code, refusal.message)
        return None
