"""`labeler trash` as a person runs it, with and without a service that has the directory open."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from labeler.client.channel import Connection, Endpoint
from labeler.local import open_local
from labeler.rpc.errors import GRPCError
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.dataset.v1 import dataset_pb2
from labeler.rpc.wire.labeler.v1 import labeler_pb2

DATA = "/viam.app.data.v1.DataService/"
DATASET = "/viam.app.dataset.v1.DatasetService/"
LABELER = "/labeler.v1.LabelerService/"
JPEG = b"\xff\xd8\xff\xe0 a small picture, as far as its first bytes tell"


def labeler(*arguments: object) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "labeler", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def trashed(data: Path) -> list[dict[str, Any]]:
    code, out, err = labeler("trash", "list", "--data", data, "--json")
    assert (code, err) == (0, "")
    found: list[dict[str, Any]] = json.loads(out)
    return found


@contextmanager
def window(data: Path) -> Iterator[None]:
    """A process that has the data directory open, as a window has."""
    script = (
        "import asyncio, sys, pathlib\n"
        "from labeler.local import open_local\n"
        "async def main():\n"
        "    async with open_local(pathlib.Path(sys.argv[1])):\n"
        "        print('open', flush=True)\n"
        "        await asyncio.to_thread(sys.stdin.read)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", script, str(data)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield


async def images(connection: Connection) -> list[data_pb2.BinaryMetadata]:
    request = labeler_pb2.ListImagesRequest(order=labeler_pb2.IMAGE_ORDER_NAME)
    answer = await connection.unary(LABELER + "ListImages", request, labeler_pb2.ListImagesResponse)
    return [one.metadata for one in answer.images]


def write_photos(photos: Path, names: tuple[str, ...]) -> None:
    photos.mkdir()
    for name in names:
        (photos / name).write_bytes(JPEG + name.encode())


async def fill(data: Path, photos: Path, names: tuple[str, ...]) -> list[str]:
    """Copy images in, put all there is on the first, and delete them; returns their ids."""
    write_photos(photos, names)
    async with open_local(data) as service, await Connection.open(service.endpoint) as connection:
        request = labeler_pb2.OpenPathsRequest(paths=[str(photos)], copy=True)
        async for _ in connection.stream_in(LABELER + "OpenPaths", request, labeler_pb2.OpenPathsProgress):
            pass
        ids = [one.binary_data_id for one in await images(connection)]
        await put_all_on(connection, ids[0])
        delete = data_pb2.DeleteBinaryDataByIDsRequest(binary_data_ids=ids)
        await connection.unary(DATA + "DeleteBinaryDataByIDs", delete, data_pb2.DeleteBinaryDataByIDsResponse)
        assert await images(connection) == []
    return ids


async def put_all_on(connection: Connection, image: str) -> None:
    organization = image.partition("/")[0]
    tag = data_pb2.AddTagsToBinaryDataByIDsRequest(binary_data_ids=[image], tags=["night"])
    await connection.unary(DATA + "AddTagsToBinaryDataByIDs", tag, data_pb2.AddTagsToBinaryDataByIDsResponse)
    box = data_pb2.AddBoundingBoxToImageByIDRequest(
        binary_data_id=image,
        label="bolt",
        x_min_normalized=0.1,
        y_min_normalized=0.2,
        x_max_normalized=0.3,
        y_max_normalized=0.4,
    )
    await connection.unary(DATA + "AddBoundingBoxToImageByID", box, data_pb2.AddBoundingBoxToImageByIDResponse)
    made = await connection.unary(
        DATASET + "CreateDataset",
        dataset_pb2.CreateDatasetRequest(name="parts", organization_id=organization),
        dataset_pb2.CreateDatasetResponse,
    )
    member = data_pb2.AddBinaryDataToDatasetByIDsRequest(binary_data_ids=[image], dataset_id=made.id)
    await connection.unary(DATA + "AddBinaryDataToDatasetByIDs", member, data_pb2.AddBinaryDataToDatasetByIDsResponse)


async def kept(data: Path) -> list[data_pb2.BinaryMetadata]:
    async with open_local(data) as service, await Connection.open(service.endpoint) as connection:
        return await images(connection)


async def test_what_was_deleted_comes_back_with_all_on_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    ids = await fill(data, tmp_path / "photos", ("1.jpg", "2.jpg"))
    rows = {row["id"]: row for row in trashed(data)}
    assert set(rows) == set(ids)
    first = rows[ids[0]]
    assert (first["file_name"], first["boxes"], first["tags"]) == ("1.jpg", 1, 1)
    assert first["size_bytes"] == len(JPEG) + len("1.jpg")
    assert first["deleted"] < first["expires"]
    assert labeler("trash", "restore", "--data", data, ids[0]) == (0, "Restored: 1 image.\n", "")
    (back,) = await kept(data)
    assert (back.binary_data_id, [box.label for box in back.annotations.bboxes]) == (ids[0], ["bolt"])
    assert "night" in back.capture_metadata.tags
    assert len(back.dataset_ids) == 1
    assert [row["id"] for row in trashed(data)] == [ids[1]]


async def test_it_works_on_the_service_of_an_open_window(tmp_path: Path) -> None:
    data = tmp_path / "data"
    ids = await fill(data, tmp_path / "photos", ("1.jpg", "2.jpg", "3.jpg"))
    with window(data):
        assert labeler("trash", "purge", "--data", data, "--json", ids[2]) == (0, '{"purged": 1}\n', "")
        code, out, _ = labeler("trash", "restore", "--data", data, ids[2])
        assert (code, out) == (1, "")
        assert labeler("trash", "restore", "--data", data, "--all", "--json") == (0, '{"restored": 2}\n', "")
        assert [one.binary_data_id for one in await kept(data)] == ids[:2]
        assert labeler("trash", "list", "--data", data) == (0, "The trash is empty.\n", "")


@pytest.mark.parametrize("what", ["restore", "purge"])
async def test_an_unknown_id_changes_nothing(tmp_path: Path, what: str) -> None:
    data = tmp_path / "data"
    ids = await fill(data, tmp_path / "photos", ("1.jpg",))
    code, out, err = labeler("trash", what, "--data", data, ids[0], "nowhere")
    assert (code, out) == (1, "")
    assert err == "labeler: nowhere: there is no such image in the trash.\n"
    assert [row["id"] for row in trashed(data)] == ids


def test_neither_ids_nor_all_is_told(tmp_path: Path) -> None:
    code, _, err = labeler("trash", "purge", "--data", tmp_path)
    assert code == 1
    assert "either ids" in err
    assert list(tmp_path.iterdir()) == []


async def test_the_service_wants_either_ids_or_all(tmp_path: Path) -> None:
    async with open_local(tmp_path) as service, await Connection.open(service.endpoint) as connection:
        for wrong in (
            labeler_pb2.RestoreImagesRequest(),
            labeler_pb2.RestoreImagesRequest(binary_data_ids=["x"], all=True),
        ):
            with pytest.raises(GRPCError, match="binary_data_ids"):
                await connection.unary(LABELER + "RestoreImages", wrong, labeler_pb2.RestoreImagesResponse)


async def test_pages_of_the_trash_follow_each_other(tmp_path: Path) -> None:
    names = tuple(f"{number}.jpg" for number in range(5))
    ids = await fill(tmp_path / "data", tmp_path / "photos", names)
    async with open_local(tmp_path / "data") as service:
        pages = [page async for page in trash_pages(service.endpoint, 2)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(one for page in pages for one in page) == sorted(ids)


async def trash_pages(endpoint: Endpoint, limit: int) -> Any:
    async with await Connection.open(endpoint) as connection:
        token = "start"
        while token:
            request = labeler_pb2.ListTrashRequest(limit=limit, page_token=token.removeprefix("start"))
            page = await connection.unary(LABELER + "ListTrash", request, labeler_pb2.ListTrashResponse)
            yield [one.binary_data_id for one in page.images]
            token = page.next_page_token
