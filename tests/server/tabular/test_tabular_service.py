from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2
from labeler.rpc.wire.google.protobuf import struct_pb2
from labeler.server.accounts import Part
from labeler.server.errors import RpcError


async def by_filter(one: Any, count_only: bool = False, **asked: Any) -> data_pb2.TabularDataByFilterResponse:
    request = data_pb2.TabularDataByFilterRequest(data_request=data_pb2.DataRequest(**asked), count_only=count_only)
    answer: data_pb2.TabularDataByFilterResponse = await one.service.TabularDataByFilter(request, one.caller)
    return answer


async def test_each_metadata_comes_once_and_rows_point_at_it(ours: Any) -> None:
    await ours.upload({"n": 1}, component_name="a", tags=["x"])
    await ours.upload({"n": 2}, component_name="b")
    await ours.upload({"n": 3}, component_name="a", tags=["x"])
    answer = await by_filter(ours)
    rows = [
        (one.data.fields["n"].number_value, answer.metadata[one.metadata_index].component_name) for one in answer.data
    ]
    assert rows == [(3, "a"), (2, "b"), (1, "a")]
    assert [one.component_name for one in answer.metadata] == ["a", "b"]
    assert (answer.count, list(answer.metadata[0].tags), answer.metadata[0].part_name) == (3, ["x"], "Part")


async def test_values_come_back_as_they_were(ours: Any) -> None:
    sent: dict[str, Any] = {
        "none": None,
        "int": 3,
        "nan": math.inf,
        "list": [None, {"a": [True, "ü\u0000"]}],
        "empty": {},
    }
    await ours.upload(sent)
    (row,) = (await by_filter(ours)).data
    expected = struct_pb2.Struct()
    expected.update(sent)
    assert row.data == expected
    assert row.time_requested.ToDatetime() == datetime(2024, 3, 11, 5)


async def test_method_parameters_come_back_and_select(ours: Any) -> None:
    packed = data_sync_pb2.UploadMetadata()
    packed.method_parameters["axis"].type_url = "type.googleapis.com/google.protobuf.Value"
    packed.method_parameters["axis"].value = struct_pb2.Value(string_value="x").SerializeToString()
    await ours.upload({"n": 1}, method_parameters=packed.method_parameters)
    await ours.upload({"n": 2})
    (with_parameters,) = [one for one in (await by_filter(ours)).metadata if one.method_parameters]
    assert with_parameters.method_parameters == packed.method_parameters
    request = source(data_pb2.GetLatestTabularDataRequest)
    request.additional_parameters["axis"] = "x"
    answer = await ours.service.GetLatestTabularData(request, ours.caller)
    assert answer.payload["n"] == 1


async def test_count_only_and_limits(ours: Any) -> None:
    await ours.upload(*({"n": number} for number in range(1_005)))
    counted = await by_filter(ours, count_only=True)
    assert (counted.count, len(counted.data), counted.total_size_bytes > 0) == (1_005, 0, True)
    assert [len((await by_filter(ours, limit=limit)).data) for limit in (0, 7, 5_000)] == [50, 7, 1_000]


@pytest.mark.parametrize(
    ("days", "left"), [(0, []), (1, ["today"]), (2, ["last of yesterday", "yesterday", "today"]), (4_000_000_000, None)]
)
async def test_days_end_at_midnight_in_utc(ours: Any, days: int, left: list[str] | None) -> None:
    times = {
        "before": datetime(2024, 3, 9, 23, 59, 59, 999999, tzinfo=UTC),
        "yesterday": datetime(2024, 3, 10, tzinfo=UTC),
        "last of yesterday": datetime(2024, 3, 10, 23, 59, 59, 999999, tzinfo=UTC),
        "today": datetime(2024, 3, 11, tzinfo=UTC),
    }
    for name, time in times.items():
        await ours.upload({"name": name}, at=time)
    request = data_pb2.DeleteTabularDataRequest(organization_id="ours", delete_older_than_days=days)
    answer = await ours.service.DeleteTabularData(request, ours.caller)
    kept = [str(one.data["name"]) for one in (await by_filter(ours)).data]
    assert sorted(kept) == sorted(times if left is None else left)
    assert answer.deleted_count == len(times) - len(kept)


async def test_delete_takes_a_filter(ours: Any) -> None:
    await ours.upload({"n": 1}, part="p1")
    await ours.upload({"n": 2}, part="p2")
    request = data_pb2.DeleteTabularDataRequest(
        organization_id="ours", filter=data_pb2.DeleteTabularFilter(part_id="p1")
    )
    assert (await ours.service.DeleteTabularData(request, ours.caller)).deleted_count == 1
    assert [one.data["n"] for one in (await by_filter(ours)).data] == [2]


def source(kind: Any) -> Any:
    return kind(part_id="p", resource_name="s", resource_subtype="sensor", method_name="Readings")


async def test_export_streams_one_source_oldest_first(ours: Any, theirs: Any) -> None:
    await ours.upload(*({"n": number} for number in range(1_003)))
    await ours.upload({"n": -1}, component_name="other")
    await theirs.upload({"n": -2})
    stream = ours.service.ExportTabularData(source(data_pb2.ExportTabularDataRequest), ours.caller)
    found = [one async for one in stream]
    assert [one.payload["n"] for one in found] == list(range(1_003))
    assert (found[0].organization_id, found[0].robot_name, found[0].resource_name) == ("ours", "Robot", "s")


async def test_latest_is_empty_where_there_is_none(ours: Any) -> None:
    answer = await ours.service.GetLatestTabularData(source(data_pb2.GetLatestTabularDataRequest), ours.caller)
    assert answer == data_pb2.GetLatestTabularDataResponse()


async def test_other_organizations_are_unknown(ours: Any, theirs: Any) -> None:
    await theirs.upload({"n": 1})
    assert not (await by_filter(ours, filter={"organization_ids": ["theirs"]})).data
    for name in ("TabularDataBySQL", "TabularDataByMQL", "DeleteTabularData", "GetDatabaseConnection"):
        request = getattr(data_pb2, f"{name}Request")(organization_id="theirs")
        with pytest.raises(RpcError) as caught:
            await getattr(ours.service, name)(request, ours.caller)
        assert caught.value.code is grpc.StatusCode.NOT_FOUND


async def test_there_is_no_database_to_connect_to(ours: Any) -> None:
    for name in ("GetDatabaseConnection", "ConfigureDatabaseUser"):
        request = getattr(data_pb2, f"{name}Request")(organization_id="ours")
        with pytest.raises(RpcError, match="no MongoDB") as caught:
            await getattr(ours.service, name)(request, ours.caller)
        assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION


async def test_an_upload_that_cannot_be_kept_names_the_field(ours: Any) -> None:
    part = Part("ours", "loc", "robot", "Robot", "p", "Part")
    binary = data_sync_pb2.SensorData(binary=b"x")
    large = data_sync_pb2.SensorData()
    large.struct["x"] = "x" * 4_000_001
    for contents, field in (([], "sensor_contents"), ([binary], r"sensor_contents\[0\]"), ([large], "4,000,000")):
        with pytest.raises(RpcError, match=field):
            await ours.service.upload(data_sync_pb2.UploadMetadata(), contents, part)
    assert len(await ours.upload({"n": 1})) == 64
