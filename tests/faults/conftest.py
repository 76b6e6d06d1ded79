"""Faults that the program must survive, made for real; each test prints how many it made.

    packaging/test tests/faults            the counts of a change: ten minutes on two cores
    packaging/test --long tests/faults     the counts of a release: some hours

Disks and system calls are broken for real, which takes root, loop devices and strace on Linux. Elsewhere those tests
skip and say so; with CI=true they fail instead.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.walks.conftest import qt_loop, walk  # noqa: F401 - fixtures of the whole program

Breaking = Callable[..., dict[str, Any]]


def missing(*programs: str) -> str:
    """Why faults cannot be made here; empty where they can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "breaking disks and system calls needs root on Linux"
    absent = [program for program in programs if shutil.which(program) is None]
    if absent:
        return f"{', '.join(absent)} not installed"
    if "mount" in programs and subprocess.run(["losetup", "-f"], capture_output=True, check=False).returncode:
        return "there are no loop devices here"
    return ""


def require(*programs: str) -> None:
    """Skip where faults cannot be made; fail there with CI=true."""
    if reason := missing(*programs):
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}, and CI=true: this must not be skipped")
        pytest.skip(reason)


@pytest.fixture
def breaking(tmp_path: Path) -> Breaking:
    """Runs a program of this folder in a process of its own; returns what it printed, which is shown too."""

    def run(program: str, *arguments: object, code: Path = ROOT) -> dict[str, Any]:
        folder = tmp_path / "broken"
        folder.mkdir()
        command = [sys.executable, "-m", f"tests.faults.{program}", str(folder), *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            command, cwd=code, env=environment, capture_output=True, text=True, check=False, timeout=7_200
        )
        assert done.returncode == 0, done.stderr
        print(" ".join(map(str, (program, *arguments))), done.stdout.strip())  # noqa: T201
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run
