"""Opening files and folders, with the labels that exports among them carry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from labeler.domain.box import Box
from labeler.domain.errors import LabelerError, Missing, Refused
from labeler.domain.filter import EMPTY, Filter
from labeler.domain.image import Image
from labeler.domain.library import OpenProgress
from labeler.formats.layout import Labeled
from labeler.formats.registry import format_of
from labeler.state.source import ImageSource

PAGE = 500
AT_ONCE = 8
TAG_BATCH = 200
_SAME = 1e-6
"""Edges of two boxes that differ by less, in fractions of the image, are the same: formats in pixels round."""


class LabelWriter(Protocol):
    """Puts labels on images of the service at once, without undo."""

    async def add_tag(self, image_ids: Sequence[str], tag: str) -> None: ...

    async def add_box(self, image_id: str, box: Box) -> None: ...


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did. `problems` are sentences on what was left out."""

    opened: int = 0
    already_there: int = 0
    boxes: int = 0
    tags: int = 0
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Missing:
    """Labels that images do not have yet."""

    boxes: list[tuple[str, Box]] = field(default_factory=list)
    tags: dict[str, list[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


async def import_images(
    source: ImageSource,
    labels: LabelWriter,
    paths: Sequence[Path],
    copy: bool,
    on_progress: Callable[[OpenProgress], None] = lambda progress: None,
) -> ImportResult:
    """Open the paths; of those that are exports (COCO, Viam), add the labels that are not there yet.

    Raises Refused where the service does not take paths, InvalidValue where an export's manifest cannot
    be understood, Unreachable and others from the source.
    """
    if not source.opens_paths:
        raise Refused(f"{source.title} does not take files and folders; upload them with the client instead.")
    last, problems = OpenProgress(), list[str]()
    for path in paths:
        if not path.exists():
            raise Missing(f"{path}: there is no such file or folder.")
    async with aclosing(_opening(source, paths, copy)) as opening:
        async for progress in opening:
            last = progress
            problems += [f"{path}: {reason}" for path, reason in progress.refused]
            on_progress(progress)
    result = ImportResult(last.opened, last.already_there)
    roots = dict(zip(paths, last.component_names, strict=False))
    for path in paths:
        layout = await asyncio.to_thread(format_of, path)
        if layout is None:
            continue
        labeled = await asyncio.to_thread(lambda layout=layout, path=path: list(layout.read(path)))  # type: ignore[misc]
        wanting = await _wanting(source, path, Path(roots.get(path) or path.absolute()), labeled)
        boxes, tags = await _add(labels, wanting)
        problems += wanting.problems
        result = replace(result, boxes=result.boxes + boxes, tags=result.tags + tags)
    return replace(result, problems=tuple(problems))


async def _opening(source: ImageSource, paths: Sequence[Path], copy: bool) -> AsyncGenerator[OpenProgress, None]:
    opening = source.open_paths(paths, copy)
    try:
        async for progress in opening:
            yield progress
    finally:
        if isinstance(opening, AsyncGenerator):
            await opening.aclose()


async def _images_below(source: ImageSource, root: Path) -> dict[Path, Image]:
    """The images by their files, of the opened folders that are the root, above it or below it."""
    choices = (await source.choices(EMPTY)).get("component_name", ())
    folders = [Path(choice.value) for choice in choices]
    found: dict[Path, Image] = {}
    for folder in folders:
        if not (folder.is_relative_to(root) or root.is_relative_to(folder)):
            continue
        wanted = Filter(component_type="folder", component_name=str(folder))
        after = ""
        while True:
            page = await source.page(wanted, source.orders[0], after, PAGE)
            found |= {folder / image.file_name: image for image in page.images}
            after = page.next
            if not after:
                break
    return found


async def _wanting(source: ImageSource, folder: Path, root: Path, labeled: Sequence[Labeled]) -> _Missing:
    images = await _images_below(source, root)
    wanting = _Missing()
    for one in labeled:
        wanting.problems += one.problems
        image = images.get(root / one.path.relative_to(folder)) or await _by_id(source, one.image_id)
        if image is None:
            wanting.problems.append(
                f"{one.path}: its labels are left out, as the picture was not taken in under this name"
            )
            continue
        wanting.boxes += [
            (image.id, box) for box in one.boxes if not any(_is_same(box, there) for there in image.boxes)
        ]
        for tag in one.tags:
            if tag not in image.tags:
                wanting.tags.setdefault(tag, []).append(image.id)
    return wanting


async def _by_id(source: ImageSource, image_id: str) -> Image | None:
    """The image of this id: what was exported from here and is there already, by content, keeps its id."""
    if not image_id:
        return None
    try:
        return (await source.images([image_id]))[0]
    except Refused:
        return None


def _is_same(one: Box, other: Box) -> bool:
    edges = ((getattr(one, name), getattr(other, name)) for name in ("x_min", "y_min", "x_max", "y_max"))
    return one.label == other.label and all(abs(here - there) < _SAME for here, there in edges)


async def _add(labels: LabelWriter, wanting: _Missing) -> tuple[int, int]:
    """Put the labels on; returns how many boxes and tags. Those that the service refuses become problems."""
    boxes_added = tags_added = 0
    for tag, ids in wanting.tags.items():
        for start in range(0, len(ids), TAG_BATCH):
            try:
                await labels.add_tag(ids[start : start + TAG_BATCH], tag)
                tags_added += len(ids[start : start + TAG_BATCH])
            except Refused as error:
                wanting.problems.append(f"The tag {tag} is left out: {error}")
    by_image: dict[str, list[Box]] = {}
    for image_id, box in wanting.boxes:
        by_image.setdefault(image_id, []).append(box)
    waiting = iter(by_image.items())

    async def add_some() -> None:
        nonlocal boxes_added
        for image_id, boxes in waiting:
            for box in boxes:
                try:
                    await labels.add_box(image_id, box)
                    boxes_added += 1
                except Refused as error:
                    wanting.problems.append(f"A box {box.label} on {image_id} is left out: {error}")

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(add_some())
    except* LabelerError as errors:
        raise errors.exceptions[0] from None
    return boxes_added, tags_added
