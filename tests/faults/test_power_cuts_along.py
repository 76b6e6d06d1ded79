"""Images taken along are still there after the end of the power: nobody can fetch them again on a train."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Breaking, require


@pytest.fixture(autouse=True)
def possible() -> None:
    require("mkfs.ext4", "mount", "losetup")


@pytest.mark.parametrize("cuts", [10, pytest.param(300, marks=pytest.mark.long)])
def test_no_image_taken_along_is_lost(breaking: Breaking, cuts: int) -> None:
    found = breaking("power_cuts", "along", cuts, 1)
    assert found["cuts"] == cuts
    assert found["acknowledged"] >= cuts
    assert (found["lost"], found["doubled"], found["problems"]) == (0, 0, [])


def test_pictures_that_are_not_synced_are_caught(breaking: Breaking) -> None:
    """Else the test above would prove nothing."""
    found = breaking("power_cuts", "along", 5, 1, "no sync of pictures")
    assert found["lost"] > 0
