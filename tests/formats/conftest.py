"""Real photographs and what is said of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import skimage

from labeler.domain.box import Box
from labeler.domain.image import Image

SHIPPED = Path(skimage.__file__).parent / "data"


@pytest.fixture(scope="session")
def photographs() -> Path:
    """The folder with the pictures that the scikit-image wheel ships."""
    return SHIPPED


@pytest.fixture
def rocket() -> bytes:
    """A photograph, JPEG, 640 x 427."""
    return (SHIPPED / "rocket.jpg").read_bytes()


@pytest.fixture
def image() -> Image:
    """An image with everything set that exports carry."""
    return Image(
        id="org-1/loc-1/file-1",
        file_name="line 2/cat.jpg",
        mime_type="image/jpeg",
        size_bytes=112525,
        time_requested=datetime(2024, 1, 1, 10, 20, 30, 500000, UTC),
        time_received=datetime(2024, 1, 1, 10, 20, 31, 1000, UTC),
        organization_id="org-1",
        location_id="loc-1",
        robot_id="robot-1",
        robot_name="cell",
        part_id="part-1",
        part_name="cell-main",
        component_type="camera",
        component_name="cam",
        method="ReadImage",
        uri="https://example.com/1",
        tags=("good", "<night>"),
        boxes=(Box("b1", "cat", 0.1, 0.2, 0.5, 0.6, 0.93), Box("b2", "größe", 0.0, 0.25, 1.0, 0.25001)),
        dataset_ids=("set-1",),
    )
