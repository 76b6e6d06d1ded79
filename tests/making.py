"""What tests need to be there before they begin."""

from __future__ import annotations

from labeler.client.datasets import DatasetCalls
from labeler.client.source import ServiceSource


async def make_dataset(source: ServiceSource, name: str) -> str:
    """Make a dataset at the service; its id."""
    return await DatasetCalls(source.connection).create_dataset(name, source.organization_id)
