"""`dest` is a download: the whole of it in the place of what was there, or nothing changed."""

from __future__ import annotations

import gzip
import json
import os
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.any_pb2 import Any as PackedAny
from google.protobuf.struct_pb2 import Value
from grpclib.const import Status as SdkStatus
from grpclib.exceptions import GRPCError as SdkError
from viam.gen.app.data.v1 import data_pb2 as sdk_data

from labeler.client import DataClient, GRPCError, InvalidCallError
from tests.contract.sdk_server import SdkServer

TIME = datetime(2024, 1, 2, 3, 4, 5, 600)


def image(file_name: str, binary: bytes = b"x", file_id: str = "f", **fields: Any) -> sdk_data.BinaryData:
    metadata = sdk_data.BinaryMetadata(id=file_id, binary_data_id=f"o/l/{file_id}", file_name=file_name, **fields)
    metadata.time_requested.FromDatetime(TIME)
    metadata.capture_metadata.tags.append("t")
    return sdk_data.BinaryData(binary=binary, metadata=metadata)


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def by_filter(*images: sdk_data.BinaryData) -> sdk_data.BinaryDataByFilterResponse:
    return sdk_data.BinaryDataByFilterResponse(data=images, count=len(images))


async def test_one_image_is_its_bytes(sdk: SdkServer, data: DataClient, tmp_path: Path) -> None:
    dest = tmp_path / "a.jpg"
    dest.write_bytes(b"what was there before and is longer")
    sdk.answers["BinaryDataByFilter"] = by_filter(image("a.jpg", b"bytes"))
    sdk.answers["BinaryDataByIDs"] = sdk_data.BinaryDataByIDsResponse(data=[image("a.jpg", b"others")])
    found, _, _ = await data.binary_data_by_filter(dest=str(dest))
    assert dest.read_bytes() == found[0].binary == b"bytes"
    await data.binary_data_by_ids(["i"], dest)
    assert dest.read_bytes() == b"others"
    assert contents_of(tmp_path) == {"a.jpg": b"others"}


async def test_several_images_are_a_zip_in_viams_layout(sdk: SdkServer, data: DataClient, tmp_path: Path) -> None:
    sdk.answers["BinaryDataByFilter"] = by_filter(
        image("a.jpg", b"1", file_ext=".jpg"),
        image("a.jpg", b"2", file_ext=".jpg"),
        image("", b"3", "id3", file_ext=".png"),
        image("/camera/../front/b:c", b"4", file_ext=".jpg"),
        image("x/d.pcd", gzip.compress(b"5"), file_ext=".gz"),
    )
    dest = tmp_path / "all.zip"
    await data.binary_data_by_filter(dest=dest)
    with zipfile.ZipFile(dest) as archive:
        assert archive.testzip() is None
        contents = {name: archive.read(name) for name in archive.namelist()}
    time = "2024-01-02T03_04_05.0006Z"
    names = {
        f"{time}_a.jpg": b"1",
        f"{time}_a-2.jpg": b"2",
        f"{time}_id3.png": b"3",
        "camera/front/b_c.jpg": b"4",
        "x/d.pcd": b"5",
    }
    assert {name: contents.pop(f"data/{name}") for name in names} == names
    records = {name: json.loads(contents.pop(f"metadata/{name}.json")) for name in names}
    assert contents == {}
    assert records["camera/front/b_c.jpg"] == {
        "id": "f", "binaryDataId": "o/l/f", "fileName": "camera/front/b_c.jpg", "fileExt": ".jpg",
        "timeRequested": "2024-01-02T03:04:05.000600Z", "captureMetadata": {"tags": ["t"]},
    }  # fmt: skip


async def test_no_image_is_an_empty_zip(sdk: SdkServer, data: DataClient, tmp_path: Path) -> None:
    await data.binary_data_by_filter(dest=tmp_path / "none.zip")
    with zipfile.ZipFile(tmp_path / "none.zip") as archive:
        assert archive.namelist() == []


async def test_rows_are_json_lines(sdk: SdkServer, data: DataClient, tmp_path: Path) -> None:
    known, unknown = PackedAny(), PackedAny(type_url="type.googleapis.com/never.Heard", value=b"x")
    known.Pack(Value(number_value=5))
    row, bare = sdk_data.TabularData(), sdk_data.TabularData(metadata_index=1)
    row.data.update({"a": 1.5, "none": None, "text": "a\nbé"})
    row.time_requested.FromDatetime(TIME)
    sdk.answers["TabularDataByFilter"] = sdk_data.TabularDataByFilterResponse(
        data=[row, bare],
        metadata=[
            sdk_data.CaptureMetadata(part_id="p", method_parameters={"n": known}),
            sdk_data.CaptureMetadata(part_id="q", method_parameters={"n": unknown}),
        ],
    )
    await data.tabular_data_by_filter(dest=tmp_path / "rows.jsonl")
    first, second = map(json.loads, (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines())
    assert first["data"] == {"a": 1.5, "none": None, "text": "a\nbé"}
    assert first["metadata"]["partId"] == "p"
    assert first["metadata"]["methodParameters"]["n"]["value"] == 5
    assert (first["timeRequested"], first["timeReceived"]) == ("2024-01-02T03:04:05.000600Z", None)
    assert second["metadata"] == {"partId": "q"}


async def test_a_refused_call_leaves_what_was_there(sdk: SdkServer, data: DataClient, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    sdk.answers["BinaryDataByFilter"] = SdkError(SdkStatus.INTERNAL, "no")
    with pytest.raises(GRPCError):
        await data.binary_data_by_filter(dest=tmp_path / "a")
    assert contents_of(tmp_path) == {"a": b"old"}


async def test_a_write_that_fails_leaves_what_was_there(
    sdk: SdkServer, data: DataClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("old")
    sdk.answers["BinaryDataByFilter"] = by_filter(image("a"))

    def full(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        await data.binary_data_by_filter(dest=tmp_path / "a")
    assert contents_of(tmp_path) == {"a": b"old"}


async def test_a_file_keeps_its_rights(sdk: SdkServer, data: DataClient, tmp_path: Path) -> None:
    dest = tmp_path / "a"
    dest.write_text("old")
    dest.chmod(0o640)
    sdk.answers["BinaryDataByFilter"] = by_filter(image("a"))
    await data.binary_data_by_filter(dest=dest)
    await data.binary_data_by_filter(dest=tmp_path / "new")
    (tmp_path / "plain").touch()
    assert dest.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("nothing", [{"include_binary_data": False}, {"count_only": True}])
async def test_a_download_of_nothing_is_a_mistake(
    sdk: SdkServer, data: DataClient, tmp_path: Path, nothing: dict[str, Any]
) -> None:
    with pytest.raises(InvalidCallError, match=r"^dest asks for a download"):
        await data.binary_data_by_filter(dest=tmp_path / "a", **nothing)
    assert set(sdk.requests) == {"Authenticate"}


async def test_places_that_cannot_be_written(sdk: SdkServer, data: DataClient, tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match=r"^dest"):
        await data.binary_data_by_filter(dest=tmp_path)
    with pytest.raises(FileNotFoundError, match=r"^dest"):
        await data.tabular_data_by_filter(dest=tmp_path / "none" / "a")
    with pytest.raises(TypeError, match=r"^dest"):
        await data.binary_data_by_ids(["i"], False)  # type: ignore[arg-type]
    assert set(sdk.requests) == {"Authenticate"}
