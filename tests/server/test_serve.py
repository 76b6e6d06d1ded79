"""`labeler serve` as a process: readiness, signing in, what is refused, images over HTTP, how it ends."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from labeler.rpc.wire.app.data.v1 import data_pb2, data_pb2_grpc
from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2, data_sync_pb2_grpc
from labeler.rpc.wire.app.v1 import app_pb2, app_pb2_grpc
from labeler.rpc.wire.labeler.v1 import labeler_pb2, labeler_pb2_grpc
from labeler.rpc.wire.proto.rpc.v1 import auth_pb2, auth_pb2_grpc
from tests.server.conftest import Start
from tests.server.served import Served, bearer, labeler, run_labeler, sign_in

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256))


@pytest.fixture(scope="module", params=["plaintext", "over_tls"])
def served(request: pytest.FixtureRequest) -> Served:
    found: Served = request.getfixturevalue(request.param)
    return found


async def refusal(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), caught.value.details() or ""


async def upload(channel: grpc.aio.Channel, token: str, part_id: str, content: bytes = JPEG) -> str:
    metadata = data_sync_pb2.UploadMetadata(part_id=part_id, file_name="a", file_extension=".jpg")
    requests = [
        data_sync_pb2.FileUploadRequest(metadata=metadata),
        data_sync_pb2.FileUploadRequest(file_contents=data_sync_pb2.FileData(data=content)),
    ]
    stub = data_sync_pb2_grpc.DataSyncServiceStub(channel)
    answer: data_sync_pb2.FileUploadResponse = await stub.FileUpload(iter(requests), metadata=bearer(token))
    return answer.binary_data_id


def fetch(served: Served, url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers in lower case, and body."""
    trusted = ssl.create_default_context(cafile=served.data / "certificate.pem") if served.ready["tls"] else None
    assert url.startswith(("http://127.0.0.1:", "https://127.0.0.1:"))
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, context=trusted, timeout=10) as answer:  # noqa: S310
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {}, error.read()


async def test_it_says_where_it_listens_and_answers_who_has_a_key(served: Served) -> None:
    assert served.address.startswith("127.0.0.1:")
    assert not served.address.endswith(":0")
    key = await served.new_key("Acme")
    async with served.channel() as channel:
        token = await sign_in(channel, key)
        image_id = await upload(channel, token, key["part_id"])
        stub = data_pb2_grpc.DataServiceStub(channel)
        request = data_pb2.BinaryDataByIDsRequest(binary_data_ids=[image_id], include_binary=True)
        answer = await stub.BinaryDataByIDs(request, metadata=bearer(token))
    assert answer.data[0].binary == JPEG
    assert image_id.startswith(f"{key['organization_id']}/{key['location_id']}/")


async def test_garbage_without_a_token_is_unauthenticated(plaintext: Served) -> None:
    async with plaintext.channel() as channel:
        stub: Any = channel
        for path in ("/viam.app.data.v1.DataService/BinaryDataByFilter", "/labeler.v1.LabelerService/Describe"):
            for metadata in ((), bearer("guess"), (("authorization", "Basic abc"),)):
                code, _ = await refusal(stub.unary_unary(path)(b"\xff" * 50, metadata=metadata))
                assert code is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("kind", "payload", "metadata", "code", "text"),
    [
        ("api-key", "right", bearer("any"), grpc.StatusCode.INVALID_ARGUMENT, "already authenticated"),
        ("", "", (), grpc.StatusCode.INVALID_ARGUMENT, "credentials required"),
        ("robot-secret", "right", (), grpc.StatusCode.INVALID_ARGUMENT, "do not know how to handle"),
        ("api-key", "wrong", (), grpc.StatusCode.UNAUTHENTICATED, "invalid credentials"),
    ],
)
async def test_signing_in_is_refused_in_the_words_of_viam(
    plaintext: Served, kind: str, payload: str, metadata: Any, code: grpc.StatusCode, text: str
) -> None:
    key = await plaintext.new_key("Acme")
    request = auth_pb2.AuthenticateRequest(entity=key["api_key_id"])
    if kind:
        request.credentials.type = kind
        request.credentials.payload = key["api_key"] if payload == "right" else payload
    async with plaintext.channel() as channel:
        got, details = await refusal(auth_pb2_grpc.AuthServiceStub(channel).Authenticate(request, metadata=metadata))
    assert got is code
    assert text in details


