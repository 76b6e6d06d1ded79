"""Text from outside comes back as it was, or is refused in a sentence, wherever it goes in and comes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import apsw
import grpc
import pytest

from labeler.client import ViamClient
from labeler.client.source import ServiceSource
from labeler.domain.errors import InvalidValue
from labeler.domain.filter import Filter, Order, filter_text, parse_filter
from labeler.local import open_local
from labeler.rpc.errors import GRPCError, InvalidArgumentError, Status
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.server.accounts import ACCOUNTS_FILE
from tests.hostile import NAMES, NO_TEXT, STRINGS
from tests.making import make_dataset
from tests.memory_source import picture_bytes

AT_ONCE = 16


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[ViamClient]:
    async with open_local(tmp_path / "data") as local, await ViamClient.connect(local.endpoint) as client:
        yield client


async def each(strings: Iterable[str], do: Callable[[str], Awaitable[object]]) -> int:
    """Do it for all of them, some at a time; returns how many."""
    waiting = iter(strings)
    done = 0

    async def some() -> None:
        nonlocal done
        for one in waiting:
            await do(one)
            done += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(some())
    return done


async def described(client: ViamClient) -> ServiceSource:
    return await ServiceSource.open(client.connection)


async def part_of(client: ViamClient) -> str:
    (organization,) = await client.app.list_organizations()
    (location,) = await client.app.list_locations(organization.id)
    (robot,) = await client.app.list_robots(location.id)
    (part,) = await client.app.get_robot_parts(robot.id)
    return part.id


def told(count: int, what: str) -> None:
    print(f"{count} hostile strings: {what}")  # noqa: T201
    assert count >= 200


async def test_labels_tags_and_datasets_come_back_byte_by_byte(client: ViamClient) -> None:
    data = client.data_client
    source = await described(client)
    image = await data.file_upload(await part_of(client), picture_bytes(), file_name="a.png")

    async def put(text: str) -> None:
        await data.add_bounding_box_to_image_by_id(image, text, 0.1, 0.1, 0.5, 0.5)
        await data.add_tags_to_binary_data_by_ids([text], [image])
        dataset = await make_dataset(source, text)
        await data.add_binary_data_to_dataset_by_ids([image], dataset)

    told(await each(NAMES, put), "as label, tag and dataset")
    (found,) = await source.images([image])
    assert sorted(box.label for box in found.boxes) == sorted(NAMES)
    assert sorted(found.tags) == sorted(NAMES)
    assert sorted(one.name for one in await source.datasets()) == sorted(NAMES)
    assert await data.bounding_box_labels_by_filter() == sorted(NAMES, key=str.encode)
    choices = await source.choices(Filter())
    assert {one.value for one in choices["tags"]} == set(NAMES)

    async def narrow(text: str) -> None:
        for wanted in (Filter(tags=(text,)), Filter(labels=(text,))):
            assert await source.count(parse_filter(filter_text(wanted))) == 1
        assert await source.count(Filter(tags=(text + "\x01",))) == 0

    await each(NAMES, narrow)


async def test_names_of_files_and_components_come_back_byte_by_byte(client: ViamClient) -> None:
    source, part = await described(client), await part_of(client)
    content = picture_bytes()
    ids: dict[str, str] = {}

    async def put(text: str) -> None:
        ids[text] = await client.data_client.file_upload(
            part, content, component_type=text, component_name=text, method_name=text, file_name=text, mime_type=text
        )

    told(await each(STRINGS, put), "as name of a file, component, its type and method, and as kind of file")
    for text, image_id in ids.items():
        (image,) = await source.images([image_id])
        assert image.file_name.startswith(text)
        assert (image.component_name, image.component_type, image.method) == (text, text, text)
        page = await source.page(parse_filter(filter_text(Filter(component_name=text))), Order.NAME, "", 500)
        assert [one.id for one in page.images] == [image_id]


async def test_names_of_organizations_locations_machines_and_parts_come_back_byte_by_byte(
    client: ViamClient, tmp_path: Path
) -> None:
    (organization,) = await client.app.list_organizations()
    (location,) = await client.app.list_locations(organization.id)
    (robot,) = await client.app.list_robots(location.id)
    accounts = apsw.Connection(str(tmp_path / "data" / ACCOUNTS_FILE))
    count = 0
    try:
        for text in NAMES:
            with accounts:
                for table in ("organization", "location", "robot", "part"):
                    accounts.execute(f"UPDATE {table} SET name = ?", (text,))
            names = [
                (await client.app.list_organizations())[0].name,
                (await client.app.list_locations(organization.id))[0].name,
                (await client.app.list_robots(location.id))[0].name,
                (await client.app.get_robot_parts(robot.id))[0].name,
            ]
            assert names == [text] * 4
            count += 1
    finally:
        accounts.close()
    told(count, "as name of an organization, location, machine and part")


async def test_what_is_refused_is_refused_with_a_status_and_a_sentence(client: ViamClient) -> None:
    data, source = client.data_client, await described(client)

    async def ask(text: str) -> None:
        calls: tuple[tuple[Status, Callable[[], Awaitable[object]]], ...] = (
            (Status.NOT_FOUND, lambda: data.binary_data_by_ids([text])),
            (Status.NOT_FOUND, lambda: data.list_dataset_by_ids([text])),
            (Status.NOT_FOUND, lambda: client.app.list_robots(text)),
            (Status.NOT_FOUND, lambda: data.add_tags_to_binary_data_by_ids(["x"], [text])),
            (Status.ALREADY_EXISTS, lambda: make_dataset(source, text)),
        )
        await make_dataset(source, text)
        for status, call in calls:
            with pytest.raises(GRPCError) as caught:
                await call()
            assert caught.value.status is status, (text[:80], caught.value)
            assert len(caught.value.message) > 10

    told(await each(NAMES, ask), "in five kinds of errors")


async def test_half_characters_are_refused_before_they_are_sent(client: ViamClient, tmp_path: Path) -> None:
    data, source, part = client.data_client, await described(client), await part_of(client)
    image = await data.file_upload(part, picture_bytes())
    for text in NO_TEXT:
        for call in (
            lambda text=text: data.add_bounding_box_to_image_by_id(image, text, 0.1, 0.1, 0.5, 0.5),
            lambda text=text: data.add_tags_to_binary_data_by_ids([text], [image]),
            lambda text=text: data.create_dataset(text, "x"),
            lambda text=text: data.file_upload(part, b"x", file_name=text),
            lambda text=text: data.binary_data_by_ids([text]),
        ):
            with pytest.raises(InvalidArgumentError, match="half a character"):
                await call()
        with pytest.raises(InvalidValue, match="half a character"):
            async for _ in source.open_paths([tmp_path / text], copy=False):
                pass
    # What another client sends all the same: the label of a box, in bytes that are no UTF-8.
    raw: Any = client.connection._channel.unary_unary("/viam.app.data.v1.DataService/AddBoundingBoxToImageByID")
    token = client.connection.endpoint.token
    for wrong in (b"\x12\x02\xff\xfe", b"\x12\x03\xed\xa0\x80", b"\x12\x02\xc0\xaf"):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await raw(wrong, metadata=(("authorization", f"Bearer {token}"),), timeout=20)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_paths_that_are_none_are_refused_one_by_one(client: ViamClient, tmp_path: Path) -> None:
    source = await described(client)
    nowhere = str(tmp_path / "nowhere") + "/"
    refused: list[str] = []
    request = labeler_pb2.OpenPathsRequest(paths=[nowhere + text for text in STRINGS if text.strip("./")], copy=True)
    progress = client.connection.stream_in(
        "/labeler.v1.LabelerService/OpenPaths", request, labeler_pb2.OpenPathsProgress
    )
    async for each_time in progress:
        refused += [one.path for one in each_time.refused]
        assert all(one.reason for one in each_time.refused)
        assert each_time.opened == 0
    assert len(refused) == len(request.paths)
    assert await source.count(Filter()) == 0
    told(len(refused), "as paths to open")
