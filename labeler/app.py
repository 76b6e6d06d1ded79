"""Puts the desktop together: the service it starts, the connection, the session and the window."""

from __future__ import annotations

import gc
import importlib
import linecache
import os
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from platformdirs import user_config_path

from labeler.preflight import EXIT_CODE, missing_for_desktop
from labeler.service_child import ServiceChild
from labeler.terminal import complain


def settings_path() -> Path:
    return user_config_path("labeler", appauthor=False) / "settings.toml"


def run_desktop(data: Path, paths: Sequence[Path], *, copy: bool = False, theme: str | None = None) -> int:
    """Show the window until it is closed; returns the exit code."""
    child = ServiceChild(data.absolute())
    try:
        return _run(child, paths, copy, theme)
    finally:
        child.stop()


def _run(child: ServiceChild, paths: Sequence[Path], copy: bool, theme: str | None) -> int:
    lacking = missing_for_desktop(os.environ.get("QT_QPA_PLATFORM", ""))
    if lacking:
        complain(lacking)
        return EXIT_CODE
    child.begin()  # It starts while this process imports what it needs.
    load_before_qt()
    import qasync
    from PySide6.QtWidgets import QApplication

    from labeler.logs import LogFile, log_path

    application = QApplication.instance() or QApplication(["labeler"])
    assert isinstance(application, QApplication)  # noqa: S101 - nothing else makes one
    application.setApplicationName("labeler")
    application.setDesktopFileName("labeler")
    application.setQuitOnLastWindowClosed(False)
    log_file = LogFile(log_path())
    try:
        with qasync.QEventLoop(application) as loop:
            loop.run_until_complete(_until_closed(child, paths, copy, theme))
    finally:
        log_file.close()
    return 0


def load_before_qt() -> None:
    """Import what does without Qt: PySide reads the source of each module that is imported after it."""
    for name in ("labeler.workplace", "labeler.local", "labeler.actions.key_choices", "labeler.actions.table"):
        importlib.import_module(name)


async def _until_closed(child: ServiceChild, paths: Sequence[Path], copy: bool, theme: str | None) -> None:
    import asyncio

    from PySide6.QtCore import QTimer

    from labeler.desktop import Desktop
    from labeler.logs import report_unexpected

    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        desktop = Desktop(child.data_directory, theme, at_home=bool(paths), begun=child)
        await stack.enter_async_context(desktop)
        report_unexpected(desktop.session.failed.emit, loop)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: desktop.window.close())
        # Python runs signal handlers between its own instructions only; Qt may wait in C++ for long.
        ticks = QTimer()
        ticks.start(300)
        stack.callback(ticks.stop)
        linecache.clearcache()  # of those sources
        gc.freeze()  # What is loaded by now stays: looking through it again and again would hold up painting.
        desktop.window.fit_screen()
        desktop.window.show()
        if paths:
            desktop.session.open_paths([path.absolute() for path in paths], copy)
        await desktop.closed.wait()
