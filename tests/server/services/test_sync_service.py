"""Uploads: chunks, times, kinds, annotations, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from labeler.domain.errors import InvalidValue, LabelerError, Missing
from labeler.domain.filter import EMPTY
from labeler.rpc.convert import membership_tag, time_into
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2 as wire
from labeler.server.errors import RpcError

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


async def stream(*messages: Any) -> AsyncIterator[Any]:
    for message in messages:
        yield message


def chunks(about: wire.UploadMetadata, *parts: bytes) -> AsyncIterator[Any]:
    data = [wire.FileUploadRequest(file_contents=wire.FileData(data=part)) for part in parts]
    return stream(wire.FileUploadRequest(metadata=about), *data)


async def file_upload(bench: Any, *parts: bytes, **about: Any) -> Any:
    """Upload as a file; returns the image's record."""
    metadata = wire.UploadMetadata(part_id=bench.part.part_id, type=wire.DATA_TYPE_FILE, **about)
    response = await bench.sync.FileUpload(chunks(metadata, *parts), bench.caller)
    assert response.binary_data_id.endswith("/" + response.file_id)
    (record,) = await bench.catalog.images(bench.caller.organization_id, [response.binary_data_id])
    return record


async def test_chunks_are_one_file_and_its_first_bytes_tell_its_kind(bench: Any) -> None:
    record = await file_upload(bench, PNG[:3], b"", PNG[3:40], PNG[40:])
    assert await bench.blobs.read(record.digest) == PNG
    assert (record.size_bytes, record.source.mime_type, record.file_ext) == (len(PNG), "image/png", ".png")
    assert record.source.location_id == bench.part.location_id
    assert record.source.robot_name == bench.part.robot_name


@pytest.mark.parametrize(
    ("about", "mime", "extension"),
    [
        ({"file_extension": ".jpg"}, "image/jpeg", ".jpg"),
        ({"file_extension": "JPG"}, "image/jpeg", ".JPG"),
        ({"file_name": "folder.d/a.webp"}, "image/webp", ".webp"),
        ({"file_name": "folder.d/plain"}, "image/png", ".png"),
        ({"file_name": "a.txt"}, "image/png", ".txt"),
        ({"file_name": "a.webp", "mime_type": "image/x-mine"}, "image/x-mine", ".webp"),
        ({"mime_type": "image/x-mine"}, "image/x-mine", ""),
    ],
)
async def test_kinds(bench: Any, about: dict[str, str], mime: str, extension: str) -> None:
    record = await file_upload(bench, PNG, **about)
    assert (record.source.mime_type, record.file_ext) == (mime, extension)


async def test_files_are_of_the_time_they_were_made(bench: Any) -> None:
    about = wire.UploadMetadata()
    time_into(about.file_create_time, NOON)
    time_into(about.file_modify_time, NOON + timedelta(hours=1))
    made = await file_upload(
        bench, PNG, file_create_time=about.file_create_time, file_modify_time=about.file_modify_time
    )
    assert made.time_requested == NOON
    changed = await file_upload(bench, PNG, file_modify_time=about.file_modify_time)
    assert changed.time_requested == NOON + timedelta(hours=1)
    for record in (made, changed, await file_upload(bench, PNG)):
        assert abs(datetime.now(UTC) - record.time_received) < timedelta(minutes=1)


async def test_annotations_come_with_the_upload(bench: Any) -> None:
    box = data_pb2.BoundingBox(
        label="bolt", x_min_normalized=0, y_min_normalized=0, x_max_normalized=1, y_max_normalized=1
    )
    sensor = wire.SensorMetadata(annotations=data_pb2.Annotations(
        bboxes=[box, box], classifications=[data_pb2.Classification(label="good", confidence=0.5)],
    ))  # fmt: skip
    about = wire.UploadMetadata(part_id=bench.part.part_id, type=wire.DATA_TYPE_BINARY_SENSOR)
    content = wire.SensorData(metadata=sensor, binary=PNG)
    request = wire.DataCaptureUploadRequest(metadata=about, sensor_contents=[content])
    made = await bench.sync.DataCaptureUpload(request, bench.caller)
    (record,) = await bench.catalog.images(bench.caller.organization_id, [made.binary_data_id])
    assert [one.label for one in record.boxes] == ["bolt", "bolt"]
    assert record.boxes[0].id != record.boxes[1].id
    assert [(one.label, one.confidence) for one in record.classifications] == [("good", 0.5)]
    sensor.annotations.bboxes[1].label = ""
    request.sensor_contents[0].metadata.CopyFrom(sensor)
    with pytest.raises(InvalidValue, match="label"):
        await bench.sync.DataCaptureUpload(request, bench.caller)


