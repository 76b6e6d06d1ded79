"""Calls over a real channel: who may, what is parsed, how failures are told."""

# ruff: noqa: N802 - methods named as the RPC

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import grpc
import grpc.aio
import pytest

from labeler.domain.errors import InvalidValue, Missing
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.server.accounts import Caller
from labeler.server.dispatch import Dispatcher
from labeler.server.errors import RpcError
from labeler.server.limits import Limits

DATA = "/viam.app.data.v1.DataService/"
SIGNED_IN = (("authorization", "Bearer good"),)


class Answers:
    """Implements a few RPCs of three kinds, and notes what reached it."""

    def __init__(self) -> None:
        self.uploaded: list[bytes] = []
        self.callers: list[Caller] = []
        self.ended = asyncio.Event()

    async def TagsByFilter(
        self, request: data_pb2.TagsByFilterRequest, caller: Caller
    ) -> data_pb2.TagsByFilterResponse:
        self.callers.append(caller)
        match request.filter.component_name:
            case "invalid":
                raise InvalidValue("tags: none were given")
            case "missing":
                raise Missing("There is no image 'x'.")
            case "broken":
                raise RuntimeError("a secret detail")
        return data_pb2.TagsByFilterResponse(tags=[request.filter.component_name])

    async def FileUpload(
        self, requests: AsyncIterator[data_sync_pb2.FileUploadRequest], caller: Caller
    ) -> data_sync_pb2.FileUploadResponse:
        async for request in requests:
            self.uploaded.append(request.file_contents.data)
        return data_sync_pb2.FileUploadResponse(binary_data_id=str(len(self.uploaded)))

    async def OpenPaths(
        self, request: labeler_pb2.OpenPathsRequest, caller: Caller
    ) -> AsyncIterator[labeler_pb2.OpenPathsProgress]:
        try:
            for number in range(1, 1_000_000):
                yield labeler_pb2.OpenPathsProgress(found=number)
                if request.copy and number == 3:
                    raise Missing("The folder went away.")
        finally:
            self.ended.set()


def authenticate(metadata: Mapping[str, str]) -> Caller:
    if metadata.get("authorization") == "Bearer breaks":
        raise RuntimeError("a secret detail")
    if metadata.get("authorization") != "Bearer good":
        raise RpcError(grpc.StatusCode.UNAUTHENTICATED, "authentication required")
    return Caller("org", "key")


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
async def channel(answers: Answers) -> AsyncIterator[grpc.aio.Channel]:
    dispatcher = Dispatcher(authenticate)
    dispatcher.add(data_pb2.DESCRIPTOR.services_by_name["DataService"], (object(), answers))
    dispatcher.add(data_sync_pb2.DESCRIPTOR.services_by_name["DataSyncService"], (answers,))
    dispatcher.add(labeler_pb2.DESCRIPTOR.services_by_name["LabelerService"], (answers,))
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((dispatcher,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as opened:
        yield opened
    await server.stop(None)


def asked(name: str) -> bytes:
    return data_pb2.TagsByFilterRequest(filter=data_pb2.Filter(component_name=name)).SerializeToString()


async def failure(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), caught.value.details() or ""


async def test_a_unary_call_reaches_the_method_of_its_name(channel: Any, answers: Answers) -> None:
    answer = await channel.unary_unary(DATA + "TagsByFilter")(asked("night"), metadata=SIGNED_IN)
    assert data_pb2.TagsByFilterResponse.FromString(answer).tags == ["night"]
    assert answers.callers == [Caller("org", "key")]


async def test_a_stream_of_messages_reaches_its_method(channel: Any, answers: Answers) -> None:
    chunks = [b"one", b"", b"two"]
    requests = [
        data_sync_pb2.FileUploadRequest(file_contents=data_sync_pb2.FileData(data=one)).SerializeToString()
        for one in chunks
    ]
    call = channel.stream_unary("/viam.app.datasync.v1.DataSyncService/FileUpload")
    answer = await call(iter(requests), metadata=SIGNED_IN)
    assert data_sync_pb2.FileUploadResponse.FromString(answer).binary_data_id == "3"
    assert answers.uploaded == chunks


async def test_without_a_token_the_message_is_not_read(channel: Any, answers: Answers) -> None:
    garbage = b"\xff" * 100
    assert (await failure(channel.unary_unary(DATA + "TagsByFilter")(garbage)))[0] is grpc.StatusCode.UNAUTHENTICATED
    upload = channel.stream_unary("/viam.app.datasync.v1.DataSyncService/FileUpload")
    # More than a server that took it in would accept.
    assert (await failure(upload(iter([b"x" * (8 << 20)]))))[0] is grpc.StatusCode.UNAUTHENTICATED
    answering = channel.unary_stream("/labeler.v1.LabelerService/OpenPaths")(garbage)
    assert (await failure(answering.read()))[0] is grpc.StatusCode.UNAUTHENTICATED
    assert (await failure(channel.unary_unary("/no.such.Service/Call")(garbage)))[0] is grpc.StatusCode.UNAUTHENTICATED
    assert not answers.callers


async def test_a_message_too_large_is_refused_for_its_sender_before_its_size(channel: Any) -> None:
    code, _ = await failure(channel.unary_unary(DATA + "TagsByFilter")(b"x" * (5 << 20)))
    assert code is grpc.StatusCode.UNAUTHENTICATED
    code, _ = await failure(channel.unary_unary(DATA + "TagsByFilter")(b"x" * (5 << 20), metadata=SIGNED_IN))
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_bytes_that_are_no_message_are_an_invalid_argument(channel: Any) -> None:
    code, text = await failure(channel.unary_unary(DATA + "TagsByFilter")(b"\xff" * 9, metadata=SIGNED_IN))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "viam.app.data.v1.TagsByFilterRequest" in text


@pytest.mark.parametrize("path", [DATA + "BoundingBoxLabelsByFilter", "/viam.app.v1.AppService/Nothing"])
async def test_what_nobody_implements_is_told_by_name(channel: Any, path: str) -> None:
    code, text = await failure(channel.unary_unary(path)(b"", metadata=SIGNED_IN))
    assert code is grpc.StatusCode.UNIMPLEMENTED
    assert path in text


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("invalid", grpc.StatusCode.INVALID_ARGUMENT, "tags: none were given"),
        ("missing", grpc.StatusCode.NOT_FOUND, "There is no image 'x'."),
    ],
)
async def test_an_expected_error_keeps_its_sentence(channel: Any, name: str, code: grpc.StatusCode, text: str) -> None:
    assert await failure(channel.unary_unary(DATA + "TagsByFilter")(asked(name), metadata=SIGNED_IN)) == (code, text)


