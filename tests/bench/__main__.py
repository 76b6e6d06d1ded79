"""Measure the labeler beside its rivals and the floors of what it is made of, and print one table.

    python -m tests.bench [--quick] [--only PART]... [--no-rivals] [--largest N] [--work FOLDER] [--out FILE]

Rivals are installed on demand, each into an environment of its own below the work folder. The first run
takes long: it installs them and makes the photographs. `--quick` shows that everything runs; its
figures say little.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from platformdirs import user_cache_path

from tests.bench.bench import Bench
from tests.bench.figures import Row, Side, machine, table
from tests.bench.rivals import LABELIMG, LABELME, VIAM_SDK, X_ANYLABELING, Rivals

PARTS = ("next_image", "link", "start", "grid", "canvas", "client", "service", "outbox")


def measure(bench: Bench, part: str) -> list[Row]:
    """The rows of a part; if it fails, those that it has and one that says why."""
    rows: list[Row] = []
    start = time.perf_counter()
    try:
        rows.extend(importlib.import_module(f"tests.bench.parts.{part}").rows(bench))
    except Exception as error:
        traceback.print_exc()
        rows.append(Row(part, "did not run", "-", Side("labeler", why_not=f"{type(error).__name__}: {error}")))
    print(f"{part}: {time.perf_counter() - start:.0f} s", file=sys.stderr)  # noqa: T201
    return rows


def report(bench: Bench, where: str, rows: Sequence[Row]) -> str:
    """The table with where and with what it was measured."""
    rivals = [bench.rivals.version(one) for one in (LABELME, X_ANYLABELING, LABELIMG, VIAM_SDK)]
    kind = "A run that only shows that everything runs: the figures say little.\n\n" if bench.quick else ""
    note = "Median (p95; of rates p5). Below 1 a ratio of times or memory is better, above 1 one of rates."
    return f"{kind}{where}.\nRivals: {', '.join(rivals)}.\n\n{note}\n\n{table(rows)}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that everything runs")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part alone; may be given again")
    parser.add_argument("--no-rivals", action="store_true", help="install and run no rival")
    parser.add_argument("--largest", type=int, default=1_000_000, help="images of the largest catalog and grid")
    parser.add_argument("--work", type=Path, default=user_cache_path("labeler-bench", appauthor=False))
    parser.add_argument("--out", type=Path, help="write the table there too")
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)
    asked.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=asked.work, prefix="run-") as run:
        rivals = Rivals(asked.work / "rivals", use=not asked.no_rivals)
        bench = Bench(asked.quick, asked.largest, asked.work, Path(run), rivals)
        rows: list[Row] = []
        where = machine()
        for part in asked.only or PARTS:
            rows.extend(measure(bench, part))
            text = report(bench, where, rows)
            if asked.out:
                asked.out.write_text(text, "utf-8")
    print(text)  # noqa: T201
    return 0 if all(row.ours.samples for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
