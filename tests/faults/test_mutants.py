"""The faults of this folder notice when the code that keeps labels safe is broken: each of these breaks is caught."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.faults.conftest import Breaking, require

POWER, CALLS = ("power_cuts", 30, 1), ("syscalls", "fail", "EIO")
FULL, OFF = "synchronous = FULL", "synchronous = NORMAL"
MUTANTS = {
    "no sync of edits": ("client/outbox_rows.py", FULL, OFF, "outbox", POWER),
    "no sync of the catalog": ("server/sqlite/database.py", FULL, OFF, "service", POWER),
    "no sync of a blob": ("server/files.py", "        os.fsync(file.fileno())\n", "", "blobs", POWER),
    "no sync of a blob's folder": (
        "server/files.py", "        self._system.sync_folder(target.parent)\n", "", "blobs", POWER
    ),
    "an edit acknowledged early": (
        "client/outbox_rows.py", "        await self._writer.submit(lambda connection: None)\n", "", "outbox", POWER
    ),
    "an error of the disk swallowed": (
        "client/writer.py", "self._stopping.wait(self._retry_seconds)\n                continue", "pass", "outbox",
        CALLS,
    ),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(breaking: Breaking, tmp_path: Path, name: str) -> None:
    require("mkfs.ext4", "mount", "losetup", "strace")
    file, before, after, work, (program, *arguments) = MUTANTS[name]
    code = tmp_path / "code"
    for package in ("labeler", "tests"):
        shutil.copytree(ROOT / package, code / package, ignore=shutil.ignore_patterns("__pycache__"))
    path = code / "labeler" / file
    source = path.read_text("utf-8")
    assert before in source
    path.write_text(source.replace(before, after), "utf-8")
    found = breaking(program, work, *arguments, code=code)
    assert found.get("lost") or found.get("problems") or found.get("wrong")
