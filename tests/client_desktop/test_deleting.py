"""Deleting images and bringing them back, as edits: each once, in order with what else is pending of the image."""

# ruff: noqa: N802 - methods are named as the RPCs

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from labeler.client.channel import Connection
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Change, DeletionChange, Edit, OnImage, TagChange, new_id
from labeler.domain.image import Image
from labeler.domain.saving import OutboxCounts, SaveState
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from tests.client_desktop.conftest import TARGET, Watched, watched
from tests.client_desktop.data_api import DataApi, StoredImage

DELETE, RESTORE, READ = "DeleteBinaryDataByIDs", "RestoreImages", "BinaryDataByIDs"
BOX = Box("box-1", "bolt", 0.1, 0.1, 0.3, 0.3)


class WithTrash(DataApi):
    """A service with a trash, as strict as ours: a batch with an unknown id does nothing."""

    def __init__(self, *image_ids: str) -> None:
        super().__init__(*image_ids)
        self.trash: dict[str, StoredImage] = {}

    async def DeleteBinaryDataByIDs(self, request: Any, context: Any) -> Any:
        await self._images(request.binary_data_ids, context)
        self.trash |= {one: self.images[one] for one in request.binary_data_ids}
        return await super().DeleteBinaryDataByIDs(request, context)

    async def RestoreImages(self, request: Any, context: Any) -> Any:
        for one in request.binary_data_ids:
            if one not in self.trash:
                await context.abort(grpc.StatusCode.NOT_FOUND, f"{one}: there is no such image in the trash.")
        self.images |= {one: self.trash.pop(one) for one in request.binary_data_ids}
        return labeler_pb2.RestoreImagesResponse(restored=len(request.binary_data_ids))


@pytest.fixture
def api() -> WithTrash:
    return WithTrash("a", "b", "c")


def delete(*ids: str) -> tuple[Change, ...]:
    return tuple(DeletionChange(image_id, True) for image_id in ids)


def restore(*ids: str) -> tuple[Change, ...]:
    return tuple(DeletionChange(image_id, False) for image_id in ids)


def put(one: Watched, changes: Iterable[Change]) -> None:
    one.outbox.put(Edit("Did it", tuple(changes)))


def sent(api: DataApi, name: str) -> list[list[str]]:
    """The ids of each call of an RPC."""
    return [list(request.binary_data_ids) for called, request in api.calls if called == name]


async def test_many_are_deleted_in_few_calls_and_brought_back(
    api: WithTrash, connection: Connection, one: Watched
) -> None:
    ids = [f"more-{number}" for number in range(1_200)]
    api.images |= DataApi(*ids).images
    api.images["more-7"].tags = ["night"]
    put(one, delete(*ids))
    assert one.outbox.moves_images
    assert all(one.outbox.is_deleted(image_id) for image_id in ids)
    assert one.outbox.is_deleted("a") is None
    await one.outbox.drained()
    await one.outbox.start(connection)
    await one.delivered()
    assert sorted(len(call) for call in sent(api, DELETE)) == [200, 500, 500]
    assert set(api.images) == {"a", "b", "c"}
    assert not one.outbox.moves_images
    put(one, restore(*ids))
    assert not any(one.outbox.is_deleted(image_id) for image_id in ids)
    await one.delivered()
    assert max(len(call) for call in sent(api, RESTORE)) <= 500
    assert len(api.images) == 1_203
    assert api.images["more-7"].tags == ["night"]
    assert api.trash == {}


async def test_what_is_pending_of_an_image_is_delivered_before_it_is_deleted(
    api: WithTrash, connection: Connection, one: Watched
) -> None:
    one.put_box("a")
    put(one, [TagChange("a", "night", True)])
    put(one, delete("a"))
    await one.outbox.drained()
    await one.outbox.start(connection)
    await one.delivered()
    assert one.outbox.counts == OutboxCounts()
    gone = api.trash["a"]
    assert (gone.tags, [box.label for box in gone.boxes.values()]) == (["night"], ["bolt"])


