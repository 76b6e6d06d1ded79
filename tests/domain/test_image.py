"""What is asked of an image."""

from __future__ import annotations

from labeler.domain.box import Box
from labeler.domain.image import Image

BOX = Box("1", "bolt", 0.1, 0.2, 0.3, 0.4)


def test_a_box_is_found_by_its_id() -> None:
    image = Image("image", boxes=(BOX,))
    assert image.box("1") is BOX
    assert image.box("2") is None


def test_boxes_and_tags_make_an_image_labeled_and_datasets_do_not() -> None:
    assert Image("image", boxes=(BOX,)).is_labeled
    assert Image("image", tags=("night",)).is_labeled
    assert not Image("image", dataset_ids=("first",)).is_labeled
