"""Keys and tokens are where they are kept on purpose, and nowhere else; a revoked one is worth nothing at once."""

from __future__ import annotations

import ast
import asyncio
import base64
import json
import os
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from labeler.client import ViamClient
from labeler.client.endpoint import PLAINTEXT, Endpoint
from labeler.domain.errors import NotSignedIn
from labeler.rpc.errors import UnauthenticatedError
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2, data_sync_pb2_grpc
from labeler.samples import write_samples
from labeler.server.accounts import Accounts
from labeler.server.tokens import Tokens
from labeler.state.connect_choice import ConnectChoice
from labeler.state.settings import Settings
from labeler.ui.dialogs import ConnectDialog
from tests.conftest import ROOT
from tests.faults.conftest import require
from tests.memory_source import picture_bytes
from tests.server.served import Served, bearer, run_labeler, sign_in

KEEPERS = {"keys.json", "service.json"}
"""Files that hold a secret on purpose: the key that a person asked to keep, and the token of a running service."""


def tokens_begin(key_id: str) -> bytes:
    """What every access token of the key begins with."""
    claims = json.dumps({"key": key_id}).removesuffix("}").encode()
    return base64.b64encode(claims[: len(claims) // 3 * 3])


def found_in(folder: Path, secrets: dict[str, bytes]) -> list[str]:
    """Where below the folder a secret is, but for the files that keep it."""
    return [
        f"{name} in {path}"
        for path in folder.rglob("*")
        if path.is_file() and path.name not in KEEPERS
        for name, secret in secrets.items()
        if secret in path.read_bytes()
    ]


def descendants(pid: int) -> Iterator[int]:
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, listing.read_text().split()):
            yield child
            yield from descendants(child)


def test_no_secret_is_anywhere_but_where_it_is_kept(tmp_path: Path) -> None:
    require()
    samples, team, library, out = (
        write_samples(tmp_path / "samples", of_line=2).folder,
        *(tmp_path / name for name in ("team", "library", "out")),
    )
    assert run_labeler("import", "--data", team, samples)[0] == 0
    _, created, _ = run_labeler("keys", "create", "--data", team, "--json")
    key = json.loads(created)
    served = Served(team, "--insecure")
    secrets = {
        "the key": key["api_key"].encode(),
        "a token of the key": tokens_begin(key["api_key_id"]),
        "the key of the environment": b"canary-of-the-environment",
    }
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "VIAM_API_KEY": secrets["the key of the environment"].decode(),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", "XDG_STATE_HOME": str(tmp_path / "state"),
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.faults.secret_run", library, out, served.address, key["api_key_id"]]
    with subprocess.Popen(
        list(map(str, command)), cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as desktop:  # fmt: skip
        assert desktop.stdin is not None
        assert desktop.stdout is not None
        desktop.stdin.write(key["api_key"] + "\n")
        desktop.stdin.flush()
        said = desktop.stdout.readline()
        assert said == "ready\n", desktop.communicate()[1]
        for folder in (library, team):
            secrets[f"the token in {folder.name}"] = json.loads((folder / "service.json").read_bytes())[
                "token"
            ].encode()
        looked = 0
        for pid in (desktop.pid, *descendants(desktop.pid), served.process.pid, *descendants(served.process.pid)):
            places = ("cmdline",) if pid == desktop.pid else ("cmdline", "environ")
            for place in places:
                content = Path(f"/proc/{pid}/{place}").read_bytes()
                assert content
                assert [name for name, secret in secrets.items() if secret in content] == [], (pid, place)
                looked += 1
        assert looked >= 6
        for name in KEEPERS:
            assert stat.S_IMODE((library / name).stat().st_mode) == 0o600
        told = desktop.communicate("crash\n")[1]
    assert desktop.returncode == -6
    assert "Fatal Python error: Aborted" in told
    assert found_in(tmp_path, secrets) == []
    _, out_of_service, complaints = served.stop()
    listed = run_labeler("keys", "list", "--data", team, "--json")
    for text in (told, said, out_of_service, complaints, *listed[1:]):
        assert [name for name, secret in secrets.items() if secret.decode() in text] == []
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert found_in(tmp_path, secrets) == []
    print(f"{len(secrets)} secrets looked for in {len(files)} files and {looked} places of processes")  # noqa: T201
    assert len(files) >= 30


def test_what_holds_a_secret_is_for_this_user_alone(tmp_path: Path) -> None:
    require()
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    served = Served(data)
    try:
        for name in ("accounts.db", "accounts.db-wal", "pepper", "certificate.key", "service.json"):
            assert stat.S_IMODE((data / name).stat().st_mode) == 0o600, name
    finally:
        served.stop()


async def test_a_token_ends_with_its_key_whoever_revokes_it(tmp_path: Path) -> None:
    now = 1_700_000_000.0
    here, elsewhere = Accounts(tmp_path), Accounts(tmp_path)
    try:
        tokens = Tokens(here, clock=lambda: now)
        key = await elsewhere.create_key()
        assert key.api_key not in repr(key)
        token = tokens.give(key.api_key_id, key.api_key)
        assert token is not None
        assert tokens.caller_of(token) is not None
        await elsewhere.revoke_key(key.api_key_id)
        now += 60
        assert tokens.caller_of(token) is None
        assert tokens.give(key.api_key_id, key.api_key) is None
    finally:
        here.close()
        elsewhere.close()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    running = await asyncio.to_thread(Served, tmp_path / "data", "--insecure")
    yield running
    await asyncio.to_thread(running.stop)


async def revoke(served: Served, key_id: str) -> None:
    """As `labeler keys revoke` does, in another process than the service."""
    accounts = Accounts(served.data)
    await accounts.revoke_key(key_id)
    accounts.close()


async def test_an_upload_under_way_and_a_signed_url_end_with_their_key(served: Served) -> None:
    key, other = await served.new_key("Acme"), await served.new_key("Acme")
    endpoint = Endpoint(served.address, PLAINTEXT, key["api_key_id"], key["api_key"])
    async with await ViamClient.connect(endpoint) as client:
        image = await client.data_client.file_upload(key["part_id"], picture_bytes(), file_name="a.png")
        made = await client.connection.unary(
            "/viam.app.data.v1.DataService/CreateBinaryDataSignedURL",
            data_pb2.CreateBinaryDataSignedURLRequest(binary_data_id=image),
            data_pb2.CreateBinaryDataSignedURLResponse,
        )
        assert await asyncio.to_thread(status_of, made.signed_url) == 200
        async with served.channel() as channel:
            token, theirs = await sign_in(channel, key), await sign_in(channel, other)
            stub = data_sync_pb2_grpc.DataSyncServiceStub(channel)
            calls = {name: stub.FileUpload(metadata=bearer(one)) for name, one in (("ours", token), ("theirs", theirs))}
            about = data_sync_pb2.UploadMetadata(part_id=key["part_id"], type=data_sync_pb2.DATA_TYPE_FILE)
            chunk = data_sync_pb2.FileUploadRequest(file_contents=data_sync_pb2.FileData(data=b"x"))
            for call in calls.values():
                await call.write(data_sync_pb2.FileUploadRequest(metadata=about))
                await call.write(chunk)
            await revoke(served, key["api_key_id"])
            await calls["ours"].write(chunk)
            async with asyncio.timeout(20):
                assert await calls["ours"].code() is grpc.StatusCode.UNAUTHENTICATED
            await calls["theirs"].done_writing()
            assert (await calls["theirs"]).binary_data_id
        assert await asyncio.to_thread(status_of, made.signed_url) == 403
        with pytest.raises(UnauthenticatedError) as refused:
            await client.app.list_organizations()
        assert key["api_key"] not in str(refused.value)


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - of the service
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


async def test_what_a_service_repeats_of_a_key_is_not_shown() -> None:
    key, token = "key-that-was-sent", "token-that-was-sent"

    async def repeat(request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        metadata = dict(context.invocation_metadata() or ())
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, f"bad: {request!r} {metadata.get('authorization')!r}")

    class Repeating(grpc.GenericRpcHandler):
        def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
            return grpc.unary_unary_rpc_method_handler(repeat)

    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Repeating(),))
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        for endpoint in (Endpoint(address, PLAINTEXT, "id", key), Endpoint(address, PLAINTEXT, token=token)):
            with pytest.raises(NotSignedIn) as caught:
                async with await ViamClient.connect(endpoint) as client:
                    await client.app.list_organizations()
            assert "bad" in str(caught.value)
            for secret in (key, token):
                assert secret not in f"{caught.value} {caught.value!r} {endpoint!r}"
    finally:
        await server.stop(None)


