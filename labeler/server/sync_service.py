"""`viam.app.datasync.v1.DataSyncService`: uploads. The same bytes sent twice are two images, as in Viam."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Protocol

from labeler.domain.box import check_box
from labeler.domain.media import EXTENSION_OF_MIME, HEAD_SIZE, MIME_OF_EXTENSION, sniff
from labeler.rpc.convert import box_from, time_from
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2
from labeler.server.accounts import Caller, Part
from labeler.server.blobs import BlobStore
from labeler.server.catalog import UNKNOWN_MIME, Catalog, Classification, NewImage, Source
from labeler.server.errors import invalid, not_found
from labeler.server.metadata import check_some

_MIME_OF_NUMBER = {
    data_sync_pb2.MIME_TYPE_IMAGE_JPEG: "image/jpeg",
    data_sync_pb2.MIME_TYPE_IMAGE_PNG: "image/png",
    data_sync_pb2.MIME_TYPE_APPLICATION_PCD: "pointcloud/pcd",
    data_sync_pb2.MIME_TYPE_VIDEO_MP4: "video/mp4",
}


class Parts(Protocol):
    """Who knows the parts that data is uploaded for."""

    async def part(self, part_id: str) -> Part | None: ...


class Readings(Protocol):
    """Takes tabular uploads."""

    async def upload(
        self, metadata: data_sync_pb2.UploadMetadata, contents: Sequence[data_sync_pb2.SensorData], part: Part
    ) -> str:
        """Keep the readings; returns the id of the upload."""
        ...


class SyncService:
    """RPCs by name; each takes the request, or the stream of requests, and who calls."""

    def __init__(self, catalog: Catalog, blobs: BlobStore, parts: Parts, readings: Readings) -> None:
        self._catalog = catalog
        self._blobs = blobs
        self._parts = parts
        self._readings = readings

    async def DataCaptureUpload(
        self, request: data_sync_pb2.DataCaptureUploadRequest, caller: Caller
    ) -> data_sync_pb2.DataCaptureUploadResponse:
        contents = request.sensor_contents
        if not contents:
            raise invalid("sensor_contents", "none were given")
        part = await self._part(request.metadata, caller)
        binary = [one for one in contents if one.WhichOneof("data") == "binary"]
        wants_rows = request.metadata.type == data_sync_pb2.DATA_TYPE_TABULAR_SENSOR
        if not binary and (wants_rows or contents[0].WhichOneof("data") == "struct"):
            upload = await self._readings.upload(request.metadata, contents, part)
            return data_sync_pb2.DataCaptureUploadResponse(file_id=upload, binary_data_id=upload)
        if wants_rows:
            raise invalid("sensor_contents", "a tabular upload holds structs alone")
        if len(contents) != 1 or not binary:
            raise invalid("sensor_contents", "a binary upload holds exactly one item, with binary")
        found = await self._keep(request.metadata, binary[0].metadata, _one(binary[0].binary), part)
        return data_sync_pb2.DataCaptureUploadResponse(file_id=_file_id(found), binary_data_id=found)

    async def FileUpload(
        self, requests: AsyncIterator[data_sync_pb2.FileUploadRequest], caller: Caller
    ) -> data_sync_pb2.FileUploadResponse:
        first = await anext(requests, None)
        if first is None or first.WhichOneof("upload_packet") != "metadata":
            raise invalid("metadata", "the first message of an upload must be its metadata")
        part = await self._part(first.metadata, caller)
        found = await self._keep(first.metadata, data_sync_pb2.SensorMetadata(), _file_chunks(requests), part)
        return data_sync_pb2.FileUploadResponse(file_id=_file_id(found), binary_data_id=found)

    async def StreamingDataCaptureUpload(
        self, requests: AsyncIterator[data_sync_pb2.StreamingDataCaptureUploadRequest], caller: Caller
    ) -> data_sync_pb2.StreamingDataCaptureUploadResponse:
        first = await anext(requests, None)
        if first is None or first.WhichOneof("upload_packet") != "metadata":
            raise invalid("metadata", "the first message of an upload must be its metadata")
        about = first.metadata.upload_metadata
        part = await self._part(about, caller)
        found = await self._keep(about, first.metadata.sensor_metadata, _stream_chunks(requests), part)
        return data_sync_pb2.StreamingDataCaptureUploadResponse(file_id=_file_id(found), binary_data_id=found)

    async def _part(self, about: data_sync_pb2.UploadMetadata, caller: Caller) -> Part:
        if not about.part_id:
            raise invalid("part_id", "none was given")
        part = await self._parts.part(about.part_id)
        if part is None or part.organization_id != caller.organization_id:
            raise not_found(f"{about.part_id}: there is no such part here.")
        return part

    async def _keep(
        self,
        about: data_sync_pb2.UploadMetadata,
        sensor: data_sync_pb2.SensorMetadata,
        chunks: AsyncIterator[bytes],
        part: Part,
    ) -> str:
        """Store the bytes, then the image that refers to them; returns its id."""
        if about.tags:
            check_some("tags", about.tags)
        boxes = tuple(box_from(box) for box in sensor.annotations.bboxes)
        for box in boxes:
            check_box(box)
        # Before the bytes: a wrong id must not cost the caller a long upload.
        if about.dataset_ids:
            await self._catalog.datasets(part.organization_id, about.dataset_ids)
        heads = _Head(chunks)
        blob = await self._blobs.put(heads.chunks())
        mime, extension = _kind(about, sensor, heads.head)
        requested, received = _times(about, sensor)
        image = NewImage(
            source=_source(about, part, mime),
            time_requested=requested,
            time_received=received,
            file_name=about.file_name,
            file_ext=extension,
            size_bytes=blob.size,
            digest=blob.digest,
            method_parameters=_method_parameters(about),
            tags=tuple(about.tags),
            boxes=boxes,
            classifications=_classifications(sensor.annotations),
            dataset_ids=tuple(about.dataset_ids),
        )
        (found,) = await self._catalog.insert_images(part.organization_id, [image])
        return found


def _file_id(image_id: str) -> str:
    return image_id.rpartition("/")[2]


class _Head:
    """Passes chunks on and keeps the first bytes."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self.head = b""

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            self.head += chunk[: HEAD_SIZE - len(self.head)]
            yield chunk


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _file_chunks(requests: AsyncIterator[data_sync_pb2.FileUploadRequest]) -> AsyncIterator[bytes]:
    some = False
    async for request in requests:
        if request.WhichOneof("upload_packet") != "file_contents":
            raise invalid("file_contents", "only the first message of an upload holds metadata")
        some = True
        yield request.file_contents.data
    if not some:
        raise invalid("file_contents", "none were sent; an empty file is one message without data")


