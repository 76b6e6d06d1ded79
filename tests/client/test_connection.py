"""Signing in again, deadlines, closing, and what errors say."""

from __future__ import annotations

import asyncio
import pickle
import random
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpclib.const import Status as SdkStatus
from grpclib.exceptions import GRPCError as SdkError
from viam.gen.app.data.v1 import data_pb2 as sdk_data

from labeler.client import (
    PLAINTEXT,
    Connection,
    DataClient,
    DeadlineExceededError,
    Endpoint,
    GRPCError,
    ServiceFailedError,
    Status,
    UnauthenticatedError,
    ViamClient,
)
from labeler.domain.errors import LabelerError, Missing, NotSignedIn, Refused, Unreachable
from labeler.rpc.errors import error_of
from labeler.rpc.wire.app.data.v1 import data_pb2
from tests.contract.sdk_server import KEY_ID, SdkServer
from tests.faults.proxy import Proxy

MOST_REFUSED = 20
"""Calls over a channel that is to be left: a few, as the first may end before the channel says what it is at."""
TAGS = "/viam.app.data.v1.DataService/TagsByFilter"


async def test_signs_in_without_a_token_and_calls_with_it(sdk: SdkServer, data: DataClient) -> None:
    await data.tags_by_filter()
    assert "authorization" not in sdk.metadata["Authenticate"][0]
    assert sdk.metadata["TagsByFilter"][0]["authorization"] == "Bearer token-1"


async def test_a_ready_token_needs_no_sign_in(sdk: SdkServer) -> None:
    sdk.tokens.add("ready")
    endpoint = Endpoint(f"127.0.0.1:{sdk.port}", PLAINTEXT, token="ready")
    async with await ViamClient.connect(endpoint) as viam:
        await viam.data_client.tags_by_filter()
        sdk.tokens.clear()
        with pytest.raises(UnauthenticatedError):
            await viam.data_client.tags_by_filter()
    assert sdk.logins == 0


