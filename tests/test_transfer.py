from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import skimage

from labeler.domain.box import Box
from labeler.domain.errors import InvalidValue, LabelerError, Missing, Refused, Unreachable
from labeler.domain.filter import EMPTY, Filter
from labeler.domain.image import Choice, Dataset, Image
from labeler.domain.library import OpenProgress
from labeler.formats.coco import read_coco
from labeler.formats.registry import FORMATS
from labeler.formats.staging import StagedFolder
from labeler.transfer import export_images
from labeler.transfer.exporting import AT_ONCE, PAGE, wanted_images
from labeler.transfer.importing import import_images
from tests.memory_source import MemorySource

PHOTOGRAPHS = Path(skimage.__file__).parent / "data"
PICTURE = (PHOTOGRAPHS / "rocket.jpg").read_bytes()
BOX = Box("b1", "bolt", 0.25, 0.5, 0.75, 1.0)


def some(count: int) -> list[Image]:
    return [Image(f"o/l/{number}", f"line/{number}.jpg", tags=("good",), boxes=(BOX,)) for number in range(count)]


def below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def names(out: Path) -> list[str]:
    return [one.path.name for one in read_coco(out)]


@pytest.mark.parametrize("format_name", FORMATS)
async def test_every_page_is_exported_in_order_and_reads_back(tmp_path: Path, format_name: str) -> None:
    source = MemorySource(some(PAGE + 5))
    told: list[tuple[int, int | None]] = []
    result = await export_images(
        source, tmp_path / "out", format_name, on_progress=lambda done, total: told.append((done, total))
    )
    read = list(FORMATS[format_name].read(tmp_path / "out"))
    assert [one.image_id for one in read] == [image.id for image in source.list]
    assert all(one.path.is_file() and one.tags == ("good",) and BOX.same_value(one.boxes[0]) for one in read)
    assert (result.written, result.refused) == (PAGE + 5, ())
    assert result.summary == f"Exported {PAGE + 5} images to {tmp_path / 'out'}"
    assert told == [(done, PAGE + 5) for done in range(PAGE + 6)]
    assert {path.split("/")[0] for path in below(tmp_path)} == {"out"}


async def test_real_photographs_are_exported_byte_by_byte(tmp_path: Path) -> None:
    contents = {name: (PHOTOGRAPHS / name).read_bytes() for name in ("chelsea.png", "rocket.jpg", "camera.png")}
    source = MemorySource([Image(name, name, boxes=(BOX,)) for name in contents], contents)
    await export_images(source, tmp_path / "out", "coco")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out/images").iterdir()} == contents
    images = json.loads((tmp_path / "out/annotations.json").read_text())["images"]
    assert [(one["width"], one["height"]) for one in images] == [(451, 300), (640, 427), (512, 512)]


async def test_what_cannot_be_had_or_held_is_refused_and_the_rest_is_written(tmp_path: Path) -> None:
    source = MemorySource(some(20), {"o/l/3": b"not a picture"})
    source.broken = {"o/l/1": Missing("the file is gone"), "o/l/19": Refused("no bytes")}
    result = await export_images(source, tmp_path / "out", "coco")
    assert [name for name, _ in result.refused] == ["line/1.jpg", "line/3.jpg", "line/19.jpg"]
    assert result.refused[0][1] == "the file is gone"
    assert "3 could not be, the first is line/1.jpg: the file is gone" in result.summary
    assert result.written == len(names(tmp_path / "out")) == 17


async def test_a_service_that_does_not_answer_is_asked_again(tmp_path: Path) -> None:
    class Flaky(MemorySource):
        async def image_bytes(self, image_id: str) -> bytes:
            if self.asked_bytes.count(image_id) < 2:
                self.asked_bytes.append(image_id)
                raise Unreachable("offline")
            return await super().image_bytes(image_id)

    assert (await export_images(Flaky(some(3)), tmp_path / "out", "viam", pauses=(0, 0))).written == 3


