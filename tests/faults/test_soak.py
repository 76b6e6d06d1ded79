"""Labeling and paging for long: what the program holds does not grow with the hours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.faults.soak_run import Held

MOST_GROWTH = 0.05
NONE_REFERENCES = 100
"""That there may be more or fewer, however many acts: PySide 6.11 adds one for each method that Qt calls of a new
object of Python's, and 6.12 takes one away with each event, which ends the process after some thousands."""
DRAW = "import pathlib, sys; from labeler.samples import write_samples; write_samples(pathlib.Path(sys.argv[1]), 2)"


def python(*arguments: object) -> str:
    """What a Python process prints, which must end well."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=7_200)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("acts", [2_000, pytest.param(30_000, marks=pytest.mark.long)])
def test_hours_of_labeling_leave_nothing_behind(tmp_path: Path, acts: int) -> None:
    python("-c", DRAW, tmp_path / "samples")
    said = python("-m", "tests.faults.soak_run", tmp_path, acts)
    before, after = (Held(**one) for one in json.loads(said.splitlines()[-1]))
    growth = after.memory / before.memory - 1
    print(f"{acts} acts: memory {growth:+.1%} after the first quarter, {before} then, {after} at the end")  # noqa: T201
    assert growth < MOST_GROWTH
    assert after.descriptors <= before.descriptors + 2
    assert after.threads <= before.threads + 2
    assert after.objects <= before.objects + 10
    assert abs(after.none_references - before.none_references) < NONE_REFERENCES
