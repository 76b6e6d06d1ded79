"""The tabular half of `viam.app.data.v1.DataService`, and tabular uploads."""

from __future__ import annotations

import secrets
import string
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from labeler.domain.filter import Filter, Order
from labeler.rpc.convert import filter_from, time_from, time_into
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2
from labeler.rpc.wire.google.protobuf import struct_pb2, timestamp_pb2
from labeler.server.accounts import Caller, Part
from labeler.server.errors import failed_precondition, invalid, not_found
from labeler.server.metadata import filter_for
from labeler.server.tabular.store import Capture, NewReading, TabularStore
from labeler.server.tabular.values import json_of, metadata_of, parameters_json, struct_of

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 1_000
LARGEST_READING = 4_000_000
"""Bytes of one reading on the wire."""
_NO_DATABASE = (
    "There is no MongoDB behind this service that could be connected to: "
    "query readings with TabularDataBySQL or TabularDataByMQL."
)
_FILE_ID = string.ascii_letters + string.digits


class Queries(Protocol):
    """Runs what a user wrote on the readings of one organization; rows are BSON documents."""

    async def sql(self, organization_id: str, query: str) -> list[bytes]: ...

    async def mql(self, organization_id: str, stages: Sequence[bytes]) -> list[bytes]: ...

    async def close(self) -> None: ...


