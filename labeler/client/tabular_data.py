"""Tabular data: rows by filter, by SQL, by MQL, and deleting them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from labeler.client import arguments, bson, downloads
from labeler.client.calls import BYTES_TIMEOUT, Calls
from labeler.client.messages import (
    CaptureMetadata,
    DeleteTabularFilter,
    Filter,
    Order,
    TabularDataSourceType,
    Timestamp,
)
from labeler.client.requests import data_request
from labeler.client.tabular_row import TabularData
from labeler.client.values import from_struct
from labeler.rpc.errors import InvalidCallError
from labeler.rpc.wire.app.data.v1 import data_pb2

Query = Sequence[bytes | Mapping[str, Any]]


class TabularDataCalls(Calls):
    """Rows by filter, by SQL, by MQL, and deleting them."""

    async def tabular_data_by_filter(
        self,
        filter: Filter | None = None,  # noqa: A002 - the reference's name
        limit: int | None = None,
        sort_order: Order.ValueType | None = None,
        last: str | None = None,
        count_only: bool = False,
        include_internal_data: bool = False,
        dest: downloads.Destination | None = None,
    ) -> tuple[list[TabularData], int, str]:
        """One page of rows, the count, and what to give as `last` for the next page.

        With `count_only` the page is empty and the count is of all. `dest` names a file that becomes the
        rows as JSON Lines. Raises GRPCError.
        """
        request = data_pb2.TabularDataByFilterRequest(
            data_request=data_request(Filter() if filter is None else filter, limit, sort_order, last),
            count_only=arguments.flag("count_only", count_only),
            include_internal_data=arguments.flag("include_internal_data", include_internal_data),
        )
        path = await downloads.checked(dest)
        if path and count_only:
            raise InvalidCallError("dest", "asks for a download, but count_only asks for none")
        response = await self._data("TabularDataByFilter", request, data_pb2.TabularDataByFilterResponse, BYTES_TIMEOUT)
        rows = [_row(response, row) for row in response.data]
        if path:
            await downloads.write_rows(path, rows)
        return rows, response.count, response.last

    async def tabular_data_by_sql(self, organization_id: str, sql_query: str) -> list[dict[str, Any]]:
        """The rows of an SQL query; times in them are naive and UTC. Raises GRPCError."""
        request = data_pb2.TabularDataBySQLRequest(
            organization_id=arguments.text("organization_id", organization_id),
            sql_query=arguments.text("sql_query", sql_query),
        )
        response = await self._data("TabularDataBySQL", request, data_pb2.TabularDataBySQLResponse, BYTES_TIMEOUT)
        return [bson.loads(row) for row in response.raw_data]

    async def tabular_data_by_mql(
        self,
        organization_id: str,
        mql_binary: Query | None = None,
        use_recent_data: bool | None = None,
        tabular_data_source_type: TabularDataSourceType.ValueType = TabularDataSourceType.TABULAR_DATA_SOURCE_TYPE_STANDARD,  # noqa: E501
        pipeline_id: str | None = None,
        query_prefix_name: str | None = None,
        *,
        query: Query | None = None,
        mql_query: Query | None = None,
    ) -> list[dict[str, Any]]:
        """The rows of an MQL pipeline: a list of stages, each a mapping or a BSON document.

        `query` (viam-sdk) and `mql_query` (the reference's example) are other names of `mql_binary`. Times
        in the rows are naive and UTC. Raises GRPCError.
        """
        given = {"mql_binary": mql_binary, "query": query, "mql_query": mql_query}
        source = data_pb2.TabularDataSource(
            type=arguments.enum_number(  # type: ignore[arg-type]
                "tabular_data_source_type", tabular_data_source_type, TabularDataSourceType.values()
            )
        )
        if pipeline_id is not None:
            source.pipeline_id = arguments.text("pipeline_id", pipeline_id)
        request = data_pb2.TabularDataByMQLRequest(
            organization_id=arguments.text("organization_id", organization_id),
            mql_binary=_stages({name: value for name, value in given.items() if value is not None}),
            data_source=source,
        )
        if use_recent_data is not None:
            request.use_recent_data = arguments.flag("use_recent_data", use_recent_data)
        if query_prefix_name is not None:
            request.query_prefix_name = arguments.text("query_prefix_name", query_prefix_name)
        response = await self._data("TabularDataByMQL", request, data_pb2.TabularDataByMQLResponse, BYTES_TIMEOUT)
        return [bson.loads(row) for row in response.raw_data]

    async def delete_tabular_data(
        self,
        organization_id: str,
        delete_older_than_days: int,
        filter: DeleteTabularFilter | None = None,  # noqa: A002
    ) -> int:
        """Delete rows captured longer ago than this many days, all with 0; how many were deleted. Raises GRPCError."""
        request = data_pb2.DeleteTabularDataRequest(
            organization_id=arguments.text("organization_id", organization_id),
            delete_older_than_days=arguments.whole("delete_older_than_days", delete_older_than_days, 2**32 - 1),
            filter=arguments.optional_message("filter", filter, DeleteTabularFilter),
        )
        response = await self._data("DeleteTabularData", request, data_pb2.DeleteTabularDataResponse)
        return response.deleted_count


def _row(response: data_pb2.TabularDataByFilterResponse, row: data_pb2.TabularData) -> TabularData:
    known = row.metadata_index < len(response.metadata)
    return TabularData(
        from_struct(row.data),
        response.metadata[row.metadata_index] if known else CaptureMetadata(),
        _time(row.time_requested) if row.HasField("time_requested") else None,
        _time(row.time_received) if row.HasField("time_received") else None,
    )


def _time(time: Timestamp) -> datetime:
    return time.ToDatetime()


def _stages(given: Mapping[str, object]) -> list[bytes]:
    if len(given) != 1:
        also = f", not {' and '.join(given)}" if given else ""
        raise TypeError(f"mql_binary is needed under one of its names mql_binary, query and mql_query{also}")
    ((name, value),) = given.items()
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Sequence):
        raise arguments.wrong_type(name, "a list of stages", value)
    stages = []
    for place, stage in enumerate(value):
        if not isinstance(stage, bytes | Mapping):
            raise arguments.wrong_type(f"{name}[{place}]", "a mapping or BSON bytes", stage)
        stages.append(stage if isinstance(stage, bytes) else bson.dumps(stage))
    return stages
