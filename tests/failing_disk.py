"""A disk beneath SQLite that can be full or broken, and tells what was synced."""

from __future__ import annotations

from collections.abc import Iterator

import apsw
import pytest


class Disk(apsw.VFS):
    """`failing` is what writes and syncs raise, of files whose names end with `where`; `unreadable`, what reads do."""

    def __init__(self) -> None:
        self.name = f"disk-{id(self)}"
        self.failing: type[apsw.Error] | None = None
        self.where = ""
        self.unreadable: type[apsw.Error] | None = None
        self.syncs: list[str] = []
        self.opened = 0
        super().__init__(self.name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        if flags[0] & apsw.SQLITE_OPEN_MAIN_DB:
            self.opened += 1
        return DiskFile(self, name, flags)


class DiskFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__("", name, flags)

    def _check(self) -> None:
        if self._disk.failing and self._name.endswith(self._disk.where):
            raise self._disk.failing("told to fail")

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        if self._disk.unreadable:
            raise self._disk.unreadable("told to fail")
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._check()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._check()
        self._disk.syncs.append(self._name)
        super().xSync(flags)


@pytest.fixture
def disk() -> Iterator[Disk]:
    one = Disk()
    yield one
    one.unregister()
