"""Rivals, each in an environment of its own, made when it is first asked for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

INSTALL_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Rival:
    """A program to measure beside ours. `requirements` are for pip; `pythons` can run it, best first."""

    name: str
    requirements: tuple[str, ...]
    pythons: tuple[str, ...] = ("python3.12", "python3.13", "python3.11")


LABELME = Rival("labelme", ("labelme>=7,<8",), ("python3.12", "python3.13"))
X_ANYLABELING = Rival("X-AnyLabeling", ("x-anylabeling-cvhub[cpu]>=4,<5",), ("python3.12", "python3.11"))
LABELIMG = Rival("labelImg", ("labelImg==1.8.6",), ("python3.9",))
VIAM_SDK = Rival("viam-sdk", ("viam-sdk>=0.85,<0.86",))


class NotInstalledError(Exception):
    """A rival cannot be installed here; the text says why."""


class Rivals:
    """The environments of rivals in a folder. `use` False: none is installed, and all say so."""

    def __init__(self, folder: Path, *, use: bool = True) -> None:
        self._folder, self._use = folder, use
        self._known: dict[str, Path | str] = {}

    def python(self, rival: Rival) -> Path:
        """The interpreter that has the rival installed. Raises NotInstalledError."""
        if not self._use:
            raise NotInstalledError("not asked for")
        if rival.name not in self._known:
            try:
                self._known[rival.name] = self._installed(rival)
            except NotInstalledError as error:
                self._known[rival.name] = str(error)
        found = self._known[rival.name]
        if isinstance(found, str):
            raise NotInstalledError(found)
        return found

    def version(self, rival: Rival) -> str:
        """The name with the version that is installed, or with why there is none."""
        try:
            python = self.python(rival)
        except NotInstalledError as error:
            return f"{rival.name}: {error}"
        name = rival.requirements[0].partition("[")[0].partition(">")[0].partition("=")[0]
        code = f"import importlib.metadata as m; print(m.version({name!r}))"
        done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
        return f"{rival.name} {done.stdout.strip()}"

    def _installed(self, rival: Rival) -> Path:
        place = self._folder / rival.name
        bin_folder, suffix = ("Scripts", ".exe") if sys.platform == "win32" else ("bin", "")
        python, mark = place / bin_folder / f"python{suffix}", place / "installed"
        if mark.exists() and mark.read_text("utf-8") == repr(rival.requirements):
            return python
        base = _first_that_runs(rival.pythons)
        if base is None:
            raise NotInstalledError(f"needs {' or '.join(rival.pythons)}")
        shutil.rmtree(place, ignore_errors=True)
        _run([base, "-m", "venv", str(place)])
        _run([str(python), "-m", "pip", "install", "--quiet", *rival.requirements])
        mark.write_text(repr(rival.requirements), "utf-8")
        return python


def _first_that_runs(names: tuple[str, ...]) -> str | None:
    for name in names:
        for path in (shutil.which(name), *_other_pythons(name)):
            if path and subprocess.run([path, "-V"], capture_output=True, check=False).returncode == 0:
                return path
    return None


def _other_pythons(name: str) -> list[str]:
    """Where a version manager keeps an interpreter that it does not have on the path."""
    number = name.removeprefix("python")
    return sorted(map(str, (Path.home() / ".pyenv" / "versions").glob(f"{number}.*/bin/{name}")))


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalledError(f"cannot be installed: {error}") from error
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise NotInstalledError(f"cannot be installed: {errors[-1] if errors else 'pip failed'}"[:160])
