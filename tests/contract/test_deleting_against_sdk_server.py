"""Images deleted as edits at a server made of viam-sdk's stubs, which has no trash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from viam.gen.app.data.v1 import data_pb2 as sdk_data

from labeler.client.channel import Connection
from labeler.client.outbox import Outbox
from labeler.client.source import ServiceSource
from labeler.domain.edit import DeletionChange, Edit, OnImage
from labeler.domain.saving import SaveState
from tests.contract.sdk_server import SdkServer

KEPT = {"a": "", "b": "rain", "c": "", "d": ""}
"""The images of the server, and the tag on each."""


@pytest.fixture
async def connection(sdk: SdkServer) -> AsyncIterator[Connection]:
    kept = dict(KEPT)

    def read(requests: list[Any]) -> Any:
        response = sdk_data.BinaryDataByIDsResponse()
        for one in requests[0].binary_data_ids:
            if one in kept:
                metadata = response.data.add().metadata
                metadata.binary_data_id = one
                metadata.capture_metadata.tags.extend([kept[one]] if kept[one] else [])
        return response

    def delete(requests: list[Any]) -> Any:
        gone = [kept.pop(one, None) for one in requests[0].binary_data_ids]
        return sdk_data.DeleteBinaryDataByIDsResponse(deleted_count=len(gone))

    sdk.answers["BinaryDataByIDs"], sdk.answers["DeleteBinaryDataByIDs"] = read, delete
    async with await Connection.open(sdk.endpoint()) as opened:
        yield opened


@pytest.fixture
async def outbox(connection: Connection, tmp_path: Path) -> AsyncIterator[Outbox]:
    opened = Outbox.open(tmp_path / "outbox.db", "sdk org")
    await opened.start(connection)
    try:
        yield opened
    finally:
        await opened.close()


async def until(outbox: Outbox, is_so: Callable[[], object]) -> None:
    changed = asyncio.Event()
    outbox.subscribe(lambda ids: changed.set(), lambda names: None)
    async with asyncio.timeout(20):
        while not is_so():
            changed.clear()
            await changed.wait()


async def test_the_source_says_that_there_is_no_trash(connection: Connection) -> None:
    source = await ServiceSource.open(connection, "org")
    assert not source.keeps_trash


async def test_what_was_seen_is_deleted_by_one_call_and_the_rest_is_asked_about(sdk: SdkServer, outbox: Outbox) -> None:
    seen = OnImage()
    outbox.put(Edit("Deleted 3 images", tuple(DeletionChange(one, True, seen) for one in "abc")))
    await until(outbox, lambda: outbox.held and not outbox.counts.waiting)
    (held,) = outbox.held
    assert (held.change.image_id, held.state) == ("b", SaveState.CONFLICT)
    assert sorted(sdk.one("DeleteBinaryDataByIDs").binary_data_ids) == ["a", "c"]
    outbox.keep_mine(held, None)
    await until(outbox, lambda: not outbox.held and not outbox.counts.waiting)
    assert [list(one.binary_data_ids) for (one,) in sdk.requests["DeleteBinaryDataByIDs"]][1:] == [["b"]]


async def test_bringing_back_is_refused_in_a_sentence(outbox: Outbox) -> None:
    outbox.put(Edit("Restored 1 image", (DeletionChange("d", False),)))
    await until(outbox, lambda: outbox.held)
    assert "no trash" in outbox.held[0].problem
