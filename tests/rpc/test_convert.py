"""Domain values come back from messages as they were, through the bytes of the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.domain.box import Box
from labeler.domain.filter import EMPTY, Filter, Order, Tagged
from labeler.domain.image import Dataset, Image
from labeler.rpc import convert
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.dataset.v1 import dataset_pb2
from labeler.rpc.wire.google.protobuf import timestamp_pb2
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from tests.strategies import boxes, filters, identifiers, images, some, times

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def sent(message: data_pb2.Filter) -> data_pb2.Filter:
    return data_pb2.Filter.FromString(message.SerializeToString())


@given(times)
def test_times_come_back_to_the_microsecond(time: datetime) -> None:
    message = timestamp_pb2.Timestamp()
    convert.time_into(message, time)
    back = convert.time_from(timestamp_pb2.Timestamp.FromString(message.SerializeToString()))
    assert back == time
    assert back.tzinfo is UTC


def test_a_time_of_elsewhere_is_the_same_moment_and_one_without_offset_is_utc() -> None:
    message = timestamp_pb2.Timestamp()
    convert.time_into(message, NOON.astimezone(timezone(timedelta(hours=-7))))
    assert convert.time_from(message) == NOON
    convert.time_into(message, NOON.replace(tzinfo=None))
    assert convert.time_from(message) == NOON


@given(boxes())
def test_boxes_come_back(box: Box) -> None:
    message = convert.box_to(box)
    assert convert.box_from(data_pb2.BoundingBox.FromString(message.SerializeToString())) == box


def test_no_confidence_is_not_a_confidence_of_zero() -> None:
    box = Box("1", "bolt", 0.1, 0.2, 0.3, 0.4)
    assert not convert.box_to(box).HasField("confidence")
    assert convert.box_from(convert.box_to(replace(box, confidence=0.0))).confidence == 0.0


@given(filters())
def test_a_filter_that_the_wire_can_say_comes_back(value: Filter) -> None:
    value = replace(value, all_tags=(), without_tags=(), tagged=Tagged.ANY if value.tags else value.tagged)
    assert convert.is_exact(value)
    assert convert.filter_from(sent(convert.filter_to(value, ["org"]))) == value


@given(
    some(st.sampled_from(["day", "night", "wet road"])),
    some(st.sampled_from(["day", "night", "wet road"])),
    some(st.sampled_from(["day", "night", "wet road"])),
    st.sampled_from(Tagged),
    images(),
)
def test_the_wire_says_no_less_than_the_filter_keeps(
    tags: tuple[str, ...], all_tags: tuple[str, ...], without_tags: tuple[str, ...], tagged: Tagged, image: Image
) -> None:
    value = Filter(tags=tags, all_tags=all_tags, without_tags=without_tags, tagged=tagged)
    said = convert.filter_from(convert.filter_to(value))
    if value.keeps(image):
        assert said.keeps(image)
    if convert.is_exact(value):
        assert said.keeps(image) is value.keeps(image)


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (EMPTY, True),
        (Filter(tags=("a", "b")), True),
        (Filter(all_tags=("a",)), True),
        (Filter(tagged=Tagged.UNTAGGED), True),
        (Filter(all_tags=("a", "b")), False),
        (Filter(tags=("a",), all_tags=("b",)), False),
        (Filter(tags=("a",), tagged=Tagged.UNTAGGED), False),
        (Filter(without_tags=("a",)), False),
        (Filter(labels=("bolt",), component_name="cam"), True),
    ],
)
def test_what_the_wire_cannot_say_is_known(value: Filter, exact: bool) -> None:
    assert convert.is_exact(value) is exact


def test_the_organizations_asked_for_are_sent() -> None:
    assert list(convert.filter_to(EMPTY, ["one", "two"]).organization_ids) == ["one", "two"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (data_pb2.TAGS_FILTER_TYPE_UNSPECIFIED, Filter(tags=("night",))),
        (data_pb2.TAGS_FILTER_TYPE_MATCH_BY_OR, Filter(tags=("night",))),
        (data_pb2.TAGS_FILTER_TYPE_TAGGED, Filter(tagged=Tagged.TAGGED)),
        (data_pb2.TAGS_FILTER_TYPE_UNTAGGED, Filter(tagged=Tagged.UNTAGGED)),
    ],
)
def test_tags_count_with_the_types_that_look_at_them(kind: data_pb2.TagsFilterType.ValueType, value: Filter) -> None:
    message = data_pb2.Filter(tags_filter=data_pb2.TagsFilter(type=kind, tags=["night"]))
    assert convert.filter_from(sent(message)) == value


def test_an_empty_tags_filter_is_no_condition() -> None:
    assert convert.filter_from(sent(data_pb2.Filter(tags_filter=data_pb2.TagsFilter()))) == EMPTY


def metadata(**fields: object) -> data_pb2.BinaryMetadata:
    message = data_pb2.BinaryMetadata(
        id="file",
        binary_data_id="org/loc/file",
        file_name="line 2/cat",
        file_ext=".jpg",
        file_size_bytes=7,
        uri="https://example.com/1",
        capture_metadata=data_pb2.CaptureMetadata(
            organization_id="org",
            location_id="loc",
            robot_id="robot",
            robot_name="cell",
            part_id="part",
            part_name="cell-main",
            component_type="camera",
            component_name="cam",
            method_name="ReadImage",
            mime_type="image/jpeg",
            tags=["night"],
        ),
    )
    convert.time_into(message.time_requested, NOON)
    convert.time_into(message.time_received, NOON + timedelta(seconds=1))
    message.annotations.bboxes.append(convert.box_to(BOX))
    message.MergeFrom(data_pb2.BinaryMetadata(**fields))  # type: ignore[arg-type]
    return message


BOX = Box("1", "bolt", 0.1, 0.2, 0.3, 0.4, 0.5)


def test_an_image_has_all_that_its_metadata_says() -> None:
    assert convert.image_from(metadata(), problem="too large") == Image(
        id="org/loc/file",
        file_name="line 2/cat.jpg",
        mime_type="image/jpeg",
        size_bytes=7,
        time_requested=NOON,
        time_received=NOON + timedelta(seconds=1),
        organization_id="org",
        location_id="loc",
        robot_id="robot",
        robot_name="cell",
        part_id="part",
        part_name="cell-main",
        component_type="camera",
        component_name="cam",
        method="ReadImage",
        uri="https://example.com/1",
        tags=("night",),
        boxes=(BOX,),
        problem="too large",
    )


def test_an_image_of_which_nothing_is_said() -> None:
    assert convert.image_from(data_pb2.BinaryMetadata(binary_data_id="org/loc/file")) == Image("org/loc/file")


def test_a_name_that_has_its_extension_does_not_get_it_twice() -> None:
    assert convert.image_from(metadata(file_name="cat.jpg")).file_name == "cat.jpg"


def test_a_service_that_gives_the_id_in_parts_is_understood() -> None:
    message = metadata()
    message.ClearField("binary_data_id")
    assert convert.image_from(message).id == "org/loc/file"


@given(some(identifiers), some(st.sampled_from(["day", "night", "VIAM", "viam_dataset_x"])), some(identifiers))
def test_tags_of_membership_are_datasets_and_not_tags(
    listed: tuple[str, ...], tags: tuple[str, ...], tagged: tuple[str, ...]
) -> None:
    message = data_pb2.BinaryMetadata(dataset_ids=listed)
    message.capture_metadata.tags.extend([*map(convert.membership_tag, tagged), *tags])
    image = convert.image_from(message)
    assert image.tags == tags
    assert set(image.dataset_ids) == {*listed, *tagged}
    assert len(image.dataset_ids) == len(set(image.dataset_ids))


def test_the_tag_of_membership_is_that_of_the_reference() -> None:
    assert convert.membership_tag("ab12") == "VIAM_DATASET_ab12"


def test_datasets() -> None:
    message = dataset_pb2.Dataset(id="ab12", name="bolts", organization_id="org")
    assert convert.dataset_from(message) == Dataset("ab12", "bolts", "org")
    convert.time_into(message.time_created, NOON)
    assert convert.dataset_from(message) == Dataset("ab12", "bolts", "org", NOON)


def test_every_order_has_its_number_on_the_wire() -> None:
    assert set(convert.ORDER_TO) == set(Order)
    assert {convert.ORDER_FROM[convert.ORDER_TO[order]] for order in Order} == set(Order)
    assert {*convert.ORDER_TO.values(), labeler_pb2.IMAGE_ORDER_UNSPECIFIED} == set(labeler_pb2.ImageOrder.values())
