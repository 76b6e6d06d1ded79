"""What `labeler serve` lets one client have, and that the others go on."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from labeler.client import DataClient, ViamClient
from labeler.client.channel import PLAINTEXT, Connection, Endpoint
from labeler.client.outbox import Outbox
from labeler.client.source import ServiceSource
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit, new_id
from labeler.domain.saving import OutboxCounts
from labeler.rpc.wire.app.data.v1 import data_pb2, data_pb2_grpc
from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2, data_sync_pb2_grpc
from labeler.rpc.wire.proto.rpc.v1 import auth_pb2
from labeler.server.limits import Limits, add_options, limits_of
from tests.server.conftest import Start
from tests.server.served import Served, bearer, run_labeler, sign_in
from tests.server.worlds import uploads

pytestmark = pytest.mark.process
COUNT = data_pb2.BinaryDataByFilterRequest(count_only=True)
AUTHENTICATE = "/proto.rpc.v1.AuthService/Authenticate"
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


async def failure(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def eventually(met: Any) -> None:
    async with asyncio.timeout(60):
        while not met():  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.05)


def descriptors(served: Served) -> int:
    return sum(1 for _ in Path(f"/proc/{served.process.pid}/fd").iterdir())


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def test_every_limit_is_an_option_with_its_default_in_the_help() -> None:
    code, out, _ = run_labeler("serve", "--help")
    assert code == 0
    text = " ".join(out.split())
    for name in Limits.__dataclass_fields__:
        assert f"--{name.replace('_', '-')} N" in text
        assert f"(default: {getattr(Limits(), name):,})" in text


@pytest.mark.parametrize("value", ["0", "-1", "many", "1000001"])
def test_a_limit_that_is_none_is_refused(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_options(parser)
    assert limits_of(parser.parse_args(["--max-calls=7"])) == Limits(max_calls=7)
    with pytest.raises(SystemExit):
        parser.parse_args([f"--max-calls={value}"])
    assert "from 1 to 1000000" in capsys.readouterr().err


FEW_FILES = """
import resource
from labeler.server.limits import connections_allowed
resource.setrlimit(resource.RLIMIT_NOFILE, (200, 2_000))
print(connections_allowed(500), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
print(connections_allowed(500))
"""


def test_there_are_fewer_connections_than_open_files() -> None:
    done = subprocess.run([sys.executable, "-c", FEW_FILES], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["500", "2000", "22"]
    assert "may open 300 files only: at most 22 connections" in done.stderr


@pytest.mark.parametrize("kind", ["plaintext", "tls"])
async def test_800_silent_and_senseless_connections_do_not_keep_others_out(tmp_path: Path, kind: str) -> None:
    security = ["--insecure"] if kind == "plaintext" else []
    served = Served(tmp_path / "data", "--listen", "127.0.0.1:0", "--handshake-seconds", "3", *security)
    key = await served.new_key()
    half_open = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" if kind == "tls" else b"PRI * HTTP/2.0\r\n\r\nSM\r\n"
    ports = [port_of(served.address), port_of(str(served.ready["http"]))]
    with contextlib.ExitStack() as stack:
        async with served.channel() as channel:
            token = await sign_in(channel, key)
            before = descriptors(served)
            for number in range(800):
                address = ("127.0.0.1", ports[number % 8 == 7])
                opened = stack.enter_context(socket.create_connection(address))
                with contextlib.suppress(OSError):
                    opened.sendall((b"", half_open, os.urandom(50))[number % 3])
            stub = data_pb2_grpc.DataServiceStub(channel)
            await stub.BinaryDataByFilter(COUNT, metadata=bearer(token))
            async with served.channel() as another:
                await data_pb2_grpc.DataServiceStub(another).BinaryDataByFilter(COUNT, metadata=bearer(token))
            await eventually(lambda: descriptors(served) <= before)
            await stub.BinaryDataByFilter(COUNT, metadata=bearer(token))
    assert served.stop() == (0, "", "")


async def test_connections_above_the_limit_are_closed_and_come_in_when_others_go(tmp_path: Path) -> None:
    limits = ("--max-connections", "20", "--handshake-seconds", "600")
    served = Served(tmp_path / "data", "--listen", "127.0.0.1:0", "--insecure", *limits)
    key = await served.new_key()
    before = descriptors(served)
    with contextlib.ExitStack() as stack:
        for number in range(200):
            port = port_of(served.address if number % 2 else str(served.ready["http"]))
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        await eventually(lambda: before + 40 <= descriptors(served) <= before + 42)
        async with served.channel() as channel:
            error = await failure(sign_in(channel, key))
            assert error.code() is grpc.StatusCode.UNAVAILABLE
    async with served.channel() as channel:
        request = auth_pb2.AuthenticateRequest(
            entity=key["api_key_id"], credentials=auth_pb2.Credentials(type="api-key", payload=key["api_key"])
        )
        call: Any = channel.unary_unary(AUTHENTICATE, None, auth_pb2.AuthenticateResponse.FromString)
        assert (await call(request.SerializeToString(), wait_for_ready=True, timeout=60)).access_token
    assert served.stop() == (0, "", "")


@pytest.fixture(scope="module")
def narrow(serve_module: Start) -> Served:
    """A service whose limits a test reaches soon."""
    limits = ("--requests-per-second", "20", "--max-upload-mib", "2", "--max-calls", "8", "--max-message-mib", "1")
    return serve_module("--listen", "127.0.0.1:0", "--insecure", *limits)


async def test_who_calls_too_often_is_told_how_long_to_wait_and_others_are_not(narrow: Served) -> None:
    busy, calm = await narrow.new_key("Busy"), await narrow.new_key("Calm")
    async with narrow.channel() as channel:
        who = bearer(await sign_in(channel, busy))
        stub = data_pb2_grpc.DataServiceStub(channel)
        told: list[grpc.aio.AioRpcError] = []
        for _ in range(400):
            try:
                await stub.BinaryDataByFilter(COUNT, metadata=who)
            except grpc.aio.AioRpcError as error:
                told.append(error)
        await stub.BinaryDataByFilter(COUNT, metadata=bearer(await sign_in(channel, calm)))
    # 200 at once, and 20 for each second that the calls took.
    assert 20 < len(told) <= 200
    assert {error.code() for error in told} == {EXHAUSTED}
    assert "more than 20 calls per second; nothing was done. Try again in" in str(told[0].details())
    assert int(dict(told[0].trailing_metadata())["grpc-retry-pushback-ms"]) >= 250


async def test_our_client_waits_and_nothing_is_lost(narrow: Served) -> None:
    key = await narrow.new_key("Patient")
    endpoint = Endpoint(narrow.address, PLAINTEXT, api_key_id=key["api_key_id"], api_key=key["api_key"])
    async with await ViamClient.connect(endpoint) as client:
        data: DataClient = client.data_client
        image = await data.file_upload(
            key["part_id"], b"\xff\xd8\xff\xe0 picture", file_name="a", file_extension=".jpg"
        )
        await asyncio.gather(
            *(data.add_bounding_box_to_image_by_id(image, str(number), 0.1, 0.1, 0.2, 0.2) for number in range(4))
        )

        async def tag(number: int) -> None:
            await data.add_tags_to_binary_data_by_ids([f"tag {number}"], [image])

        for start in range(0, 260, 2):
            await asyncio.gather(tag(start), tag(start + 1))
        (found,) = await data.binary_data_by_ids([image])
    assert len(found.metadata.capture_metadata.tags) == 260
    assert len(found.metadata.annotations.bboxes) == 4


async def test_an_outbox_delivers_each_edit_once_to_a_service_that_makes_it_wait(
    narrow: Served, tmp_path: Path
) -> None:
    key = await narrow.new_key("Outbox")
    async with narrow.channel() as channel:
        who = bearer(await sign_in(channel, key))
        sync = data_sync_pb2_grpc.DataSyncServiceStub(channel)
        sent = [
            (await sync.FileUpload(iter(uploads(bytes([number]), part_id=key["part_id"])), metadata=who)).binary_data_id
            for number in range(10)
        ]
        stub = data_pb2_grpc.DataServiceStub(channel)
        told = 0
        while told < 5:
            try:
                await stub.BinaryDataByFilter(COUNT, metadata=who)
            except grpc.aio.AioRpcError:
                told += 1
    outbox = Outbox.open(tmp_path / "outbox.db", "test")
    try:
        endpoint = Endpoint(narrow.address, PLAINTEXT, api_key_id=key["api_key_id"], api_key=key["api_key"])
        async with await Connection.open(endpoint) as connection:
            await outbox.start(connection)
            for number in range(60):
                box = Box(new_id(), str(number), 0.25, 0.25, 0.75, 0.75)
                outbox.put(Edit("Added a box", (BoxChange(sent[number % 10], None, box),)))
            await eventually(lambda: outbox.counts == OutboxCounts())
            await outbox.stop()
            kept = await (await ServiceSource.open(connection)).images(sent)
    finally:
        await outbox.close()
    assert sorted(int(box.label) for image in kept for box in image.boxes) == list(range(60))


async def test_an_upload_above_the_size_is_refused_and_leaves_nothing(narrow: Served) -> None:
    key = await narrow.new_key("Large")

    async def requests() -> AsyncIterator[data_sync_pb2.FileUploadRequest]:
        yield data_sync_pb2.FileUploadRequest(metadata=data_sync_pb2.UploadMetadata(part_id=key["part_id"]))
        for _ in range(6):
            yield data_sync_pb2.FileUploadRequest(file_contents=data_sync_pb2.FileData(data=bytes(500 << 10)))

    async with narrow.channel() as channel:
        who = bearer(await sign_in(channel, key))
        error = await failure(data_sync_pb2_grpc.DataSyncServiceStub(channel).FileUpload(requests(), metadata=who))
        counted = await data_pb2_grpc.DataServiceStub(channel).BinaryDataByFilter(COUNT, metadata=who)
        large = data_pb2.TagsByFilterRequest(filter=data_pb2.Filter(component_name="x" * (2 << 20)))
        too_large = await failure(data_pb2_grpc.DataServiceStub(channel).TagsByFilter(large, metadata=who))
    assert error.code() is too_large.code() is EXHAUSTED
    assert "at most 2 MiB" in str(error.details())
    assert counted.count == 0


async def test_one_key_cannot_have_all_calls_under_way(narrow: Served) -> None:
    greedy, modest = await narrow.new_key("Greedy"), await narrow.new_key("Modest")
    async with narrow.channel() as channel:
        who, other = bearer(await sign_in(channel, greedy)), bearer(await sign_in(channel, modest))
        never = asyncio.Event()

        async def silent() -> AsyncIterator[bytes]:
            await never.wait()
            yield b""

        upload: Any = channel.stream_unary("/viam.app.datasync.v1.DataSyncService/FileUpload")
        calls = [upload(silent(), metadata=who) for _ in range(4)]
        states: Counter[Any] = Counter()

        def two_refused() -> bool:
            states.clear()
            states.update(call.done() for call in calls)
            return states[True] == 2

        await eventually(two_refused)
        assert [await call.code() for call in calls if call.done()] == [EXHAUSTED] * 2
        stub = data_pb2_grpc.DataServiceStub(channel)
        assert (await failure(stub.BinaryDataByFilter(COUNT, metadata=who))).code() is EXHAUSTED
        await stub.BinaryDataByFilter(COUNT, metadata=other)
        for call in calls:
            call.cancel()


async def test_a_call_with_a_large_header_is_refused_and_the_next_works(narrow: Served) -> None:
    key = await narrow.new_key("Header")
    async with narrow.channel() as channel:
        who = bearer(await sign_in(channel, key))
        stub = data_pb2_grpc.DataServiceStub(channel)
        error = await failure(stub.BinaryDataByFilter(COUNT, metadata=(*who, ("x", "x" * 20_000))))
        assert error.code() is EXHAUSTED
        await stub.BinaryDataByFilter(COUNT, metadata=who)


async def test_a_thousand_wrong_keys_are_slowed_down_and_the_right_one_gets_in(tmp_path: Path) -> None:
    served = Served(tmp_path / "data", "--listen", "127.0.0.1:0", "--insecure", state=tmp_path / "state")
    key = await served.new_key()
    codes: Counter[grpc.StatusCode] = Counter()
    async with served.channel() as channel:

        async def guess(number: int) -> None:
            error = await failure(sign_in(channel, {**key, "api_key": f"wrong {number}"}))
            codes[error.code()] += 1

        for start in range(0, 1_000, 4):
            await asyncio.gather(*(guess(number) for number in range(start, start + 4)))
            if start % 200 == 0:
                assert await sign_in(channel, key)
        assert await sign_in(channel, key)
    print("wrong keys", dict(codes))  # noqa: T201
    assert codes.total() == 1_000
    assert set(codes) == {grpc.StatusCode.UNAUTHENTICATED, EXHAUSTED}
    # 20 a minute, and what a slow machine gains by its slowness.
    assert 20 <= codes[grpc.StatusCode.UNAUTHENTICATED] <= 100
    served.stop()
    (log,) = (tmp_path / "state").rglob("service.log")
    assert log.read_text().count("A wrong key from") == codes[grpc.StatusCode.UNAUTHENTICATED]
    assert "wrong 1" not in log.read_text()


async def test_sign_ins_that_never_send_their_message_do_not_keep_others_out(tmp_path: Path) -> None:
    served = Served(tmp_path / "data", "--listen", "127.0.0.1:0", "--insecure")
    key = await served.new_key()
    never = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        await never.wait()
        yield b""

    async with served.channel() as channel:
        call: Any = channel.stream_unary(AUTHENTICATE)
        calls = [call(silent()) for _ in range(60)]
        await eventually(lambda: sum(one.done() for one in calls) == 52)
        assert {await one.code() for one in calls if one.done()} == {EXHAUSTED}
        endpoint = Endpoint(served.address, PLAINTEXT, api_key_id=key["api_key_id"], api_key=key["api_key"])
        # Waits until the silent ones have used up their time.
        async with await ViamClient.connect(endpoint):
            pass
        await eventually(lambda: all(one.done() for one in calls))
    assert served.stop() == (0, "", "")