async def test_structs_go_to_the_readings(bench: Any) -> None:
    about = wire.UploadMetadata(part_id=bench.part.part_id, type=wire.DATA_TYPE_TABULAR_SENSOR, component_name="t")
    row = wire.SensorData()
    row.struct.fields["celsius"].number_value = 20
    request = wire.DataCaptureUploadRequest(metadata=about, sensor_contents=[row, row])
    made = await bench.sync.DataCaptureUpload(request, bench.caller)
    assert (made.file_id, made.binary_data_id) == ("rows", "rows")
    assert bench.readings.taken == [("t", 2, bench.part.part_id)]


async def test_a_stream_carries_the_sensors_times(bench: Any) -> None:
    about = wire.DataCaptureUploadMetadata(upload_metadata=wire.UploadMetadata(part_id=bench.part.part_id))
    time_into(about.sensor_metadata.time_requested, NOON)
    messages = [wire.StreamingDataCaptureUploadRequest(data=part) for part in (PNG[:9], PNG[9:])]
    made = await bench.sync.StreamingDataCaptureUpload(
        stream(wire.StreamingDataCaptureUploadRequest(metadata=about), *messages), bench.caller
    )
    (record,) = await bench.catalog.images(bench.caller.organization_id, [made.binary_data_id])
    assert (record.time_requested, record.time_received, record.size_bytes) == (NOON, NOON, len(PNG))


@pytest.mark.parametrize(
    ("about", "kind", "names"),
    [
        ({"part_id": ""}, RpcError, "part_id"),
        ({"part_id": "nobody"}, RpcError, "nobody"),
        ({"tags": [""]}, InvalidValue, "tags"),
        ({"tags": [membership_tag("x")]}, InvalidValue, "tags"),
        ({"dataset_ids": ["no-set"]}, Missing, "no-set"),
    ],
)
async def test_uploads_that_cannot_be(bench: Any, about: dict[str, Any], kind: type[Exception], names: str) -> None:
    with pytest.raises(kind, match=names):
        await bench.sync.FileUpload(
            chunks(wire.UploadMetadata(**{"part_id": bench.part.part_id, **about}), PNG), bench.caller
        )
    assert (await bench.catalog.count(bench.caller.organization_id, EMPTY)).images == 0


async def test_streams_that_cannot_be(bench: Any) -> None:
    first = wire.FileUploadRequest(metadata=wire.UploadMetadata(part_id=bench.part.part_id))
    data = wire.FileUploadRequest(file_contents=wire.FileData(data=PNG))
    for messages, names in (
        ([], "metadata"),
        ([data], "metadata"),
        ([first], "file_contents"),
        ([first, data, first], "file_contents"),
    ):
        with pytest.raises(RpcError, match=names):
            await bench.sync.FileUpload(stream(*messages), bench.caller)
    assert (await bench.catalog.count(bench.caller.organization_id, EMPTY)).images == 0
    about = wire.UploadMetadata(part_id=bench.part.part_id)
    binary, struct = wire.SensorData(binary=PNG), wire.SensorData()
    struct.struct.SetInParent()
    for contents in ([], [binary, binary], [binary, struct], [wire.SensorData()]):
        request = wire.DataCaptureUploadRequest(metadata=about, sensor_contents=contents)
        with pytest.raises((RpcError, LabelerError), match="sensor_contents"):
            await bench.sync.DataCaptureUpload(request, bench.caller)
