"""Uploads go in chunks, from a path without the whole file in memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from grpclib.const import Status as SdkStatus
from grpclib.exceptions import GRPCError as SdkError

from labeler.client import DataClient, ExhaustedError, InvalidCallError
from tests.contract.sdk_server import SdkServer

KIB = 1024
TIMES = (datetime(2023, 6, 5, 11), datetime(2023, 6, 5, 12))
WHERE: dict[str, Any] = {"part_id": "p", "component_type": "c", "component_name": "n", "method_name": "m"}


def chunk_sizes(requests: list[Any]) -> list[int]:
    first, *rest = requests
    assert first.WhichOneof("upload_packet") == "metadata"
    return [len(each.file_contents.data if hasattr(each, "file_contents") else each.data) for each in rest]


def content(requests: list[Any]) -> bytes:
    return b"".join(each.file_contents.data for each in requests[1:])


@pytest.mark.parametrize("size", [0, 1, 256 * KIB, 256 * KIB + 1, 3_000_000])
async def test_chunks(sdk: SdkServer, data: DataClient, size: int, tmp_path: Path) -> None:
    data_of_size = bytes(range(256)) * (size // 256) + bytes(size % 256)
    path = tmp_path / "file"
    path.write_bytes(data_of_size)
    await data.file_upload("p", data_of_size)
    await data.file_upload_from_path(path, "p")
    await data.file_upload("p", memoryview(data_of_size))
    for requests in sdk.requests["FileUpload"]:
        assert content(requests) == data_of_size
        *full, last = chunk_sizes(requests)
        assert full == [256 * KIB] * len(full)
        assert last == size - sum(full)
        assert last or not size


async def test_chunks_of_an_iterable_are_put_together(sdk: SdkServer, data: DataClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield bytes(1000)
        yield bytes(3_000_000)

    await data.streaming_data_capture_upload(chunks(), "p", ".bin")
    sizes = chunk_sizes(sdk.stream("StreamingDataCaptureUpload"))
    assert sum(sizes) == 4_000_000
    assert set(sizes[:-1]) == {256 * KIB}


async def test_large_captures_go_in_chunks_small_ones_in_one_message(sdk: SdkServer, data: DataClient) -> None:
    times = [TIMES]
    await data.binary_data_capture_upload(bytes(1_000_000), file_extension="jpg", **WHERE)
    await data.binary_data_capture_upload(bytes(1_000_001), file_extension="jpg", data_request_times=times, **WHERE)
    assert len(sdk.one("DataCaptureUpload").sensor_contents[0].binary) == 1_000_000
    requests = sdk.stream("StreamingDataCaptureUpload")
    assert sum(chunk_sizes(requests)) == 1_000_001
    assert requests[0].metadata.upload_metadata.file_extension == ".jpg"
    assert requests[0].metadata.sensor_metadata.time_requested.ToDatetime() == TIMES[0]


async def test_a_file_is_not_held_in_memory(sdk: SdkServer, data: DataClient, tmp_path: Path) -> None:
    """The server refuses at once, so that only what the client reads ahead is counted."""
    size = 64 << 20
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(size)
    sdk.refuses_streams = SdkError(SdkStatus.RESOURCE_EXHAUSTED, "full")
    tracemalloc.start()
    try:
        with pytest.raises(ExhaustedError, match="full"):
            await data.file_upload_from_path(path, "p")
        assert tracemalloc.get_traced_memory()[1] < size / 4
    finally:
        tracemalloc.stop()


async def test_a_refusal_in_the_middle_of_an_upload_is_told_as_the_service_said_it(
    sdk: SdkServer, data: DataClient
) -> None:
    """Again and again, because it is a matter of which comes first: the refusal or the failing write."""
    sdk.refuses_streams = SdkError(SdkStatus.RESOURCE_EXHAUSTED, "full")
    for _ in range(40):
        with pytest.raises(ExhaustedError, match="full"):
            await data.file_upload("p", bytes(3_000_000))


async def test_an_error_of_the_data_ends_the_upload_and_is_raised(sdk: SdkServer, data: DataClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield bytes(300 * KIB)
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        await data.file_upload("p", chunks())
    assert sdk.requests["FileUpload"] == []
    await data.file_upload("p", b"next")


async def test_a_missing_file_and_a_folder(data: DataClient, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await data.file_upload_from_path(tmp_path / "none", "p")
    with pytest.raises(IsADirectoryError):
        await data.file_upload_from_path(tmp_path, "p")


BAD: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("binary_data_capture_upload", WHERE | {"binary_data": 1}, TypeError, "binary_data must be"),
    ("binary_data_capture_upload", WHERE | {"binary_data": b"", "tags": "t"}, TypeError, "tags must be a list"),
    ("binary_data_capture_upload", WHERE | {"binary_data": b"", "part_id": 1}, TypeError, "part_id must be"),
    (
        "binary_data_capture_upload",
        WHERE | {"binary_data": b"", "data_request_times": "now"},
        TypeError,
        "data_request_t",
    ),
    ("binary_data_capture_upload", WHERE | {"binary_data": b"", "data_request_times": []}, TypeError, "data_request_t"),
    (
        "binary_data_capture_upload",
        WHERE | {"binary_data": b"", "method_parameters": {"a": {"b": b"x"}}},
        TypeError,
        r"method_parameters\['a'\]\['b'\] is a bytes",
    ),
    ("tabular_data_capture_upload", WHERE | {"tabular_data": []}, InvalidCallError, "tabular_data is empty"),
    ("tabular_data_capture_upload", WHERE | {"tabular_data": {"a": 1}}, TypeError, "tabular_data must be a list"),
    ("tabular_data_capture_upload", WHERE | {"tabular_data": [{1: 1}]}, TypeError, r"tabular_data\[0\] has the key 1"),
    ("file_upload", {"part_id": "p", "data": 5}, TypeError, "data must be bytes"),
    ("file_upload_from_path", {"part_id": "p", "filepath": 5}, TypeError, "filepath must be a path"),
]


@pytest.mark.parametrize(("call", "arguments", "kind", "text"), BAD)
async def test_what_cannot_be_uploaded(
    sdk: SdkServer, data: DataClient, call: str, arguments: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=f"^{text}"):
        await getattr(data, call)(**arguments)
    assert set(sdk.requests) == {"Authenticate"}


async def test_rows_and_times_must_be_as_many(data: DataClient) -> None:
    with pytest.raises(ValueError, match=r"^data_request_times has 1 pairs for 2 rows"):
        await data.tabular_data_capture_upload([{}, {}], **WHERE, data_request_times=[TIMES])
