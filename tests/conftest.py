"""What holds for every test: a home of its own, nothing logged that nobody expects, nothing left running.

A test that is to log a warning says so, by what the message must match: `@pytest.mark.logs("cannot read .*jpg")`.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import os
import re
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

os.environ["QT_QPA_PLATFORM"] = "offscreen"

ROOT = Path(__file__).resolve().parent.parent
OUR_CODE = tuple(str(ROOT / folder) + os.sep for folder in ("labeler", "tests"))
HOMES = {
    "HOME": ".",
    "USERPROFILE": ".",
    "APPDATA": "roaming",
    "LOCALAPPDATA": "local",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_RUNTIME_DIR": "runtime",
}
FROM_OUTSIDE = ("VIAM_API_KEY", "VIAM_API_KEY_ID", "DISPLAY", "WAYLAND_DISPLAY")
PROCESS_WIDE_THREADS = ("_poll_wrapper",)
"""grpc.aio starts one thread for all channels of the process and keeps it."""

settings.register_profile("untimed", deadline=None, max_examples=50)
settings.load_profile("untimed")

WITH_PROCESSES = (
    "along/",
    "client_desktop/test_large_bytes.py",
    "client_desktop/test_with_the_service.py",
    "contract/test_sdk_against_service.py",
    "faults/",
    "server/tabular/test_tabular_queries.py",
    "server/test_backup.py",
    "server/test_doctor.py",
    "server/test_serve.py",
    "server/test_start_refused.py",
    "test_architecture.py",
    "test_guards.py",
    "test_local.py",
    "test_packaging_preflight.py",
    "test_packaging_wheel.py",
    "test_transfer_commands.py",
    "test_trash.py",
    "walks/",
)
"""Where most tests start programs or services; single ones elsewhere are marked themselves."""

before = pytest.StashKey["Running"]()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """New directories, one for each test that asks; numbered, because looking for a free name reads all names."""
    base = tmp_path_factory.mktemp("homes")
    return (base / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def own_home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home directory of this test, empty; every directory for settings, data and state is inside."""
    home = next(homes)
    for name, folder in HOMES.items():
        monkeypatch.setenv(name, str(home / folder))
    for name in FROM_OUTSIDE:
        monkeypatch.delenv(name, raising=False)
    home.mkdir()
    (home / "runtime").mkdir(mode=0o700)
    return home


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(ROOT / "tests").as_posix().startswith(WITH_PROCESSES):
            item.add_marker("process")


class Warnings(logging.Handler):
    """Keeps what is logged at WARNING or higher, in any thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Running:
    """What runs in this process now: threads, child processes, top-level widgets."""

    def __init__(self) -> None:
        self.threads = set(threading.enumerate())
        self.children = child_processes()
        self.widgets = top_level_widgets()

    def left_since(self) -> Iterator[str]:
        """What runs now and did not when this was made, as text."""
        for thread in set(threading.enumerate()) - self.threads:
            if isinstance(thread, threading._DummyThread) or any(name in thread.name for name in PROCESS_WIDE_THREADS):
                continue
            thread.join(timeout=1)
            if thread.is_alive():
                yield f"thread {thread.name}"
        for pid in child_processes() - self.children:
            command = command_line(pid)
            if "resource_tracker" not in command:
                yield f"child process {pid}: {command or 'ended and not waited for, or just started'}"
        if top_level_widgets() - self.widgets:
            gc.collect()
            for widget in top_level_widgets() - self.widgets:
                yield f"top-level widget {widget}"


def child_processes() -> set[int]:
    """Ids of this process's children, those that ended but were not waited for included; empty where /proc lacks it."""
    children: set[int] = set()
    for listing in Path("/proc/self/task").glob("*/children"):
        try:
            children.update(map(int, listing.read_text().split()))
        except OSError:
            continue
    return children


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def top_level_widgets() -> set[Any]:
    if "PySide6.QtWidgets" not in sys.modules:
        return set()
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    if QApplication.instance() is None:
        return set()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return set(QApplication.topLevelWidgets())


warnings = Warnings()
unfinished_tasks: list[str] = []


def note_unfinished_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Called when a loop closes, before what still runs in it is cancelled."""
    for task in asyncio.all_tasks(loop):
        code = getattr(task.get_coro(), "cr_code", None)
        if code is not None and code.co_filename.startswith(OUR_CODE):
            unfinished_tasks.append(f"task {code.co_qualname} of {Path(code.co_filename).relative_to(ROOT)}")


@pytest.fixture(scope="session", autouse=True)
def watched_loops() -> Iterator[None]:
    """asyncio cancels the tasks a test leaves without a word; this takes their names first."""
    with pytest.MonkeyPatch.context() as patch:
        cancel_all: Any = vars(asyncio.runners)["_cancel_all_tasks"]

        def note_and_cancel(loop: asyncio.AbstractEventLoop) -> None:
            note_unfinished_tasks(loop)
            cancel_all(loop)

        patch.setattr(asyncio.runners, "_cancel_all_tasks", note_and_cancel)
        yield


@pytest.fixture(autouse=True)
def counted(request: pytest.FixtureRequest, watched_loops: None) -> None:
    """Counts what runs after the wider fixtures have started what outlives this test."""
    request.node.stash[before] = Running()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    warnings.records.clear()
    unfinished_tasks.clear()
    if warnings not in logging.getLogger().handlers:
        logging.getLogger().addHandler(warnings)
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    result = yield
    problems = list(unexpected_logs([str(mark.args[0]) for mark in item.iter_markers("logs")]))
    problems += unfinished_tasks
    if before in item.stash:
        problems += item.stash[before].left_since()
    if problems:
        pytest.fail("Left behind by this test:\n" + "\n".join(problems), pytrace=False)
    return result


def is_of_another_tests_loop(record: logging.LogRecord) -> bool:
    """Whether grpc.aio had an event for the event loop of a test before.

    Its one poller serves all loops of the process, and each test has a loop of its own; a program has one
    (grpc issue 25364).
    """
    error = record.exc_info[1] if record.exc_info else None
    is_poller = record.name == "asyncio" and "PollerCompletionQueue._handle_events" in record.getMessage()
    return is_poller and (isinstance(error, BlockingIOError) or str(error) == "Event loop is closed")


def unexpected_logs(patterns: list[str]) -> Iterator[str]:
    """Warnings that match none of the patterns, and patterns that no warning matched."""
    unseen = set(patterns)
    for record in warnings.records:
        if is_of_another_tests_loop(record):
            continue
        matching = {pattern for pattern in patterns if re.search(pattern, record.getMessage())}
        unseen -= matching
        if not matching:
            yield f"log record {record.levelname} {record.name}: {record.getMessage()}"
    for pattern in unseen:
        yield f"no log record matched {pattern!r}"
