"""Filters keep what they say, and their text says what they are."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.domain.box import Box
from labeler.domain.errors import InvalidValue
from labeler.domain.filter import (
    EMPTY,
    FILTER_FIELDS,
    WORDS,
    Filter,
    Tagged,
    day,
    filter_text,
    parse_filter,
    parse_time,
)
from labeler.domain.image import Image
from tests.strategies import filters, images, names, some, times

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
SEEN = Image(
    "image",
    mime_type="image/png",
    time_requested=NOON,
    location_id="here",
    robot_id="r-1",
    robot_name="cell",
    part_id="p-1",
    part_name="cell-main",
    component_type="camera",
    component_name="line 2",
    method="ReadImage",
    tags=("night", "wet"),
    boxes=(Box("1", "bolt", 0, 0, 1, 1), Box("2", "nut", 0, 0, 1, 1)),
    dataset_ids=("first", "second"),
)
BARE = Image("bare")


@pytest.mark.parametrize(
    ("wanted", "other"),
    [
        (Filter(location_ids=("there", "here")), Filter(location_ids=("there",))),
        (Filter(robot_name="cell"), Filter(robot_name="cel")),
        (Filter(robot_id="r-1"), Filter(robot_id="cell")),
        (Filter(part_name="cell-main"), Filter(part_name="cell")),
        (Filter(part_id="p-1"), Filter(part_id="p-2")),
        (Filter(component_type="camera"), Filter(component_type="Camera")),
        (Filter(component_name="line 2"), Filter(component_name="line")),
        (Filter(method="ReadImage"), Filter(method="Read")),
        (Filter(mime_types=("image/jpeg", "image/png")), Filter(mime_types=("image/jpeg",))),
        (Filter(start=NOON), Filter(start=NOON + timedelta(microseconds=1))),
        (Filter(end=NOON + timedelta(microseconds=1)), Filter(end=NOON)),
        (Filter(tagged=Tagged.TAGGED), Filter(tagged=Tagged.UNTAGGED)),
        (Filter(tags=("day", "wet")), Filter(tags=("day",))),
        (Filter(all_tags=("night", "wet")), Filter(all_tags=("night", "day"))),
        (Filter(without_tags=("day", "dry")), Filter(without_tags=("day", "night"))),
        (Filter(labels=("screw", "nut")), Filter(labels=("screw",))),
        (Filter(dataset_id="second"), Filter(dataset_id="third")),
    ],
)
def test_each_condition_keeps_what_meets_it_and_nothing_else(wanted: Filter, other: Filter) -> None:
    assert wanted.keeps(SEEN)
    assert not other.keeps(SEEN)
    assert wanted.keeps(BARE) is bool(wanted.without_tags)


def test_every_condition_is_tested_above() -> None:
    (mark,) = test_each_condition_keeps_what_meets_it_and_nothing_else.pytestmark  # type: ignore[attr-defined]
    tested = {
        name for wanted, _ in mark.args[1] for name in FILTER_FIELDS if getattr(wanted, name) != getattr(EMPTY, name)
    }
    assert tested == set(FILTER_FIELDS)


@given(images())
def test_no_condition_keeps_everything(image: Image) -> None:
    assert EMPTY.keeps(image)
    assert not EMPTY


@given(filters(), filters(), images())
def test_conditions_hold_together(one: Filter, other: Filter, image: Image) -> None:
    empty = {name: getattr(EMPTY, name) for name in FILTER_FIELDS}
    split = [replace(EMPTY, **{name: getattr(one, name)}) for name in empty]
    assert one.keeps(image) is all(part.keeps(image) for part in split)
    assert bool(one) is any(split)
    assert Filter(tags=other.tags, all_tags=one.all_tags).keeps(image) is (
        Filter(tags=other.tags).keeps(image) and all(tag in image.tags for tag in one.all_tags)
    )


@given(filters())
def test_a_filter_comes_back_from_its_text(value: Filter) -> None:
    assert parse_filter(filter_text(value)) == value


@given(some(names), images())
def test_tags_that_must_all_be_there_mean_the_same_after_their_text(tags: tuple[str, ...], image: Image) -> None:
    image = replace(image, tags=(*image.tags, *tags[:2]))
    value = Filter(all_tags=tags)
    assert parse_filter(filter_text(value)).keeps(image) is value.keeps(image)


@given(filters())
def test_the_text_of_what_was_parsed_is_the_same_text(value: Filter) -> None:
    text = filter_text(value)
    assert filter_text(parse_filter(f"  {text}\n")) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", EMPTY),
        (" \t ", EMPTY),
        ("tag:night,day", Filter(tags=("night", "day"))),
        ("tag:night tag:day", Filter(tags=("night",), all_tags=("day",))),
        ("tag:night,day tag:wet tag:snow", Filter(tags=("night", "day"), all_tags=("wet", "snow"))),
        ("label:bolt untagged", Filter(labels=("bolt",), tagged=Tagged.UNTAGGED)),
        ("tagged tagged", Filter(tagged=Tagged.TAGGED)),
        ('component:"/photos/line 2"', Filter(component_name="/photos/line 2")),
        (r"component:C:\photos", Filter(component_name=r"C:\photos")),
        (r'tag:"say \"hi\"","a\\b"', Filter(tags=('say "hi"', r"a\b"))),
        ('tag:"a,b",c', Filter(tags=("a,b", "c"))),
        ("machine:cell machine-id:r-1 part:main part-id:p-1", Filter((), "cell", "r-1", "main", "p-1")),
        ("location:here type:camera method:Read mime:image/png", Filter(("here",), "", "", "", "", "camera", "", "Read", ("image/png",))),  # noqa: E501
        ("after:2024-05-01 before:2024-05-01T10:30", Filter(start=datetime(2024, 5, 1, tzinfo=UTC), end=datetime(2024, 5, 1, 10, 30, tzinfo=UTC))),  # noqa: E501
        ('tag:"tagged"', Filter(tags=("tagged",))),
    ],
)  # fmt: skip
def test_what_text_means(text: str, value: Filter) -> None:
    assert parse_filter(text) == value


def test_a_dataset_is_written_by_its_name() -> None:
    assert parse_filter('dataset:"my bolts"', {"my bolts": "ab12"}.get) == Filter(dataset_id="ab12")
    assert parse_filter("dataset:ab12", {"my bolts": "ab12"}.get) == Filter(dataset_id="ab12")
    assert filter_text(Filter(dataset_id="ab12"), {"ab12": "my bolts"}.get) == 'dataset:"my bolts"'
    assert filter_text(Filter(dataset_id="ab12"), lambda identifier: None) == "dataset:ab12"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("night", "night: not a condition; known are location, "),
        ("label:bolt colour:red", "colour:red: not a condition"),
        ("Tag:night", "Tag:night: not a condition"),
        ('"tagged"', '"tagged": not a condition'),
        ("tag:", "tag: a value is missing"),
        ('machine:""', "machine: a value is missing"),
        ("label:, label:bolt", "label: a value is missing"),
        ("machine:a,b", "machine: takes one value, not 2"),
        ("dataset:a,b", "dataset: takes one value, not 2"),
        ("after:yesterday", "yesterday: not a time"),
        ("before:2024-13-01", "2024-13-01: not a time"),
        ("after:2024-05-01,2024-05-02", "after: takes one value"),
        ('tag:"night', 'tag:"night'),
        ('label:bolt "', '": a quote is not closed'),
        ("tag:a tag:b,c", "tag: only one term can list alternatives"),
        ("label:bolt label:nut", "label: given twice; write alternatives as label:one,other"),
        ("machine:a machine:a", "machine: given twice; leave one out"),
        ("after:2024-05-01 after:2024-05-02", "after: given twice"),
        ("untagged tagged", "tagged: no image is both"),
    ],
)
def test_what_is_not_understood_is_named(text: str, told: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_filter(text)
    assert str(caught.value).startswith(told)


@given(
    st.text(max_size=30) | st.lists(st.sampled_from([*WORDS, ":", '"', ",", "\\", " ", "a"]), max_size=12).map("".join)
)
def test_any_text_is_a_filter_or_is_told_why_not(text: str) -> None:
    with suppress(InvalidValue):
        said = filter_text(parse_filter(text))
        assert filter_text(parse_filter(said)) == said


@given(times)
def test_a_day_holds_its_times(time: datetime) -> None:
    start, end = day(time)
    assert start <= time < end
    assert end - start == timedelta(days=1)
    assert Filter(start=start, end=end).keeps(Image("image", time_requested=time))


def test_times_of_elsewhere_are_those_of_here() -> None:
    paris = timezone(timedelta(hours=2))
    assert parse_time("2024-05-01T14:00+02:00") == NOON
    assert day(datetime(2024, 5, 1, 1, tzinfo=paris))[0] == datetime(2024, 4, 30, tzinfo=UTC)
    assert filter_text(Filter(start=datetime(2024, 5, 1, 2, tzinfo=paris))) == "after:2024-05-01"