async def test_nothing_is_left_when_the_service_stays_away(tmp_path: Path) -> None:
    source = MemorySource(some(20))
    source.broken = {"o/l/15": Unreachable("offline")}
    with pytest.raises(Unreachable):
        await export_images(source, tmp_path / "out", "coco", pauses=())
    assert below(tmp_path) == []


@pytest.mark.parametrize("is_there", [False, True])
async def test_cancelling_leaves_nothing(tmp_path: Path, is_there: bool) -> None:
    stuck = asyncio.Event()

    class Stuck(MemorySource):
        async def image_bytes(self, image_id: str) -> bytes:
            if image_id == "o/l/9":
                stuck.set()
                await asyncio.Event().wait()
            return PICTURE

    out = tmp_path / "out"
    if is_there:
        out.mkdir()
    export = asyncio.create_task(export_images(Stuck(some(40)), out, "viam"))
    await stuck.wait()
    export.cancel()
    with pytest.raises(asyncio.CancelledError):
        await export
    assert below(tmp_path) == (["out"] if is_there else [])


@pytest.mark.parametrize("steps", range(1, 8))
async def test_cancelling_at_once_leaves_nothing(tmp_path: Path, steps: int) -> None:
    export = asyncio.create_task(export_images(MemorySource(some(40)), tmp_path / "out", "viam"))
    for _ in range(steps):
        await asyncio.sleep(0)
    export.cancel()
    with pytest.raises(asyncio.CancelledError):
        await export
    assert below(tmp_path) == []


async def test_cancelling_while_the_folder_is_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, cancelled = threading.Event(), threading.Event()
    begin = StagedFolder.begin

    def slow(self: StagedFolder) -> None:
        begin(self)
        begun.set()
        cancelled.wait()

    monkeypatch.setattr(StagedFolder, "begin", slow)
    export = asyncio.create_task(export_images(MemorySource(some(1)), tmp_path / "out", "viam"))
    await asyncio.to_thread(begun.wait)
    export.cancel()
    await asyncio.sleep(0)
    cancelled.set()
    with pytest.raises(asyncio.CancelledError):
        await export
    assert below(tmp_path) == []


async def test_only_a_few_pictures_are_fetched_ahead(tmp_path: Path) -> None:
    class Counting(MemorySource):
        under_way = most = 0

        async def image_bytes(self, image_id: str) -> bytes:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            await asyncio.sleep(0)
            self.under_way -= 1
            return PICTURE

    source = Counting(some(50))
    await export_images(source, tmp_path / "out", "viam")
    assert 1 < source.most <= AT_ONCE


async def test_pending_edits_are_in_the_export(tmp_path: Path) -> None:
    source = MemorySource([Image("i", "a/b.jpg")])
    await export_images(source, tmp_path / "out", "coco", as_seen=lambda image: replace(image, boxes=(BOX,)))
    (read,) = read_coco(tmp_path / "out")
    assert BOX.same_value(read.boxes[0])


async def test_what_is_to_be_deleted_is_not_in_the_export(tmp_path: Path) -> None:
    gone = some(3)[1].id
    result = await export_images(
        MemorySource(some(3)), tmp_path / "out", "coco", as_seen=lambda image: None if image.id == gone else image
    )
    assert (result.written, len(list(read_coco(tmp_path / "out")))) == (2, 2)


async def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InvalidValue, match="not empty"):
        await export_images(MemorySource(some(1)), tmp_path, "coco")
    assert below(tmp_path) == ["mine.txt"]


async def test_a_disk_that_refuses_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LabelerError, match=r"The export to .* failed"):
        await export_images(MemorySource(some(1)), tmp_path / "file" / "out", "coco")


async def test_an_unknown_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="voc: not a format; there are coco, viam"):
        await export_images(MemorySource(), tmp_path / "out", "voc")