async def test_who_is_signed_in_may_sign_in_again(plaintext: Served) -> None:
    key = await plaintext.new_key("Acme")
    credentials = auth_pb2.Credentials(type="api-key", payload=key["api_key"])
    async with plaintext.channel() as channel:
        token = await sign_in(channel, key)
        answer = await auth_pb2_grpc.AuthServiceStub(channel).Authenticate(
            auth_pb2.AuthenticateRequest(entity=key["api_key_id"], credentials=credentials), metadata=bearer(token)
        )
        request = data_pb2.BinaryDataByFilterRequest(count_only=True)
        await data_pb2_grpc.DataServiceStub(channel).BinaryDataByFilter(request, metadata=bearer(answer.access_token))


async def test_a_revoked_key_and_its_token_are_worth_nothing_at_once(plaintext: Served) -> None:
    key = await plaintext.new_key("Acme")
    async with plaintext.channel() as channel:
        token = await sign_in(channel, key)
        stub = data_pb2_grpc.DataServiceStub(channel)
        request = data_pb2.BinaryDataByFilterRequest(count_only=True)
        await stub.BinaryDataByFilter(request, metadata=bearer(token))
        assert run_labeler("keys", "revoke", key["api_key_id"], "--data", plaintext.data)[0] == 0
        code, _ = await refusal(stub.BinaryDataByFilter(request, metadata=bearer(token)))
        assert code is grpc.StatusCode.UNAUTHENTICATED
        with pytest.raises(grpc.aio.AioRpcError, match="invalid credentials"):
            await sign_in(channel, key)


async def test_one_organization_does_not_see_another(plaintext: Served) -> None:
    ours, theirs = await plaintext.new_key("Ours"), await plaintext.new_key("Theirs")
    async with plaintext.channel() as channel:
        our_token, their_token = await sign_in(channel, ours), await sign_in(channel, theirs)
        image_id = await upload(channel, our_token, ours["part_id"])
        data = data_pb2_grpc.DataServiceStub(channel)
        app = app_pb2_grpc.AppServiceStub(channel)
        by_id = data_pb2.BinaryDataByIDsRequest(binary_data_ids=[image_id])
        hidden = await refusal(data.BinaryDataByIDs(by_id, metadata=bearer(their_token)))
        location = app_pb2.ListRobotsRequest(location_id=ours["location_id"])
        no_robots = await refusal(app.ListRobots(location, metadata=bearer(their_token)))
        organizations = await app.ListOrganizations(app_pb2.ListOrganizationsRequest(), metadata=bearer(their_token))
        with pytest.raises(grpc.aio.AioRpcError):
            await upload(channel, their_token, ours["part_id"])
    assert hidden[0] is no_robots[0] is grpc.StatusCode.NOT_FOUND
    assert [one.name for one in organizations.organizations] == ["Theirs"]


async def test_choices_lead_from_the_organization_to_the_part(plaintext: Served) -> None:
    key = await plaintext.new_key("Acme")
    async with plaintext.channel() as channel:
        who = bearer(await sign_in(channel, key))
        app = app_pb2_grpc.AppServiceStub(channel)
        request = app_pb2.ListLocationsRequest(organization_id=key["organization_id"])
        (location,) = (await app.ListLocations(request, metadata=who)).locations
        (robot,) = (await app.ListRobots(app_pb2.ListRobotsRequest(location_id=location.id), metadata=who)).robots
        (part,) = (await app.GetRobotParts(app_pb2.GetRobotPartsRequest(robot_id=robot.id), metadata=who)).parts
        described = await labeler_pb2_grpc.LabelerServiceStub(channel).Describe(
            labeler_pb2.DescribeRequest(), metadata=who
        )
    assert (location.id, robot.id, part.id) == (key["location_id"], key["robot_id"], key["part_id"])
    assert part.main_part
    assert (described.part_id, described.opens_paths) == (key["part_id"], False)


