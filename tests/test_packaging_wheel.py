"""The wheel has all that the program reads at run time, and starts in an environment that has nothing else."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import labeler

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("labeler-*.whl")
    return wheel


@pytest.fixture(scope="module")
def packed(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def in_project(folder: str, *patterns: str) -> set[str]:
    paths = (path for pattern in patterns for path in (ROOT / folder).rglob(pattern))
    return {path.relative_to(ROOT).as_posix() for path in paths if path.is_file() and "__pycache__" not in path.parts}


def test_wheel_has_the_code_and_its_data(packed: set[str]) -> None:
    assert "labeler/py.typed" in packed
    assert in_project("labeler", "*.py", "*.pyi", "*.sql") <= packed
    assert any(name.startswith("labeler/rpc/wire/app/") and name.endswith("_pb2.py") for name in packed)


def test_wheel_has_the_resources(packed: set[str]) -> None:
    resources = in_project("resources", "*.svg", "*.md", "*.json", "*.toml", "*.qss", "*.ttf", "*.txt")
    assert {f"labeler/{name}" for name in resources} <= packed


def test_wheel_has_nothing_else(packed: set[str]) -> None:
    foreign = {
        name
        for name in packed
        if not name.startswith(("labeler/", f"labeler-{labeler.__version__}.dist-info/"))
        or name.endswith((".proto", ".pyc", ".lock"))
        or name.startswith("labeler/resources/screenshots/")
        or Path(name).name.startswith("test_")
    }
    assert foreign == set()


def test_program_starts_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "fresh", with_pip=False)
    scripts = tmp_path / "fresh" / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run(
        [sys.executable, "-m", "pip", f"--python={scripts / 'python'}", "install", "--no-index", "--no-deps", wheel],
        check=True,
        capture_output=True,
    )
    said = subprocess.run(
        [scripts / "labeler", "--version"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    assert said.strip() == f"labeler {labeler.__version__}"
