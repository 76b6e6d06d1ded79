"""The reference's examples run with nothing changed but their imports.

Six of them go through the returned tuple as if it were a list, as an older client had it. For these the client's
page says what to write instead, and that is run too.
"""

from __future__ import annotations

import ast
import inspect
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from viam.gen.app.data.v1 import data_pb2 as sdk_data
from viam.gen.app.dataset.v1 import dataset_pb2 as sdk_dataset
from viam.gen.app.datasync.v1 import data_sync_pb2 as sdk_sync

from labeler.client import PLAINTEXT, DataClient, bson
from tests.contract.sdk_server import KEY, KEY_ID, SdkServer

REFERENCE = Path(__file__).with_name("reference_snippets.txt").read_text(encoding="utf-8")
OLD_IMPORT = re.compile(r"^from viam\.[\w.]+ import (.+)$", re.MULTILINE)
OLD_LOOP = "binary_metadata = await data_client.binary_data_by_filter("
NEW_LOOP = "binary_metadata, count, last = await data_client.binary_data_by_filter("
PATH = "/Users/<your-username>/<your-directory>/<your-file.txt>"
RPC = {
    "DeleteBinaryDataByIds": "DeleteBinaryDataByIDs", "AddTagsToBinaryDataByIds": "AddTagsToBinaryDataByIDs",
    "RemoveTagsFromBinaryDataByIds": "RemoveTagsFromBinaryDataByIDs",
    "BinaryDataCaptureUpload": "DataCaptureUpload", "TabularDataCaptureUpload": "DataCaptureUpload",
    "FileUploadFromPath": "FileUpload", "AddBoundingBoxToImageById": "AddBoundingBoxToImageByID",
    "RemoveBoundingBoxFromImageById": "RemoveBoundingBoxFromImageByID", "ListDatasetByIds": "ListDatasetsByIDs",
    "ListDatasetByOrganizationId": "ListDatasetsByOrganizationID",
    "AddBinaryDataToDatasetByIds": "AddBinaryDataToDatasetByIDs",
    "RemoveBinaryDataFromDatasetByIds": "RemoveBinaryDataFromDatasetByIDs",
}  # fmt: skip


class Placeholder(str):
    """`your-org-id` in an example is arithmetic to Python; here it gives the text."""

    __slots__ = ()

    def __sub__(self, other: str) -> Placeholder:
        return Placeholder(f"{self}-{other}")


def snippets() -> dict[str, str]:
    found = re.findall(r"^## (\S[^\n]*)\n\n```python\n(.*?)^```", REFERENCE, re.MULTILINE | re.DOTALL)
    return dict(found)


SNIPPETS = snippets()
METHODS = [name for name in SNIPPETS if name != "Establish a connection"]
LOOPS = [name for name in METHODS if OLD_LOOP in SNIPPETS[name]]


def with_new_imports(code: str) -> str:
    return OLD_IMPORT.sub(r"from labeler.client import \1", code)


async def run(code: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run code with top-level await, as a notebook does: a value that the last line leaves is awaited if it can be."""
    tree = ast.parse(code)
    last = tree.body[-1]
    if isinstance(last, ast.Expr):
        tree.body[-1] = ast.copy_location(ast.Assign([ast.Name("_", ast.Store())], last.value), last)
        ast.fix_missing_locations(tree)
    compiled = compile(tree, "<reference>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    running = eval(compiled, names)  # noqa: S307 - the reference's own text
    if inspect.isawaitable(running):
        await running
    if inspect.isawaitable(names.get("_")):
        await names["_"]
    return names


def names_left_to_the_reader(data_client: DataClient) -> dict[str, Any]:
    parts = {name: Placeholder(name) for name in ("your", "org", "id", "location", "file_id")}
    return {"data_client": data_client, "organization_id": "org", "datetime": datetime, "bson": bson, **parts}


@pytest.fixture
def answering(sdk: SdkServer) -> SdkServer:
    found = sdk_data.BinaryData(metadata=sdk_data.BinaryMetadata(id="f"))
    found.metadata.capture_metadata.organization_id = "o"
    found.metadata.capture_metadata.location_id = "l"
    sdk.answers["BinaryDataByFilter"] = sdk_data.BinaryDataByFilterResponse(data=[found], count=1, last="z")
    sdk.answers["DataCaptureUpload"] = sdk_sync.DataCaptureUploadResponse(file_id="new", binary_data_id="new")
    sdk.answers["StreamingDataCaptureUpload"] = sdk_sync.StreamingDataCaptureUploadResponse(binary_data_id="new")
    sdk.answers["FileUpload"] = sdk_sync.FileUploadResponse(binary_data_id="new")
    sdk.answers["AddBoundingBoxToImageByID"] = sdk_data.AddBoundingBoxToImageByIDResponse(bbox_id="new")
    sdk.answers["CreateDataset"] = sdk_dataset.CreateDatasetResponse(id="new")
    return sdk


def test_all_examples_are_there() -> None:
    assert len(METHODS) == 30
    assert len(LOOPS) == 6


@pytest.mark.parametrize("name", [name for name in METHODS if name not in LOOPS])
async def test_example(name: str, answering: SdkServer, data: DataClient, tmp_path: Path) -> None:
    path = tmp_path / "your-file.txt"
    path.write_text("text")
    code = with_new_imports(SNIPPETS[name]).replace(PATH, str(path))
    names = await run(code, names_left_to_the_reader(data))
    assert len(answering.requests[RPC.get(name, name)]) == 1
    for result in ("file_id", "bbox_label"):
        if f"{result} = await" in code:
            assert names[result] == "new"


@pytest.mark.parametrize("name", LOOPS)
async def test_example_that_loops_over_the_tuple_needs_it_unpacked(
    name: str, answering: SdkServer, data: DataClient
) -> None:
    code = with_new_imports(SNIPPETS[name])
    with pytest.raises(AttributeError):
        await run(code, names_left_to_the_reader(data))
    await run(code.replace(OLD_LOOP, NEW_LOOP), names_left_to_the_reader(data))
    request = answering.one("BinaryDataByIDs" if name == "BinaryDataByIDs" else RPC[name])
    assert list(request.binary_ids) == [sdk_data.BinaryID(file_id="f", organization_id="o", location_id="l")]


def test_the_page_says_what_to_write_instead() -> None:
    page = Path(__file__).parents[2] / "resources" / "help" / "client.md"
    assert NEW_LOOP in page.read_text(encoding="utf-8")


async def test_connecting(sdk: SdkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        with_new_imports(SNIPPETS["Establish a connection"]).replace("<API-KEY>", KEY).replace("<API-KEY-ID>", KEY_ID)
    )
    monkeypatch.setattr("labeler.client.viam_client.VIAM_APP", f"127.0.0.1:{sdk.port}")
    monkeypatch.setattr("labeler.client.viam_client.TLS", PLAINTEXT)
    names: dict[str, Any] = {"__name__": "snippet"}
    await run(code, names)
    await names["main"]()
    assert sdk.logins == 1
