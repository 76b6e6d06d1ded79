"""Opening files and folders into a real catalog: what is taken, how it is known again, what is refused."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image as Picture

from labeler.domain.box import Box
from labeler.domain.filter import Filter, Order
from labeler.domain.library import OpenProgress
from labeler.server.accounts import Part
from labeler.server.catalog import FileReference, ImageRecord
from labeler.server.content import Content
from labeler.server.files import FileBlobs
from labeler.server.open_paths import PathOpener
from labeler.server.sqlite.catalog import SqliteCatalog

ORGANIZATION = "11111111-1111-4111-8111-111111111111"
PART = Part(ORGANIZATION, "abcdefghij", "robot", "this computer", "part", "this computer")


def picture(seed: int, kind: str = "JPEG", exif: dict[int, str] | None = None) -> bytes:
    """An encoded picture that differs by seed; `exif` are entries of its Exif IFD."""
    data = io.BytesIO()
    entries = Picture.Exif()
    if exif:
        entries[0x8769] = exif
        entries[0x0112] = 6
    Picture.new("RGB", (8, 6), (seed, 2 * seed, 3 * seed)).save(data, kind, exif=entries)
    return data.getvalue()


class Library:
    """A catalog, and a folder of the user."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "photos"
        self.folder.mkdir()
        self.catalog = SqliteCatalog(home / "catalog.db")
        self.blobs = FileBlobs(home / "blobs")
        self.opener = PathOpener(self.catalog, self.blobs)

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    async def open(self, *paths: Path, copy: bool = False) -> list[OpenProgress]:
        progress = self.opener.open(PART, paths or (self.folder,), copy)
        return [each async for each in progress]

    async def records(self, order: Order = Order.NAME) -> tuple[ImageRecord, ...]:
        return (await self.catalog.page(ORGANIZATION, Filter(), order, "", 1000)).images

    async def names(self) -> list[str]:
        return [record.file_name for record in await self.records()]

    async def only(self) -> ImageRecord:
        (record,) = await self.records()
        return record

    async def label(self, record: ImageRecord) -> None:
        await self.catalog.add_boxes(ORGANIZATION, record.id, [Box("", "bolt", 0.1, 0.1, 0.5, 0.5)])


def reference_to(path: Path) -> FileReference:
    status = path.stat()
    return FileReference(str(path), status.st_size, status.st_mtime_ns)


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    made = Library(tmp_path)
    yield made
    await made.catalog.close()


def counts(progress: list[OpenProgress]) -> tuple[int, int, int, int]:
    last = progress[-1]
    return last.found, last.opened, last.already_there, last.digested


def refusals(progress: list[OpenProgress]) -> dict[str, str]:
    return {path: reason for each in progress for path, reason in each.refused}


async def test_a_folder_opens_in_natural_order_with_what_is_below_it(library: Library) -> None:
    for number, name in enumerate(["b10.jpg", "b9.jpg", "inner/deep/ä ö 1.jpg", "日本.png", "no-extension"]):
        library.write(name, picture(number, "PNG" if name.endswith("png") else "JPEG"))
    library.write("notes.txt", b"not an image")
    library.write(".hidden.jpg", picture(70))
    library.write(".cache/thumbnail.jpg", picture(71))
    progress = await library.open()
    assert counts(progress) == (5, 5, 0, 5)
    assert not refusals(progress)
    assert progress[-1].listed
    assert progress[-1].component_names == (str(library.folder),)
    assert await library.names() == ["b9.jpg", "b10.jpg", "inner/deep/ä ö 1.jpg", "no-extension", "日本.png"]
    record = (await library.records())[0]
    content = (library.folder / "b9.jpg").read_bytes()
    assert record.digest == hashlib.sha256(content).hexdigest()
    assert (record.source.component_type, record.source.component_name) == ("folder", str(library.folder))
    assert (record.source.method, record.source.part_id, record.source.mime_type) == ("Open", "part", "image/jpeg")
    assert await Content(library.blobs).read(record) == content