async def test_a_dataset_is_found_by_name_or_id_and_joins_the_filter() -> None:
    source = MemorySource()
    source.sets = [Dataset("ab12", "Night shift")]
    assert await wanted_images(source, "", "") == EMPTY
    assert await wanted_images(source, "Night shift", "tag:good") == Filter(dataset_id="ab12", tags=("good",))
    assert await wanted_images(source, "ab12", "") == Filter(dataset_id="ab12")
    assert await wanted_images(source, "", 'dataset:"Night shift"') == Filter(dataset_id="ab12")
    with pytest.raises(Missing, match="no dataset named Day; there are: Night shift"):
        await wanted_images(source, "Day", "")
    with pytest.raises(InvalidValue, match="another dataset"):
        await wanted_images(source, "ab12", "dataset:cd34")


class Folders(MemorySource):
    """Opens folders as the service does: by reference, named by their path below the folder."""

    async def open_paths(self, paths: Sequence[Path], copy: bool) -> AsyncIterator[OpenProgress]:
        for path in paths:
            files = sorted(file for file in path.rglob("*") if file.suffix == ".jpg")
            self.list += [
                Image(f"id-{len(self.list) + number}", file.relative_to(path).as_posix(), component_type="folder",
                      component_name=str(path))
                for number, file in enumerate(files)
            ]  # fmt: skip
        opened = len(self.list)
        yield OpenProgress(opened, opened, 0, opened, True, tuple(map(str, paths)), (("x.jpg", "it is broken"),))

    async def choices(self, wanted: Filter) -> Mapping[str, tuple[Choice, ...]]:
        folders = dict.fromkeys(image.component_name for image in self.list)
        return {"component_name": tuple(Choice(name, name) for name in folders)}

    async def add_tag(self, image_ids: Sequence[str], tag: str) -> None:
        self.change(image_ids, lambda image: {"tags": (*image.tags, tag)})

    async def add_box(self, image_id: str, box: Box) -> None:
        self.change([image_id], lambda image: {"boxes": (*image.boxes, box)})

    def change(self, ids: Sequence[str], changed: Any) -> None:
        self.list = [replace(image, **changed(image)) if image.id in ids else image for image in self.list]


@pytest.mark.parametrize("format_name", FORMATS)
async def test_labels_of_an_export_come_in_with_it_and_only_once(tmp_path: Path, format_name: str) -> None:
    out = tmp_path / "out"
    await export_images(MemorySource(some(3), {f"o/l/{n}": PICTURE for n in range(3)}), out, format_name)
    target = Folders()
    result = await import_images(target, target, [out], copy=False)
    assert (result.opened, result.boxes, result.tags, result.problems) == (3, 3, 3, ("x.jpg: it is broken",))
    for image in target.list:
        assert image.tags == ("good",)
        (box,) = image.boxes
        assert box.same_value(BOX)
    opened, target.list = target.list, []
    again = Folders(opened)
    again.open_paths = MemorySource().open_paths  # type: ignore[method-assign]
    result = await import_images(again, again, [out], copy=False)
    assert (result.boxes, result.tags) == (0, 0)


async def test_labels_reach_an_image_that_is_there_by_content_under_its_own_name(tmp_path: Path) -> None:
    here = Image("o/l/0", "elsewhere.jpg", component_type="folder", component_name="/photos")
    await export_images(MemorySource(some(1), {"o/l/0": PICTURE}), tmp_path / "out", "coco")

    class AlreadyThere(Folders):
        async def open_paths(self, paths: Sequence[Path], copy: bool) -> AsyncIterator[OpenProgress]:
            yield OpenProgress(1, 0, 1, 1, True, (str(paths[0]),))

    target = AlreadyThere([here])
    result = await import_images(target, target, [tmp_path / "out"], copy=False)
    assert (result.already_there, result.boxes, result.tags) == (1, 1, 1)
    other = AlreadyThere([replace(here, id="another")])
    result = await import_images(other, other, [tmp_path / "out"], copy=False)
    assert result.boxes == 0
    assert "its labels are left out" in result.problems[0]


async def test_a_path_that_is_not_there_is_named_before_anything_is_opened(tmp_path: Path) -> None:
    target = Folders()
    with pytest.raises(Missing, match="nowhere: there is no such file or folder"):
        await import_images(target, target, [tmp_path, tmp_path / "nowhere"], copy=False)
    assert target.list == []
