"""Messages of the wire from and to domain values.

Membership of a dataset shows on the wire as the tag `VIAM_DATASET_{id}`; here it becomes an id in
`Image.dataset_ids` and is never among `Image.tags`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from labeler.domain.box import Box
from labeler.domain.filter import Filter, Order, Tagged
from labeler.domain.image import Dataset, Image
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.dataset.v1 import dataset_pb2
from labeler.rpc.wire.google.protobuf import timestamp_pb2
from labeler.rpc.wire.labeler.v1 import labeler_pb2

EDIT_ID, IF_MATCH, CLIENT = "labeler-edit-id", "labeler-if-match", "labeler-client"
"""Metadata that our own service honours (labeler.proto)."""
MEMBERSHIP_PREFIX = "VIAM_DATASET_"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400


def membership_tag(dataset_id: str) -> str:
    return MEMBERSHIP_PREFIX + dataset_id


def time_from(message: timestamp_pb2.Timestamp) -> datetime:
    """The time of a Timestamp, aware (UTC), to the microsecond."""
    return message.ToDatetime(tzinfo=UTC)


def time_into(message: timestamp_pb2.Timestamp, time: datetime) -> None:
    """Set a Timestamp; a time without an offset is taken for UTC, as the SDK does."""
    # Its own FromDatetime takes ten times as long, and a page has two hundred times.
    since = (time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH
    message.seconds = since.days * _DAY + since.seconds
    message.nanos = since.microseconds * 1_000


def box_from(message: data_pb2.BoundingBox) -> Box:
    return Box(
        message.id,
        message.label,
        message.x_min_normalized,
        message.y_min_normalized,
        message.x_max_normalized,
        message.y_max_normalized,
        message.confidence if message.HasField("confidence") else None,
    )


def box_to(box: Box) -> data_pb2.BoundingBox:
    return data_pb2.BoundingBox(
        id=box.id,
        label=box.label,
        x_min_normalized=box.x_min,
        y_min_normalized=box.y_min,
        x_max_normalized=box.x_max,
        y_max_normalized=box.y_max,
        confidence=box.confidence,
    )


def image_from(message: data_pb2.BinaryMetadata, problem: str = "") -> Image:
    capture = message.capture_metadata
    members = [tag.removeprefix(MEMBERSHIP_PREFIX) for tag in capture.tags if tag.startswith(MEMBERSHIP_PREFIX)]
    extension = message.file_ext if not message.file_name.endswith(message.file_ext) else ""
    return Image(
        id=message.binary_data_id or binary_data_id(capture.organization_id, capture.location_id, message.id),
        file_name=message.file_name + extension if message.file_name else "",
        mime_type=capture.mime_type,
        size_bytes=message.file_size_bytes,
        time_requested=time_from(message.time_requested) if message.HasField("time_requested") else None,
        time_received=time_from(message.time_received) if message.HasField("time_received") else None,
        organization_id=capture.organization_id,
        location_id=capture.location_id,
        robot_id=capture.robot_id,
        robot_name=capture.robot_name,
        part_id=capture.part_id,
        part_name=capture.part_name,
        component_type=capture.component_type,
        component_name=capture.component_name,
        method=capture.method_name,
        uri=message.uri,
        tags=tuple(tag for tag in capture.tags if not tag.startswith(MEMBERSHIP_PREFIX)),
        boxes=tuple(box_from(box) for box in message.annotations.bboxes),
        dataset_ids=tuple(dict.fromkeys([*message.dataset_ids, *members])),
        problem=problem,
    )


def binary_data_id(organization_id: str, location_id: str, file_id: str) -> str:
    """The id that today's API uses, from the three parts that `BinaryID` has."""
    return f"{organization_id}/{location_id}/{file_id}"


def dataset_from(message: dataset_pb2.Dataset) -> Dataset:
    created = time_from(message.time_created) if message.HasField("time_created") else None
    return Dataset(message.id, message.name, message.organization_id, created)


_TAGS_TYPE = {
    Tagged.TAGGED: data_pb2.TAGS_FILTER_TYPE_TAGGED,
    Tagged.UNTAGGED: data_pb2.TAGS_FILTER_TYPE_UNTAGGED,
}


def filter_to(value: Filter, organization_ids: Iterable[str] = ()) -> data_pb2.Filter:
    """The filter as the wire can say it.

    The wire knows one tag condition and alternatives only, so the result can match more images than
    `value`: of `all_tags` only the first is sent, and only where nothing else is asked of tags.
    `Filter.keeps` finishes on this side.
    """
    message = data_pb2.Filter(
        component_name=value.component_name,
        component_type=value.component_type,
        method=value.method,
        robot_name=value.robot_name,
        robot_id=value.robot_id,
        part_name=value.part_name,
        part_id=value.part_id,
        location_ids=value.location_ids,
        organization_ids=organization_ids,
        mime_type=value.mime_types,
        bbox_labels=value.labels,
        dataset_id=value.dataset_id,
    )
    if value.start:
        time_into(message.interval.start, value.start)
    if value.end:
        time_into(message.interval.end, value.end)
    tags = value.tags or value.all_tags[:1]
    if tags:
        message.tags_filter.type = data_pb2.TAGS_FILTER_TYPE_MATCH_BY_OR
        message.tags_filter.tags.extend(tags)
    elif value.tagged is not Tagged.ANY:
        message.tags_filter.type = _TAGS_TYPE[value.tagged]
    return message


def is_exact(value: Filter) -> bool:
    """Whether `filter_to` says all of the filter, so that counts of the service are counts of the filter."""
    tag_conditions = (1 if value.tags else 0) + len(value.all_tags) + (value.tagged is not Tagged.ANY)
    return tag_conditions <= 1


def filter_from(message: data_pb2.Filter) -> Filter:
    """The filter that a message asks for; organization ids are not part of it.

    Type UNSPECIFIED with tags means any of them, without tags no condition (viam-sdk's `create_filter`
    always sends an empty one). With TAGGED or UNTAGGED, tags in the message do not count.
    """
    kind = message.tags_filter.type
    tagged = {v: k for k, v in _TAGS_TYPE.items()}.get(kind, Tagged.ANY)
    interval = message.interval
    return Filter(
        location_ids=tuple(message.location_ids),
        robot_name=message.robot_name,
        robot_id=message.robot_id,
        part_name=message.part_name,
        part_id=message.part_id,
        component_type=message.component_type,
        component_name=message.component_name,
        method=message.method,
        mime_types=tuple(message.mime_type),
        start=time_from(interval.start) if interval.HasField("start") else None,
        end=time_from(interval.end) if interval.HasField("end") else None,
        tagged=tagged,
        tags=tuple(message.tags_filter.tags) if tagged is Tagged.ANY else (),
        labels=tuple(message.bbox_labels),
        dataset_id=message.dataset_id,
    )


ORDER_TO = {
    Order.NEWEST: labeler_pb2.IMAGE_ORDER_NEWEST,
    Order.OLDEST: labeler_pb2.IMAGE_ORDER_OLDEST,
    Order.NAME: labeler_pb2.IMAGE_ORDER_NAME,
    Order.NAME_DESCENDING: labeler_pb2.IMAGE_ORDER_NAME_DESCENDING,
}
ORDER_FROM = {message: order for order, message in ORDER_TO.items()}
