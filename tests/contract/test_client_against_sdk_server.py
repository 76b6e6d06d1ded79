"""All calls of our client as a server made of viam-sdk's stubs receives them, and what comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import bson
import pytest
from google.protobuf.struct_pb2 import Value
from grpclib.const import Status as SdkStatus
from grpclib.exceptions import GRPCError as SdkError
from viam.gen.app.data.v1 import data_pb2 as sdk_data
from viam.gen.app.dataset.v1 import dataset_pb2 as sdk_dataset
from viam.gen.app.datasync.v1 import data_sync_pb2 as sdk_sync
from viam.gen.app.v1 import app_pb2 as sdk_app

from labeler.client import (
    BinaryID,
    DataClient,
    DatasetType,
    DeleteTabularFilter,
    Filter,
    Order,
    TabularDataSourceType,
    TagsFilter,
    TagsFilterType,
    ViamClient,
    capture_interval,
)
from labeler.rpc.errors import GRPCError, NotFoundError, Status
from tests.contract.sdk_server import SdkServer

IDS = [
    BinaryID(file_id="f1", organization_id="o", location_id="l"),
    BinaryID(file_id="f2", organization_id="o", location_id="l"),
]
SDK_IDS = [sdk_data.BinaryID(file_id=name, organization_id="o", location_id="l") for name in ("f1", "f2")]
START, END = datetime(2023, 6, 5, 11), datetime(2023, 6, 5, 11, 0, 3, tzinfo=UTC)
WHOLE_FILTER = Filter(
    component_name="cam", component_type="camera", method="GetImages", robot_name="rn", robot_id="ri", part_name="pn",
    part_id="pi", location_ids=["l1", "l2"], organization_ids=["o"], mime_type=["image/png"],
    interval=capture_interval(START, END),
    tags_filter=TagsFilter(type=TagsFilterType.TAGS_FILTER_TYPE_MATCH_BY_OR, tags=["a", "b"]),
    bbox_labels=["cat"], dataset_id="d",
)  # fmt: skip
SDK_FILTER = sdk_data.Filter(
    component_name="cam", component_type="camera", method="GetImages", robot_name="rn", robot_id="ri", part_name="pn",
    part_id="pi", location_ids=["l1", "l2"], organization_ids=["o"], mime_type=["image/png"],
    tags_filter=sdk_data.TagsFilter(type=sdk_data.TAGS_FILTER_TYPE_MATCH_BY_OR, tags=["a", "b"]),
    bbox_labels=["cat"], dataset_id="d",
)  # fmt: skip
SDK_FILTER.interval.start.FromDatetime(START)
SDK_FILTER.interval.end.FromDatetime(END)
CAPTURE = sdk_data.CaptureMetadata(organization_id="o", location_id="l", tags=["t"])


async def test_01_tabular_data_by_filter(sdk: SdkServer, data: DataClient) -> None:
    row = sdk_data.TabularData(metadata_index=1)
    row.data.update({"a": 1, "deep": {"none": None, "list": [None, True, "x"]}, "none": None})
    row.time_requested.FromDatetime(START)
    row.time_received.FromDatetime(END)
    beyond = sdk_data.TabularData(metadata_index=7)
    sdk.answers["TabularDataByFilter"] = sdk_data.TabularDataByFilterResponse(
        metadata=[sdk_data.CaptureMetadata(part_id="p"), CAPTURE], data=[row, beyond], count=2, last="next"
    )
    rows, count, last = await data.tabular_data_by_filter(
        WHOLE_FILTER, 5, Order.ORDER_ASCENDING, "before", False, include_internal_data=True
    )
    assert sdk.one("TabularDataByFilter") == sdk_data.TabularDataByFilterRequest(
        data_request=sdk_data.DataRequest(
            filter=SDK_FILTER, limit=5, sort_order=sdk_data.ORDER_ASCENDING, last="before"
        ),
        include_internal_data=True,
    )
    assert (count, last) == (2, "next")
    assert rows[0].data == {"a": 1.0, "deep": {"none": None, "list": [None, True, "x"]}, "none": None}
    assert rows[0].metadata.tags == ["t"]
    assert (rows[0].time_requested, rows[0].time_received) == (START, END.replace(tzinfo=None))
    assert rows[1].metadata.part_id == ""
    assert rows[1].time_requested is None


async def test_01_without_arguments_all_rows_are_asked_for(sdk: SdkServer, data: DataClient) -> None:
    assert await data.tabular_data_by_filter() == ([], 0, "")
    request = sdk.one("TabularDataByFilter")
    assert request == sdk_data.TabularDataByFilterRequest(data_request=sdk_data.DataRequest(filter=sdk_data.Filter()))


async def test_02_binary_data_by_filter(sdk: SdkServer, data: DataClient) -> None:
    found = sdk_data.BinaryData(binary=b"x", metadata=sdk_data.BinaryMetadata(id="f", capture_metadata=CAPTURE))
    sdk.answers["BinaryDataByFilter"] = sdk_data.BinaryDataByFilterResponse(data=[found], count=9, last="z")
    page, count, last = await data.binary_data_by_filter(
        WHOLE_FILTER, 5, Order.ORDER_DESCENDING, "before", True, False, True
    )
    assert sdk.one("BinaryDataByFilter") == sdk_data.BinaryDataByFilterRequest(
        data_request=sdk_data.DataRequest(
            filter=SDK_FILTER, limit=5, sort_order=sdk_data.ORDER_DESCENDING, last="before"
        ),
        include_binary=True,
        include_internal_data=True,
    )
    assert (page[0].binary, page[0].metadata.id, count, last) == (b"x", "f", 9, "z")
    assert page[0].metadata.capture_metadata.organization_id == "o"


@pytest.mark.parametrize("name", ["include_binary_data", "include_file_data"])
async def test_02_metadata_or_a_count_only(sdk: SdkServer, data: DataClient, name: str) -> None:
    arguments: dict[str, Any] = {name: False}
    await data.binary_data_by_filter(count_only=True, **arguments)
    request = sdk_data.BinaryDataByFilterRequest(data_request=sdk_data.DataRequest(), count_only=True)
    assert sdk.one("BinaryDataByFilter") == request


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (IDS, {"binary_ids": SDK_IDS}),
        (["o/l/f1", "o/l/f2"], {"binary_data_ids": ["o/l/f1", "o/l/f2"]}),
        ([IDS[0], "o/l/f2"], {"binary_data_ids": ["o/l/f1", "o/l/f2"]}),
        (SDK_IDS, {"binary_ids": SDK_IDS}),
    ],
    ids=["BinaryID", "str", "both", "viam-sdk's BinaryID"],
)
async def test_03_to_29_ids(sdk: SdkServer, data: DataClient, given: Any, sent: Any) -> None:
    sdk.answers["BinaryDataByIDs"] = sdk_data.BinaryDataByIDsResponse(data=[sdk_data.BinaryData(binary=b"1")], count=1)
    sdk.answers["DeleteBinaryDataByIDs"] = sdk_data.DeleteBinaryDataByIDsResponse(deleted_count=2)
    sdk.answers["RemoveTagsFromBinaryDataByIDs"] = sdk_data.RemoveTagsFromBinaryDataByIDsResponse(deleted_count=3)
    (found,) = await data.binary_data_by_ids(given)
    assert found.binary == b"1"
    assert sdk.one("BinaryDataByIDs") == sdk_data.BinaryDataByIDsRequest(**sent, include_binary=True)
    assert await data.delete_binary_data_by_ids(given) == 2
    assert sdk.one("DeleteBinaryDataByIDs") == sdk_data.DeleteBinaryDataByIDsRequest(**sent)
    await data.add_tags_to_binary_data_by_ids(["a", "b"], given)
    assert sdk.one("AddTagsToBinaryDataByIDs") == sdk_data.AddTagsToBinaryDataByIDsRequest(**sent, tags=["a", "b"])
    assert await data.remove_tags_from_binary_data_by_ids(["a"], given) == 3
    assert await data.remove_tags_from_binary_data_by_ids(["a"], file_ids=given) == 3
    for (request,) in sdk.requests["RemoveTagsFromBinaryDataByIDs"]:
        assert request == sdk_data.RemoveTagsFromBinaryDataByIDsRequest(**sent, tags=["a"])
    await data.add_binary_data_to_dataset_by_ids(given, "d")
    add = sdk_data.AddBinaryDataToDatasetByIDsRequest(**sent, dataset_id="d")
    assert sdk.one("AddBinaryDataToDatasetByIDs") == add
    await data.remove_binary_data_from_dataset_by_ids(given, "d")
    remove = sdk_data.RemoveBinaryDataFromDatasetByIDsRequest(**sent, dataset_id="d")
    assert sdk.one("RemoveBinaryDataFromDatasetByIDs") == remove


async def test_03_metadata_by_ids(sdk: SdkServer, data: DataClient) -> None:
    await data.binary_data_by_ids(["a"], include_binary_data=False)
    assert sdk.one("BinaryDataByIDs") == sdk_data.BinaryDataByIDsRequest(binary_data_ids=["a"])


async def test_04_tabular_data_by_sql(sdk: SdkServer, data: DataClient) -> None:
    rows: list[dict[str, Any]] = [{"a": 1, "t": START, "none": None}, {"b": "x"}]
    sdk.answers["TabularDataBySQL"] = sdk_data.TabularDataBySQLResponse(raw_data=[bson.encode(row) for row in rows])
    assert await data.tabular_data_by_sql("o", "SELECT 1") == rows
    request = sdk_data.TabularDataBySQLRequest(organization_id="o", sql_query="SELECT 1")
    assert sdk.one("TabularDataBySQL") == request


@pytest.mark.parametrize("name", ["mql_binary", "query", "mql_query"])
async def test_05_tabular_data_by_mql(sdk: SdkServer, data: DataClient, name: str) -> None:
    stages: list[Any] = [{"$match": {"a": 1}}, bson.encode({"$limit": 5})]
    sdk.answers["TabularDataByMQL"] = sdk_data.TabularDataByMQLResponse(raw_data=[bson.encode({"n": 1})])
    arguments: dict[str, Any] = {name: stages}
    assert await data.tabular_data_by_mql("o", **arguments) == [{"n": 1}]
    assert sdk.one("TabularDataByMQL") == sdk_data.TabularDataByMQLRequest(
        organization_id="o",
        mql_binary=[bson.encode({"$match": {"a": 1}}), bson.encode({"$limit": 5})],
        data_source=sdk_data.TabularDataSource(type=sdk_data.TABULAR_DATA_SOURCE_TYPE_STANDARD),
    )


async def test_05_every_argument(sdk: SdkServer, data: DataClient) -> None:
    kind = TabularDataSourceType.TABULAR_DATA_SOURCE_TYPE_PIPELINE_SINK
    await data.tabular_data_by_mql("o", [], True, kind, "pipe", "prefix")
    assert sdk.one("TabularDataByMQL") == sdk_data.TabularDataByMQLRequest(
        organization_id="o",
        use_recent_data=True,
        query_prefix_name="prefix",
        data_source=sdk_data.TabularDataSource(
            type=sdk_data.TABULAR_DATA_SOURCE_TYPE_PIPELINE_SINK, pipeline_id="pipe"
        ),
    )


async def test_06_delete_tabular_data(sdk: SdkServer, data: DataClient) -> None:
    sdk.answers["DeleteTabularData"] = sdk_data.DeleteTabularDataResponse(deleted_count=7)
    assert await data.delete_tabular_data("o", 10) == 7
    assert await data.delete_tabular_data("o", 0, DeleteTabularFilter(robot_id="r")) == 7
    assert sdk.requests["DeleteTabularData"] == [
        [sdk_data.DeleteTabularDataRequest(organization_id="o", delete_older_than_days=10)],
        [sdk_data.DeleteTabularDataRequest(organization_id="o", filter=sdk_data.DeleteTabularFilter(robot_id="r"))],
    ]


async def test_07_delete_binary_data_by_filter(sdk: SdkServer, data: DataClient) -> None:
    sdk.answers["DeleteBinaryDataByFilter"] = sdk_data.DeleteBinaryDataByFilterResponse(deleted_count=4)
    assert await data.delete_binary_data_by_filter(WHOLE_FILTER) == 4
    assert await data.delete_binary_data_by_filter(None) == 4
    sent = [request for (request,) in sdk.requests["DeleteBinaryDataByFilter"]]
    assert sent == [
        sdk_data.DeleteBinaryDataByFilterRequest(filter=SDK_FILTER), sdk_data.DeleteBinaryDataByFilterRequest()
    ]  # fmt: skip


async def test_10_and_12_tags_by_filter(sdk: SdkServer, data: DataClient) -> None:
    sdk.answers["RemoveTagsFromBinaryDataByFilter"] = sdk_data.RemoveTagsFromBinaryDataByFilterResponse(deleted_count=5)
    await data.add_tags_to_binary_data_by_filter(["a", "b"], WHOLE_FILTER)
    await data.add_tags_to_binary_data_by_filter(["a"])
    assert await data.remove_tags_from_binary_data_by_filter(["a"], WHOLE_FILTER) == 5
    assert [request for (request,) in sdk.requests["AddTagsToBinaryDataByFilter"]] == [
        sdk_data.AddTagsToBinaryDataByFilterRequest(filter=SDK_FILTER, tags=["a", "b"]),
        sdk_data.AddTagsToBinaryDataByFilterRequest(tags=["a"]),
    ]
    request = sdk_data.RemoveTagsFromBinaryDataByFilterRequest(filter=SDK_FILTER, tags=["a"])
    assert sdk.one("RemoveTagsFromBinaryDataByFilter") == request


async def test_13_and_14_tags_and_labels(sdk: SdkServer, data: DataClient) -> None:
    sdk.answers["TagsByFilter"] = sdk_data.TagsByFilterResponse(tags=["a", "b"])
    sdk.answers["BoundingBoxLabelsByFilter"] = sdk_data.BoundingBoxLabelsByFilterResponse(labels=["cat"])
    assert await data.tags_by_filter(WHOLE_FILTER) == ["a", "b"]
    assert await data.bounding_box_labels_by_filter(WHOLE_FILTER) == ["cat"]
    assert sdk.one("TagsByFilter") == sdk_data.TagsByFilterRequest(filter=SDK_FILTER)
    assert sdk.one("BoundingBoxLabelsByFilter") == sdk_data.BoundingBoxLabelsByFilterRequest(filter=SDK_FILTER)


async def test_15_and_30_database(sdk: SdkServer, data: DataClient) -> None:
    sdk.answers["GetDatabaseConnection"] = sdk_data.GetDatabaseConnectionResponse(
        hostname="db.example", mongodb_uri="u"
    )
    assert await data.get_database_connection("o") == "db.example"
    await data.configure_database_user("o", "pass")
    assert sdk.one("GetDatabaseConnection") == sdk_data.GetDatabaseConnectionRequest(organization_id="o")
    request = sdk_data.ConfigureDatabaseUserRequest(organization_id="o", password="pass")
    assert sdk.one("ConfigureDatabaseUser") == request


def upload_metadata(kind: Any, **fields: Any) -> sdk_sync.UploadMetadata:
    return sdk_sync.UploadMetadata(
        part_id="p", component_type="camera", component_name="cam", method_name="GetImages", type=kind, **fields
    )


def sensor_times() -> sdk_sync.SensorMetadata:
    metadata = sdk_sync.SensorMetadata()
    metadata.time_requested.FromDatetime(START)
    metadata.time_received.FromDatetime(END)
    return metadata


WHERE: dict[str, Any] = {
    "part_id": "p",
    "component_type": "camera",
    "component_name": "cam",
    "method_name": "GetImages",
}


@pytest.mark.parametrize("times", [(START, END), [START, END], [(START, END)], [[START, END]]])
async def test_16_binary_data_capture_upload(sdk: SdkServer, data: DataClient, times: Any) -> None:
    sdk.answers["DataCaptureUpload"] = sdk_sync.DataCaptureUploadResponse(file_id="f", binary_data_id="o/l/f")
    given = await data.binary_data_capture_upload(
        b"bytes", "p", "camera", "cam", "GetImages", "jpg", {"n": 1, "deep": {"x": [None]}}, ["t"], times, ["d"], "m/t"
    )
    assert given == "o/l/f"
    request = sdk.one("DataCaptureUpload")
    parameters = {name: Value.FromString(each.value) for name, each in request.metadata.method_parameters.items()}
    assert parameters["n"].number_value == 1
    assert parameters["deep"].struct_value.fields["x"].list_value.values[0].WhichOneof("kind") == "null_value"
    assert {each.type_url for each in request.metadata.method_parameters.values()} == {
        "type.googleapis.com/google.protobuf.Value"
    }
    request.metadata.ClearField("method_parameters")
    kind = sdk_sync.DATA_TYPE_BINARY_SENSOR
    metadata = upload_metadata(kind, file_extension=".jpg", tags=["t"], dataset_ids=["d"], mime_type="m/t")
    assert request == sdk_sync.DataCaptureUploadRequest(
        metadata=metadata, sensor_contents=[sdk_sync.SensorData(metadata=sensor_times(), binary=b"bytes")]
    )


async def test_16_without_times_and_with_an_offset(sdk: SdkServer, data: DataClient) -> None:
    east = timezone(timedelta(hours=2))
    await data.binary_data_capture_upload(b"1", file_extension=".jpg", **WHERE)
    aware = datetime(2023, 6, 5, 13, tzinfo=east)
    await data.binary_data_capture_upload(b"1", file_extension=".jpg", data_request_times=(aware, END), **WHERE)
    first, second = (request for (request,) in sdk.requests["DataCaptureUpload"])
    assert not first.sensor_contents[0].HasField("metadata")
    assert second.sensor_contents[0].metadata == sensor_times()


@pytest.mark.parametrize("times", [[(START, END), (START, END)], (START, END)])
async def test_17_tabular_data_capture_upload(sdk: SdkServer, data: DataClient, times: Any) -> None:
    sdk.answers["DataCaptureUpload"] = sdk_sync.DataCaptureUploadResponse(file_id="f", binary_data_id="ignored")
    rows: list[dict[str, Any]] = [{"a": 1, "none": None, "list": [True, {"x": "y"}]}, {}]
    assert await data.tabular_data_capture_upload(rows, **WHERE, tags=["t"], data_request_times=times) == "f"
    sensors = [sdk_sync.SensorData(metadata=sensor_times()) for _ in rows]
    for sensor, row in zip(sensors, rows, strict=True):
        sensor.struct.update(row)
        sensor.struct.SetInParent()
    assert sdk.one("DataCaptureUpload") == sdk_sync.DataCaptureUploadRequest(
        metadata=upload_metadata(sdk_sync.DATA_TYPE_TABULAR_SENSOR, tags=["t"]), sensor_contents=sensors
    )


async def test_18_streaming_data_capture_upload(sdk: SdkServer, data: DataClient) -> None:
    sdk.answers["StreamingDataCaptureUpload"] = sdk_sync.StreamingDataCaptureUploadResponse(binary_data_id="o/l/f")
    given = await data.streaming_data_capture_upload(
        "text", "p", "png", "camera", "cam", "GetImages", None, [(START, END)], ["t"], ["d"], "m/t"
    )
    assert given == "o/l/f"
    kind = sdk_sync.DATA_TYPE_BINARY_SENSOR
    metadata = upload_metadata(kind, file_extension=".png", tags=["t"], dataset_ids=["d"], mime_type="m/t")
    capture = sdk_sync.DataCaptureUploadMetadata(upload_metadata=metadata, sensor_metadata=sensor_times())
    assert sdk.stream("StreamingDataCaptureUpload") == [
        sdk_sync.StreamingDataCaptureUploadRequest(metadata=capture),
        sdk_sync.StreamingDataCaptureUploadRequest(data=b"text"),
    ]


async def test_19_file_upload(sdk: SdkServer, data: DataClient) -> None:
    sdk.answers["FileUpload"] = sdk_sync.FileUploadResponse(file_id="old")
    given = await data.file_upload(
        "p", b"bytes", "camera", "cam", "GetImages", "name", None, ".txt", ["t"], ["d"], "text/plain"
    )
    assert given == "old"
    metadata = upload_metadata(
        sdk_sync.DATA_TYPE_FILE, file_name="name", file_extension=".txt", tags=["t"], dataset_ids=["d"],
        mime_type="text/plain",
    )  # fmt: skip
    assert sdk.stream("FileUpload") == [
        sdk_sync.FileUploadRequest(metadata=metadata),
        sdk_sync.FileUploadRequest(file_contents=sdk_sync.FileData(data=b"bytes")),
    ]


async def test_20_file_upload_from_path(sdk: SdkServer, data: DataClient, tmp_path: Path) -> None:
    sdk.answers["FileUpload"] = sdk_sync.FileUploadResponse(file_id="f", binary_data_id="o/l/f")
    path = tmp_path / "photo.of.cat.jpg"
    path.write_bytes(b"bytes")
    given = await data.file_upload_from_path(str(path), "p", "camera", "cam", "GetImages", None, ["t"], ["d"], "m/t")
    assert given == "o/l/f"
    metadata = upload_metadata(
        sdk_sync.DATA_TYPE_FILE, file_name="photo.of.cat", file_extension=".jpg", tags=["t"], dataset_ids=["d"],
        mime_type="m/t",
    )  # fmt: skip
    metadata.file_modify_time.FromDatetime(datetime.fromtimestamp(path.stat().st_mtime, UTC))
    assert sdk.stream("FileUpload") == [
        sdk_sync.FileUploadRequest(metadata=metadata),
        sdk_sync.FileUploadRequest(file_contents=sdk_sync.FileData(data=b"bytes")),
    ]


async def test_21_add_bounding_box(sdk: SdkServer, data: DataClient) -> None:
    sdk.answers["AddBoundingBoxToImageByID"] = sdk_data.AddBoundingBoxToImageByIDResponse(bbox_id="b")
    assert await data.add_bounding_box_to_image_by_id(IDS[0], "cat", 0, 0.1, 0.2, 1) == "b"
    assert await data.add_bounding_box_to_image_by_id("o/l/f", "cat", 0, 0.1, 0.2, 1, confidence_score=0.0) == "b"
    box = {"label": "cat", "x_min_normalized": 0, "y_min_normalized": 0.1, "x_max_normalized": 0.2,
           "y_max_normalized": 1}  # fmt: skip
    kind: Any = sdk_data.AddBoundingBoxToImageByIDRequest
    assert [request for (request,) in sdk.requests["AddBoundingBoxToImageByID"]] == [
        kind(binary_id=SDK_IDS[0], **box),
        kind(binary_data_id="o/l/f", confidence=0.0, **box),
    ]


async def test_21_update_bounding_box(sdk: SdkServer, data: DataClient) -> None:
    await data.update_bounding_box("o/l/f", "b", x_min_normalized=0)
    await data.update_bounding_box(IDS[0], "b", "dog", 0, 0.1, 0.2, 1, 0.5)
    assert [request for (request,) in sdk.requests["UpdateBoundingBox"]] == [
        sdk_data.UpdateBoundingBoxRequest(binary_data_id="o/l/f", bbox_id="b", x_min_normalized=0),
        sdk_data.UpdateBoundingBoxRequest(
            binary_id=SDK_IDS[0], bbox_id="b", label="dog", x_min_normalized=0, y_min_normalized=0.1,
            x_max_normalized=0.2, y_max_normalized=1, confidence=0.5,
        ),
    ]  # fmt: skip


async def test_22_remove_bounding_box(sdk: SdkServer, data: DataClient) -> None:
    await data.remove_bounding_box_from_image_by_id("b", "o/l/f")
    await data.remove_bounding_box_from_image_by_id(bbox_id="b", binary_id=IDS[0])
    assert [request for (request,) in sdk.requests["RemoveBoundingBoxFromImageByID"]] == [
        sdk_data.RemoveBoundingBoxFromImageByIDRequest(binary_data_id="o/l/f", bbox_id="b"),
        sdk_data.RemoveBoundingBoxFromImageByIDRequest(binary_id=SDK_IDS[0], bbox_id="b"),
    ]


async def test_23_to_27_datasets(sdk: SdkServer, data: DataClient) -> None:
    found = sdk_dataset.Dataset(id="d", name="n", organization_id="o", type=sdk_dataset.DATASET_TYPE_SEQUENCE_DATA)
    sdk.answers["CreateDataset"] = sdk_dataset.CreateDatasetResponse(id="d")
    sdk.answers["ListDatasetsByIDs"] = sdk_dataset.ListDatasetsByIDsResponse(datasets=[found])
    sdk.answers["ListDatasetsByOrganizationID"] = sdk_dataset.ListDatasetsByOrganizationIDResponse(datasets=[found])
    assert await data.create_dataset("n", "o") == "d"
    assert await data.create_dataset("n", "o", DatasetType.DATASET_TYPE_SEQUENCE_DATA) == "d"
    by_ids = await data.list_dataset_by_ids(["d"])
    of_organization = await data.list_datasets_by_organization_id("o", DatasetType.DATASET_TYPE_SEQUENCE_DATA)
    assert [each.name for each in (*by_ids, *of_organization)] == ["n", "n"]
    await data.rename_dataset("d", "m")
    await data.delete_dataset("d")
    sequence = sdk_dataset.DATASET_TYPE_SEQUENCE_DATA
    assert [request for (request,) in sdk.requests["CreateDataset"]] == [
        sdk_dataset.CreateDatasetRequest(name="n", organization_id="o"),
        sdk_dataset.CreateDatasetRequest(name="n", organization_id="o", type=sequence),
    ]
    assert sdk.one("ListDatasetsByIDs") == sdk_dataset.ListDatasetsByIDsRequest(ids=["d"])
    request = sdk_dataset.ListDatasetsByOrganizationIDRequest(organization_id="o", type=sequence)
    assert sdk.one("ListDatasetsByOrganizationID") == request
    assert sdk.one("RenameDataset") == sdk_dataset.RenameDatasetRequest(id="d", name="m")
    assert sdk.one("DeleteDataset") == sdk_dataset.DeleteDatasetRequest(id="d")


async def test_the_desktop_s_choices(sdk: SdkServer, viam: ViamClient) -> None:
    sdk.answers["ListOrganizations"] = sdk_app.ListOrganizationsResponse(organizations=[sdk_app.Organization(id="o")])
    sdk.answers["ListLocations"] = sdk_app.ListLocationsResponse(locations=[sdk_app.Location(id="l")])
    sdk.answers["ListRobots"] = sdk_app.ListRobotsResponse(robots=[sdk_app.Robot(id="r")])
    sdk.answers["GetRobotParts"] = sdk_app.GetRobotPartsResponse(parts=[sdk_app.RobotPart(id="p")])
    assert [each.id for each in await viam.app.list_organizations()] == ["o"]
    assert [each.id for each in await viam.app.list_locations("o")] == ["l"]
    assert [each.id for each in await viam.app.list_robots("l")] == ["r"]
    assert [each.id for each in await viam.app.get_robot_parts("r")] == ["p"]
    assert sdk.one("ListLocations").organization_id == "o"
    assert sdk.one("ListRobots").location_id == "l"
    assert sdk.one("GetRobotParts").robot_id == "r"


async def test_a_refusal_is_a_grpc_error(sdk: SdkServer, data: DataClient) -> None:
    sdk.answers["RenameDataset"] = SdkError(SdkStatus.NOT_FOUND, "no dataset d")
    with pytest.raises(GRPCError) as caught:
        await data.rename_dataset("d", "n")
    error = caught.value
    assert isinstance(error, NotFoundError)
    assert (error.status, error.message, error.method) == (Status.NOT_FOUND, "no dataset d", "RenameDataset")
    assert str(error) == "RenameDataset failed: no dataset d (NOT_FOUND)"
