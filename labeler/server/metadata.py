"""Records of the catalog as messages of the Data API, and what requests name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from labeler.domain.errors import InvalidValue
from labeler.domain.filter import Filter
from labeler.rpc.convert import binary_data_id, box_to, filter_from, membership_tag, time_into
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.server.catalog import ImageRecord, Source
from labeler.server.errors import invalid

UriOf = Callable[[str], str]
"""Where the bytes of the image with an id can be fetched over HTTP."""


def metadata_of(record: ImageRecord, uri_of: UriOf) -> data_pb2.BinaryMetadata:
    """Both ids are filled: old clients read `id`, the file's part alone, and new ones `binary_data_id`."""
    message = data_pb2.BinaryMetadata(
        id=record.file_id,
        binary_data_id=record.id,
        file_name=record.file_name,
        file_ext=record.file_ext,
        uri=uri_of(record.id),
        dataset_ids=record.dataset_ids,
        file_size_bytes=record.size_bytes,
    )
    capture = message.capture_metadata
    capture.CopyFrom(_capture_of(record.source, record.organization_id))
    if record.method_parameters:
        capture.MergeFromString(record.method_parameters)
    capture.tags.extend(record.tags)
    capture.tags.extend(membership_tag(one) for one in record.dataset_ids)
    time_into(message.time_requested, record.time_requested)
    time_into(message.time_received, record.time_received)
    message.annotations.bboxes.extend(box_to(box) for box in record.boxes)
    for one in record.classifications:
        message.annotations.classifications.add(id=one.id, label=one.label, confidence=one.confidence)
    return message


@lru_cache(maxsize=1_024)
def _capture_of(source: Source, organization_id: str) -> data_pb2.CaptureMetadata:
    """What the images of a source have in common; not to be changed."""
    return data_pb2.CaptureMetadata(
        organization_id=organization_id,
        location_id=source.location_id,
        robot_name=source.robot_name,
        robot_id=source.robot_id,
        part_name=source.part_name,
        part_id=source.part_id,
        component_type=source.component_type,
        component_name=source.component_name,
        method_name=source.method,
        mime_type=source.mime_type,
    )


def filter_for(message: data_pb2.Filter, organization_id: str) -> Filter | None:
    """The filter of a request; None if it asks for other organizations alone, of which nothing is shown."""
    if message.organization_ids and organization_id not in message.organization_ids:
        return None
    try:
        wanted = filter_from(message)
    except (ValueError, OverflowError):
        raise invalid("interval", "a time is outside the years 1 to 9999") from None
    for name, values in (("tags_filter.tags", wanted.tags), ("bbox_labels", wanted.labels)):
        if any(not value for value in values):
            raise invalid(name, "a value must not be empty")
    return wanted


def image_ids(ids: Sequence[str], binary_ids: Sequence[data_pb2.BinaryID]) -> list[str]:
    """The ids of a request in either form. Raises INVALID_ARGUMENT if there are none."""
    found = [*ids, *(_joined(one) for one in binary_ids)]
    if not found:
        raise invalid("binary_data_ids", "none were given")
    for one in found:
        if not one:
            raise invalid("binary_data_ids", "an id must not be empty")
    return found


def image_id(one: str, binary_id: data_pb2.BinaryID) -> str:
    """The id of a request that names one image in either form."""
    found = one or _joined(binary_id)
    if not found:
        raise invalid("binary_data_id", "none was given")
    return found


def _joined(one: data_pb2.BinaryID) -> str:
    if not one.file_id:
        return ""
    return binary_data_id(one.organization_id, one.location_id, one.file_id)


def check_some(field: str, values: Sequence[str]) -> None:
    """Raise InvalidValue unless there are values and none is empty."""
    if not values:
        raise InvalidValue(f"{field}: none were given")
    if any(not value.strip() for value in values):
        raise InvalidValue(f"{field}: a value must not be empty")
