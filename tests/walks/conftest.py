"""The whole program in this process: its window offscreen, its service as the child that it always is."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import qasync
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from labeler.samples import SampleSet, write_samples

Walk = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """Six pictures, opened by reference: walks must not change them."""
    return write_samples(tmp_path_factory.mktemp("walks") / "samples", of_line=2)


@pytest.fixture(scope="session")
def qt_loop(qapp: QApplication) -> Iterator[qasync.QEventLoop]:
    """One loop for all walks: only one event loop of a process may use gRPC."""
    qapp.setQuitOnLastWindowClosed(False)
    loop = qasync.QEventLoop(qapp, already_running=False)
    yield loop
    loop.close()


@pytest.fixture
def walk(qt_loop: qasync.QEventLoop) -> Walk:
    """Runs a walk to its end on Qt's event loop."""

    def run(steps: Coroutine[Any, Any, None]) -> None:
        asyncio.set_event_loop(qt_loop)
        try:
            qt_loop.run_until_complete(steps)
        finally:
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            gc.collect()
            asyncio.set_event_loop(None)

    return run


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A data directory that is not there yet."""
    return tmp_path / "library"
