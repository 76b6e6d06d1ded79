"""Blobs as files: the order of what goes to disk, and what is left when something fails."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from labeler.domain.errors import Refused, StorageFailed
from labeler.server.files import FileBlobs, RealFileSystem


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


class Recording(RealFileSystem):
    """The real file system, writing down each step, and failing where told."""

    def __init__(self, root: Path, fail: Callable[[str], None] = lambda step: None) -> None:
        self._root = root
        self._fail = fail
        self.steps: list[str] = []

    def _step(self, name: str, path: Path) -> None:
        shown = path.relative_to(self._root).as_posix()
        self.steps.append(f"{name} {'temporary' if shown.endswith('.part') else shown}")
        self._fail(name)

    def make_folder(self, folder: Path) -> None:
        self._step("make", folder)
        super().make_folder(folder)

    def sync_file(self, file: BinaryIO) -> None:
        self._step("sync file", Path(file.name))
        super().sync_file(file)
        assert os.fstat(file.fileno()).st_size > 0

    def rename(self, source: Path, target: Path) -> None:
        self._step("rename", target)
        super().rename(source, target)

    def sync_folder(self, folder: Path) -> None:
        self._step("sync folder", folder)
        super().sync_folder(folder)


@pytest.mark.parametrize("parts", [(b"abc", b"def"), (b"abc", bytes(1 << 20), b"def")])
async def test_everything_is_on_disk_in_order_before_a_put_returns(tmp_path: Path, parts: tuple[bytes, ...]) -> None:
    system = Recording(tmp_path)
    blobs = FileBlobs(tmp_path / "data" / "blobs", system)
    digest = (await blobs.put(chunks(*parts))).digest
    assert digest == hashlib.sha256(b"".join(parts)).hexdigest()
    assert await blobs.read(digest) == b"".join(parts)
    folder = f"data/blobs/{digest[:2]}"
    assert system.steps == [
        "make data", "sync folder .", "make data/blobs", "sync folder data",
        "sync file temporary",
        *(f"make data/blobs/{number:02x}" for number in range(256)), "sync folder data/blobs",
        f"rename {folder}/{digest}", f"sync folder {folder}",
    ]  # fmt: skip


async def test_a_blob_and_all_names_on_its_way_are_forced_to_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    digest = (await FileBlobs(tmp_path / "blobs").put(chunks(b"abc"))).digest
    file = tmp_path / "blobs" / digest[:2] / digest
    assert synced == [path.stat().st_ino for path in (tmp_path, file, file.parent.parent, file.parent)]


async def test_a_blob_that_was_there_is_made_sure_of_too(tmp_path: Path) -> None:
    system = Recording(tmp_path)
    blobs = FileBlobs(tmp_path / "blobs", system)
    digest = (await blobs.put(chunks(b"abc"))).digest
    os.utime(tmp_path / "blobs" / digest[:2] / digest, (0, 0))
    system.steps.clear()
    await blobs.put(chunks(b"abc"))
    assert system.steps == ["sync file temporary", f"sync folder blobs/{digest[:2]}"]
    assert not await blobs.delete_unused(digest, datetime(2001, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("step", ["sync file", "rename", "sync folder"])
async def test_a_put_whose_step_fails_is_not_confirmed(tmp_path: Path, step: str) -> None:
    failing = [""]

    def fail(name: str) -> None:
        if name == failing[0]:
            raise OSError(errno.EIO, "the disk failed")

    system = Recording(tmp_path, fail)
    blobs = FileBlobs(tmp_path / "blobs", system)
    failing[0] = step
    with pytest.raises(StorageFailed, match=r"The disk of .*blobs fails \(the disk failed\)"):
        await blobs.put(chunks(b"abc"))
    assert not list((tmp_path / "blobs").glob("*.part"))
    failing[0] = ""
    system.steps.clear()
    digest = (await blobs.put(chunks(b"abc"))).digest
    assert "sync folder blobs" in system.steps or step != "sync folder", "who made the folder did not come so far"
    assert system.steps[-1] == f"sync folder blobs/{digest[:2]}"


async def test_a_full_disk_is_told_in_a_sentence(tmp_path: Path) -> None:
    def fail(name: str) -> None:
        if name == "sync file":
            raise OSError(errno.ENOSPC, "No space left on device")

    blobs = FileBlobs(tmp_path / "blobs", Recording(tmp_path, fail))
    with pytest.raises(StorageFailed, match=r"The disk of .*blobs is full: free some space"):
        await blobs.put(chunks(b"abc"))


async def test_a_cancelled_put_leaves_nothing(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"abc"
        yield bytes(1 << 20)
        yield b"abc"
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(blobs.put(endless()))
    await begun.wait()
    assert list((tmp_path / "blobs").glob("*.part"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not list((tmp_path / "blobs").rglob("*"))


async def test_what_a_crash_left_is_removed_at_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / "blobs"
    digest = (await FileBlobs(folder).put(chunks(b"abc"))).digest
    (folder / "0123.part").write_bytes(b"half")
    blobs = FileBlobs(folder)
    assert not (folder / "0123.part").exists()
    assert await blobs.read(digest) == b"abc"


@pytest.mark.parametrize("damage", [b"a", b"abd", b""])
async def test_a_damaged_blob_is_told_and_a_put_mends_it(tmp_path: Path, damage: bytes) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    digest = hashlib.sha256(b"abc").hexdigest()
    await blobs.put(chunks(b"abc"))
    (tmp_path / "blobs" / digest[:2] / digest).write_bytes(damage)
    with pytest.raises(Refused, match=digest):
        await blobs.read(digest)
    await blobs.put(chunks(b"abc"))
    assert await blobs.read(digest) == b"abc"
