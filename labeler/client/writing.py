"""Writing a stream of requests to a call that the service may end before it has read them all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Coroutine
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from labeler.rpc.errors import PUSHBACK, GRPCError, Status, error_of

Response = TypeVar("Response", bound=Message)
Result = TypeVar("Result")

_WRITE_FAILED = "Internal error from Core"


async def written(
    call: grpc.aio.StreamUnaryCall[Message, Response], messages: AsyncIterable[Message], method: str, target: str
) -> Response:
    """The call's response after all messages, or as many as the service wanted.

    grpc.aio puts INTERNAL over the service's status when a write fails just after that came (grpc issue 36066);
    here the service's own status is kept.
    """
    told: list[GRPCError] = []

    def note(ended: grpc.aio.StreamUnaryCall[Message, Response]) -> None:
        code, details = _at_once(ended.code()), _at_once(ended.details())
        if details != _WRITE_FAILED:
            pushback = str(dict(_at_once(ended.trailing_metadata()) or ()).get(PUSHBACK, ""))
            told.append(error_of(Status(code.value[0]), details or "", method, target, pushback))

    call.add_done_callback(note)
    try:
        async with _closing(messages):
            await _write_all(call, messages)
        return await call
    except grpc.aio.AioRpcError as error:
        if error.details() == _WRITE_FAILED and told and told[0].status is not Status.OK:
            raise told[0] from None
        raise
    finally:
        call.cancel()


def _at_once(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    coroutine.close()
    raise RuntimeError("the call is done, but its status has to be waited for")


async def _write_all(call: grpc.aio.StreamUnaryCall[Message, Response], messages: AsyncIterable[Message]) -> None:
    async for message in messages:
        if call.done():
            return
        try:
            await call.write(message)
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            return  # the call has ended; what the service said is its result
    if not call.done():
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            await call.done_writing()


@contextlib.asynccontextmanager
async def _closing(messages: AsyncIterable[Message]) -> AsyncIterator[None]:
    """Finishes the messages, where they are a generator, when the block ends, not when they are collected."""
    try:
        yield
    finally:
        if isinstance(messages, AsyncGenerator):
            await messages.aclose()