async def test_a_proxy_is_not_asked_the_way_to_this_machine(sdk: SdkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with await ViamClient.connect(sdk.endpoint()) as viam:
        assert await viam.data_client.tags_by_filter() == []


async def test_a_wrong_key(sdk: SdkServer) -> None:
    endpoint = Endpoint(f"127.0.0.1:{sdk.port}", PLAINTEXT, KEY_ID, "wrong")
    with pytest.raises(UnauthenticatedError, match=f"does not accept the API key {KEY_ID}") as caught:
        await ViamClient.connect(endpoint)
    assert "wrong" not in str(caught.value)


async def test_a_call_with_a_stale_token_is_repeated_once_after_a_new_sign_in(sdk: SdkServer, data: DataClient) -> None:
    sdk.tokens.clear()
    await data.add_tags_to_binary_data_by_ids(["t"], ["i"])
    assert sdk.logins == 2
    assert len(sdk.metadata["AddTagsToBinaryDataByIDs"]) == 2
    assert len(sdk.requests["AddTagsToBinaryDataByIDs"]) == 1


async def test_many_calls_with_a_stale_token_sign_in_once(sdk: SdkServer, data: DataClient) -> None:
    sdk.tokens.clear()
    await asyncio.gather(*(data.tags_by_filter() for _ in range(20)))
    assert sdk.logins == 2
    assert len(sdk.requests["TagsByFilter"]) == 20


async def test_a_call_that_is_refused_again_is_not_repeated_again(sdk: SdkServer, data: DataClient) -> None:
    sdk.answers["TagsByFilter"] = SdkError(SdkStatus.UNAUTHENTICATED, "still not")
    with pytest.raises(UnauthenticatedError, match="still not"):
        await data.tags_by_filter()
    assert len(sdk.requests["TagsByFilter"]) == 2
    assert sdk.logins == 2


async def test_a_sign_in_that_fails_is_told_to_all_who_wait_for_it(sdk: SdkServer, data: DataClient) -> None:
    sdk.tokens.clear()
    sdk.answers["Authenticate"] = SdkError(SdkStatus.UNAUTHENTICATED, "revoked")
    results = await asyncio.gather(*(data.tags_by_filter() for _ in range(5)), return_exceptions=True)
    assert all(isinstance(result, UnauthenticatedError) and "revoked" in str(result) for result in results)
    del sdk.answers["Authenticate"]
    assert await data.tags_by_filter() == []


async def chunks() -> AsyncIterator[bytes]:
    yield b"1"


async def test_an_upload_is_repeated_from_memory_but_not_from_an_iterable(sdk: SdkServer, data: DataClient) -> None:
    sdk.tokens.clear()
    await data.file_upload("p", b"bytes")
    assert sdk.stream("FileUpload")[1].file_contents.data == b"bytes"
    sdk.tokens.clear()
    with pytest.raises(UnauthenticatedError):
        await data.file_upload("p", chunks())
    await data.file_upload("p", chunks())
    assert len(sdk.requests["FileUpload"]) == 2


@pytest.mark.parametrize("code", ["UNAVAILABLE", "INTERNAL", "UNKNOWN", "ABORTED", "RESOURCE_EXHAUSTED"])
async def test_no_other_failure_is_repeated(sdk: SdkServer, data: DataClient, code: str) -> None:
    sdk.answers["DeleteDataset"] = SdkError(SdkStatus[code], "no")
    with pytest.raises(GRPCError) as caught:
        await data.delete_dataset("d")
    assert caught.value.status is Status[code]
    assert len(sdk.requests["DeleteDataset"]) == 1


async def never(_: Any) -> Any:
    await asyncio.Event().wait()


async def test_deadline(sdk: SdkServer, viam: ViamClient) -> None:
    sdk.answers["TagsByFilter"] = never
    request = data_pb2.TagsByFilterRequest()
    with pytest.raises(DeadlineExceededError, match="did not answer TagsByFilter in time"):
        await viam.connection.unary(TAGS, request, data_pb2.TagsByFilterResponse, timeout=0.05)


async def test_every_call_has_a_deadline(sdk: SdkServer, viam: ViamClient, data: DataClient) -> None:
    await data.tags_by_filter()
    await data.file_upload("p", b"x")
    await viam.app.list_organizations()
    await data.binary_data_by_ids(["i"])
    for name in ("Authenticate", "TagsByFilter", "FileUpload", "ListOrganizations", "BinaryDataByIDs"):
        assert sdk.deadlines[name][0] is not None, name


async def test_closing_ends_calls_and_refuses_new_ones(sdk: SdkServer) -> None:
    begun = asyncio.Event()

    async def begin(_: Any) -> Any:
        begun.set()
        await asyncio.Event().wait()

    sdk.answers["TagsByFilter"] = begin
    viam = await ViamClient.connect(sdk.endpoint())
    call = asyncio.create_task(viam.data_client.tags_by_filter())
    await begun.wait()
    viam.close()
    viam.close()
    with pytest.raises(ServiceFailedError, match="is closed"):
        await call
    with pytest.raises(ServiceFailedError, match="is closed"):
        await viam.data_client.tags_by_filter()


async def test_cancelling_a_call_cancels_it(sdk: SdkServer, viam: ViamClient, data: DataClient) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def begin(_: Any) -> Any:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    sdk.answers["TagsByFilter"] = begin
    call = asyncio.create_task(data.tags_by_filter())
    await begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await ended.wait()


async def test_large_messages_are_taken(sdk: SdkServer, data: DataClient) -> None:
    large = bytes(40 << 20)
    sdk.answers["BinaryDataByIDs"] = sdk_data.BinaryDataByIDsResponse(data=[sdk_data.BinaryData(binary=large)])
    (found,) = await data.binary_data_by_ids(["i"])
    assert len(found.binary) == len(large)


async def test_streamed_responses() -> None:
    """A server of ours, because none of viam-sdk's calls that we make streams its response."""

    async def count(request: bytes, context: Any) -> AsyncIterator[bytes]:
        for number in range(3):
            yield data_pb2.BinaryID(file_id=str(number)).SerializeToString()
        if request:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no more")

    server = grpc.aio.server()
    handler: Any = grpc.unary_stream_rpc_method_handler(count)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("s", {"Count": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with await Connection.open(Endpoint(f"127.0.0.1:{port}", PLAINTEXT)) as connection:
        found = connection.stream_in("/s/Count", data_pb2.BinaryID(), data_pb2.BinaryID)
        assert [each.file_id async for each in found] == ["0", "1", "2"]
        failing = connection.stream_in("/s/Count", data_pb2.BinaryID(file_id="x"), data_pb2.BinaryID)
        with pytest.raises(GRPCError, match="no more"):
            _ = [each async for each in failing]
        early = connection.stream_in("/s/Count", data_pb2.BinaryID(), data_pb2.BinaryID)
        assert (await anext(early)).file_id == "0"
        await early.aclose()
    await server.stop(None)


async def test_a_peer_that_leaves_with_its_first_frame_is_asked_over_another_connection(sdk: SdkServer) -> None:
    sdk.tokens.add("ready")
    async with Proxy(f"127.0.0.1:{sdk.port}", random.Random(1)) as proxy:
        proxy.leaving = True
        async with await ViamClient.connect(Endpoint(proxy.address, PLAINTEXT, token="ready")) as viam:
            with pytest.raises(Unreachable, match="GOAWAY"):
                await viam.data_client.tags_by_filter()
            proxy.leaving = False
            refused = 0
            while refused < MOST_REFUSED:
                try:
                    await viam.data_client.tags_by_filter()
                    break
                except Unreachable:
                    refused += 1
            assert refused < MOST_REFUSED


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OK])
def test_every_status_has_its_error(status: Status) -> None:
    error = error_of(status, "why", "/s/Method", "host:1")
    assert type(error) is not GRPCError
    assert isinstance(error, LabelerError)
    assert (error.status, error.message, error.method) == (status, "why", "Method")
    assert "Method" in str(error) or status is Status.UNAVAILABLE
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (str(copy), type(copy)) == (str(error), type(error))


def test_statuses_are_those_of_grpc() -> None:
    assert {status.name: status.value for status in Status} == {code.name: code.value[0] for code in grpc.StatusCode}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (Status.UNAVAILABLE, Unreachable),
        (Status.DEADLINE_EXCEEDED, Unreachable),
        (Status.INTERNAL, Unreachable),
        (Status.UNAUTHENTICATED, NotSignedIn),
        (Status.NOT_FOUND, Missing),
        (Status.INVALID_ARGUMENT, Refused),
        (Status.PERMISSION_DENIED, Refused),
    ],
)
def test_errors_are_of_the_kinds_the_desktop_knows(status: Status, kind: type[LabelerError]) -> None:
    assert isinstance(error_of(status), kind)
