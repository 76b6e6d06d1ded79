"""The services over a real catalog, real files and real accounts, called directly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2
from labeler.server.accounts import Accounts, Caller, Part
from labeler.server.data_service import DataService
from labeler.server.files import FileBlobs
from labeler.server.sqlite import SqliteCatalog
from labeler.server.sync_service import SyncService

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


@dataclass
class Readings:
    """Keeps what was handed on as tabular."""

    taken: list[tuple[str, int, str]] = field(default_factory=list)

    async def upload(
        self, metadata: data_sync_pb2.UploadMetadata, contents: Sequence[data_sync_pb2.SensorData], part: Part
    ) -> str:
        self.taken.append((metadata.component_name, len(contents), part.part_id))
        return "rows"


@dataclass(frozen=True)
class Bench:
    """What a test of the services needs."""

    catalog: SqliteCatalog
    blobs: FileBlobs
    data: DataService
    sync: SyncService
    part: Part
    caller: Caller
    readings: Readings


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    catalog, blobs, accounts = SqliteCatalog(tmp_path / "c.db"), FileBlobs(tmp_path / "blobs"), Accounts(tmp_path)
    part = await accounts.ensure_organization("Acme")
    readings = Readings()
    data = DataService(
        catalog,
        blobs,
        lambda image, minutes, key: (f"signed:{image}", NOW + timedelta(minutes=minutes)),
        lambda image: f"uri:{image}",
    )
    sync = SyncService(catalog, blobs, accounts, readings)
    yield Bench(catalog, blobs, data, sync, part, Caller(part.organization_id, "key"), readings)
    await catalog.close()
    accounts.close()
