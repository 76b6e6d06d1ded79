"""What holds for every file of the project, whoever wrote it."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
REAL_HOME = Path(os.environ.get("HOME", "/root"))
GENERATED = tuple(ROOT / "labeler" / "rpc" / "wire" / folder for folder in ("app", "google", "labeler", "proto"))
NOT_OURS = {"__pycache__", "build", "dist", "node_modules"}
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".ico", ".icns", ".pyc"}
LONGEST_MODULE = 400


def project_files() -> Iterator[Path]:
    """Every file of the project; what git ignores is left out by name, as a release has no git."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS and (name == ".ci" or not name.startswith("."))]
        yield from (Path(folder, name) for name in names)


def is_generated(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in GENERATED)


def modules(*folders: str) -> list[Path]:
    return sorted(
        path
        for path in project_files()
        if path.suffix in {".py", ".pyi"} and path.relative_to(ROOT).parts[0] in folders and not is_generated(path)
    )


def relative(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


def test_layers_are_kept() -> None:
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path for path in modules("labeler", "packaging") if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert relative(silent) == []


def test_no_module_is_too_long() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in modules("labeler", "packaging")}
    assert relative([path for path, length in lengths.items() if length > LONGEST_MODULE]) == []


def test_nothing_names_a_machine_or_a_registry() -> None:
    registries = r"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian|archive\.ubuntu|--(?:extra-)?index-url http"
    of_this_checkout = rf"(?<![\w.]){re.escape(str(ROOT))}/"
    # Tests try hostile file names, which may be inside somebody's home.
    of_this_person = rf"(?<![\w.]){re.escape(str(REAL_HOME))}/"
    found = []
    for path in project_files():
        if path.suffix in PICTURES or path == Path(__file__).resolve():
            continue
        in_tests = path.is_relative_to(ROOT / "tests")
        forbidden = re.compile("|".join([registries, of_this_checkout, *([] if in_tests else [of_this_person])]))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if match := forbidden.search(line):
                found.append(f"{path.relative_to(ROOT).as_posix()}:{number}: {match.group()}")
    assert found == []


def normalized(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", distribution)[0]).lower()  # type: ignore[index]


def test_every_import_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    declared = [*project["dependencies"], *(one for extra in ("keyring", "sql", "mql") for one in optional[extra])]
    names = {normalized(one) for one in declared}
    distributions = packages_distributions()
    undeclared = {
        f"{path.relative_to(ROOT).as_posix()} imports {module}"
        for path in modules("labeler")
        for module in imported(path) - sys.stdlib_module_names - {"labeler"}
        if names.isdisjoint(normalized(one) for one in distributions.get(module, ()))
    }
    assert undeclared == set()


def imported(path: Path) -> set[str]:
    """The top-level names that a module imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("lock", ["requirements-run.lock", "requirements-test.lock"])
def test_locked_sets_are_exact_and_hashed(lock: str) -> None:
    text = (ROOT / "packaging" / lock).read_text("utf-8")
    requirements = text.replace("\\\n", " ").splitlines()
    loose = [line for line in requirements if not re.match(r"[a-z0-9-]+==\S+( ;.*?)? +--hash=sha256:", line)]
    assert loose == []


def test_users_get_the_versions_that_were_tested() -> None:
    def versions(lock: str) -> set[str]:
        text = (ROOT / "packaging" / lock).read_text("utf-8")
        return {line.partition(" \\")[0] for line in text.splitlines() if line[:1].isalnum()}

    assert versions("requirements-run.lock") <= versions("requirements-test.lock")
