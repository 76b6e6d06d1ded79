"""The guards of conftest.py catch what they are for: each leak below must make its test fail, and only those."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

LEAKS = """
import asyncio, logging, subprocess, sys, threading, warnings
from pathlib import Path
import pytest

kept = []
never = threading.Event()

async def wait_long():
    await asyncio.Event().wait()

@pytest.fixture(scope="module")
def wider():
    thread = threading.Thread(target=never.wait, daemon=True)
    thread.start()
    yield
    never.set()

async def test_leaks_task():
    kept.append(asyncio.create_task(wait_long()))

async def test_ends_task():
    task = asyncio.create_task(wait_long())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

def test_leaks_warning():
    logging.getLogger("somewhere").warning("the disk is full")

@pytest.mark.logs("disk is .*full")
def test_expects_warning():
    logging.getLogger("somewhere").warning("the disk is full")

@pytest.mark.logs("disk is full")
def test_leaks_expectation():
    pass

def test_leaks_thread():
    threading.Thread(target=threading.Event().wait, daemon=True, name="stays").start()

def test_uses_wider_thread(wider):
    pass

def test_leaks_child():
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    kept.append(child)

def test_ends_child():
    child = kept.pop()
    child.communicate()

def test_leaks_widget(qapp):
    from PySide6.QtWidgets import QWidget
    kept.append(QWidget())

def test_ends_widget(qtbot):
    from PySide6.QtWidgets import QWidget
    qtbot.addWidget(QWidget())

def test_leaks_qt_message():
    from PySide6.QtCore import qWarning
    qWarning("of no use")

def test_has_its_own_home():
    from platformdirs import user_data_path
    assert user_data_path("labeler").is_relative_to(Path.home())
    assert not any(Path.home().glob("data/*"))
    (Path.home() / "data").mkdir(exist_ok=True)
    (Path.home() / "data" / "mine").touch()

test_has_still_its_own_home = test_has_its_own_home
"""


def test_each_leak_is_caught_and_nothing_else(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tests / "test_leaks.py").write_text(LEAKS)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-r", "fE"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    caught = set(re.findall(r"^(?:ERROR|FAILED) \S+::(\w+)", run.stdout, re.MULTILINE))
    expected = {"task", "warning", "expectation", "thread", "child", "widget", "qt_message"}
    assert caught == {f"test_leaks_{what}" for what in expected}, run.stdout
