"""Folders of small photographs taken into a catalog, in this process."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from labeler.server.accounts import Part
from labeler.server.files import FileBlobs
from labeler.server.open_paths import PathOpener
from labeler.server.serve import THREADS
from labeler.server.sqlite.catalog import SqliteCatalog
from tests.bench.bench import Bench
from tests.bench.figures import Row, Side
from tests.bench.floors import written_files
from tests.bench.timing import into

_AT_LEAST = 2_000
_PART = Part("bench", "hall", "robot", "robot", "part", "part")


async def opened(bench: Bench) -> list[Row]:
    """Images a second, by reference until all are listed, and as copies until all are on disk."""
    # As many threads as a service has.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
    count = bench.either(4_000, 40)
    folder = bench.run / "small"
    contents = await asyncio.to_thread(_make, folder, count)
    rows = []
    for copy, what in ((False, "by reference, until listed"), (True, "as copies")):
        rates, files = [], []
        for turn in range(bench.either(3, 1)):
            here = bench.run / f"opened-{copy}-{turn}"
            await asyncio.to_thread(here.mkdir)
            if copy:
                floor = await asyncio.to_thread(written_files, bench.run / f"copies-{turn}", contents)
                files.append(count / floor)
            samples: list[float] = []
            with into(samples):
                await _open(here, folder, copy)
            rates.append(count / samples[0] * 1_000)
        floor_side = Side("files with fsync, one by one", files) if copy else None
        what = f"a folder of {count:,} small images, {what}"
        rows.append(Row("service", what, "images/s", Side("labeler", rates), floor=floor_side, at_most=_AT_LEAST))
    return rows


def _make(folder: Path, count: int) -> list[bytes]:
    folder.mkdir()
    contents = []
    for number in range(count):
        path = folder / f"{number:05}.jpg"
        Image.effect_noise((90, 90), 60).save(path, quality=90)
        contents.append(path.read_bytes())
    return contents


async def _open(here: Path, folder: Path, copy: bool) -> None:
    catalog = SqliteCatalog(here / "catalog.db")
    try:
        opening = PathOpener(catalog, FileBlobs(here / "blobs")).open(_PART, [folder], copy)
        async for progress in opening:
            if progress.listed:
                break
        await opening.aclose()
    finally:
        await catalog.close()