@pytest.mark.logs("TagsByFilter failed, reference [0-9a-f]{8}")
async def test_an_unexpected_error_tells_a_reference_only(channel: Any, caplog: pytest.LogCaptureFixture) -> None:
    code, text = await failure(channel.unary_unary(DATA + "TagsByFilter")(asked("broken"), metadata=SIGNED_IN))
    assert code is grpc.StatusCode.INTERNAL
    assert "secret" not in text
    (record,) = [one for one in caplog.records if "failed, reference" in one.getMessage()]
    assert record.getMessage().split()[-1] in text
    assert "a secret detail" in caplog.text


@pytest.mark.logs("TagsByFilter failed, reference [0-9a-f]{8}")
async def test_an_unexpected_error_while_signing_in_tells_a_reference_only(channel: Any) -> None:
    metadata = (("authorization", "Bearer breaks"),)
    code, text = await failure(channel.unary_unary(DATA + "TagsByFilter")(asked("night"), metadata=metadata))
    assert code is grpc.StatusCode.INTERNAL
    assert "secret" not in text


async def test_an_answering_stream_that_fails_says_why_after_what_it_sent(channel: Any) -> None:
    request = labeler_pb2.OpenPathsRequest(copy=True).SerializeToString()
    call = channel.unary_stream("/labeler.v1.LabelerService/OpenPaths")(request, metadata=SIGNED_IN)
    got = [labeler_pb2.OpenPathsProgress.FromString(await call.read()).found for _ in range(3)]
    assert got == [1, 2, 3]
    assert await failure(call.read()) == (grpc.StatusCode.NOT_FOUND, "The folder went away.")


async def test_an_upload_has_only_so_much_time_and_leaves_its_turn(answers: Answers) -> None:
    dispatcher = Dispatcher(authenticate, Limits(max_upload_minutes=0, max_calls=4))
    dispatcher.add(data_sync_pb2.DESCRIPTOR.services_by_name["DataSyncService"], (answers,))
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((dispatcher,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        upload: Any = channel.stream_unary("/viam.app.datasync.v1.DataSyncService/FileUpload")
        for _ in range(3):
            never_written = upload(metadata=SIGNED_IN)
            code, text = await failure(never_written)
            assert code is grpc.StatusCode.DEADLINE_EXCEEDED
            assert "did not come within" in text
    await server.stop(None)


async def test_cancelling_an_answering_stream_ends_its_generator(channel: Any, answers: Answers) -> None:
    call = channel.unary_stream("/labeler.v1.LabelerService/OpenPaths")(b"", metadata=SIGNED_IN)
    await call.read()
    call.cancel()
    async with asyncio.timeout(10):
        await answers.ended.wait()
