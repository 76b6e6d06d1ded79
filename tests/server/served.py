"""The service as a process, as people run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from labeler.rpc.wire.proto.rpc.v1 import auth_pb2, auth_pb2_grpc
from labeler.server.accounts import Accounts


def labeler(*arguments: object, **more: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "labeler", *map(str, arguments)]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def run_labeler(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    process = labeler(*arguments)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


class Served:
    """A running `labeler serve`."""

    def __init__(self, data: Path, *arguments: str, state: Path | None = None) -> None:
        self.data = data
        environment = {**os.environ, "XDG_STATE_HOME": str(state or data.parent / "state")}
        self.process = labeler("serve", "--data", data, *arguments, env=environment)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        self.ready: dict[str, Any] = json.loads(line)
        self.address = str(self.ready["listening"])

    def stop(self) -> tuple[int, str, str]:
        """End it as a service manager does; returns exit code and what it wrote since it was ready."""
        self.process.terminate()
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err

    async def new_key(self, organization: str = "") -> dict[str, str]:
        """A key made by this process, as `labeler keys create` makes one."""
        accounts = Accounts(self.data)
        try:
            return asdict(await accounts.create_key(organization))
        finally:
            accounts.close()

    def channel(self) -> grpc.aio.Channel:
        if not self.ready["tls"]:
            return grpc.aio.insecure_channel(self.address)
        trusted = grpc.ssl_channel_credentials((self.data / "certificate.pem").read_bytes())
        return grpc.aio.secure_channel(self.address, trusted)


async def sign_in(channel: grpc.aio.Channel, key: dict[str, str]) -> str:
    """An access token for the key."""
    request = auth_pb2.AuthenticateRequest(
        entity=key["api_key_id"], credentials=auth_pb2.Credentials(type="api-key", payload=key["api_key"])
    )
    return (await auth_pb2_grpc.AuthServiceStub(channel).Authenticate(request)).access_token


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)
