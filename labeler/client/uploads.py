"""Uploads: captured binary and tabular data, and files."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labeler.client import arguments, contents
from labeler.client.calls import SYNC, Calls, upload_timeout
from labeler.client.contents import Contents, Data
from labeler.client.values import fill_struct, packed
from labeler.rpc.convert import time_into
from labeler.rpc.errors import InvalidCallError
from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2

LARGEST_UNARY_BYTES = 1_000_000
"""viam-server too sends larger captures by StreamingDataCaptureUpload (rdk upload_data_capture_file.go)."""

Times = tuple[datetime, datetime] | Sequence[datetime] | Sequence[tuple[datetime, datetime]]


class UploadCalls(Calls):
    """Uploads: captured binary and tabular data, and files.

    `method_parameters` may hold what JSON can. `data_request_times` are when the data was asked for and when
    it came; a time without an offset is UTC. None is left out.
    """

    async def binary_data_capture_upload(
        self,
        binary_data: bytes | bytearray | memoryview | str,
        part_id: str,
        component_type: str,
        component_name: str,
        method_name: str,
        file_extension: str | None = None,
        method_parameters: Mapping[str, Any] | None = None,
        tags: Sequence[str] | None = None,
        data_request_times: Times | None = None,
        dataset_ids: Sequence[str] | None = None,
        mime_type: str | None = None,
    ) -> str:
        """Upload captured binary data; the new id. More than 1 MB goes in chunks. Raises GRPCError."""
        metadata = _metadata(
            data_sync_pb2.DATA_TYPE_BINARY_SENSOR, part_id, component_type, component_name, method_name,
            method_parameters, tags, dataset_ids, mime_type,
            file_extension=_with_dot("file_extension", file_extension),
        )  # fmt: skip
        times = arguments.times("data_request_times", data_request_times)
        data = contents.given("binary_data", binary_data)
        if data.size is None:
            raise arguments.wrong_type("binary_data", "bytes", binary_data)
        if data.size > LARGEST_UNARY_BYTES:
            return await self._stream_capture(metadata, _sensor_metadata(times), data)
        sensor = data_sync_pb2.SensorData(binary=b"".join([chunk async for chunk in data.start()]))
        if times:
            sensor.metadata.CopyFrom(_sensor_metadata(times))
        response = await self._capture(metadata, [sensor], data.size)
        return response.binary_data_id or response.file_id

    async def tabular_data_capture_upload(
        self,
        tabular_data: Sequence[Mapping[str, Any]],
        part_id: str,
        component_type: str,
        component_name: str,
        method_name: str,
        method_parameters: Mapping[str, Any] | None = None,
        tags: Sequence[str] | None = None,
        data_request_times: Times | None = None,
    ) -> str:
        """Upload captured rows; the id of the file they make.

        `data_request_times` is a list with a pair for each row, or one pair for all. Raises GRPCError.
        """
        if isinstance(tabular_data, str | bytes | Mapping) or not isinstance(tabular_data, Sequence):
            raise arguments.wrong_type("tabular_data", "a list of mappings", tabular_data)
        if not tabular_data:
            raise InvalidCallError("tabular_data", "is empty")
        metadata = _metadata(
            data_sync_pb2.DATA_TYPE_TABULAR_SENSOR, part_id, component_type, component_name, method_name,
            method_parameters, tags,
        )  # fmt: skip
        times = arguments.times_of_rows("data_request_times", data_request_times, len(tabular_data))
        rows = []
        for place, row in enumerate(tabular_data):
            sensor = data_sync_pb2.SensorData()
            sensor.struct.SetInParent()
            fill_struct(f"tabular_data[{place}]", row, sensor.struct)
            if times[place] is not None:
                sensor.metadata.CopyFrom(_sensor_metadata(times[place]))
            rows.append(sensor)
        return (await self._capture(metadata, rows, 0)).file_id

    async def streaming_data_capture_upload(
        self,
        data: Data,
        part_id: str,
        file_ext: str,
        component_type: str | None = None,
        component_name: str | None = None,
        method_name: str | None = None,
        method_parameters: Mapping[str, Any] | None = None,
        data_request_times: Times | None = None,
        tags: Sequence[str] | None = None,
        dataset_ids: Sequence[str] | None = None,
        mime_type: str | None = None,
    ) -> str:
        """Upload captured binary data in chunks; the new id.

        `data` may be an asynchronous iterable of bytes; it is read once, and so not sent again after a new
        sign-in. Raises GRPCError.
        """
        metadata = _metadata(
            data_sync_pb2.DATA_TYPE_BINARY_SENSOR, part_id, component_type, component_name, method_name,
            method_parameters, tags, dataset_ids, mime_type, file_extension=_with_dot("file_ext", file_ext),
        )  # fmt: skip
        times = arguments.times("data_request_times", data_request_times)
        return await self._stream_capture(metadata, _sensor_metadata(times), contents.given("data", data))

    async def file_upload(
        self,
        part_id: str,
        data: Data,
        component_type: str | None = None,
        component_name: str | None = None,
        method_name: str | None = None,
        file_name: str | None = None,
        method_parameters: Mapping[str, Any] | None = None,
        file_extension: str | None = None,
        tags: Sequence[str] | None = None,
        dataset_ids: Sequence[str] | None = None,
        mime_type: str | None = None,
    ) -> str:
        """Upload a file from memory; the new id. `data` as in `streaming_data_capture_upload`. Raises GRPCError."""
        metadata = _metadata(
            data_sync_pb2.DATA_TYPE_FILE, part_id, component_type, component_name, method_name,
            method_parameters, tags, dataset_ids, mime_type,
            file_name=arguments.optional_text("file_name", file_name),
            file_extension=arguments.optional_text("file_extension", file_extension),
        )  # fmt: skip
        return await self._upload_file(metadata, contents.given("data", data))

    async def file_upload_from_path(
        self,
        filepath: str | os.PathLike[str],
        part_id: str,
        component_type: str | None = None,
        component_name: str | None = None,
        method_name: str | None = None,
        method_parameters: Mapping[str, Any] | None = None,
        tags: Sequence[str] | None = None,
        dataset_ids: Sequence[str] | None = None,
        mime_type: str | None = None,
        file_name: str | None = None,
    ) -> str:
        """Upload a file of this machine; the new id. One chunk of it is in memory.

        The file is named as it is on disk without its extension, unless `file_name` says otherwise. Raises
        FileNotFoundError and other OSError, GRPCError.
        """
        if not isinstance(filepath, str | os.PathLike):
            raise arguments.wrong_type("filepath", "a path", filepath)
        path = Path(filepath)
        metadata = _metadata(
            data_sync_pb2.DATA_TYPE_FILE, part_id, component_type, component_name, method_name,
            method_parameters, tags, dataset_ids, mime_type,
            file_name=arguments.optional_text("file_name", file_name) or path.stem,
            file_extension=path.suffix,
        )  # fmt: skip
        found = await contents.stat(path)
        time_into(metadata.file_modify_time, datetime.fromtimestamp(found.st_mtime, UTC))
        return await self._upload_file(metadata, contents.of_file(path, found.st_size))

    async def _capture(
        self, metadata: data_sync_pb2.UploadMetadata, rows: Sequence[data_sync_pb2.SensorData], size: int
    ) -> data_sync_pb2.DataCaptureUploadResponse:
        request = data_sync_pb2.DataCaptureUploadRequest(metadata=metadata, sensor_contents=rows)
        return await self._connection.unary(
            SYNC + "DataCaptureUpload", request, data_sync_pb2.DataCaptureUploadResponse, timeout=upload_timeout(size)
        )

    async def _stream_capture(
        self, metadata: data_sync_pb2.UploadMetadata, sensor: data_sync_pb2.SensorMetadata, data: Contents
    ) -> str:
        request_type = data_sync_pb2.StreamingDataCaptureUploadRequest

        async def requests() -> AsyncGenerator[data_sync_pb2.StreamingDataCaptureUploadRequest, None]:
            capture = data_sync_pb2.DataCaptureUploadMetadata(upload_metadata=metadata, sensor_metadata=sensor)
            yield request_type(metadata=capture)
            async with aclosing(data.start()) as chunks:
                async for chunk in chunks:
                    yield request_type(data=chunk)

        response = await self._connection.stream_out(
            SYNC + "StreamingDataCaptureUpload",
            requests if data.repeatable else requests(),
            data_sync_pb2.StreamingDataCaptureUploadResponse,
            timeout=upload_timeout(data.size),
        )
        return response.binary_data_id or response.file_id

    async def _upload_file(self, metadata: data_sync_pb2.UploadMetadata, data: Contents) -> str:
        request_type = data_sync_pb2.FileUploadRequest

        async def requests() -> AsyncGenerator[data_sync_pb2.FileUploadRequest, None]:
            yield request_type(metadata=metadata)
            async with aclosing(data.start()) as chunks:
                async for chunk in chunks:
                    yield request_type(file_contents=data_sync_pb2.FileData(data=chunk))

        response = await self._connection.stream_out(
            SYNC + "FileUpload",
            requests if data.repeatable else requests(),
            data_sync_pb2.FileUploadResponse,
            timeout=upload_timeout(data.size),
        )
        return response.binary_data_id or response.file_id


def _metadata(
    kind: data_sync_pb2.DataType.ValueType,
    part_id: str,
    component_type: str | None,
    component_name: str | None,
    method_name: str | None,
    method_parameters: Mapping[str, Any] | None,
    tags: Sequence[str] | None,
    dataset_ids: Sequence[str] | None = None,
    mime_type: str | None = None,
    file_name: str = "",
    file_extension: str = "",
) -> data_sync_pb2.UploadMetadata:
    return data_sync_pb2.UploadMetadata(
        type=kind,
        part_id=arguments.text("part_id", part_id),
        component_type=arguments.optional_text("component_type", component_type),
        component_name=arguments.optional_text("component_name", component_name),
        method_name=arguments.optional_text("method_name", method_name),
        method_parameters=packed("method_parameters", method_parameters),
        tags=arguments.optional_texts("tags", tags),
        dataset_ids=arguments.optional_texts("dataset_ids", dataset_ids),
        mime_type=arguments.optional_text("mime_type", mime_type),
        file_name=file_name,
        file_extension=file_extension,
    )


def _sensor_metadata(times: arguments.Times | None) -> data_sync_pb2.SensorMetadata:
    metadata = data_sync_pb2.SensorMetadata()
    if times:
        time_into(metadata.time_requested, times[0])
        time_into(metadata.time_received, times[1])
    return metadata


def _with_dot(name: str, extension: str | None) -> str:
    given = arguments.optional_text(name, extension)
    return given if not given or given.startswith(".") else f".{given}"
