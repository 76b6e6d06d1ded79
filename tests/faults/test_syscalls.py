"""Whatever call to the disk is the last, or fails: a step is done or not, and done when that was said."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Breaking, require

LONG = ("EIO", "ENOSPC", "EROFS", "EDQUOT")


@pytest.fixture(autouse=True)
def possible() -> None:
    require("strace")


@pytest.mark.parametrize(("work", "points"), [("outbox", 5), ("service", 10), ("upload", 20)])
def test_killed_at_every_call_a_step_is_done_or_not(breaking: Breaking, work: str, points: int) -> None:
    found = breaking("syscalls", work, "kill")
    assert found["wrong"] == []
    assert found["broken"] == found["points"] >= points


@pytest.mark.parametrize(
    ("work", "errnos"),
    [
        ("outbox", ("EIO", "ENOSPC", "EROFS")),
        ("service", ("EIO", "ENOSPC")),
        ("upload", ("ENOSPC",)),
        *(pytest.param(work, LONG, marks=pytest.mark.long) for work in ("outbox", "service", "upload")),
    ],
)
def test_a_call_that_fails_is_told_and_work_goes_on_afterwards(
    breaking: Breaking, work: str, errnos: tuple[str, ...]
) -> None:
    found = breaking("syscalls", work, "fail", *errnos)
    assert found["wrong"] == []
    assert found["broken"] == 2 * len(errnos) * found["points"] > 0
    assert found["acknowledged"] == found["broken"]
