"""What was acknowledged survives the end of the power; what refers to bytes finds them."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Breaking, require

WORKS = ("outbox", "service", "blobs")
CUTS = 100
"""Of all works together; the long form makes ten times as many of each."""


@pytest.fixture(autouse=True)
def possible() -> None:
    require("mkfs.ext4", "mount", "losetup")


@pytest.mark.parametrize("work", WORKS)
@pytest.mark.parametrize("cuts", [CUTS // len(WORKS) + 1, pytest.param(1_000, marks=pytest.mark.long)])
def test_nothing_acknowledged_is_lost(breaking: Breaking, work: str, cuts: int) -> None:
    found = breaking("power_cuts", work, cuts, 1)
    assert found["cuts"] == cuts
    assert found["acknowledged"] >= cuts
    assert (found["lost"], found["doubled"], found["problems"]) == (0, 0, [])


@pytest.mark.parametrize(
    ("work", "control"),
    [("outbox", "synchronous=NORMAL"), ("service", "synchronous=NORMAL"), ("blobs", "no sync of folders")],
)
def test_a_missing_sync_is_caught(breaking: Breaking, work: str, control: str) -> None:
    """Else the test above would prove nothing."""
    found = breaking("power_cuts", work, 30, 1, control)
    assert found["cuts"] == 30
    assert found["hit"] > 0
    assert found["lost"] > 0
