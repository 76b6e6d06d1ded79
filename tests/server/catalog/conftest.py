"""A catalog of each implementation, and images to put into it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from labeler.server.catalog import Catalog, NewImage, Source
from labeler.server.sqlite import SqliteCatalog

START = datetime(2024, 5, 1, 12, tzinfo=UTC)
MakeImage = Callable[..., NewImage]


@pytest.fixture(params=["sqlite"])
async def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Catalog]:
    made: Catalog = SqliteCatalog(tmp_path / "catalog.db")
    yield made
    await made.close()


@pytest.fixture
def make_image() -> MakeImage:
    """Makes the image `number`, captured that many seconds after noon of 2024-05-01 and named after it."""

    def make(number: int = 0, **changes: Any) -> NewImage:
        source = {name: changes.pop(name) for name in list(changes) if name in Source.__dataclass_fields__}
        time = START + timedelta(seconds=number)
        values = {
            "source": Source(**{"location_id": "loc1234567", "mime_type": "image/jpeg", **source}),
            "time_requested": time,
            "time_received": time,
            "file_name": f"img{number}.jpg",
            "file_ext": ".jpg",
            "size_bytes": 10 + number,
            "digest": f"{number:064x}",
            **changes,
        }
        return NewImage(**values)

    return make
