"""The bench runs and its table has every row; how fast anything was is not asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROWS = {
    "next_image": 5,
    "link": 2,
    "start": 2,
    "grid": 5,
    "canvas": 12,
    "client": 14,
    "service": 29,
    "outbox": 2,
}


@pytest.mark.process
def test_the_quick_bench_has_a_figure_of_ours_in_every_row(tmp_path: Path) -> None:
    out = tmp_path / "table.md"
    options = ["--quick", "--no-rivals", "--work", str(tmp_path / "work"), "--out", str(out)]
    command = [sys.executable, "-m", "tests.bench", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-4_000:]
    lines = [line.strip("| ").split(" | ") for line in out.read_text("utf-8").splitlines() if line.startswith("| ")]
    head, *rows = lines[:1] + lines[2:]
    own = {(row[0], row[1]): row[head.index("ours")] for row in rows}
    assert {part: sum(of == part for of, _ in own) for part in ROWS} == ROWS
    assert all(figure[0].isdigit() for figure in own.values()), own
