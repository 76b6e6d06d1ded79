"""Beneath which the disk failed once, a connection is used no more; what takes its place is checked first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from labeler.domain.errors import StorageFailed
from labeler.sqlite_handle import Handle
from tests.failing_disk import Disk, disk

__all__ = ["disk"]


class Numbers:
    """Numbers in a file, written through a handle."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path, self._disk = path, disk
        self.handle = Handle(path, self._open(), self._open)
        with self.handle.transaction() as connection:
            connection.execute("CREATE TABLE number (value INTEGER, more BLOB)")

    def _open(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.path), vfs=self._disk.name)
        connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").fetchall()
        return connection

    def put(self, value: int, size: int = 0) -> None:
        with self.handle.transaction() as connection:
            connection.execute("INSERT INTO number VALUES (?, zeroblob(?))", (value, size))

    @property
    def all(self) -> list[int]:
        with self.handle.transaction("BEGIN") as connection:
            return [int(value) for (value,) in connection.execute("SELECT value FROM number ORDER BY value")]


@pytest.fixture
def numbers(tmp_path: Path, disk: Disk) -> Iterator[Numbers]:
    one = Numbers(tmp_path / "numbers.db", disk)
    yield one
    disk.failing = None
    one.handle.close()


@pytest.mark.logs("numbers.db: The disk of .* fails")
def test_after_a_failure_the_log_is_on_disk_anew_before_anything_is_committed(
    numbers: Numbers, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = numbers.path.with_name("numbers.db-wal")
    other = apsw.Connection(str(numbers.path))
    assert other.execute("SELECT count(*) FROM number").get == 0  # the log stays while somebody reads
    numbers.put(1)
    disk.failing = apsw.IOError
    for _ in range(2):
        with pytest.raises(StorageFailed, match=r"The disk of .* fails \(told to fail\): mend it"):
            numbers.put(2)
    opened = disk.opened
    disk.failing = None
    synced: list[int] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    content = log.read_bytes()
    numbers.put(3)
    assert synced == [log.stat().st_ino]
    assert log.read_bytes()[: len(content) // 2] == content[: len(content) // 2]
    numbers.put(4)
    assert (len(synced), disk.opened) == (1, opened + 1)
    other.close()
    assert numbers.all == [1, 3, 4]


@pytest.mark.logs("numbers.db")
def test_after_a_failure_a_damaged_file_is_not_written_to(numbers: Numbers, disk: Disk) -> None:
    for value in range(100):
        numbers.put(value, 1_000)
    other = apsw.Connection(str(numbers.path))
    assert other.execute("SELECT count(*) FROM number").get == 100
    other.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    other.close()
    disk.failing = apsw.IOError
    with pytest.raises(StorageFailed, match="fails"):
        numbers.put(100)
    disk.failing = None
    numbers.handle.close()
    sound = numbers.path.read_bytes()
    numbers.path.write_bytes(sound[:8192] + b"\xff" * 4096 + sound[12288:])
    for _ in range(2):
        with pytest.raises(StorageFailed, match=r"numbers.db is damaged .*labeler doctor"):
            numbers.put(100)
    numbers.path.write_bytes(sound)
    numbers.put(100)
    assert numbers.all == list(range(101))


@pytest.mark.logs("numbers.db: The disk of .* is full: free some space")
def test_a_full_disk_is_told_and_work_goes_on_when_there_is_room(numbers: Numbers, disk: Disk) -> None:
    numbers.put(1)
    disk.failing = apsw.FullError
    with pytest.raises(StorageFailed, match="is full: free some space"):
        numbers.put(2)
    disk.failing = None
    numbers.put(3)
    assert numbers.all == [1, 3]


@pytest.mark.logs("numbers.db: The disk of .* fails")
def test_a_log_that_cannot_be_shortened_is_told_and_nothing_is_lost(numbers: Numbers, disk: Disk) -> None:
    numbers.put(0)
    disk.failing, disk.where = apsw.IOError, "numbers.db"
    for value in range(1, 4):
        numbers.put(value, 4_000_000)
    opened = disk.opened
    disk.failing = None
    numbers.put(4)
    assert opened > 1
    assert numbers.all == list(range(5))


def test_another_error_undoes_the_transaction_and_nothing_else(numbers: Numbers, disk: Disk) -> None:
    opened = disk.opened
    numbers.put(0)
    for wrong, error in (
        ("INSERT INTO nothing VALUES (1)", apsw.SQLError),
        ("INSERT INTO number VALUES (?, 0)", TypeError),
    ):
        with pytest.raises(error), numbers.handle.transaction() as connection:
            connection.execute("INSERT INTO number VALUES (1, NULL)").execute(wrong, (object(),))
    assert numbers.all == [0]
    assert disk.opened == opened
