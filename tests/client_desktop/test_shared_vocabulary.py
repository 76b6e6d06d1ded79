"""The order of names on the labeler's own service, told by several at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

from labeler.client.channel import Connection
from labeler.client.source import ServiceSource
from labeler.domain.vocabulary import NameOrder
from labeler.local import open_local


async def test_all_end_with_the_same_order_which_outlives_the_service(tmp_path: Path) -> None:
    data = tmp_path / "data"
    many = tuple(f"name {number}" for number in range(2_345))
    async with open_local(data) as service, await Connection.open(service.endpoint) as connection:
        source = await ServiceSource.open(connection)
        assert await source.names() == NameOrder()
        turned = (many, many[::-1], many[700:] + many[:700])
        await asyncio.gather(*(source.add_names(NameOrder(labels, labels[:3])) for labels in turned))
        kept = await source.names()
        assert kept is not None
        assert sorted(kept.labels) == sorted(many)
        odd = NameOrder(("first", "a\udc80", " ", "it's"), ("VIAM_DATASET_x", "night"))
        grown = await source.add_names(odd)
        assert grown == NameOrder((*kept.labels, "first", "it's"), (*kept.tags, "night"))
        assert await source.rename_label("first", "a\udc80") is None
        grown = await source.rename_label("first", "second") or grown
        assert grown == NameOrder((*kept.labels, "second", "it's"), (*kept.tags, "night"), {"first": "second"})
    async with open_local(data) as service, await Connection.open(service.endpoint) as connection:
        assert await (await ServiceSource.open(connection)).names() == grown
