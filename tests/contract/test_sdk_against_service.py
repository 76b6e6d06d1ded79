"""The stock viam-sdk against a real `labeler serve`: all 30 methods of the reference, and the rules that we chose.

The rules are those of the design, section "What the service answers where Viam's is not published".
"""

from __future__ import annotations

import asyncio
import gc
import json
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import bson
import pytest
from grpclib import GRPCError, Status
from viam.app.data_client import DataClient
from viam.app.viam_client import ViamClient
from viam.proto.app.data import (
    BinaryData,
    BinaryID,
    Filter,
    Order,
    TagsFilter,
    TagsFilterType,
)
from viam.rpc.dial import Credentials, DialOptions
from viam.utils import create_filter

from labeler.server.accounts import Accounts

# The SDK's `close` does not wait for TLS to shut down, so its sockets are left to the collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

START = datetime(2024, 5, 1, 12, tzinfo=UTC)
JPEG = b"\xff\xd8\xff\xe0 not much of a picture"


@dataclass(frozen=True)
class Service:
    """A running `labeler serve`."""

    address: str
    tls: bool
    data: Path


@dataclass(frozen=True)
class Desk:
    """A client with a key of an organization that nobody else uses."""

    data: DataClient
    organization: str
    location: str
    robot: str
    part: str
    name: str

    async def upload(self, number: int = 0, content: bytes = JPEG, **changes: Any) -> str:
        """Upload an image captured `number` seconds after the start; returns its id."""
        time = START + timedelta(seconds=number)
        return await self.data.binary_data_capture_upload(
            content, self.part, "camera", changes.pop("component_name", "cam"), "GetImages", ".jpg",
            data_request_times=(time, time + timedelta(seconds=1)), **changes,
        )  # fmt: skip

    async def image(self, image: str) -> BinaryData:
        (found,) = await self.data.binary_data_by_ids([image])
        return found

    async def seen(self, wanted: Filter | None = None, **asked: Any) -> list[str]:
        found, _, _ = await self.data.binary_data_by_filter(wanted, include_binary_data=False, **asked)
        return [one.metadata.binary_data_id for one in found]


