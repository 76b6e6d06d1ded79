"""Records of the catalog as messages of the Data API, and what requests name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from labeler.domain.errors import InvalidValue
from labeler.domain.filter import Filter
from labeler.rpc.convert import binary_data_id, box_into, filter_from, membership_tag, time_into
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.server.catalog import ImageRecord, Source
from labeler.server.errors import invalid

UriOf = Callable[[str], str]
"""Where the bytes of the image with an id can be fetched over HTTP."""


def metadata_of(record: ImageRecord, uri_of: UriOf) -> data_pb2.BinaryMetadata:
    """Both ids are filled: old clients read `id`, the file's part alone, and new ones `binary_data_id`."""
    message = data_pb2.BinaryMetadata()
    fill_metadata(message, record, uri_of)
    return message


def fill_metadata(message: data_pb2.BinaryMetadata, record: ImageRecord, uri_of: UriOf) -> None:
    """The same into an empty message, so that one in a list need not be copied there."""
    message.id = record.file_id
    message.binary_data_id = record.id
    message.file_name = record.file_name
    message.file_ext = record.file_ext
    message.uri = uri_of(record.id)
    message.file_size_bytes = record.size_bytes
    capture = message.capture_metadata
    if record.method_parameters:
        capture.ParseFromString(record.method_parameters)
    capture.MergeFromString(_of_source(record.organization_id, record.source))
    if record.tags:
        capture.tags.extend(record.tags)
    if record.dataset_ids:
        message.dataset_ids.extend(record.dataset_ids)
        capture.tags.extend([membership_tag(one) for one in record.dataset_ids])
    time_into(message.time_requested, record.time_requested)
    time_into(message.time_received, record.time_received)
    message.annotations.SetInParent()
    for box in record.boxes:
        box_into(message.annotations.bboxes.add(), box)
    for one in record.classifications:
        message.annotations.classifications.add(id=one.id, label=one.label, confidence=one.confidence)


@functools.lru_cache(maxsize=4_096)
def _of_source(organization_id: str, source: Source) -> bytes:
    """What all images of a source say of it, as the CaptureMetadata's bytes."""
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
    ).SerializeToString()


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