async def test_what_comes_after_bringing_back_is_delivered_after_it(
    api: WithTrash, connection: Connection, one: Watched
) -> None:
    await one.outbox.start(connection)
    put(one, delete("a"))
    await one.delivered()
    await one.outbox.stop()
    put(one, restore("a"))
    put(one, [TagChange("a", "night", True)])
    put(one, delete("b"))
    put(one, restore("b"))
    put(one, [TagChange("b", "night", True)])
    put(one, delete("b"))
    await one.outbox.drained()
    await one.outbox.start(connection)
    await one.delivered()
    assert one.outbox.counts == OutboxCounts()
    assert (api.images["a"].tags, api.trash["b"].tags) == (["night"], ["night"])


async def test_a_deletion_that_is_undone_before_its_delivery_is_not_sent(
    api: WithTrash, connection: Connection, one: Watched
) -> None:
    await one.outbox.start(connection)
    put(one, delete("c"))
    await one.delivered()
    await one.outbox.stop()
    api.calls.clear()
    put(one, delete("a", "b"))
    put(one, restore("b", "a"))
    put(one, restore("c"))
    await one.outbox.drained()
    await one.outbox.start(connection)
    await one.delivered()
    assert (sent(api, DELETE), sent(api, RESTORE)) == ([], [["c"]])
    assert one.outbox.counts == OutboxCounts()


