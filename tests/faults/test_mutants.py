"""When the code that keeps labels safe is broken, its tests notice, and so do the faults of this folder."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.faults.conftest import Breaking, require
from tests.faults.mutants import MUTANTS

POWER, CALLS = ("power_cuts", 30, 1), ("syscalls", "fail", "EIO")
FULL, OFF = "synchronous = FULL", "synchronous = NORMAL"
BY_FAULTS = {
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


def is_caught(name: str) -> bool:
    """Whether the mutant's tests fail with it."""
    mutant = MUTANTS[name]
    spec = importlib.util.find_spec(mutant.module)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).read_text("utf-8").count(mutant.before) == 1
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MUTANT": json.dumps([mutant.module, mutant.before, mutant.after]),
    }
    command = [sys.executable, "-m", "pytest", "-p", "tests.faults.mutant", "-p", "no:cacheprovider", "-xq"]
    done = subprocess.run(
        [*command, mutant.tests],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return done.returncode == 1 and "\nFAILED " in done.stdout


def test_mutants_are_caught_by_the_tests_of_what_they_break() -> None:
    with ThreadPoolExecutor(2) as two:
        caught = dict(zip(MUTANTS, two.map(is_caught, MUTANTS), strict=True))
    print(f"{sum(caught.values())} of {len(caught)} mutants caught")  # noqa: T201
    assert len(caught) >= 10
    assert [name for name, was in caught.items() if not was] == []


@pytest.mark.long
@pytest.mark.parametrize("name", BY_FAULTS)
def test_a_mutant_is_caught_by_faults(breaking: Breaking, tmp_path: Path, name: str) -> None:
    require("mkfs.ext4", "mount", "losetup", "strace")
    file, before, after, work, (program, *arguments) = BY_FAULTS[name]
    code = tmp_path / "code"
    for package in ("labeler", "tests"):
        shutil.copytree(ROOT / package, code / package, ignore=shutil.ignore_patterns("__pycache__"))
    path = code / "labeler" / file
    source = path.read_text("utf-8")
    assert before in source
    path.write_text(source.replace(before, after), "utf-8")
    found = breaking(program, work, *arguments, code=code)
    assert found.get("lost") or found.get("problems") or found.get("wrong")