class TabularService:
    """RPCs by name; each takes the request and who calls. Owns the store and the queries."""

    def __init__(
        self, store: TabularStore, queries: Queries, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._store = store
        self._queries = queries
        self._clock = clock

    async def close(self) -> None:
        await self._queries.close()
        await self._store.close()

    async def upload(
        self, metadata: data_sync_pb2.UploadMetadata, contents: Sequence[data_sync_pb2.SensorData], part: Part
    ) -> str:
        """Keep the readings of one upload; returns its file id. Raises INVALID_ARGUMENT that names the field."""
        if not contents:
            raise invalid("sensor_contents", "none were given")
        if any(not tag.strip() for tag in metadata.tags):
            raise invalid("metadata.tags", "a tag must not be empty")
        now = self._clock()
        readings = [_reading(number, one, now) for number, one in enumerate(contents)]
        await self._store.insert(part.organization_id, _capture(metadata, part), readings, now)
        return "".join(secrets.choice(_FILE_ID) for _ in range(64))

    async def TabularDataByFilter(
        self, request: data_pb2.TabularDataByFilterRequest, caller: Caller
    ) -> data_pb2.TabularDataByFilterResponse:
        asked = request.data_request
        wanted = filter_for(asked.filter, caller.organization_id)
        if wanted is None:
            return data_pb2.TabularDataByFilterResponse(last=asked.last)
        if request.count_only:
            total = await self._store.count(caller.organization_id, wanted)
            return data_pb2.TabularDataByFilterResponse(count=total.readings, total_size_bytes=total.size_bytes)
        order = Order.OLDEST if asked.sort_order == data_pb2.ORDER_ASCENDING else Order.NEWEST
        limit = min(asked.limit or DEFAULT_LIMIT, LARGEST_LIMIT)
        page = await self._store.page(caller.organization_id, wanted, order, asked.last, limit)
        answer = data_pb2.TabularDataByFilterResponse(count=len(page.readings), last=page.last)
        indexes: dict[Capture, int] = {}
        for one in page.readings:
            index = indexes.setdefault(one.capture, len(indexes))
            if index == len(answer.metadata):
                answer.metadata.append(metadata_of(one.capture, caller.organization_id))
            row = answer.data.add(metadata_index=index)
            struct_of(one.data, row.data)
            time_into(row.time_requested, one.time_requested)
            time_into(row.time_received, one.time_received)
            answer.total_size_bytes += len(one.data.encode())
        return answer

    async def TabularDataBySQL(
        self, request: data_pb2.TabularDataBySQLRequest, caller: Caller
    ) -> data_pb2.TabularDataBySQLResponse:
        _check_organization(request.organization_id, caller)
        if not request.sql_query.strip():
            raise invalid("sql_query", "none was given")
        rows = await self._queries.sql(caller.organization_id, request.sql_query)
        return data_pb2.TabularDataBySQLResponse(raw_data=rows)

    async def TabularDataByMQL(
        self, request: data_pb2.TabularDataByMQLRequest, caller: Caller
    ) -> data_pb2.TabularDataByMQLResponse:
        _check_organization(request.organization_id, caller)
        if not request.mql_binary:
            raise invalid("mql_binary", "no stage was given")
        if request.data_source.type not in (
            data_pb2.TABULAR_DATA_SOURCE_TYPE_UNSPECIFIED,
            data_pb2.TABULAR_DATA_SOURCE_TYPE_STANDARD,
        ):
            raise failed_precondition("data_source: this service has readings only, no hot storage and no pipelines.")
        rows = await self._queries.mql(caller.organization_id, request.mql_binary)
        return data_pb2.TabularDataByMQLResponse(raw_data=rows)

    async def DeleteTabularData(
        self, request: data_pb2.DeleteTabularDataRequest, caller: Caller
    ) -> data_pb2.DeleteTabularDataResponse:
        """With 1 day, all before today in UTC goes; with 0, everything."""
        _check_organization(request.organization_id, caller)
        asked = request.filter
        wanted = filter_from(
            data_pb2.Filter(
                location_ids=asked.location_ids,
                robot_id=asked.robot_id,
                part_id=asked.part_id,
                component_type=asked.component_type,
                component_name=asked.component_name,
                method=asked.method,
                tags_filter=asked.tags_filter,
                interval=self._older_than(request.delete_older_than_days),
            )
        )
        return data_pb2.DeleteTabularDataResponse(
            deleted_count=await self._store.delete(caller.organization_id, wanted)
        )

    def _older_than(self, days: int) -> data_pb2.CaptureInterval:
        interval = data_pb2.CaptureInterval()
        if days:
            midnight = self._clock().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            try:
                time_into(interval.end, midnight - timedelta(days=days - 1))
            except (OverflowError, ValueError):
                time_into(interval.end, datetime.min.replace(tzinfo=UTC))
        return interval

    async def ExportTabularData(
        self, request: data_pb2.ExportTabularDataRequest, caller: Caller
    ) -> AsyncIterator[data_pb2.ExportTabularDataResponse]:
        wanted = _one_source(request)
        if request.HasField("interval"):
            wanted = filter_for(
                data_pb2.Filter(
                    part_id=wanted.part_id,
                    component_name=wanted.component_name,
                    component_type=wanted.component_type,
                    method=wanted.method,
                    interval=request.interval,
                ),
                caller.organization_id,
            ) or wanted  # fmt: skip
        parameters = json_of(request.additional_parameters) if request.HasField("additional_parameters") else None
        last = ""
        while True:
            page = await self._store.page(caller.organization_id, wanted, Order.OLDEST, last, LARGEST_LIMIT, parameters)
            if not page.readings:
                return
            for one in page.readings:
                capture = one.capture
                message = data_pb2.ExportTabularDataResponse(
                    part_id=capture.part_id,
                    resource_name=capture.component_name,
                    resource_subtype=capture.component_type,
                    method_name=capture.method,
                    organization_id=caller.organization_id,
                    location_id=capture.location_id,
                    robot_name=capture.robot_name,
                    robot_id=capture.robot_id,
                    part_name=capture.part_name,
                    tags=capture.tags,
                )
                struct_of(capture.parameters, message.method_parameters)
                struct_of(one.data, message.payload)
                time_into(message.time_captured, one.time_requested)
                yield message
            last = page.last

    async def GetLatestTabularData(
        self, request: data_pb2.GetLatestTabularDataRequest, caller: Caller
    ) -> data_pb2.GetLatestTabularDataResponse:
        wanted = _one_source(request)
        parameters = json_of(request.additional_parameters) if request.HasField("additional_parameters") else None
        page = await self._store.page(caller.organization_id, wanted, Order.NEWEST, "", 1, parameters)
        answer = data_pb2.GetLatestTabularDataResponse()
        for one in page.readings:
            struct_of(one.data, answer.payload)
            time_into(answer.time_captured, one.time_requested)
            time_into(answer.time_synced, one.time_stored)
        return answer

    async def GetDatabaseConnection(
        self, request: data_pb2.GetDatabaseConnectionRequest, caller: Caller
    ) -> data_pb2.GetDatabaseConnectionResponse:
        _check_organization(request.organization_id, caller)
        raise failed_precondition(_NO_DATABASE)

    async def ConfigureDatabaseUser(
        self, request: data_pb2.ConfigureDatabaseUserRequest, caller: Caller
    ) -> data_pb2.ConfigureDatabaseUserResponse:
        _check_organization(request.organization_id, caller)
        raise failed_precondition(_NO_DATABASE)


def _check_organization(organization_id: str, caller: Caller) -> None:
    if not organization_id:
        raise invalid("organization_id", "none was given")
    if organization_id != caller.organization_id:
        raise not_found(f"There is no organization {organization_id!r}, or not for this key.")


def _one_source(request: data_pb2.ExportTabularDataRequest | data_pb2.GetLatestTabularDataRequest) -> Filter:
    for name in ("part_id", "resource_name", "resource_subtype", "method_name"):
        if not getattr(request, name):
            raise invalid(name, "none was given")
    return Filter(
        part_id=request.part_id,
        component_name=request.resource_name,
        component_type=request.resource_subtype,
        method=request.method_name,
    )


def _capture(metadata: data_sync_pb2.UploadMetadata, part: Part) -> Capture:
    parameters = data_pb2.CaptureMetadata()
    for name, value in metadata.method_parameters.items():
        parameters.method_parameters[name].CopyFrom(value)
    return Capture(
        location_id=part.location_id,
        robot_id=part.robot_id,
        robot_name=part.robot_name,
        part_id=part.part_id,
        part_name=part.part_name,
        component_type=metadata.component_type,
        component_name=metadata.component_name,
        method=metadata.method_name,
        method_parameters=parameters.SerializeToString(deterministic=True),
        parameters=parameters_json(metadata.method_parameters),
        tags=tuple(dict.fromkeys(metadata.tags)),
    )


def _reading(number: int, sent: data_sync_pb2.SensorData, now: datetime) -> NewReading:
    field = f"sensor_contents[{number}]"
    if sent.WhichOneof("data") != "struct":
        raise invalid(f"{field}.struct", "a tabular upload has structs alone")
    data: struct_pb2.Struct = sent.struct
    if data.ByteSize() > LARGEST_READING:
        raise invalid(f"{field}.struct", f"{data.ByteSize():,} bytes; a reading has at most {LARGEST_READING:,}")
    times = sent.metadata
    requested = _time(f"{field}.metadata.time_requested", times.time_requested, times.HasField("time_requested"))
    received = _time(f"{field}.metadata.time_received", times.time_received, times.HasField("time_received"))
    return NewReading(requested or received or now, received or now, json_of(data))


def _time(field: str, message: timestamp_pb2.Timestamp, given: bool) -> datetime | None:
    try:
        return time_from(message) if given else None
    except (ValueError, OverflowError):
        raise invalid(field, "a time is outside the years 1 to 9999") from None
