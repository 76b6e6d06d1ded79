"""Requests that several nouns share."""

from __future__ import annotations

from labeler.client import arguments
from labeler.client.messages import Filter, Order
from labeler.rpc.wire.app.data.v1 import data_pb2


def data_request(
    filter: Filter | None,  # noqa: A002 - the reference's name
    limit: int | None,
    sort_order: Order.ValueType | None,
    last: str | None,
) -> data_pb2.DataRequest:
    """A page of what a filter shows; None leaves the choice to the service."""
    request = data_pb2.DataRequest(
        filter=arguments.optional_message("filter", filter, Filter),
        limit=0 if limit is None else arguments.whole("limit", limit),
        last=arguments.optional_text("last", last),
    )
    if sort_order is not None:
        number = arguments.enum_number("sort_order", sort_order, Order.values())
        request.sort_order = number  # type: ignore[assignment]
    return request