def test_a_key_is_masked_for_eyes_readers_and_the_clipboard(qapp: QApplication, tmp_path: Path) -> None:
    secret = "key that nobody may see"
    parent = QWidget()
    taken: list[ConnectChoice] = []
    settings = Settings(tmp_path / "settings.toml", {})
    dialog = ConnectDialog(parent, taken.append, settings)
    dialog.kind.setCurrentIndex(1)
    dialog.key.setText(secret)
    assert dialog.key.echoMode() is QLineEdit.EchoMode.Password
    assert secret not in dialog.key.displayText()
    reader = QAccessible.queryAccessibleInterface(dialog.key)
    heard = [reader.text(kind) for kind in QAccessible.Text if kind is not QAccessible.Text.UserText]
    text = reader.textInterface()
    heard.append(text.text(0, text.characterCount()))
    assert not any("nobody" in one for one in heard)
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("before")
    dialog.key.selectAll()
    for key in (Qt.Key.Key_C, Qt.Key.Key_X):
        QTest.keyClick(dialog.key, key, Qt.KeyboardModifier.ControlModifier)
    assert clipboard.text() == "before"
    dialog.key.setText(secret)  # cutting has emptied it
    dialog.accept()
    assert taken[0].key == secret
    assert secret not in repr(taken[0])
    assert secret not in settings.text()
    dialog.deleteLater()
    parent.deleteLater()


def test_secrets_are_compared_in_constant_time() -> None:
    secret = ("secret", "token", "seal", "digest(", "hmac", "pepper", "payload")
    for name in ("accounts", "auth_service", "signed_urls", "tokens"):
        tree = ast.parse((ROOT / "labeler" / "server" / f"{name}.py").read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops):
                assert not any(word in ast.unparse(node).lower() for word in secret), ast.unparse(node)
