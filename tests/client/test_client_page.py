"""The code on the client's help page runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from viam.gen.app.data.v1 import data_pb2 as sdk_data

import labeler.client
from labeler.client import DataClient
from tests.contract.sdk_server import KEY, KEY_ID, SdkServer

PAGE = (Path(__file__).parents[2] / "resources" / "help" / "client.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def page() -> dict[str, Any]:
    names: dict[str, Any] = {}
    for block in BLOCKS:
        exec(compile(block, "client.md", "exec"), names)  # noqa: S102 - our own page
    return names


@pytest.fixture
def one_image(sdk: SdkServer) -> SdkServer:
    found = sdk_data.BinaryData(binary=b"x", metadata=sdk_data.BinaryMetadata(id="f", binary_data_id="o/l/f"))
    found.metadata.capture_metadata.organization_id = "o"

    def page_after(requests: list[Any]) -> sdk_data.BinaryDataByFilterResponse:
        data = [] if requests[0].data_request.last else [found]
        return sdk_data.BinaryDataByFilterResponse(data=data, last="z")

    sdk.answers["BinaryDataByFilter"] = page_after
    sdk.answers["BinaryDataByIDs"] = sdk_data.BinaryDataByIDsResponse(data=[found])
    return sdk


async def test_connecting_and_ten_lines(
    one_image: SdkServer, page: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labeler.client.viam_client.VIAM_APP", f"127.0.0.1:{one_image.port}")
    monkeypatch.setattr("labeler.client.viam_client.TLS", labeler.client.PLAINTEXT)
    monkeypatch.setenv("VIAM_API_KEY", KEY)
    monkeypatch.setenv("VIAM_API_KEY_ID", KEY_ID)
    with pytest.raises(labeler.client.UnauthenticatedError, match="<API-KEY-ID>"):
        await page["connect"]()
    await page["label_everything"]()
    assert one_image.one("AddTagsToBinaryDataByIDs").tags == ["seen"]
    assert one_image.one("AddBoundingBoxToImageByID").label == "cat"


async def test_going_through_all(
    one_image: SdkServer, data: DataClient, page: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (found,) = await page["ids_of_all"](data)
    assert (found.file_id, found.organization_id) == ("f", "o")
    await page["save_all"](data, tmp_path)
    assert (tmp_path / "f").read_bytes() == b"x"
    assert capsys.readouterr().out == "1 more\n"


def test_interval(page: dict[str, Any]) -> None:
    assert page["morning"].interval.end.ToJsonString() == "2024-05-01T12:00:00Z"


@pytest.mark.parametrize("name", [name for name in dir(DataClient) if not name.startswith("_") and name.islower()])
def test_every_call_is_on_the_page_with_its_parameters(name: str) -> None:
    assert f"`{name}(" in PAGE


def test_every_error_is_on_the_page() -> None:
    errors = {name for name in labeler.client.__all__ if name.endswith("Error")} - {"RefusedError"}
    assert [name for name in sorted(errors) if f"`{name}`" not in PAGE] == []
