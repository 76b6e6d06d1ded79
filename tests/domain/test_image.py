"""What is asked of an image."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from labeler.domain.box import Box
from labeler.domain.errors import InvalidValue
from labeler.domain.image import Image
from labeler.domain.image_json import image_from_json, image_to_json
from tests.strategies import images

BOX = Box("1", "bolt", 0.1, 0.2, 0.3, 0.4)


def test_a_box_is_found_by_its_id() -> None:
    image = Image("image", boxes=(BOX,))
    assert image.box("1") is BOX
    assert image.box("2") is None


def test_boxes_and_tags_make_an_image_labeled_and_datasets_do_not() -> None:
    assert Image("image", boxes=(BOX,)).is_labeled
    assert Image("image", tags=("night",)).is_labeled
    assert not Image("image", dataset_ids=("first",)).is_labeled


@given(images())
def test_an_image_comes_back_from_its_text_as_it_was(image: Image) -> None:
    assert image_from_json(image_to_json(image)) == image


def test_every_field_of_an_image_comes_back() -> None:
    time = datetime(2024, 5, 1, 10, 30, 0, 123457, tzinfo=UTC)
    values: dict[str, Any] = {"boxes": (BOX,), "tags": ("night",), "dataset_ids": ("first",), "size_bytes": 7}
    values |= {"time_requested": time, "time_received": time}
    values = {one.name: f"a {one.name}" for one in fields(Image)} | values
    image = Image(**values)
    assert image_from_json(image_to_json(image)) == image


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"id": 1, "size_bytes": 1}', '{"id": "a", "size_bytes": "1"}', '{"id": "a"}',
     '{"id": "a", "size_bytes": 1, "boxes": [null]}', '{"id": "a", "size_bytes": 1, "boxes": [[1]]}'],
)  # fmt: skip
def test_a_text_that_is_no_image_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        image_from_json(text)
