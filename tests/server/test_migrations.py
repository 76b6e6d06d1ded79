"""A process that dies while a database is made or brought up to date leaves the old one or the new one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.server.dying_migrations import ROWS, version_files

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform == "win32", reason="processes that die come from fork"),
]
CATALOG, READINGS = "labeler.server.sqlite.migrations", "labeler.server.tabular.migrations"
RELEASED = [(package, version) for package in (CATALOG, READINGS) for version in range(len(version_files(package)))]
"""Every version that a database may be found at."""
FIRST = "CREATE TABLE thing (number INTEGER PRIMARY KEY, name TEXT NOT NULL);"
SECOND = """
ALTER TABLE thing ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
UPDATE thing SET size = length(name);
CREATE INDEX thing_size ON thing (size, name);
CREATE TABLE other (number INTEGER PRIMARY KEY);
INSERT INTO other SELECT number FROM thing;
DELETE FROM thing WHERE number >= 100;
"""


def died(folder: Path, package: str, version: int, how: str, more_path: str = "") -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), more_path)))}
    command = [sys.executable, "-m", "tests.server.dying_migrations", str(folder), package, str(version), how]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("how", ["statements", "writes"])
@pytest.mark.parametrize(("package", "version"), RELEASED)
def test_each_released_database(tmp_path: Path, package: str, version: int, how: str) -> None:
    found = died(tmp_path, package, version, how)
    assert found["deaths"] >= 5
    assert found["old"] > 0
    assert found["new"] > 0


def test_the_accounts(tmp_path: Path) -> None:
    found = died(tmp_path, "accounts", 0, "writes")
    assert found["old"] > 0
    assert found["new"] > 1


@pytest.mark.parametrize("how", ["statements", "writes"])
def test_a_database_with_rows_that_a_migration_changes_and_deletes(tmp_path: Path, how: str) -> None:
    package = tmp_path / "path" / "own_migrations"
    package.mkdir(parents=True)
    for name, text in (("__init__.py", ""), ("0001_first.sql", FIRST), ("0002_second.sql", SECOND)):
        (package / name).write_text(text)
    (tmp_path / "data").mkdir()
    found = died(tmp_path / "data", "own_migrations", 1, how, str(package.parent))
    assert found["rows"] == {"thing": 100, "other": ROWS}
    assert found["old"] >= 6
    assert found["new"] >= 1