async def _stream_chunks(
    requests: AsyncIterator[data_sync_pb2.StreamingDataCaptureUploadRequest],
) -> AsyncIterator[bytes]:
    some = False
    async for request in requests:
        if request.WhichOneof("upload_packet") != "data":
            raise invalid("data", "only the first message of an upload holds metadata")
        some = True
        yield request.data
    if not some:
        raise invalid("data", "none was sent; an empty file is one message without data")


def _kind(about: data_sync_pb2.UploadMetadata, sensor: data_sync_pb2.SensorMetadata, head: bytes) -> tuple[str, str]:
    """The mime type and the extension (with the dot): what was said, else what the bytes are."""
    extension = about.file_extension or PurePosixPath(about.file_name.replace("\\", "/")).suffix
    if extension and not extension.startswith("."):
        extension = f".{extension}"
    mime = (
        about.mime_type
        or MIME_OF_EXTENSION.get(extension.lower(), "")
        or _MIME_OF_NUMBER.get(sensor.mime_type, "")
        or sniff(head)
        or UNKNOWN_MIME
    )
    return mime, extension or EXTENSION_OF_MIME.get(mime, "")


def _times(about: data_sync_pb2.UploadMetadata, sensor: data_sync_pb2.SensorMetadata) -> tuple[datetime, datetime]:
    """When the data was asked for and received: by the sensor, else when the file was made, else now."""
    now = datetime.now(UTC)
    asked = [
        (sensor, "time_requested"),
        (sensor, "time_received"),
        (about, "file_create_time"),
        (about, "file_modify_time"),
    ]
    given = {}
    for message, name in asked:
        if message.HasField(name):
            try:
                given[name] = time_from(getattr(message, name))
            except (ValueError, OverflowError):
                raise invalid(name, "outside the years 1 to 9999") from None
    requested = next((given[name] for _, name in asked if name in given), now)
    received = given.get("time_received", requested if "time_requested" in given else now)
    return requested, received


def _source(about: data_sync_pb2.UploadMetadata, part: Part, mime: str) -> Source:
    return Source(
        location_id=part.location_id,
        robot_id=part.robot_id,
        robot_name=part.robot_name,
        part_id=part.part_id,
        part_name=part.part_name,
        component_type=about.component_type,
        component_name=about.component_name,
        method=about.method_name,
        mime_type=mime,
    )


def _method_parameters(about: data_sync_pb2.UploadMetadata) -> bytes:
    if not about.method_parameters:
        return b""
    message = data_pb2.CaptureMetadata()
    for name, value in about.method_parameters.items():
        message.method_parameters[name].CopyFrom(value)
    return message.SerializeToString(deterministic=True)


def _classifications(annotations: data_pb2.Annotations) -> tuple[Classification, ...]:
    return tuple(
        Classification("", one.label, one.confidence if one.HasField("confidence") else None)
        for one in annotations.classifications
    )