@pytest.mark.parametrize(
    ("exif", "expected"),
    [
        ({0x9003: "2024:05:01 10:00:00", 0x9011: "+02:00"}, datetime(2024, 5, 1, 8, 0, tzinfo=UTC)),
        ({0x9003: "2024:05:01 10:00:00", 0x9011: "Z", 0x9291: "25"}, datetime(2024, 5, 1, 10, 0, 0, 250_000, UTC)),
        ({0x9003: "2024:05:01 10:00:00"}, datetime(2024, 5, 1, 10, 0).astimezone(UTC)),
        ({0x9003: "0000:00:00 00:00:00"}, datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (None, datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ],
    ids=["offset", "fraction", "local time", "nonsense", "none"],
)
async def test_the_time_is_that_of_the_camera_else_of_the_file(
    library: Library, exif: dict[int, str] | None, expected: datetime
) -> None:
    path = library.write("a.jpg", picture(1, exif=exif))
    changed = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()
    os.utime(path, (changed, changed))
    await library.open()
    assert (await library.only()).time_requested == expected


async def test_opening_again_takes_nothing_twice(library: Library) -> None:
    for number in range(3):
        library.write(f"{number}.jpg", picture(number))
    await library.open()
    before = await library.records()
    assert counts(await library.open()) == (3, 0, 3, 3)
    library.write("3.jpg", picture(3))
    assert counts(await library.open(library.folder, library.folder / "1.jpg")) == (4, 1, 3, 4)
    assert (await library.records())[:3] == before


async def test_the_same_content_elsewhere_is_not_taken_twice(library: Library) -> None:
    library.write("a.jpg", picture(1))
    await library.open()
    library.write("copy/a again.jpg", picture(1))
    assert counts(await library.open()) == (2, 0, 2, 2)
    assert await library.names() == ["a.jpg"]


async def test_a_moved_file_keeps_its_labels(library: Library, tmp_path: Path) -> None:
    old = library.write("a.jpg", picture(1))
    await library.open()
    record = await library.only()
    await library.label(record)
    new = tmp_path / "elsewhere.jpg"
    shutil.move(old, new)
    assert counts(await library.open(new)) == (1, 0, 1, 1)
    moved = await library.only()
    assert moved.id == record.id
    assert [box.label for box in moved.boxes] == ["bolt"]
    assert moved.reference is not None
    assert moved.reference.path == str(new)
    assert await Content(library.blobs).problems([moved]) == ("",)


async def test_an_image_with_labels_is_never_dropped_as_known(library: Library) -> None:
    library.write("a.jpg", picture(1))
    library.write("b.jpg", picture(2))
    await library.open()
    _, second = await library.records()
    await library.label(second)
    assert second.reference is not None
    # As after an opening that was cancelled before it knew the content.
    await library.catalog.relink(ORGANIZATION, second.id, reference_to(library.write("b.jpg", picture(1))), "")
    assert counts(await library.open()) == (2, 0, 2, 2)
    assert await library.names() == ["a.jpg", "b.jpg"]


async def test_a_changed_file_is_read_anew_only_if_nothing_was_said_of_it(library: Library) -> None:
    library.write("labeled.jpg", picture(1))
    library.write("plain.jpg", picture(2))
    await library.open()
    labeled, plain = await library.records()
    await library.label(labeled)
    library.write("labeled.jpg", picture(3) + b"longer")
    changed = library.write("plain.jpg", picture(4) + b"longer")
    await library.open()
    labeled_now, plain_now = await library.records()
    assert (labeled_now.id, labeled_now.reference, labeled_now.digest) == (
        labeled.id,
        labeled.reference,
        labeled.digest,
    )
    assert plain_now.id == plain.id
    assert plain_now.digest == hashlib.sha256(changed.read_bytes()).hexdigest()
    problems = await Content(library.blobs).problems([labeled_now, plain_now])
    assert "changed since it was opened" in problems[0]
    assert problems[1] == ""


async def test_a_touched_file_is_the_same_picture(library: Library) -> None:
    path = library.write("a.jpg", picture(1))
    await library.open()
    await library.label(await library.only())
    os.utime(path, (1, 1))
    assert "changed" in (await Content(library.blobs).problems([await library.only()]))[0]
    await library.open()
    record = await library.only()
    assert await Content(library.blobs).problems([record]) == ("",)
    assert record.boxes


async def test_a_file_that_is_gone_says_so(library: Library) -> None:
    library.write("a.jpg", picture(1)).with_name("a.jpg")
    await library.open()
    (library.folder / "a.jpg").unlink()
    (problem,) = await Content(library.blobs).problems([await library.only()])
    assert "gone" in problem


async def test_copies_do_not_need_the_files(library: Library) -> None:
    for name, seed in (("a.jpg", 1), ("b.jpg", 2), ("same as a.jpg", 1)):
        library.write(name, picture(seed))
    assert counts(await library.open(copy=True)) == (3, 2, 1, 3)
    shutil.rmtree(library.folder)
    first, second = await library.records()
    assert first.reference is second.reference is None
    assert await Content(library.blobs).read(first) == picture(1)


async def test_what_cannot_be_taken_is_told_and_the_rest_goes_on(library: Library, tmp_path: Path) -> None:
    library.write("good.jpg", picture(1))
    text = library.write("notes.txt", b"words")
    dangling = library.folder / "dangling.jpg"
    dangling.symlink_to(tmp_path / "nowhere.jpg")
    (library.folder / "loop").symlink_to(library.folder, target_is_directory=True)
    missing = tmp_path / "missing"
    progress = await library.open(missing, library.folder, text)
    assert counts(progress) == (1, 1, 0, 1)
    told = refusals(progress)
    assert set(told) == {str(missing), str(dangling), str(text)}
    assert "no such file" in told[str(missing)].lower()
    assert "not an image" in told[str(text)]


async def test_a_name_that_is_not_text_is_told(library: Library) -> None:
    library.write(os.fsdecode(b"bad\xff.jpg"), picture(1))
    (reason,) = refusals(await library.open()).values()
    assert "not valid text" in reason


async def test_cancelled_it_keeps_what_it_has_and_goes_on_later(library: Library) -> None:
    for number in range(80):
        library.write(f"{number}.jpg", picture(number))
    progress = library.opener.open(PART, [library.folder], False)
    async with aclosing(progress):
        async for each in progress:
            if each.opened:
                break
    found, opened, already_there, digested = counts(await library.open())
    assert (found, opened + already_there, digested) == (80, 80, 80)
    assert already_there >= 32
    assert len(await library.names()) == 80
    assert all(record.digest for record in await library.records())


async def test_the_users_files_are_not_touched(library: Library) -> None:
    path = library.write("a.jpg", picture(1, exif={0x9003: "2024:05:01 10:00:00"}))
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    for copy in (False, True):
        await library.open(copy=copy)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [entry.name for entry in library.folder.iterdir()] == ["a.jpg"]
