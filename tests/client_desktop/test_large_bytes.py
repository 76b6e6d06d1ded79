"""Pictures that do not fit one message are read over HTTP: of this machine's own service, and of a server over TLS."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from labeler.client.channel import MAX_MESSAGE_BYTES, Connection, Endpoint
from labeler.client.large_bytes import large_bytes
from labeler.client.source import ServiceSource
from labeler.domain.errors import Refused, Unreachable
from labeler.domain.filter import Filter, Order
from labeler.local import open_local
from labeler.rpc.wire.app.data.v1 import data_pb2
from tests.client_desktop.data_api import DataApi
from tests.server.served import Served

HEAD = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"


CONTENT = HEAD + random.Random(1).randbytes(1 << 20) * (MAX_MESSAGE_BYTES // (1 << 20) + 1)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that begins as a picture and is longer than a message may be."""
    path = tmp_path / "photos" / "large.jpg"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return path


async def opened(source: ServiceSource, path: Path) -> str:
    async for _ in source.open_paths([path], copy=False):
        pass
    (image,) = (await source.page(Filter(), Order.NAME, "", 2)).images
    return image.id


async def test_of_this_machines_own_service(tmp_path: Path, large: Path) -> None:
    async with (
        open_local(tmp_path / "data") as running,
        await Connection.open(running.endpoint) as connection,
    ):
        source = await ServiceSource.open(connection)
        image_id = await opened(source, large)
        assert await source.image_bytes(image_id) == CONTENT
        await asyncio.to_thread(large.write_bytes, HEAD + b"another")
        with pytest.raises(Refused, match="too large for one message, and its URL answered 409"):
            await large_bytes(connection, image_id)


async def test_of_a_server_over_tls(tmp_path: Path, large: Path) -> None:
    served = Served(tmp_path / "data")
    try:
        key = await served.new_key("Acme")
        certificate = (served.data / "certificate.pem").read_bytes()
        endpoint = Endpoint(served.address, certificate, key["api_key_id"], key["api_key"])
        async with await Connection.open(endpoint) as connection:
            source = await ServiceSource.open(connection)
            async with open_local(served.data) as here, await Connection.open(here.endpoint) as mine:
                await opened(await ServiceSource.open(mine), large)
            (image,) = (await source.page(Filter(), Order.NEWEST, "", 2)).images
            assert await source.image_bytes(image.id) == CONTENT
    finally:
        served.stop()


class Signing(DataApi):
    """A service that signs a URL of somebody's choice."""

    def __init__(self, url: str) -> None:
        super().__init__("image-1")
        self._url = url

    async def CreateBinaryDataSignedURL(self, request: Any, context: Any) -> Any:  # noqa: N802 - named as the RPC
        return data_pb2.CreateBinaryDataSignedURLResponse(signed_url=self._url)


@pytest.mark.parametrize(
    "url", ["http+unix://%2Frun%2Fany.sock/", "http://192.0.2.1/a", "file:///etc/passwd", "ftp://a"]
)
async def test_a_service_elsewhere_does_not_send_a_client_anywhere(address: str, url: str) -> None:
    async with Signing(url).connected(address) as connection:
        connection.endpoint = Endpoint("example.test:443")
        with pytest.raises(Refused, match="not protected by TLS"):
            await large_bytes(connection, "image-1")


async def test_a_url_that_nobody_answers_is_told(address: str) -> None:
    async with Signing("http+unix://%2Fnowhere%2Fs.http/data/image-1?token=a").connected(address) as connection:
        with pytest.raises(Unreachable, match="its URL does not answer"):
            await large_bytes(connection, "image-1")


async def test_a_service_without_urls_is_told(address: str) -> None:
    async with DataApi("image-1").connected(address) as connection:
        with pytest.raises(Refused, match="the service has no URL"):
            await large_bytes(connection, "image-1")
