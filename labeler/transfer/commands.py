"""`labeler import` and `labeler export`: on the service of a data directory, started if nobody has it open."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from labeler.client.channel import Connection
from labeler.client.deliver import Calls
from labeler.client.source import ServiceSource
from labeler.disk import make_data_directory
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, TagChange
from labeler.domain.library import OpenProgress
from labeler.local import open_local
from labeler.terminal import complain, say
from labeler.transfer.exporting import export_images, wanted_images
from labeler.transfer.importing import import_images


class ServiceLabels:
    """Puts labels on images by the calls that deliver a person's edits."""

    def __init__(self, connection: Connection) -> None:
        self._calls = Calls(connection)

    async def add_tag(self, image_ids: Sequence[str], tag: str) -> None:
        await self._calls.set_on_images(TagChange(image_ids[0], tag, True), image_ids)

    async def add_box(self, image_id: str, box: Box) -> None:
        await self._calls.box(BoxChange(image_id, None, box))


class Line:
    """One line of progress on standard error, written over; nothing where that is not a terminal."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()

    def show(self, text: str) -> None:
        if self._is_shown:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)  # noqa: T201

    def clear(self) -> None:
        self.show("")


@asynccontextmanager
async def _service(data: Path) -> AsyncIterator[tuple[ServiceSource, Connection]]:
    async with open_local(data) as local:
        connection = await Connection.open(local.endpoint)
        async with connection:
            yield await ServiceSource.open(connection), connection


def _run(data: Path, command: Callable[[Line], Awaitable[int]]) -> int:
    make_data_directory(data)
    line = Line()

    async def run() -> int:
        return await command(line)

    try:
        return asyncio.run(run())
    finally:
        line.clear()


def _tell(problems: Sequence[str]) -> None:
    for problem in problems:
        complain(problem)


def import_command(data: Path, paths: Sequence[Path], copy: bool) -> int:
    """Take in files and folders, with the labels of exports among them; 1 if something was left out."""

    async def run(line: Line) -> int:
        def show(progress: OpenProgress) -> None:
            line.show(f"{progress.found:,} images found, {progress.digested:,} read")

        async with _service(data) as (source, connection):
            result = await import_images(source, ServiceLabels(connection), paths, copy, show)
        line.clear()
        _tell(result.problems)
        already = f", {result.already_there:,} were there already" if result.already_there else ""
        labels = f"; {result.boxes:,} boxes and {result.tags:,} tags added" if result.boxes or result.tags else ""
        say(f"Imported {result.opened:,} images{already}{labels}")
        return 1 if result.problems else 0

    return _run(data, run)


def export_command(data: Path, out: Path, format_name: str, dataset: str, filter_text: str) -> int:
    """Write images with what is on them; 1 if some could not be written."""

    async def run(line: Line) -> int:
        def show(done: int, total: int | None) -> None:
            line.show(f"{done:,} of {total:,} images" if total is not None else f"{done:,} images")

        async with _service(data) as (source, _):
            wanted = await wanted_images(source, dataset, filter_text)
            result = await export_images(source, out, format_name, wanted, on_progress=show)
        line.clear()
        _tell([f"{name}: not exported: {reason}" for name, reason in result.refused])
        say(f"Exported {result.written:,} images to {out}")
        return 1 if result.refused else 0

    return _run(data, run)
