"""What no service takes is told with the argument's name, and nothing is sent."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from labeler.client import (
    BinaryID,
    CaptureMetadata,
    DataClient,
    Filter,
    GRPCError,
    Status,
    TabularData,
    capture_interval,
)
from labeler.domain.errors import InvalidValue
from tests.contract.sdk_server import SdkServer

BOX: dict[str, Any] = {
    "binary_id": "o/l/f", "label": "cat", "x_min_normalized": 0.1, "y_min_normalized": 0.1, "x_max_normalized": 0.2,
    "y_max_normalized": 0.2,
}  # fmt: skip
ONE = BinaryID(file_id="f")
WRONG_TYPES: list[tuple[str, dict[str, Any], str]] = [
    ("tabular_data_by_filter", {"filter": "x"}, "filter must be a Filter"),
    ("tabular_data_by_filter", {"filter": 0}, "filter must be a Filter"),
    ("binary_data_by_filter", {"filter": BinaryID()}, "filter must be a Filter"),
    ("binary_data_by_filter", {"limit": "5"}, "limit must be an int"),
    ("binary_data_by_filter", {"limit": True}, "limit must be an int"),
    ("binary_data_by_filter", {"last": 5}, "last must be a str"),
    ("binary_data_by_filter", {"sort_order": "up"}, "sort_order must be"),
    ("binary_data_by_filter", {"include_binary_data": 1}, "include_binary_data must be True or False"),
    ("binary_data_by_filter", {"include_file_data": 1}, "include_file_data must be True or False"),
    ("binary_data_by_ids", {"binary_ids": "o/l/f"}, "binary_ids must be a list"),
    ("binary_data_by_ids", {"binary_ids": ONE}, "binary_ids must be a list"),
    ("binary_data_by_ids", {"binary_ids": ["a", 5]}, r"binary_ids\[1\] must be a BinaryID or a str"),
    ("binary_data_by_ids", {"binary_ids": [Filter()]}, r"binary_ids\[0\] must be a BinaryID"),
    ("add_tags_to_binary_data_by_ids", {"tags": "t", "binary_ids": [ONE]}, "tags must be a list"),
    ("add_tags_to_binary_data_by_ids", {"tags": [5], "binary_ids": [ONE]}, r"tags\[0\] must be a str"),
    ("remove_tags_from_binary_data_by_ids", {"tags": ["t"]}, "binary_ids is needed"),
    ("remove_tags_from_binary_data_by_ids", {"tags": ["t"], "binary_ids": ["a"], "file_ids": ["a"]}, "binary_ids is"),
    ("tabular_data_by_sql", {"organization_id": None, "sql_query": ""}, "organization_id must be a str"),
    ("tabular_data_by_mql", {"organization_id": "o"}, "mql_binary is needed"),
    ("tabular_data_by_mql", {"organization_id": "o", "query": [], "mql_query": []}, "mql_binary is needed"),
    ("tabular_data_by_mql", {"organization_id": "o", "query": {"$limit": 1}}, "query must be a list of stages"),
    ("tabular_data_by_mql", {"organization_id": "o", "query": [5]}, r"query\[0\] must be a mapping"),
    ("delete_tabular_data", {"organization_id": "o", "delete_older_than_days": 1.5}, "delete_older_than_days must be"),
    ("add_bounding_box_to_image_by_id", BOX | {"x_min_normalized": "0"}, "x_min_normalized must be a number"),
    ("add_bounding_box_to_image_by_id", BOX | {"label": None}, "label must be a str"),
    ("add_bounding_box_to_image_by_id", BOX | {"binary_id": ["a"]}, "binary_id must be a BinaryID or a str"),
    ("create_dataset", {"name": 5, "organization_id": "o"}, "name must be a str"),
    ("list_dataset_by_ids", {"ids": "d"}, "ids must be a list"),
    ("rename_dataset", {"id": "d", "name": None}, "name must be a str"),
    ("configure_database_user", {"organization_id": "o", "password": b"x"}, "password must be a str"),
]
WRONG_VALUES: list[tuple[str, dict[str, Any], str]] = [
    ("binary_data_by_filter", {"limit": -1}, "limit is -1"),
    ("binary_data_by_filter", {"sort_order": 9}, "sort_order is 9"),
    ("binary_data_by_ids", {"binary_ids": []}, "binary_ids is empty"),
    ("binary_data_by_ids", {"binary_ids": [""]}, r"binary_ids\[0\] is empty"),
    ("delete_binary_data_by_ids", {"binary_ids": []}, "binary_ids is empty"),
    ("add_tags_to_binary_data_by_ids", {"tags": [], "binary_ids": [ONE]}, "tags is empty"),
    ("add_tags_to_binary_data_by_ids", {"tags": ["t"], "binary_ids": []}, "binary_ids is empty"),
    ("add_tags_to_binary_data_by_filter", {"tags": []}, "tags is empty"),
    ("remove_tags_from_binary_data_by_ids", {"tags": [], "binary_ids": [ONE]}, "tags is empty"),
    ("remove_tags_from_binary_data_by_ids", {"tags": ["t"], "file_ids": []}, "file_ids is empty"),
    ("remove_tags_from_binary_data_by_filter", {"tags": []}, "tags is empty"),
    ("add_binary_data_to_dataset_by_ids", {"binary_ids": [], "dataset_id": "d"}, "binary_ids is empty"),
    ("remove_binary_data_from_dataset_by_ids", {"binary_ids": [], "dataset_id": "d"}, "binary_ids is empty"),
    ("list_dataset_by_ids", {"ids": []}, "ids is empty"),
    ("delete_tabular_data", {"organization_id": "o", "delete_older_than_days": -1}, "delete_older_than_days is -1"),
    *[
        (call, BOX | more | {edge: value}, f"{edge} is {value}")
        for call, more in [("add_bounding_box_to_image_by_id", {}), ("update_bounding_box", {"bbox_id": "b"})]
        for edge, value in [
            ("x_min_normalized", -0.1), ("y_min_normalized", 1.1), ("x_max_normalized", math.inf),
            ("y_max_normalized", math.nan), ("confidence_score", 2),
        ]
    ],
]  # fmt: skip


@pytest.mark.parametrize(("call", "arguments", "text"), WRONG_TYPES)
async def test_wrong_types(sdk: SdkServer, data: DataClient, call: str, arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(TypeError, match=f"^{text}"):
        await getattr(data, call)(**arguments)
    assert set(sdk.requests) == {"Authenticate"}


@pytest.mark.parametrize(("call", "arguments", "text"), WRONG_VALUES)
async def test_wrong_values(sdk: SdkServer, data: DataClient, call: str, arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(GRPCError, match=f"^{text}") as caught:
        await getattr(data, call)(**arguments)
    assert caught.value.status is Status.INVALID_ARGUMENT
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, InvalidValue)
    assert set(sdk.requests) == {"Authenticate"}


def test_intervals() -> None:
    interval = capture_interval(datetime(2024, 5, 1, 6), datetime(2024, 5, 1, 12, tzinfo=UTC))
    assert interval.start.ToDatetime() == datetime(2024, 5, 1, 6)
    assert interval.end.ToDatetime() == datetime(2024, 5, 1, 12)
    assert not capture_interval(end=datetime(2024, 5, 1)).HasField("start")


def test_rows_are_equal_by_text() -> None:
    row = TabularData({"a": 1.0}, CaptureMetadata(part_id="p"), datetime(2024, 5, 1), None)
    same = TabularData({"a": 1.0}, CaptureMetadata(part_id="p"), datetime(2024, 5, 1), None)
    other = TabularData({"a": 2.0}, CaptureMetadata(part_id="p"), datetime(2024, 5, 1), None)
    assert row == same
    assert row != other
    assert row != str(row)
    assert {row, same} == {row}
    assert str(row) == "{'a': 1.0}\npart_id: \"p\"\nTime requested: 2024-05-01 00:00:00\nTime received: None\n"
    assert DataClient.TabularData is TabularData
