from __future__ import annotations

import sys
from typing import Any

import bson
import grpc
import pytest

from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.server.errors import RpcError


async def sql(one: Any, query: str) -> list[dict[str, Any]]:
    request = data_pb2.TabularDataBySQLRequest(organization_id=one.caller.organization_id, sql_query=query)
    answer = await one.service.TabularDataBySQL(request, one.caller)
    return [bson.decode(row) for row in answer.raw_data]


async def mql(one: Any, *stages: dict[str, Any]) -> list[dict[str, Any]]:
    request = data_pb2.TabularDataByMQLRequest(
        organization_id=one.caller.organization_id, mql_binary=[bson.encode(stage) for stage in stages]
    )
    answer = await one.service.TabularDataByMQL(request, one.caller)
    return [bson.decode(row) for row in answer.raw_data]


async def test_sql_reads_nested_json_times_and_counts_of_one_organization(ours: Any, theirs: Any) -> None:
    await ours.upload({"readings": {"t": 1, "none": None, "list": [1, {"a": True}]}}, tags=["x"])
    await theirs.upload({"readings": {"t": 9}})
    rows = await sql(ours, "SELECT data.readings.t, data, time_requested, tags FROM sensorData.readings")
    assert [(row["t"], type(row["t"]), row["tags"]) for row in rows] == [(1.0, float, ["x"])]
    assert rows[0]["data"] == {"readings": {"t": 1.0, "none": None, "list": [1.0, {"a": True}]}}
    assert rows[0]["time_requested"].isoformat() == "2024-03-11T05:00:00"
    assert await sql(ours, "SELECT count(*) FROM readings") == [{"_1": 1}]
    assert await sql(ours, "SELECT * FROM readings WHERE organization_id = 'theirs'") == []


async def test_sql_on_no_readings_answers_no_rows(ours: Any) -> None:
    assert await sql(ours, "SELECT time_received, data FROM readings") == []


async def test_without_the_engine_the_answer_names_what_to_install(ours: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(RpcError, match=r"labeler\[sql\]") as caught:
        await sql(ours, "SELECT 1")
    assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION


async def test_mql_groups_and_matches_one_organization(ours: Any, theirs: Any) -> None:
    await ours.upload({"t": 1}, {"t": 3}, component_name="a")
    await ours.upload({"t": 5}, component_name="b")
    await theirs.upload({"t": 100}, component_name="a")
    found = await mql(
        ours,
        {"$match": {"component_name": "a"}},
        {"$group": {"_id": "$component_name", "mean": {"$avg": "$data.t"}, "last": {"$max": "$time_requested"}}},
    )
    assert [(one["_id"], one["mean"], one["last"].year) for one in found] == [("a", 2.0, 2024)]