async def test_a_key_does_not_open_paths_of_the_server(plaintext: Served, tmp_path: Path) -> None:
    key = await plaintext.new_key("Acme")
    async with plaintext.channel() as channel:
        who = bearer(await sign_in(channel, key))
        stub = labeler_pb2_grpc.LabelerServiceStub(channel)
        call = stub.OpenPaths(labeler_pb2.OpenPathsRequest(paths=[str(tmp_path)]), metadata=who)
        code, _ = await refusal(anext(aiter(call)))
    assert code is grpc.StatusCode.PERMISSION_DENIED


async def test_an_rpc_that_is_not_offered_is_named(plaintext: Served) -> None:
    key = await plaintext.new_key("Acme")
    path = "/viam.app.v1.AppService/CreateOrganization"
    async with plaintext.channel() as channel:
        who = bearer(await sign_in(channel, key))
        anything: Any = channel
        code, text = await refusal(anything.unary_unary(path)(b"", metadata=who))
    assert code is grpc.StatusCode.UNIMPLEMENTED
    assert path in text


async def test_one_message_of_40_mib_is_taken(plaintext: Served) -> None:
    key = await plaintext.new_key("Acme")
    large = JPEG + bytes(40 << 20)
    options = [("grpc.max_send_message_length", 64 << 20), ("grpc.max_receive_message_length", 64 << 20)]
    async with grpc.aio.insecure_channel(plaintext.address, options=options) as channel:
        token = await sign_in(channel, key)
        image_id = await upload(channel, token, key["part_id"], large)
        stub = data_pb2_grpc.DataServiceStub(channel)
        request = data_pb2.BinaryDataByIDsRequest(binary_data_ids=[image_id], include_binary=True)
        answer = await stub.BinaryDataByIDs(request, metadata=bearer(token))
    assert answer.data[0].binary == large


async def test_images_are_served_over_http_to_who_may_have_them(served: Served) -> None:
    key, other = await served.new_key("Acme"), await served.new_key("Other")
    async with served.channel() as channel:
        token = await sign_in(channel, key)
        image_id = await upload(channel, token, key["part_id"])
        stub = data_pb2_grpc.DataServiceStub(channel)
        request = data_pb2.BinaryDataByIDsRequest(binary_data_ids=[image_id])
        uri = (await stub.BinaryDataByIDs(request, metadata=bearer(token))).data[0].metadata.uri
        signing = data_pb2.CreateBinaryDataSignedURLRequest(binary_data_id=image_id, expiration_minutes=5)
        signed = (await stub.CreateBinaryDataSignedURL(signing, metadata=bearer(token))).signed_url

    def check() -> None:
        status, headers, body = fetch(served, signed)
        assert (status, headers["content-type"], body) == (200, "image/jpeg", JPEG)
        assert fetch(served, uri, Authorization=f"Bearer {token}")[2] == JPEG
        assert fetch(served, uri, key_id=key["api_key_id"], key=key["api_key"])[2] == JPEG
        status, headers, body = fetch(served, signed, Range="bytes=4-9")
        assert (status, headers["content-range"], body) == (206, f"bytes 4-9/{len(JPEG)}", JPEG[4:10])
        assert fetch(served, signed, Range="bytes=-3")[2] == JPEG[-3:]
        assert fetch(served, signed, Range="bytes=9999-")[0] == 416
        assert fetch(served, uri)[0] == 401
        assert fetch(served, uri, key_id=key["api_key_id"], key="wrong")[0] == 401
        assert fetch(served, uri, key_id=other["api_key_id"], key=other["api_key"])[0] == 404
        forged = signed.replace("token=", "token=x")
        assert fetch(served, forged)[0] == 403
        assert fetch(served, signed.replace(image_id[-5:], "AAAAA"))[0] == 403

    await asyncio.to_thread(check)