@pytest.mark.parametrize("status", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
async def test_a_lost_reply_does_no_harm(
    api: WithTrash, connection: Connection, one: Watched, status: grpc.StatusCode
) -> None:
    api.fail_after[DELETE].append(status)
    api.fail_after[RESTORE].append(status)
    await one.outbox.start(connection)
    put(one, delete("a", "b"))
    await one.delivered()
    assert (set(api.images), one.outbox.counts) == ({"c"}, OutboxCounts())
    put(one, restore("a", "b"))
    await one.delivered()
    assert (set(api.images), one.outbox.counts) == ({"a", "b", "c"}, OutboxCounts())


async def test_an_image_that_is_gone_already_does_not_keep_others(
    api: WithTrash, connection: Connection, one: Watched
) -> None:
    del api.images["b"]
    put(one, delete("a", "b", "c"))
    await one.outbox.drained()
    await one.outbox.start(connection)
    await one.delivered()
    assert (api.images, set(api.trash), one.outbox.counts) == ({}, {"a", "c"}, OutboxCounts())


async def test_what_was_removed_for_good_is_refused_and_the_rest_comes_back(
    api: WithTrash, connection: Connection, one: Watched
) -> None:
    await one.outbox.start(connection)
    put(one, delete("a", "b", "c"))
    await one.delivered()
    del api.trash["b"]
    put(one, restore("a", "b", "c"))
    await one.until(lambda counts: counts.refused == 1 and not counts.waiting)
    assert set(api.images) == {"a", "c"}
    (held,) = one.outbox.held
    assert (held.change, "removed for good" in held.problem) == (DeletionChange("b", False), True)
    assert one.outbox.is_deleted("b") is True
    one.outbox.discard(held)
    await one.delivered()
    assert one.outbox.held == ()


async def test_a_deletion_that_is_refused_leaves_the_image_until_it_is_tried_again(
    api: WithTrash, connection: Connection, one: Watched
) -> None:
    api.fail_before[DELETE].append(grpc.StatusCode.PERMISSION_DENIED)
    await one.outbox.start(connection)
    put(one, delete("a"))
    await one.until(lambda counts: counts.refused == 1)
    assert (one.outbox.is_deleted("a"), one.outbox.state_of("a")) == (False, SaveState.REFUSED)
    assert not one.outbox.moves_images
    one.outbox.retry(one.outbox.held[0])
    assert one.outbox.is_deleted("a") is True
    await one.delivered()
    assert set(api.trash) == {"a"}


async def test_undoing_a_refused_deletion_ends_it(api: WithTrash, connection: Connection, one: Watched) -> None:
    api.fail_before[DELETE].append(grpc.StatusCode.PERMISSION_DENIED)
    await one.outbox.start(connection)
    put(one, delete("a"))
    await one.until(lambda counts: counts.refused == 1)
    put(one, restore("a"))
    await one.until(lambda counts: counts == OutboxCounts())
    assert (set(api.images), sent(api, RESTORE)) == ({"a", "b", "c"}, [])


async def test_pending_deletions_are_known_after_a_restart(
    api: WithTrash, connection: Connection, outbox_path: Path
) -> None:
    async with watched(outbox_path) as first:
        put(first, delete("a"))
    async with watched(outbox_path) as second:
        assert (second.outbox.is_deleted("a"), second.outbox.moves_images) == (True, True)
        await second.outbox.start(connection)
        await second.delivered()
        assert set(api.images) == {"b", "c"}
        assert second.outbox.is_deleted("a") is True, "a page read before the delivery may still have it"
        second.pauses.now += 11
        assert second.outbox.is_deleted("a") is None


def seen_of(api: DataApi, image_id: str) -> OnImage:
    stored = api.images[image_id]
    return OnImage(tuple(stored.boxes.values()), tuple(stored.tags), tuple(stored.datasets))


def delete_for_good(api: DataApi, *ids: str) -> tuple[Change, ...]:
    return tuple(DeletionChange(image_id, True, seen_of(api, image_id)) for image_id in ids)


@pytest.mark.parametrize("theirs", ["box", "moved", "tag", "dataset"])
async def test_what_others_put_on_an_image_is_not_deleted_for_good_in_silence(
    api: WithTrash, connection: Connection, one: Watched, theirs: str
) -> None:
    stored = api.images["b"]
    stored.boxes = {"box-1": BOX}
    put(one, delete_for_good(api, "a", "b", "c"))
    await one.outbox.drained()
    if theirs == "box":
        stored.boxes["box-2"] = replace(BOX, id="box-2")
    elif theirs == "moved":
        stored.boxes["box-1"] = replace(BOX, x_min=0.2)
    else:
        (stored.tags if theirs == "tag" else stored.datasets).append("new")
    await one.outbox.start(connection)
    await one.until(lambda counts: counts.conflicts == 1 and not counts.waiting)
    assert set(api.images) == {"b"}
    (held,) = one.outbox.held
    assert (held.change.image_id, held.state) == ("b", SaveState.CONFLICT)
    assert one.outbox.is_deleted("b") is False
    one.outbox.keep_mine(held, None)
    await one.delivered()
    assert (api.images, one.outbox.held) == ({}, ())


async def test_ones_own_pending_labels_are_no_conflict(api: WithTrash, connection: Connection, one: Watched) -> None:
    box = Box(new_id(), "bolt", 0.25, 0.25, 0.5, 0.5)
    put(one, [BoxChange("a", None, box), TagChange("a", "night", True)])
    shown = one.outbox.overlay(Image("a"))
    put(one, [DeletionChange("a", True, OnImage.of(shown))])
    await one.outbox.drained()
    await one.outbox.start(connection)
    await one.delivered()
    assert (set(api.trash), one.outbox.held) == ({"a"}, ())


async def test_where_there_is_no_trash_bringing_back_is_refused_in_a_sentence(address: str, one: Watched) -> None:
    plain = DataApi("a")
    async with plain.connected(address) as connection:
        await one.outbox.start(connection)
        put(one, delete_for_good(plain, "a"))
        await one.delivered()
        assert plain.images == {}
        put(one, restore("a"))
        await one.until(lambda counts: counts.refused == 1)
        assert "no trash" in one.outbox.held[0].problem


async def test_killed_between_deleting_and_delivery_it_is_delivered_by_the_next_run(
    api: WithTrash, connection: Connection, outbox_path: Path
) -> None:
    script = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom labeler.client.outbox import Outbox\n"
        "from labeler.domain.edit import DeletionChange, Edit\n"
        "async def main():\n"
        "    outbox = Outbox.open(Path(sys.argv[1]), sys.argv[2])\n"
        "    outbox.put(Edit('Deleted 2 images', (DeletionChange('a', True), DeletionChange('b', True))))\n"
        "    await outbox.drained()\n    print('saved', flush=True)\n    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, outbox_path, TARGET, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(20):
        assert await process.stdout.readline() == b"saved\n"
    process.kill()
    await process.wait()
    async with watched(outbox_path) as next_run:
        await next_run.outbox.start(connection)
        await next_run.delivered()
        assert (set(api.images), set(api.trash)) == ({"c"}, {"a", "b"})
