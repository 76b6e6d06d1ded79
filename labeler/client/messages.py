"""The messages that callers of the data client build or read.

They are of the labeler's own generated code. Their time fields take no `google.protobuf` Timestamp of
another package: use `capture_interval`, `Timestamp` from here, or `message.field.FromDatetime(...)`.
"""

from __future__ import annotations

from datetime import datetime

from labeler.rpc.convert import time_into
from labeler.rpc.wire.app.data.v1.data_pb2 import (
    Annotations,
    BinaryData,
    BinaryID,
    BinaryMetadata,
    BoundingBox,
    CaptureInterval,
    CaptureMetadata,
    Classification,
    DeleteTabularFilter,
    Filter,
    Order,
    TabularDataSourceType,
    TagsFilter,
    TagsFilterType,
)
from labeler.rpc.wire.app.dataset.v1.dataset_pb2 import Dataset, DatasetType
from labeler.rpc.wire.app.v1.app_pb2 import Location, Organization, Robot, RobotPart
from labeler.rpc.wire.google.protobuf.timestamp_pb2 import Timestamp

__all__ = [
    "Annotations",
    "BinaryData",
    "BinaryID",
    "BinaryMetadata",
    "BoundingBox",
    "CaptureInterval",
    "CaptureMetadata",
    "Classification",
    "Dataset",
    "DatasetType",
    "DeleteTabularFilter",
    "Filter",
    "Location",
    "Order",
    "Organization",
    "Robot",
    "RobotPart",
    "TabularDataSourceType",
    "TagsFilter",
    "TagsFilterType",
    "Timestamp",
    "capture_interval",
]


def capture_interval(start: datetime | None = None, end: datetime | None = None) -> CaptureInterval:
    """The interval from `start` (included) to `end` (excluded); a time without an offset is UTC, None is open."""
    interval = CaptureInterval()
    if start is not None:
        time_into(interval.start, start)
    if end is not None:
        time_into(interval.end, end)
    return interval