async def test_the_certificate_names_this_machine_and_its_key_is_private(over_tls: Served) -> None:
    if sys.platform != "win32":
        mode = await asyncio.to_thread(lambda: (over_tls.data / "certificate.key").stat().st_mode)
        assert stat.S_IMODE(mode) == 0o600
    trusted = grpc.ssl_channel_credentials((over_tls.data / "certificate.pem").read_bytes())
    port = over_tls.address.rpartition(":")[2]
    key = await over_tls.new_key()
    for host in ("localhost", "127.0.0.1"):
        async with grpc.aio.secure_channel(f"{host}:{port}", trusted) as channel:
            assert await sign_in(channel, key)


def test_the_certificate_is_kept(serve_module: Start) -> None:
    first = serve_module("--listen", "127.0.0.1:0")
    before = (first.data / "certificate.pem").read_bytes()
    first.stop()
    again = Served(first.data, "--listen", "127.0.0.1:0")
    again.stop()
    assert (first.data / "certificate.pem").read_bytes() == before


def test_a_connection_that_says_nothing_is_no_matter(tmp_path: Path) -> None:
    served = Served(tmp_path / "data", "--listen", "127.0.0.1:0")
    host, _, port = served.address.rpartition(":")
    with socket.create_connection((host, int(port))):
        pass
    code, out, err = served.stop()
    assert (code, out, err) == (0, "", "")


def test_a_second_service_on_the_directory_is_refused_with_a_sentence(plaintext: Served) -> None:
    code, out, err = run_labeler("serve", "--data", plaintext.data, "--listen", "127.0.0.1:0")
    assert (code, out) == (1, "")
    assert str(plaintext.data) in err
    assert "already" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("listen", ["nonsense", "192.0.2.1:0"])
def test_an_address_that_cannot_be_used_is_told(tmp_path: Path, listen: str) -> None:
    code, out, err = run_labeler("serve", "--data", tmp_path / "data", "--listen", listen, "--insecure")
    assert (code, out) == (1, "")
    assert listen in err
    assert "Traceback" not in err


def test_a_taken_port_is_told(plaintext: Served, tmp_path: Path) -> None:
    code, _, err = run_labeler("serve", "--data", tmp_path / "data", "--listen", plaintext.address, "--insecure")
    assert code == 1
    assert plaintext.address in err


def test_a_signal_ends_it_cleanly_and_frees_the_directory(tmp_path: Path) -> None:
    for _ in range(2):
        served = Served(tmp_path / "data", "--insecure", "--listen", "127.0.0.1:0")
        assert (tmp_path / "data" / "service.json").exists()
        assert served.stop() == (0, "", "")
        assert not (tmp_path / "data" / "service.json").exists()


PARENT = """
import signal, subprocess, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored, as below nohup, a service is meant to outlive its parent
child = subprocess.Popen([sys.executable, "-m", "labeler", "serve", "--data", sys.argv[1], "--insecure"])
child.wait()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process that its parent went")
def test_it_ends_when_its_parent_does(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert json.loads(parent.stdout.readline())["tls"] is False
        parent.kill()
        # The pipe is the service's too: it ends when the service has.
        assert parent.stdout.read() == ""
    code, _, err = run_labeler("keys", "list", "--data", tmp_path)
    assert (code, err) == (0, "")


def test_embedded_it_ends_with_its_standard_input(tmp_path: Path) -> None:
    process = labeler("serve", "--data", tmp_path / "data", "--embedded", stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"token": "t", "socket": ""}) + "\n")
    process.stdin.flush()
    ready = json.loads(process.stdout.readline())
    assert ready["listening"].startswith("127.0.0.1:")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")
