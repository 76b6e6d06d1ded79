"""Writing images with what is on them into a folder."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from labeler.domain.errors import InvalidValue, LabelerError, Missing, Refused, Unreachable
from labeler.domain.filter import EMPTY, Filter, Order, parse_filter
from labeler.domain.image import Image, without_proposals
from labeler.domain.text import check_text
from labeler.formats.layout import Writer
from labeler.formats.registry import FORMATS
from labeler.formats.staging import StagedFolder, Stopped
from labeler.state.source import ImageSource

PAGE = 200
AT_ONCE = 8
"""Pictures that are fetched at the same time, which is also how many are in memory."""
PAUSES = (1.0, 4.0)
"""Seconds before a picture is asked for again when the service could not be reached."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What an export did. `refused` are names of images that are not in it, each with the reason."""

    folder: Path
    written: int
    refused: tuple[tuple[str, str], ...]

    @property
    def summary(self) -> str:
        """One sentence for the person: "Exported 212 images to exports/parts"."""
        images = "1 image" if self.written == 1 else f"{self.written:,} images"
        if not self.refused:
            return f"Exported {images} to {self.folder}"
        name, reason = self.refused[0]
        return f"Exported {images} to {self.folder}; {len(self.refused):,} could not be, the first is {name}: {reason}"


async def wanted_images(source: ImageSource, dataset: str, filter_text: str) -> Filter:
    """The filter for a dataset's name (or id) and a filter's text; either can be empty.

    Raises Missing if there is no such dataset, InvalidValue if the text cannot be understood.
    """
    for field, text in (("dataset", dataset), ("filter", filter_text)):
        check_text(field, text)
    ids: dict[str, str] = {}
    if dataset or filter_text:
        ids = {one.name: one.id for one in await source.datasets()}
    wanted = parse_filter(filter_text, ids.get) if filter_text else EMPTY
    if not dataset:
        return wanted
    dataset_id = ids.get(dataset, dataset if dataset in ids.values() else "")
    if not dataset_id:
        known = ", ".join(sorted(ids)) or "none yet"
        raise Missing(f"There is no dataset named {dataset}; there are: {known}.")
    if wanted.dataset_id not in ("", dataset_id):
        raise InvalidValue("The filter names another dataset than --dataset; give one of them.")
    return replace(wanted, dataset_id=dataset_id)


async def export_images(
    source: ImageSource,
    out: Path,
    format_name: str,
    wanted: Filter = EMPTY,
    *,
    on_progress: Callable[[int, int | None], None] = lambda done, total: None,
    as_seen: Callable[[Image], Image | None] = lambda image: image,
    pauses: Sequence[float] = PAUSES,
) -> ExportResult:
    """Write all images of the filter, in order of their names where the service has that order.

    Boxes that nobody has accepted are left out. `out` must be new or empty, and is complete when this returns;
    on any error and when cancelled nothing is left there. `on_progress` is given how many images are done, and of
    how many (None where the service does not count). `as_seen` makes the person's pending edits on an image, None
    of one that they deleted. Images whose picture cannot be had or held by the format are refused; the rest is written.

    Raises InvalidValue for a folder or format that cannot be used, LabelerError if the disk refuses,
    Unreachable and others from the source.
    """
    check_text("folder", str(out))
    layout = FORMATS.get(format_name)
    if layout is None:
        raise InvalidValue(f"{format_name}: not a format; there are {', '.join(FORMATS)}")
    total = await source.count(wanted)
    with ThreadPoolExecutor(1, "export") as thread, _disk_errors(out):
        run = _Run(thread)
        staged = await run.call(lambda: StagedFolder(out, layout.manifest))
        opened: list[Writer] = []
        try:
            await run.call(staged.begin)
            await run.call(lambda: opened.append(layout.writer(staged.work, out)))
            writer = opened[0]
            result = await _write_all(source, wanted, writer, run, total, on_progress, as_seen, pauses)
            await run.call(writer.close)
            await run.call(lambda: staged.commit(run.stopped.is_set))
        except BaseException:
            run.stopped.set()
            await run.to_the_end(lambda: _discard(opened, staged))
            raise
    return replace(result, folder=out)


def _discard(opened: Sequence[Writer], staged: StagedFolder) -> None:
    for writer in opened:
        writer.discard()
    staged.discard()


class _Run:
    """Calls in one thread of their own, so that the event loop never waits for the disk."""

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        self._thread = thread
        self.stopped = threading.Event()

    async def call(self, function: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    async def to_the_end(self, function: Callable[[], object]) -> None:
        """As `call`, but cancelling has to wait for it."""
        future = asyncio.get_running_loop().run_in_executor(self._thread, function)
        try:
            await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            raise


@contextmanager
def _disk_errors(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LabelerError(
            f"The export to {out} failed, and nothing is left of it: {error.strerror or error}"
        ) from error
    except Stopped as error:
        raise asyncio.CancelledError from error


async def _write_all(
    source: ImageSource,
    wanted: Filter,
    writer: Writer,
    run: _Run,
    total: int | None,
    on_progress: Callable[[int, int | None], None],
    as_seen: Callable[[Image], Image | None],
    pauses: Sequence[float],
) -> ExportResult:
    written, refused = 0, list[tuple[str, str]]()
    on_progress(0, total)
    async with aclosing(_with_bytes(source, wanted, pauses)) as images:
        async for image, content in images:
            if (edited := as_seen(image)) is None:
                continue
            try:
                if isinstance(content, Refused):
                    raise content
                seen = without_proposals(edited)
                await run.call(lambda seen=seen, content=content: writer.add(seen, content))  # type: ignore[misc]
                written += 1
            except (Refused, InvalidValue) as error:
                refused.append((image.file_name or image.id, str(error)))
            on_progress(written + len(refused), total)
    return ExportResult(Path(), written, tuple(refused))


async def _with_bytes(
    source: ImageSource, wanted: Filter, pauses: Sequence[float]
) -> AsyncGenerator[tuple[Image, bytes | Refused], None]:
    """The images in order with their pictures, or with why there is none; some are fetched ahead."""
    ahead: deque[tuple[Image, asyncio.Task[bytes | Refused]]] = deque()
    try:
        async with aclosing(_all_images(source, wanted)) as images:
            async for image in images:
                ahead.append((image, asyncio.create_task(_bytes(source, image.id, pauses))))
                if len(ahead) == AT_ONCE:
                    first, task = ahead[0]
                    yield first, await task
                    ahead.popleft()
        while ahead:
            first, task = ahead[0]
            yield first, await task
            ahead.popleft()
    finally:
        tasks = [task for _, task in ahead]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _bytes(source: ImageSource, image_id: str, pauses: Sequence[float]) -> bytes | Refused:
    for pause in (*pauses, None):
        try:
            return await source.image_bytes(image_id)
        except Refused as error:
            return error
        except Unreachable:
            if pause is None:
                raise
            await asyncio.sleep(pause)
    raise AssertionError("the last pause is None")


async def _all_images(source: ImageSource, wanted: Filter) -> AsyncGenerator[Image, None]:
    order = next((one for one in (Order.NAME, Order.OLDEST) if one in source.orders), source.orders[0])
    after = ""
    while True:
        page = await source.page(wanted, order, after, PAGE)
        for image in page.images:
            yield image
        if not page.next:
            return
        after = page.next
