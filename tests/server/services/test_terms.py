"""A change is made once, only of the version that was seen, and those who follow are told."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.protobuf.message import Message

from labeler.client.channel import Connection
from labeler.rpc.convert import CLIENT, EDIT_ID, IF_MATCH
from labeler.rpc.errors import GRPCError, InvalidArgumentError, NotFoundError, Status
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.dataset.v1 import dataset_pb2
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.server.accounts import Caller
from labeler.server.changes import ANSWER_AGE
from labeler.server.follow_service import FollowService
from labeler.server.sqlite.catalog import SqliteCatalog
from tests.server.services.running import Running, running, upload

DATA, DATASET = "/viam.app.data.v1.DataService/", "/viam.app.dataset.v1.DatasetService/"
LABELER = "/labeler.v1.LabelerService/"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path / "data") as started:
        yield started


@pytest.fixture
async def connection(service: Running) -> AsyncIterator[Connection]:
    async with await service.connect() as opened:
        yield opened


@pytest.fixture
async def image(connection: Connection, service: Running) -> str:
    return await upload(connection, service.key.part_id)


def once() -> dict[str, str]:
    return {EDIT_ID: str(uuid.uuid4())}


def at(version: int) -> dict[str, str]:
    return {IF_MATCH: str(version)}


def bolt(image: str, label: str = "bolt") -> data_pb2.AddBoundingBoxToImageByIDRequest:
    return data_pb2.AddBoundingBoxToImageByIDRequest(
        binary_data_id=image, label=label, x_max_normalized=0.5, y_max_normalized=0.5
    )


async def add(connection: Connection, request: Message, metadata: dict[str, str]) -> str:
    response = await connection.unary(
        DATA + "AddBoundingBoxToImageByID",
        request,
        data_pb2.AddBoundingBoxToImageByIDResponse,
        metadata=metadata,
    )
    return response.bbox_id


async def tag(connection: Connection, tags: list[str], ids: list[str], metadata: dict[str, str]) -> None:
    request = data_pb2.AddTagsToBinaryDataByIDsRequest(tags=tags, binary_data_ids=ids)
    await connection.unary(
        DATA + "AddTagsToBinaryDataByIDs", request, data_pb2.AddTagsToBinaryDataByIDsResponse, metadata=metadata
    )


async def read(connection: Connection, image: str) -> labeler_pb2.ImageRecord:
    request = labeler_pb2.ReadImagesRequest(binary_data_ids=[image])
    response = await connection.unary(LABELER + "ReadImages", request, labeler_pb2.ReadImagesResponse)
    return response.images[0]


async def boxes(connection: Connection, image: str) -> list[str]:
    return [box.id for box in (await read(connection, image)).metadata.annotations.bboxes]


async def test_a_repeated_change_is_answered_as_before_and_made_once(connection: Connection, image: str) -> None:
    metadata = once()
    first = await add(connection, bolt(image), metadata)
    version = (await read(connection, image)).version
    assert await add(connection, bolt(image), metadata) == first
    assert await boxes(connection, image) == [first]
    assert (await read(connection, image)).version == version
    assert await add(connection, bolt(image), once()) != first


async def test_repeats_that_come_while_the_first_is_being_made_are_answered_alike(
    connection: Connection, image: str
) -> None:
    metadata = once()
    found = await asyncio.gather(*(add(connection, bolt(image), metadata) for _ in range(20)))
    assert len(set(found)) == 1
    assert await boxes(connection, image) == found[:1]


async def test_a_repeat_after_what_another_did_since_changes_nothing(connection: Connection, image: str) -> None:
    metadata = once()
    await tag(connection, ["night"], [image], metadata)
    request = data_pb2.RemoveTagsFromBinaryDataByIDsRequest(tags=["night"], binary_data_ids=[image])
    removing = once()
    for _ in range(2):
        response = await connection.unary(
            DATA + "RemoveTagsFromBinaryDataByIDs",
            request,
            data_pb2.RemoveTagsFromBinaryDataByIDsResponse,
            metadata=removing,
        )
        assert response.deleted_count == 1
    await tag(connection, ["night"], [image], metadata)
    assert list((await read(connection, image)).metadata.capture_metadata.tags) == []


async def test_a_dataset_is_made_filled_and_deleted_once(connection: Connection, service: Running, image: str) -> None:
    metadata = once()
    request = dataset_pb2.CreateDatasetRequest(name="Bolts", organization_id=service.key.organization_id)
    made = [
        (
            await connection.unary(
                DATASET + "CreateDataset", request, dataset_pb2.CreateDatasetResponse, metadata=metadata
            )
        ).id
        for _ in range(2)
    ]
    assert made[0] == made[1]
    joining, deleting = once(), once()
    for _ in range(2):
        await connection.unary(
            DATA + "AddBinaryDataToDatasetByIDs",
            data_pb2.AddBinaryDataToDatasetByIDsRequest(binary_data_ids=[image], dataset_id=made[0]),
            data_pb2.AddBinaryDataToDatasetByIDsResponse,
            metadata=joining,
        )
    for _ in range(2):
        await connection.unary(
            DATASET + "DeleteDataset",
            dataset_pb2.DeleteDatasetRequest(id=made[0]),
            dataset_pb2.DeleteDatasetResponse,
            metadata=deleting,
        )


async def test_a_repeat_after_a_restart_is_answered_as_before(tmp_path: Path) -> None:
    metadata = once()
    async with running(tmp_path / "data") as service, await service.connect() as connection:
        key = service.key
        image = await upload(connection, key.part_id)
        first = await add(connection, bolt(image), metadata)
    async with running(tmp_path / "data") as service, await service.connect(key) as connection:
        assert await add(connection, bolt(image), metadata) == first
        assert await boxes(connection, image) == [first]


async def test_an_id_of_another_request_is_refused_and_one_of_a_failed_request_is_free(
    connection: Connection, image: str
) -> None:
    metadata = once()
    with pytest.raises(NotFoundError):
        await add(connection, bolt("no image"), metadata)
    await add(connection, bolt(image), metadata)
    with pytest.raises(InvalidArgumentError, match="labeler-edit-id"):
        await add(connection, bolt(image, "nut"), metadata)
    with pytest.raises(InvalidArgumentError, match="labeler-edit-id"):
        await tag(connection, ["night"], [image], metadata)
    assert len(await boxes(connection, image)) == 1


async def test_each_organization_has_its_own_ids(connection: Connection, service: Running, image: str) -> None:
    metadata = once()
    first = await add(connection, bolt(image), metadata)
    key = await service.accounts.create_key("Other")
    async with await service.connect(key) as other:
        theirs = await upload(other, key.part_id)
        assert await add(other, bolt(theirs), metadata) != first
        with pytest.raises(NotFoundError):
            await read(other, image)


async def test_a_change_of_another_version_is_refused(connection: Connection, image: str) -> None:
    version = (await read(connection, image)).version
    await tag(connection, ["night"], [image], {})
    for wrong in (version, 0, 2**62):
        with pytest.raises(GRPCError) as caught:
            await add(connection, bolt(image), {**once(), **at(wrong)})
        assert caught.value.status is Status.ABORTED
    assert await boxes(connection, image) == []
    metadata = {**once(), **at((await read(connection, image)).version)}
    first = await add(connection, bolt(image), metadata)
    assert await add(connection, bolt(image), metadata) == first


@pytest.mark.parametrize("metadata", [{IF_MATCH: "one"}, {IF_MATCH: "-1"}, {EDIT_ID: "x" * 65}, {CLIENT: "x" * 65}])
async def test_metadata_that_cannot_be_is_refused(connection: Connection, image: str, metadata: dict[str, str]) -> None:
    with pytest.raises(InvalidArgumentError, match=next(iter(metadata))):
        await add(connection, bolt(image), metadata)


async def test_of_two_who_change_the_same_version_one_does(connection: Connection, image: str) -> None:
    box = await add(connection, bolt(image), {})
    version = (await read(connection, image)).version

    async def relabel(label: str) -> str:
        request = data_pb2.UpdateBoundingBoxRequest(binary_data_id=image, bbox_id=box, label=label)
        try:
            await connection.unary(
                DATA + "UpdateBoundingBox", request, data_pb2.UpdateBoundingBoxResponse, metadata=at(version)
            )
        except GRPCError as error:
            return error.status.name
        return label

    answers = sorted(await asyncio.gather(*(relabel(f"nut {n}") for n in range(8))))
    assert answers[:-1] == ["ABORTED"] * 7
    (found,) = (await read(connection, image)).metadata.annotations.bboxes
    assert found.label == answers[-1]


async def test_answers_are_forgotten_after_a_time(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as service, await service.connect() as connection:
        image = await upload(connection, service.key.part_id)
        metadata = once()
        first = await add(connection, bolt(image), metadata)
        described = await connection.unary(
            LABELER + "Describe", labeler_pb2.DescribeRequest(), labeler_pb2.DescribeResponse
        )
    assert timedelta(seconds=described.edit_id_seconds) == ANSWER_AGE
    catalog = SqliteCatalog(tmp_path / "data" / "catalog.db")
    assert await catalog.forget_answers(datetime.now(UTC) - timedelta(minutes=1)) == 0
    assert await catalog.forget_answers(datetime.now(UTC) + timedelta(minutes=1)) == 1
    await catalog.close()
    async with running(tmp_path / "data") as service, await service.connect() as connection:
        assert await add(connection, bolt(image), metadata) != first


class Follower:
    """What one client is told."""

    def __init__(self, connection: Connection, position: str = "", client: str = "") -> None:
        self._stream = connection.stream_in(
            LABELER + "Follow",
            labeler_pb2.FollowRequest(position=position),
            labeler_pb2.FollowResponse,
            metadata={CLIENT: client} if client else {},
        )
        self.position = ""

    async def __aenter__(self) -> Follower:
        """Return when the service follows."""
        assert await self.next() == []
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stream.aclose()

    async def next(self) -> list[str]:
        async with asyncio.timeout(20):
            response = await anext(self._stream)
        self.position = response.position
        return list(response.binary_data_ids)

    async def ended(self) -> bool:
        async with asyncio.timeout(20):
            return await anext(self._stream, None) is None


async def test_followers_are_told_each_kind_of_change(connection: Connection, service: Running, image: str) -> None:
    organization = service.key.organization_id
    async with Follower(connection) as follower:
        box = await add(connection, bolt(image), {})
        assert await follower.next() == [image]
        other = await upload(connection, service.key.part_id, "b.png")
        assert await follower.next() == [other]
        await tag(connection, ["night"], [image, other], {})
        assert await follower.next() == [image, other]
        request = data_pb2.UpdateBoundingBoxRequest(binary_data_id=image, bbox_id=box, label="nut")
        await connection.unary(DATA + "UpdateBoundingBox", request, data_pb2.UpdateBoundingBoxResponse)
        assert await follower.next() == [image]
        made = await connection.unary(
            DATASET + "CreateDataset",
            dataset_pb2.CreateDatasetRequest(name="Bolts", organization_id=organization),
            dataset_pb2.CreateDatasetResponse,
        )
        await connection.unary(
            DATA + "AddBinaryDataToDatasetByIDs",
            data_pb2.AddBinaryDataToDatasetByIDsRequest(binary_data_ids=[other], dataset_id=made.id),
            data_pb2.AddBinaryDataToDatasetByIDsResponse,
        )
        assert await follower.next() == [other]
        await connection.unary(
            DATASET + "DeleteDataset", dataset_pb2.DeleteDatasetRequest(id=made.id), dataset_pb2.DeleteDatasetResponse
        )
        assert await follower.next() == [other]
        await connection.unary(
            DATA + "RemoveTagsFromBinaryDataByFilter",
            data_pb2.RemoveTagsFromBinaryDataByFilterRequest(tags=["night"]),
            data_pb2.RemoveTagsFromBinaryDataByFilterResponse,
        )
        assert await follower.next() == [image, other]
        await connection.unary(
            DATA + "DeleteBinaryDataByIDs",
            data_pb2.DeleteBinaryDataByIDsRequest(binary_data_ids=[image]),
            data_pb2.DeleteBinaryDataByIDsResponse,
        )
        assert await follower.next() == [image]
        await connection.unary(
            LABELER + "RestoreImages", labeler_pb2.RestoreImagesRequest(all=True), labeler_pb2.RestoreImagesResponse
        )
        assert await follower.next() == [image]


async def test_what_changed_while_nobody_followed_is_told_once(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as service, await service.connect() as connection:
        key = service.key
        images = [await upload(connection, key.part_id, f"{name}.png") for name in "abc"]
        async with Follower(connection) as follower:
            pass
        for label in ("bolt", "nut"):
            await add(connection, bolt(images[0], label), {})
        await tag(connection, ["night"], images[:2], {})
    async with running(tmp_path / "data") as service, await service.connect(key) as connection:
        async with Follower(connection, follower.position) as follower:
            assert await follower.next() == images[:2]
            await add(connection, bolt(images[2]), {})
            assert await follower.next() == [images[2]]
        with pytest.raises(InvalidArgumentError, match="ahead"):
            await Follower(connection, "999999.1").next()
        with pytest.raises(InvalidArgumentError, match="position"):
            await Follower(connection, "yesterday").next()


async def test_many_changed_images_come_in_bounded_parts(connection: Connection, service: Running) -> None:
    images = [await upload(connection, service.key.part_id, f"{number}.png") for number in range(7)]
    catalog = service.services.catalog
    async with Follower(connection) as follower:
        start = follower.position
    await tag(connection, ["night"], images, {})
    found: list[str] = []
    while len(found) < len(images):
        part = await catalog.changed(service.key.organization_id, start, 3)
        assert 0 < len(part.ids) <= 3
        found, start = [*found, *part.ids], part.position
    assert found == images
    assert (await catalog.changed(service.key.organization_id, start, 3)).ids == ()


async def test_a_client_is_not_told_its_own_changes_but_those_of_others_to_the_same_image(
    connection: Connection, service: Running, image: str
) -> None:
    other = await upload(connection, service.key.part_id, "b.png")
    async with Follower(connection, client="me") as follower:
        start = follower.position
        await add(connection, bolt(image), {CLIENT: "me"})
        await add(connection, bolt(other), {CLIENT: "you"})
        assert await follower.next() == [other]
        await add(connection, bolt(image), {CLIENT: "you"})
        await add(connection, bolt(image), {CLIENT: "me"})
        assert await follower.next() == [image]
    async with Follower(connection, start, client="me") as follower:
        assert await follower.next() == [other, image]
    async with Follower(connection, start, client="you") as follower:
        assert await follower.next() == [image]


async def test_other_organizations_are_not_told(connection: Connection, service: Running, image: str) -> None:
    key = await service.accounts.create_key("Other")
    async with await service.connect(key) as other, Follower(other) as follower:
        await add(connection, bolt(image), {})
        theirs = await upload(other, key.part_id)
        assert await follower.next() == [theirs]


async def test_followers_end_when_the_service_stops(connection: Connection, service: Running) -> None:
    async with Follower(connection) as follower:
        service.services.stop_streams()
        assert await follower.ended()
    async with Follower(connection) as late:
        assert await late.ended()


async def test_a_change_whose_caller_went_away_is_told(connection: Connection, service: Running, image: str) -> None:
    async with Follower(connection) as follower:
        changing = asyncio.create_task(
            service.services.catalog.add_tags(service.key.organization_id, [image], ["night"])
        )
        await asyncio.sleep(0)
        changing.cancel()
        await asyncio.gather(changing, return_exceptions=True)
        assert await follower.next() == [image]


async def test_a_follower_hears_from_a_service_where_nothing_happens(tmp_path: Path) -> None:
    catalog = SqliteCatalog(tmp_path / "catalog.db")
    following = FollowService(catalog, heartbeat_seconds=0.01)
    stream = following.Follow(labeler_pb2.FollowRequest(), Caller("org", "key"))
    assert [list((await anext(stream)).binary_data_ids) for _ in range(3)] == [[], [], []]
    following.stop()
    assert await anext(stream, None) is None
    await catalog.close()
