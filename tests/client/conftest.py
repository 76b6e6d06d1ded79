"""Our client connected to a server made of viam-sdk's stubs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from labeler.client import DataClient, ViamClient
from tests.contract.sdk_server import SdkServer, serving


@pytest.fixture
async def sdk() -> AsyncIterator[SdkServer]:
    async with serving() as server:
        yield server


@pytest.fixture
async def viam(sdk: SdkServer) -> AsyncIterator[ViamClient]:
    async with await ViamClient.connect(sdk.endpoint()) as client:
        yield client


@pytest.fixture
def data(viam: ViamClient) -> DataClient:
    return viam.data_client