@pytest.fixture(scope="module", params=["plaintext", "tls"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("service")
    command = [sys.executable, "-m", "labeler", "serve", "--data", str(data), "--listen", "127.0.0.1:0"]
    tls = request.param == "tls"
    with subprocess.Popen(command + ["--insecure"] * (not tls), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["tls"] is tls
        yield Service(ready["listening"], tls, data)
        gc.collect()
        process.terminate()
        assert process.wait(timeout=20) == 0


async def connect(service: Service, key_id: str, key: str) -> ViamClient:
    options = DialOptions(credentials=Credentials("api-key", key), auth_entity=key_id, insecure=not service.tls)
    return await ViamClient.create_from_dial_options(options, app_url=service.address)


async def desks(service: Service) -> AsyncIterator[Desk]:
    """Clients, each with an organization of its own."""
    clients = []
    try:
        while True:
            accounts = Accounts(service.data)
            made = await accounts.create_key(uuid4().hex)
            part = await accounts.part(made.part_id)
            accounts.close()
            assert part is not None
            clients.append(await connect(service, made.api_key_id, made.api_key))
            yield Desk(
                clients[-1].data_client, made.organization_id, made.location_id, made.robot_id, made.part_id,
                part.robot_name,
            )  # fmt: skip
    finally:
        for client in clients:
            client.close()


@pytest.fixture
async def two(service: Service) -> AsyncIterator[tuple[Desk, Desk]]:
    made = desks(service)
    yield await anext(made), await anext(made)
    await made.aclose()  # type: ignore[attr-defined]


@pytest.fixture
def desk(two: tuple[Desk, Desk]) -> Desk:
    return two[0]


async def refused(call: Awaitable[object], status: Status, names: str) -> None:
    """The call must be refused with the status, and the message name the field or the thing."""
    with pytest.raises(GRPCError) as error:
        await call
    assert error.value.status is status, error.value
    assert names in (error.value.message or ""), error.value


async def test_the_command_makes_a_key_while_the_service_runs(service: Service) -> None:
    command = [sys.executable, "-m", "labeler", "keys", "create", "--data", str(service.data), "--json"]
    made = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: ASYNC221
    client = await connect(service, made["api_key_id"], made["api_key"])
    try:
        assert await client.data_client.list_datasets_by_organization_id(made["organization_id"]) == []
    finally:
        client.close()


@pytest.mark.logs("Unclosed connection")
async def test_a_wrong_key_is_not_let_in(service: Service) -> None:
    await refused(connect(service, str(uuid4()), "wrong"), Status.UNAUTHENTICATED, "")
    # The SDK leaves its channel open then; it is to be found here and not in the next test.
    gc.collect()


async def test_binary_capture_upload_comes_back_whole(desk: Desk) -> None:
    dataset = await desk.data.create_dataset("d", desk.organization)
    image = await desk.upload(5, tags=["b", "a"], dataset_ids=[dataset])
    found = await desk.image(image)
    assert found.binary == JPEG
    about = found.metadata
    organization, location, file = image.split("/")
    assert (organization, location, about.id) == (desk.organization, desk.location, file)
    assert len(file) == 64
    assert file.isalnum()
    assert about.binary_data_id == image
    assert about.time_requested.ToDatetime(UTC) == START + timedelta(seconds=5)
    assert about.time_received.ToDatetime(UTC) == START + timedelta(seconds=6)
    assert about.file_ext == ".jpg"
    assert about.file_size_bytes == len(JPEG)
    assert about.uri.startswith("http")
    capture = about.capture_metadata
    assert (capture.robot_id, capture.part_id, capture.robot_name) == (desk.robot, desk.part, desk.name)
    assert (capture.component_type, capture.component_name, capture.method_name) == ("camera", "cam", "GetImages")
    assert capture.mime_type == "image/jpeg"
    assert list(capture.tags) == ["b", "a", f"VIAM_DATASET_{dataset}"]
    assert list(about.dataset_ids) == [dataset]


async def test_streaming_and_file_uploads(desk: Desk, tmp_path: Path) -> None:
    streamed = await desk.data.streaming_data_capture_upload(
        JPEG, desk.part, "png", "camera", "cam", "Get", data_request_times=(START, START), tags=["s"]
    )
    filed = await desk.data.file_upload(desk.part, JPEG, file_name="no extension", tags=["f"])
    path = tmp_path / "photo 1.webp"
    path.write_bytes(b"RIFF....WEBP")
    from_path = await desk.data.file_upload_from_path(str(path), desk.part)
    empty = await desk.data.file_upload(desk.part, b"", file_name="empty.txt")
    found = await desk.data.binary_data_by_ids([streamed, filed, from_path, empty])
    assert [one.binary for one in found] == [JPEG, JPEG, b"RIFF....WEBP", b""]
    assert [one.metadata.capture_metadata.mime_type for one in found] == [
        "image/png", "image/jpeg", "image/webp", "application/octet-stream",
    ]  # fmt: skip
    assert [one.metadata.file_ext for one in found] == [".png", ".jpeg", ".webp", ".txt"]
    assert [one.metadata.file_name for one in found] == ["", "no extension", "photo 1", "empty.txt"]
    assert found[0].metadata.time_requested.ToDatetime(UTC) == START
    assert datetime.now(UTC) - found[1].metadata.time_requested.ToDatetime(UTC) < timedelta(minutes=5)


async def test_a_file_of_forty_mebibytes_in_one_message(desk: Desk) -> None:
    content = bytes(40 << 20)
    image = await desk.data.file_upload(desk.part, content, file_name="large.bin")
    assert (await desk.image(image)).binary == content


async def test_the_same_bytes_twice_are_two_images(desk: Desk) -> None:
    assert await desk.upload() != await desk.upload()
    assert len(await desk.seen()) == 2


async def test_uploads_that_are_refused(two: tuple[Desk, Desk]) -> None:
    desk, other = two
    upload = desk.data.file_upload
    await refused(upload("", JPEG), Status.INVALID_ARGUMENT, "part_id")
    await refused(upload("nobody", JPEG), Status.NOT_FOUND, "nobody")
    await refused(upload(other.part, JPEG), Status.NOT_FOUND, other.part)
    await refused(upload(desk.part, JPEG, dataset_ids=["0" * 24]), Status.NOT_FOUND, "0" * 24)
    await refused(upload(desk.part, JPEG, tags=["good", ""]), Status.INVALID_ARGUMENT, "tags")
    assert await desk.seen() == []


async def test_pages_newest_first_until_an_empty_one(desk: Desk) -> None:
    images = [await desk.upload(number // 2) for number in range(6)]
    found, count, last = await desk.data.binary_data_by_filter(limit=4)
    assert [one.metadata.binary_data_id for one in found] == images[:1:-1]
    assert count == 4
    assert [one.binary for one in found] == [JPEG] * 4
    found, count, last = await desk.data.binary_data_by_filter(limit=4, last=last)
    assert [one.metadata.binary_data_id for one in found] == images[1::-1]
    found, count, _ = await desk.data.binary_data_by_filter(limit=4, last=last)
    assert (list(found), count) == ([], 0)
    assert await desk.seen(sort_order=Order.ORDER_DESCENDING) == images[::-1]
    assert await desk.seen(sort_order=Order.ORDER_ASCENDING, limit=5_000) == images
    ordered = sorted(images[2:4])
    assert ordered == images[2:4]
    await refused(desk.seen(last=last, sort_order=Order.ORDER_ASCENDING), Status.INVALID_ARGUMENT, "last")
    await refused(desk.seen(last="nonsense"), Status.INVALID_ARGUMENT, "last")


async def test_the_default_page_is_50_and_count_only_tells_all(desk: Desk) -> None:
    for number in range(52):
        await desk.upload(number)
    assert len(await desk.seen()) == 50
    found, count, _ = await desk.data.binary_data_by_filter(count_only=True)
    assert (list(found), count) == ([], 52)


async def test_paging_survives_that_the_last_image_goes(desk: Desk) -> None:
    images = [await desk.upload(number, tags=["t"]) for number in range(4)]
    wanted = create_filter(tags=["t"])
    found, _, last = await desk.data.binary_data_by_filter(wanted, limit=2, include_binary_data=False)
    await desk.data.delete_binary_data_by_ids([one.metadata.binary_data_id for one in found])
    assert await desk.seen(wanted, limit=2, last=last) == images[1::-1]


async def test_filters(desk: Desk) -> None:
    dataset = await desk.data.create_dataset("d", desk.organization)
    plain = await desk.upload(0)
    tagged = await desk.upload(1, tags=["night"])
    member = await desk.upload(2, component_name="other", dataset_ids=[dataset])
    boxed = await desk.upload(3)
    await desk.data.add_bounding_box_to_image_by_id(boxed, "bolt", 0, 0, 1, 1)
    everything = [boxed, member, tagged, plain]
    tags, types = TagsFilter, TagsFilterType
    times = [START + timedelta(seconds=number) for number in range(4)]
    expected = [
        (None, everything),
        (create_filter(), everything),
        (create_filter(component_name="other"), [member]),
        (create_filter(component_type="camera", method="GetImages", robot_name=desk.name), everything),
        (create_filter(part_id=desk.part, robot_id=desk.robot, location_ids=["x", desk.location]), everything),
        (create_filter(part_name="nobody"), []),
        (create_filter(mime_type=["image/jpeg", "image/png"]), everything),
        (create_filter(mime_type=["image/png"]), []),
        (create_filter(organization_ids=[desk.organization]), everything),
        (create_filter(organization_ids=["another"]), []),
        (create_filter(bbox_labels=["bolt", "nut"]), [boxed]),
        (Filter(dataset_id=dataset), [member]),
        (Filter(tags_filter=tags(tags=["night", "day"])), [tagged]),
        (Filter(tags_filter=tags(type=types.TAGS_FILTER_TYPE_MATCH_BY_OR, tags=["night"])), [tagged]),
        (Filter(tags_filter=tags(tags=["night", f"VIAM_DATASET_{dataset}"])), [member, tagged]),
        (Filter(tags_filter=tags(type=types.TAGS_FILTER_TYPE_TAGGED)), [tagged]),
        (Filter(tags_filter=tags(type=types.TAGS_FILTER_TYPE_UNTAGGED)), [boxed, member, plain]),
        (create_filter(start_time=times[1], end_time=times[3]), [member, tagged]),
        (create_filter(component_name="cam", tags=["night"], bbox_labels=["bolt"]), []),
    ]  # fmt: skip
    for wanted, images in expected:
        assert await desk.seen(wanted) == images, wanted
        _, count, _ = await desk.data.binary_data_by_filter(wanted, count_only=True)
        assert count == len(images), wanted


async def test_images_by_ids_in_their_order_one_per_id_in_both_forms(desk: Desk) -> None:
    one, other = await desk.upload(0, b"one"), await desk.upload(1, b"other")
    found = await desk.data.binary_data_by_ids([one, other, one])
    assert [each.binary for each in found] == [b"one", b"other", b"one"]
    ids = [BinaryID(file_id=image.split("/")[2], organization_id=desk.organization, location_id=desk.location)
           for image in (other, one)]  # fmt: skip
    found = await desk.data.binary_data_by_ids(ids)
    assert [each.binary for each in found] == [b"other", b"one"]
    (bare,) = await desk.data.binary_data_by_ids([one], include_binary_data=False)
    assert (bare.binary, bare.metadata.binary_data_id) == (b"", one)
    empty: list[str] = []
    await refused(desk.data.binary_data_by_ids(empty), Status.INVALID_ARGUMENT, "binary_data_ids")


async def test_tags_by_ids(desk: Desk) -> None:
    one, other = await desk.upload(0), await desk.upload(1)
    await desk.data.add_tags_to_binary_data_by_ids(["z", "a"], [one, other])
    await desk.data.add_tags_to_binary_data_by_ids(["a", "m"], [one])
    assert list((await desk.image(one)).metadata.capture_metadata.tags) == ["z", "a", "m"]
    assert await desk.data.tags_by_filter() == ["a", "m", "z"]
    assert await desk.data.remove_tags_from_binary_data_by_ids(["m", "z"], [one, other]) == 2
    assert await desk.data.remove_tags_from_binary_data_by_ids(["m"], [one, other]) == 0
    empty: list[str] = []
    for change in (desk.data.add_tags_to_binary_data_by_ids, desk.data.remove_tags_from_binary_data_by_ids):
        await refused(change([], [one]), Status.INVALID_ARGUMENT, "tags")
        await refused(change([""], [one]), Status.INVALID_ARGUMENT, "tags")
        await refused(change(["t"], empty), Status.INVALID_ARGUMENT, "binary_data_ids")
        await refused(change(["a"], [one, "nobody"]), Status.NOT_FOUND, "nobody")
    assert list((await desk.image(one)).metadata.capture_metadata.tags) == ["a"]


async def test_tags_by_filter(desk: Desk) -> None:
    dataset = await desk.data.create_dataset("d", desk.organization)
    await desk.upload(0, dataset_ids=[dataset])
    await desk.upload(1, component_name="other")
    await desk.data.add_tags_to_binary_data_by_filter(["all"])
    await desk.data.add_tags_to_binary_data_by_filter(["one"], create_filter(component_name="other"))
    assert await desk.data.tags_by_filter() == ["all", "one"]
    assert await desk.data.tags_by_filter(create_filter(component_name="cam")) == ["all"]
    assert await desk.data.remove_tags_from_binary_data_by_filter(["all"]) == 2
    assert await desk.data.remove_tags_from_binary_data_by_filter(["one"], create_filter(component_name="cam")) == 0
    await refused(desk.data.add_tags_to_binary_data_by_filter([]), Status.INVALID_ARGUMENT, "tags")


async def test_boxes(desk: Desk) -> None:
    image = await desk.upload()
    add = desk.data.add_bounding_box_to_image_by_id
    one = await add(image, "bolt", 0.1, 0.2, 0.3, 0.4, 0.9)
    parts = image.split("/")
    other = await add(BinaryID(file_id=parts[2], organization_id=parts[0], location_id=parts[1]), "nut", 0, 0, 1, 1)
    first, second = (await desk.image(image)).metadata.annotations.bboxes
    assert (first.id, first.label, first.x_min_normalized, first.y_max_normalized) == (one, "bolt", 0.1, 0.4)
    assert (first.confidence, second.HasField("confidence")) == (0.9, False)
    await desk.data.update_bounding_box(image, other, "washer", 0.5, 0.5, 0.75, 0.75)
    second = (await desk.image(image)).metadata.annotations.bboxes[1]
    assert (second.id, second.label, second.x_min_normalized) == (other, "washer", 0.5)
    assert await desk.data.bounding_box_labels_by_filter() == ["bolt", "washer"]
    await desk.data.remove_bounding_box_from_image_by_id(one, image)
    assert await desk.data.bounding_box_labels_by_filter(create_filter(component_name="cam")) == ["washer"]
    await refused(desk.data.remove_bounding_box_from_image_by_id(one, image), Status.NOT_FOUND, one)
    await refused(add(image, "x", -0.1, 0, 1, 1), Status.INVALID_ARGUMENT, "x_min")
    await refused(add(image, "x", 0, 0, 1, 1.01), Status.INVALID_ARGUMENT, "y_max")
    await refused(add(image, "x", 0.5, 0, 0.5, 1), Status.INVALID_ARGUMENT, "x_min")
    await refused(add(image, "x", 0, 0, float("nan"), 1), Status.INVALID_ARGUMENT, "x_max")
    await refused(add(image, " ", 0, 0, 1, 1), Status.INVALID_ARGUMENT, "label")
    await refused(add("nobody", "x", 0, 0, 1, 1), Status.NOT_FOUND, "nobody")


async def test_datasets(two: tuple[Desk, Desk]) -> None:
    desk, other = two
    one = await desk.data.create_dataset("one", desk.organization)
    second = await desk.data.create_dataset("two", desk.organization)
    await refused(desk.data.create_dataset("one", desk.organization), Status.ALREADY_EXISTS, "one")
    await refused(desk.data.rename_dataset(one, "two"), Status.ALREADY_EXISTS, "two")
    await refused(desk.data.create_dataset("", desk.organization), Status.INVALID_ARGUMENT, "name")
    await refused(desk.data.create_dataset("x", other.organization), Status.NOT_FOUND, other.organization)
    await other.data.create_dataset("one", other.organization)
    await desk.data.rename_dataset(one, "uno")
    listed = await desk.data.list_dataset_by_ids([second, one])
    assert [(each.id, each.name, each.organization_id) for each in listed] == [
        (second, "two", desk.organization), (one, "uno", desk.organization),
    ]  # fmt: skip
    assert datetime.now(UTC) - listed[0].time_created.ToDatetime(UTC) < timedelta(minutes=5)
    assert [each.name for each in await desk.data.list_datasets_by_organization_id(desk.organization)] == ["two", "uno"]
    images = [await desk.upload(number) for number in range(3)]
    await desk.data.add_binary_data_to_dataset_by_ids(images[:2], one)
    await desk.data.add_binary_data_to_dataset_by_ids(images[1:], second)
    merged = await desk.data.merge_datasets("merged", desk.organization, [one, second])
    await desk.data.remove_binary_data_from_dataset_by_ids(images[:1], one)
    assert await desk.seen(Filter(dataset_id=one)) == [images[1]]
    assert await desk.seen(Filter(dataset_id=merged)) == images[::-1]
    add = desk.data.add_binary_data_to_dataset_by_ids
    empty: list[str] = []
    await refused(add([images[0], "nobody"], one), Status.NOT_FOUND, "nobody")
    await refused(add(images, "0" * 24), Status.NOT_FOUND, "0" * 24)
    await refused(add(empty, one), Status.INVALID_ARGUMENT, "binary_data_ids")
    assert await desk.seen(Filter(dataset_id=one)) == [images[1]]
    await desk.data.delete_dataset(one)
    await refused(desk.data.delete_dataset(one), Status.NOT_FOUND, one)
    assert len(await desk.seen()) == 3


async def test_deleting_images(two: tuple[Desk, Desk]) -> None:
    desk, other = two
    theirs = await other.upload()
    images = [await desk.upload(number, component_name=f"cam{number % 2}") for number in range(4)]
    empty: list[str] = []
    await refused(desk.data.delete_binary_data_by_ids(empty), Status.INVALID_ARGUMENT, "binary_data_ids")
    await refused(desk.data.delete_binary_data_by_ids([images[0], theirs]), Status.NOT_FOUND, theirs)
    assert len(await desk.seen()) == 4
    assert await desk.data.delete_binary_data_by_ids(images[:1]) == 1
    await refused(desk.image(images[0]), Status.NOT_FOUND, images[0])
    assert await desk.data.delete_binary_data_by_filter(create_filter(component_name="cam1")) == 2
    assert await desk.seen() == [images[2]]
    assert await desk.data.delete_binary_data_by_filter(Filter()) == 1
    assert await desk.seen() == []
    assert await other.seen() == [theirs]


async def test_what_is_of_another_organization_is_as_unknown(two: tuple[Desk, Desk]) -> None:
    desk, other = two
    image, dataset = await other.upload(tags=["t"]), await other.data.create_dataset("d", other.organization)
    own = await desk.upload()
    box = await other.data.add_bounding_box_to_image_by_id(image, "bolt", 0, 0, 1, 1)
    data = desk.data
    for call, named in (
        (data.binary_data_by_ids([image]), image),
        (data.delete_binary_data_by_ids([image]), image),
        (data.add_tags_to_binary_data_by_ids(["t"], [image]), image),
        (data.remove_tags_from_binary_data_by_ids(["t"], [image]), image),
        (data.add_bounding_box_to_image_by_id(image, "x", 0, 0, 1, 1), image),
        (data.remove_bounding_box_from_image_by_id(box, image), image),
        (data.list_dataset_by_ids([dataset]), dataset),
        (data.rename_dataset(dataset, "x"), dataset),
        (data.delete_dataset(dataset), dataset),
        (data.add_binary_data_to_dataset_by_ids([own], dataset), dataset),
        (data.remove_binary_data_from_dataset_by_ids([own], dataset), dataset),
    ):
        await refused(call, Status.NOT_FOUND, named)
    assert await desk.seen(create_filter(organization_ids=[other.organization])) == []
    assert await data.tags_by_filter() == await data.bounding_box_labels_by_filter() == []


def fetched(url: str) -> bytes:
    """What is at the URL; the certificate is the service's own."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with urllib.request.urlopen(url, timeout=20, context=context if url.startswith("https") else None) as reply:  # noqa: S310
        content = reply.read()
    assert isinstance(content, bytes)
    return content


async def test_a_signed_url_is_of_one_image_and_ends(desk: Desk, service: Service) -> None:
    image, other = await desk.upload(), await desk.upload(1, b"other")
    url, expires = await desk.data.create_binary_data_signed_url(image, 5)
    assert url.startswith("https://" if service.tls else "http://")
    assert timedelta(minutes=4) < expires.replace(tzinfo=UTC) - datetime.now(UTC) < timedelta(minutes=6)
    assert await asyncio.to_thread(fetched, url) == JPEG
    uri = (await desk.image(image)).metadata.uri
    for closed in (uri, url.replace(image.split("/")[2], other.split("/")[2])):
        with pytest.raises(urllib.error.HTTPError) as error:
            await asyncio.to_thread(fetched, closed)
        error.value.close()
        assert error.value.code in (401, 403, 404)
    await refused(desk.data.create_binary_data_signed_url("nobody"), Status.NOT_FOUND, "nobody")
    await refused(desk.data.create_binary_data_signed_url(image, 20_000), Status.INVALID_ARGUMENT, "expiration_minutes")


async def test_tabular_data_in_and_out(desk: Desk) -> None:
    readings: list[Mapping[str, Any]] = [{"celsius": 20.5, "ok": True}, {"celsius": 21.5, "note": "warm"}]
    times = [(START, START + timedelta(seconds=1)), (START + timedelta(minutes=1), START + timedelta(minutes=1))]
    upload = await desk.data.tabular_data_capture_upload(
        readings, desk.part, "sensor", "thermometer", "Readings", data_request_times=times, tags=["t"]
    )
    assert upload
    found, count, last = await desk.data.tabular_data_by_filter(
        create_filter(component_name="thermometer"), sort_order=Order.ORDER_ASCENDING
    )
    assert count == 2
    assert [dict(one.data) for one in found] == readings
    assert found[0].time_requested.replace(tzinfo=UTC) == START
    assert found[0].metadata.component_name == "thermometer"
    rest, _, _ = await desk.data.tabular_data_by_filter(last=last, sort_order=Order.ORDER_ASCENDING)
    assert rest == []
    _, count, _ = await desk.data.tabular_data_by_filter(count_only=True)
    assert count == 2
    rows = await desk.data.tabular_data_by_sql(desk.organization, "SELECT * FROM readings LIMIT 1")
    assert len(rows) == 1
    stages = [bson.encode({"$match": {"component_name": "thermometer"}}), bson.encode({"$limit": 5})]
    assert len(await desk.data.tabular_data_by_mql(desk.organization, stages)) == 2
    assert await desk.data.delete_tabular_data(desk.organization, 0) == 2


async def test_there_is_no_database_to_connect_to(desk: Desk) -> None:
    await refused(desk.data.get_database_connection(desk.organization), Status.FAILED_PRECONDITION, "MongoDB")
    await refused(desk.data.configure_database_user(desk.organization, "x"), Status.FAILED_PRECONDITION, "MongoDB")


async def test_an_rpc_that_is_not_offered_says_so_by_name(desk: Desk) -> None:
    with pytest.raises(GRPCError) as error:
        await desk.data.list_indexes(desk.organization, 1)  # type: ignore[arg-type]
    assert error.value.status is Status.UNIMPLEMENTED
    assert "ListIndexes" in (error.value.message or "")
