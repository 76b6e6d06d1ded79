"""What the parts that we build on cost alone."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import apsw

from tests.bench.timing import into


def commits(folder: Path, count: int) -> list[float]:
    """ms of durable commits of three rows each in a database of their own."""
    path = folder / f"commits-{time.monotonic_ns()}.db"
    samples: list[float] = []
    connection = apsw.Connection(str(path))
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE one (number INTEGER PRIMARY KEY, text TEXT)")
        for number in range(count):
            with into(samples), connection:
                for _ in range(3):
                    connection.execute("INSERT INTO one (text) VALUES (?)", (f"row {number}",))
    finally:
        connection.close()
    return samples


def written_files(folder: Path, contents: Sequence[bytes]) -> float:
    """Seconds to write so many files and have each on the disk."""
    folder.mkdir()
    start = time.perf_counter()
    for number, content in enumerate(contents):
        with (folder / f"{number}").open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    return time.perf_counter() - start
