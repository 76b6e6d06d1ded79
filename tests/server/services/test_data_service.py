"""Rules of DataService that a client of the SDK cannot reach, or only slowly."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from labeler.domain.errors import InvalidValue, Refused
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.server import data_service
from labeler.server.catalog import Classification, FileReference, NewImage, Source
from labeler.server.errors import RpcError
from labeler.server.metadata import metadata_of

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


async def add(bench: Any, content: bytes, number: int = 0) -> str:
    async def chunks() -> Any:
        yield content

    blob = await bench.blobs.put(chunks())
    image = NewImage(
        Source("loc"), NOW + timedelta(seconds=number), NOW, f"{number}.jpg", size_bytes=blob.size, digest=blob.digest
    )
    (made,) = await bench.catalog.insert_images(bench.caller.organization_id, [image])
    return str(made)


async def page(bench: Any, last: str = "", limit: int = 0, include_binary: bool = True) -> Any:
    request = data_pb2.BinaryDataByFilterRequest(
        data_request=data_pb2.DataRequest(limit=limit, last=last, sort_order=data_pb2.ORDER_ASCENDING),
        include_binary=include_binary,
    )
    return await bench.data.BinaryDataByFilter(request, bench.caller)


async def test_a_page_with_bytes_ends_where_they_are_enough_and_is_never_empty(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_service, "PAGE_BYTES", 100)
    sizes = [150, 60, 40, 1, 100, 101]
    for number, size in enumerate(sizes):
        await add(bench, bytes([number]) * size, number)
    pages, last = [], ""
    for _ in range(10):
        found = await page(bench, last)
        if not found.data:
            break
        assert found.count == len(found.data)
        assert found.total_size_bytes == sum(len(one.binary) for one in found.data)
        pages.append([len(one.binary) for one in found.data])
        last = found.last
    assert pages == [[150], [60, 40], [1], [100], [101]]
    assert len((await page(bench, include_binary=False)).data) == len(sizes)


async def test_pages_are_24_mebibytes_at_most(bench: Any) -> None:
    for number in range(3):
        await add(bench, bytes([number]) * (10 << 20), number)
    assert [len((await page(bench)).data), len((await page(bench, include_binary=False)).data)] == [2, 3]


async def test_a_limit_above_a_thousand_is_a_thousand(bench: Any) -> None:
    images = [NewImage(Source("loc"), NOW, NOW, digest="0" * 64) for _ in range(1_005)]
    await bench.catalog.insert_images(bench.caller.organization_id, images)
    found = await page(bench, limit=5_000, include_binary=False)
    assert len(found.data) == found.count == 1_000
    assert len((await page(bench, include_binary=False)).data) == 50


async def test_more_bytes_than_a_message_holds_are_refused_in_the_words_that_clients_know(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_service, "MESSAGE_BYTES", 100)
    ids = [await add(bench, b"a" * 60), await add(bench, b"b" * 60)]
    for call in (
        bench.data.BinaryDataByIDs(
            data_pb2.BinaryDataByIDsRequest(binary_data_ids=ids, include_binary=True), bench.caller
        ),
    ):
        with pytest.raises(RpcError, match="INCLUDE_BINARY_TOO_LARGE") as error:
            await call
        assert error.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    bare = await bench.data.BinaryDataByIDs(data_pb2.BinaryDataByIDsRequest(binary_data_ids=ids), bench.caller)
    assert bare.count == 2


async def test_bytes_by_reference_are_the_files_until_it_changes(bench: Any, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"pixels")
    status = path.stat()
    reference = FileReference(str(path), status.st_size, status.st_mtime_ns)
    image = NewImage(Source("loc"), NOW, NOW, "photo.jpg", size_bytes=6, reference=reference)
    ids = await bench.catalog.insert_images(bench.caller.organization_id, [image])
    request = data_pb2.BinaryDataByIDsRequest(binary_data_ids=ids, include_binary=True)
    assert (await bench.data.BinaryDataByIDs(request, bench.caller)).data[0].binary == b"pixels"
    os.utime(path, ns=(status.st_mtime_ns + 1_000, status.st_mtime_ns + 1_000))
    with pytest.raises(Refused, match=r"changed since it was opened: .*photo.jpg"):
        await bench.data.BinaryDataByIDs(request, bench.caller)
    path.unlink()
    with pytest.raises(Refused, match=r"gone: .*photo.jpg"):
        await bench.data.BinaryDataByIDs(request, bench.caller)
    assert path.parent.is_dir()
    request.include_binary = False
    assert (await bench.data.BinaryDataByIDs(request, bench.caller)).count == 1


async def test_metadata_holds_what_was_put(bench: Any) -> None:
    parameters = data_pb2.CaptureMetadata()
    parameters.method_parameters["fps"].type_url = "type.googleapis.com/google.protobuf.Value"
    image = NewImage(
        Source("loc", robot_name="arm"), NOW, NOW, "a.jpg", method_parameters=parameters.SerializeToString(),
        classifications=(Classification("", "good", 0.5),), digest="0" * 64,
    )  # fmt: skip
    ids = await bench.catalog.insert_images(bench.caller.organization_id, [image])
    (record,) = await bench.catalog.images(bench.caller.organization_id, ids)
    message = metadata_of(record, lambda one: f"uri:{one}")
    assert list(message.capture_metadata.method_parameters) == ["fps"]
    assert message.capture_metadata.robot_name == "arm"
    (one,) = message.annotations.classifications
    assert (one.label, one.confidence) == ("good", 0.5)
    assert message.uri == f"uri:{ids[0]}"


@pytest.mark.parametrize(("minutes", "expected"), [(None, 15), (1, 1), (10_080, 10_080)])
async def test_signed_urls_end(bench: Any, minutes: int | None, expected: int) -> None:
    image = await add(bench, b"a")
    request = data_pb2.CreateBinaryDataSignedURLRequest(binary_data_id=image, expiration_minutes=minutes)
    made = await bench.data.CreateBinaryDataSignedURL(request, bench.caller)
    assert made.signed_url == f"signed:{image}"
    assert made.expires_at.ToDatetime(UTC) == NOW + timedelta(minutes=expected)


@pytest.mark.parametrize("minutes", [0, 10_081])
async def test_signed_urls_of_no_or_too_long_a_time(bench: Any, minutes: int) -> None:
    image = await add(bench, b"a")
    request = data_pb2.CreateBinaryDataSignedURLRequest(binary_data_id=image, expiration_minutes=minutes)
    with pytest.raises(RpcError, match="expiration_minutes"):
        await bench.data.CreateBinaryDataSignedURL(request, bench.caller)


async def test_an_update_of_a_box_keeps_what_is_not_given(bench: Any) -> None:
    image = await add(bench, b"a")
    added = await bench.data.AddBoundingBoxToImageByID(
        data_pb2.AddBoundingBoxToImageByIDRequest(
            binary_data_id=image, label="bolt", x_min_normalized=0.1, y_min_normalized=0, x_max_normalized=0.5,
            y_max_normalized=1, confidence=0.5,
        ),
        bench.caller,
    )  # fmt: skip
    request = data_pb2.UpdateBoundingBoxRequest(binary_data_id=image, bbox_id=added.bbox_id, x_min_normalized=0)
    await bench.data.UpdateBoundingBox(request, bench.caller)
    ((box,),) = [one.boxes for one in await bench.catalog.images(bench.caller.organization_id, [image])]
    assert (box.label, box.x_min, box.x_max, box.confidence) == ("bolt", 0, 0.5, 0.5)
    request = data_pb2.UpdateBoundingBoxRequest(binary_data_id=image, bbox_id=added.bbox_id, label="")
    with pytest.raises(InvalidValue, match="label"):
        await bench.data.UpdateBoundingBox(request, bench.caller)


async def test_a_filter_of_empty_values_is_refused_by_name(bench: Any) -> None:
    for name, wanted in (
        ("bbox_labels", data_pb2.Filter(bbox_labels=[""])),
        ("tags_filter", data_pb2.Filter(tags_filter=data_pb2.TagsFilter(tags=[""]))),
    ):
        with pytest.raises(RpcError, match=name):
            await bench.data.TagsByFilter(data_pb2.TagsByFilterRequest(filter=wanted), bench.caller)
    wanted = data_pb2.Filter()
    wanted.interval.start.seconds = 1 << 50
    with pytest.raises(RpcError, match="interval"):
        await bench.data.TagsByFilter(data_pb2.TagsByFilterRequest(filter=wanted), bench.caller)
