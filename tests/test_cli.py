"""The command line: what it takes, what it says, and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from labeler import __version__, preflight
from labeler.cli import SUBCOMMANDS, main

HEAVY = ("grpc", "google.protobuf", "PySide6", "PIL", "apsw", "cryptography", "pymongo", "asyncio", "natsort")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"labeler {__version__}\n"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(f"labeler {name}" in " ".join(text.split()) for name in SUBCOMMANDS)


@pytest.mark.parametrize("command", SUBCOMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: labeler {command} ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--bogus"], "--bogus"),
        (["--theme", "pink"], "--theme: invalid choice: 'pink'"),
        (["--data"], "--data"),
        (["serve", "--bogus"], "--bogus"),
        (["serve", "surplus"], "surplus"),
        (["keys"], "create|list|revoke"),
        (["keys", "make"], "'make'"),
        (["keys", "revoke"], "KEY_ID"),
        (["import"], "PATH"),
        (["export"], "OUT, --format"),
        (["export", "out", "--format", "yolo"], "--format: invalid choice: 'yolo'"),
        (["samples"], "OUT"),
        (["exprot", "--data", "somewhere"], "exprot: there is no such file, folder or command"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("labeler")
    assert told in last


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["serve", "--data", "FILE"], "The data directory FILE cannot be used"),
        (["keys", "create", "--data", "FILE"], "The data directory FILE cannot be used"),
        (["keys", "revoke", "nobody", "--data", "DATA"], "There is no valid key with the id 'nobody'"),
        (["import", "FILE", "--data", "FILE"], "The data directory FILE cannot be used"),
        (["export", "FILE", "--format", "coco", "--data", "DATA"], "FILE is a file"),
        (["samples", "FILE"], "FILE is not empty"),
        (["serve", "--data", "DATA", "--listen", "nowhere"], "--listen 'nowhere' is not HOST:PORT"),
    ],
)
def test_what_cannot_be_done_ends_with_1_and_one_sentence(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"FILE": str(tmp_path / "file"), "DATA": str(tmp_path / "data")}
    (tmp_path / "file").touch()
    for name, path in names.items():
        told = told.replace(name, path)
    assert main([names.get(argument, argument) for argument in arguments]) == 1
    out, err = capsys.readouterr()
    assert err.startswith(f"labeler: {told}")
    assert err.count("\n") == 1
    assert out == ""


@pytest.mark.process
def test_a_window_where_there_is_no_display_ends_with_3() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    command = [sys.executable, "-m", "labeler"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout) == (preflight.EXIT_CODE, "")
    assert "There is no display" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.process
def test_the_command_line_loads_nothing_that_a_command_may_not_need() -> None:
    script = "import sys, labeler.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    assert "labeler.cli" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_samples_are_drawn_where_they_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    assert main(["samples", str(tmp_path / "out")]) == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]
