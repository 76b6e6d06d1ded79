"""Whatever call to the disk is the last, or fails: a step is done or not, and done when that was said."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Breaking, require

KILLS = {
    "outbox": 10, "service": 20, "upload": 40, "tag": 14, "membership": 14, "delete": 14, "restore": 14, "purge": 18,
    "accounts": 20,
}  # fmt: skip
"""How many calls each work makes to the disk, at least."""
FAILURES = ("outbox", "service", "upload", "purge", "accounts")
"""Together above 100 calls, each broken twice."""
ERRNOS = ("EIO", "ENOSPC", "EROFS", "EDQUOT")


@pytest.fixture(autouse=True)
def possible() -> None:
    require("strace")


@pytest.mark.parametrize(("work", "points"), [*KILLS.items(), pytest.param("migration", 20, marks=pytest.mark.long)])
def test_killed_at_every_call_a_step_is_done_or_not(breaking: Breaking, work: str, points: int) -> None:
    found = breaking("syscalls", work, "kill")
    assert found["wrong"] == []
    assert found["broken"] == found["points"] >= points


def test_enough_calls_are_broken() -> None:
    assert 2 * sum(KILLS[work] for work in FAILURES) >= 200


@pytest.mark.parametrize("work", FAILURES)
def test_a_call_that_fails_is_told_and_work_goes_on_afterwards(breaking: Breaking, work: str) -> None:
    found = breaking("syscalls", work, "turn", *ERRNOS[:3])
    assert found["wrong"] == []
    assert found["acknowledged"] == found["broken"] == 2 * found["points"] >= 2 * KILLS[work]


@pytest.mark.long
@pytest.mark.parametrize("work", [*KILLS, "migration"])
def test_every_call_fails_in_every_way(breaking: Breaking, work: str) -> None:
    found = breaking("syscalls", work, "fail", *ERRNOS)
    assert found["wrong"] == []
    assert found["acknowledged"] == found["broken"] == 2 * len(ERRNOS) * found["points"] > 0
