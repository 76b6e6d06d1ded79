"""Puts the desktop together: the service it starts, the connection, the session and the window."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from platformdirs import user_config_path

from labeler.logs import LogFile, log_path, report_unexpected
from labeler.preflight import EXIT_CODE, missing_for_desktop
from labeler.terminal import complain

log = logging.getLogger(__name__)


def settings_path() -> Path:
    return user_config_path("labeler", appauthor=False) / "settings.toml"


def run_desktop(data: Path, paths: Sequence[Path], *, copy: bool = False, theme: str | None = None) -> int:
    """Show the window until it is closed; returns the exit code."""
    lacking = missing_for_desktop(os.environ.get("QT_QPA_PLATFORM", ""))
    if lacking:
        complain(lacking)
        return EXIT_CODE
    import qasync
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication(["labeler"])
    assert isinstance(application, QApplication)  # noqa: S101 - nothing else makes one
    application.setApplicationName("labeler")
    application.setDesktopFileName("labeler")
    application.setQuitOnLastWindowClosed(False)
    log_file = LogFile(log_path())
    try:
        with qasync.QEventLoop(application) as loop:
            loop.run_until_complete(_until_closed(data, paths, copy, theme))
    finally:
        log_file.close()
    return 0


async def _until_closed(data: Path, paths: Sequence[Path], copy: bool, theme: str | None) -> None:
    from PySide6.QtCore import QTimer

    from labeler.desktop import Desktop

    async with AsyncExitStack() as stack:
        desktop = await stack.enter_async_context(Desktop(data, theme, at_home=bool(paths)))
        report_unexpected(desktop.session.failed.emit, asyncio.get_running_loop())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: desktop.window.close())
        # Python runs signal handlers between its own instructions only; Qt may wait in C++ for long.
        ticks = QTimer()
        ticks.start(300)
        stack.callback(ticks.stop)
        gc.freeze()  # What is loaded by now stays: looking through it again and again would hold up painting.
        desktop.window.show()
        if paths:
            desktop.session.open_paths([path.absolute() for path in paths], copy)
        await desktop.closed.wait()
