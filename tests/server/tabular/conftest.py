from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2
from labeler.server.accounts import Caller, Part
from labeler.server.tabular.sandbox import Sandbox
from labeler.server.tabular.service import TabularService
from labeler.server.tabular.sqlite_store import SqliteTabularStore

NOW = datetime(2024, 3, 11, 5, tzinfo=UTC)


@dataclass
class Organization:
    """A service as one organization meets it."""

    service: TabularService
    caller: Caller

    async def upload(self, *data: dict[str, Any], at: datetime = NOW, part: str = "p", **metadata: object) -> str:
        contents = []
        for one in data:
            sent = data_sync_pb2.SensorData()
            sent.struct.update(one)
            sent.metadata.time_requested.FromDatetime(at)
            sent.metadata.time_received.FromDatetime(at)
            contents.append(sent)
        id_ = self.caller.organization_id
        fields = {"component_type": "sensor", "component_name": "s", "method_name": "Readings", **metadata}
        return await self.service.upload(
            data_sync_pb2.UploadMetadata(**fields),  # type: ignore[arg-type]
            contents,
            Part(id_, "loc", "robot", "Robot", part, "Part"),
        )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteTabularStore]:
    store = SqliteTabularStore(tmp_path / "tabular.db")
    yield store
    await store.close()


@pytest.fixture
async def service(store: SqliteTabularStore) -> AsyncIterator[TabularService]:
    sandbox = Sandbox(store)
    yield TabularService(store, sandbox, lambda: NOW)
    await sandbox.close()


@pytest.fixture
def ours(service: TabularService) -> Organization:
    return Organization(service, Caller("ours", "key"))


@pytest.fixture
def theirs(service: TabularService) -> Organization:
    return Organization(service, Caller("theirs", "key"))
