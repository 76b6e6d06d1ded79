"""A service of a data directory on a port of this process, with a client's connection to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from labeler.client.channel import PLAINTEXT, Connection, Endpoint
from labeler.disk import make_data_directory
from labeler.rpc.convert import EDIT_ID
from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2
from labeler.server.accounts import Accounts, NewKey
from labeler.server.services import Services
from tests.memory_source import picture_bytes

SYNC = "/viam.app.datasync.v1.DataSyncService/"


class Arrivals(grpc.aio.ServerInterceptor):
    """Notes the names and edit ids of calls as they come."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        metadata = dict(handler_call_details.invocation_metadata or ())
        name = str(handler_call_details.method).rpartition("/")[2]
        self.calls.append((name, str(metadata.get(EDIT_ID, ""))))
        return await continuation(handler_call_details)


class Running:
    """`key` is one key of its first organization, `calls` are the names and edit ids of calls that have come."""

    def __init__(
        self, services: Services, accounts: Accounts, address: str, key: NewKey, calls: list[tuple[str, str]]
    ) -> None:
        self.services, self.accounts, self.address, self.key, self.calls = services, accounts, address, key, calls

    def edit_ids(self, name: str) -> list[str]:
        """Of the calls of one RPC, in the order in which they came."""
        return [edit_id for called, edit_id in self.calls if called == name]

    async def connect(self, key: NewKey | None = None) -> Connection:
        """A connection with this key, or the first organization's."""
        key = key or self.key
        return await Connection.open(Endpoint(self.address, PLAINTEXT, key.api_key_id, key.api_key))


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Running]:
    make_data_directory(directory)
    accounts = Accounts(directory)
    services = Services(directory, accounts, ())
    arrivals = Arrivals()
    server = grpc.aio.server(interceptors=[arrivals])
    server.add_generic_rpc_handlers((services.dispatcher,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield Running(services, accounts, f"127.0.0.1:{port}", await accounts.create_key(""), arrivals.calls)
    finally:
        services.stop_streams()
        await server.stop(None)
        await services.close()
        accounts.close()


async def upload(connection: Connection, part_id: str, name: str = "a.png", tags: tuple[str, ...] = ()) -> str:
    """Upload a small picture; returns the image's id."""
    metadata = data_sync_pb2.UploadMetadata(
        part_id=part_id, type=data_sync_pb2.DATA_TYPE_FILE, file_name=name, file_extension=".png", tags=tags
    )
    color = (len(name), sum(name.encode()) % 256, 0)
    requests = [
        data_sync_pb2.FileUploadRequest(metadata=metadata),
        data_sync_pb2.FileUploadRequest(file_contents=data_sync_pb2.FileData(data=picture_bytes(color=color))),
    ]

    async def messages() -> AsyncIterator[data_sync_pb2.FileUploadRequest]:
        for request in requests:
            yield request

    response = await connection.stream_out(SYNC + "FileUpload", messages, data_sync_pb2.FileUploadResponse)
    return response.binary_data_id
