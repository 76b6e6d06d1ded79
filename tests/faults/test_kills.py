"""The whole program killed while somebody labels: what it said was saved is there, once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from labeler.samples import write_samples
from tests.conftest import ROOT

DRIVER = Path(__file__).with_name("desktop_run.py")


def started(*arguments: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, DRIVER, *map(str, arguments)], stdout=subprocess.PIPE, text=True, env=environment
    )


@pytest.mark.parametrize("kills", [pytest.param(count, marks=pytest.mark.long) for count in (5, 100)])
def test_no_box_is_lost_or_doubled_by_kills(tmp_path: Path, kills: int) -> None:
    chance = random.Random(1)
    samples, library = write_samples(tmp_path / "samples", of_line=2).folder, tmp_path / "library"
    acknowledged = 0
    for _ in range(kills):
        with started(library, samples, "draw") as run:
            assert run.stdout is not None
            for _ in range(chance.randint(1, 12)):
                assert run.stdout.readline()
                acknowledged += 1
            run.kill()
            acknowledged += len(run.stdout.read().splitlines())
    with started(library, samples, "count") as run:
        said = run.communicate(timeout=60)[0]
    there, different = map(int, said.split())
    print(f"{kills} kills, {acknowledged} boxes saved, {there} there, {different} different")  # noqa: T201
    # One box of each run may have been kept and not yet been said.
    assert acknowledged <= there <= acknowledged + kills
    assert there == different
