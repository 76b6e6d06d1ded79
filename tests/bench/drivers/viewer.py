"""Our window, offscreen: started on a known folder, then shown picture after picture by key presses.

DATA FOLDER COUNT THINK_MS [ADDRESS KEY_ID KEY]: prints JSON, as `rival_viewer` does. FOLDER "" is where DATA is known
already; with an address the pictures are those of a server.
"""

from __future__ import annotations

import asyncio
import gc
import json
import linecache
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labeler.app import load_before_qt
from labeler.service_child import ServiceChild
from tests.bench.drivers.rival_viewer import HEIGHT, PATIENCE, WIDTH, memory_mib

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from labeler.desktop import Desktop
    from labeler.robot import Robot
    from labeler.ui.window import Window


class Paints:
    """When the grid was painted first, and each picture with a px for every px of the screen."""

    def __init__(self) -> None:
        self.grid = 0.0
        self.sharp: dict[str, float] = {}
        self._seen = asyncio.Event()

    def watch(self) -> None:
        """Before a window is made."""
        from labeler.ui.canvas import CanvasView
        from labeler.ui.grid import GridView

        paint_canvas, paint_grid = CanvasView.paintEvent, GridView.paintEvent

        def canvas(view: CanvasView, event: QPaintEvent) -> None:
            paint_canvas(view, event)
            image = view._session.current
            if image is not None and view.front.is_sharp():
                self.sharp.setdefault(image.id, time.monotonic())
                self._seen.set()

        def grid(view: GridView, event: QPaintEvent) -> None:
            paint_grid(view, event)
            if view._session.library.size and not self.grid:
                self.grid = time.monotonic()
            self._seen.set()

        CanvasView.paintEvent = canvas  # type: ignore[method-assign, assignment]
        GridView.paintEvent = grid  # type: ignore[method-assign, assignment]

    async def another(self) -> None:
        self._seen.clear()
        async with asyncio.timeout(PATIENCE):
            await self._seen.wait()


async def _measure(begun: ServiceChild, folder: str, count: int, think: float, server: Sequence[str]) -> dict[str, Any]:
    from labeler.desktop import Desktop
    from labeler.robot import Robot

    started = float(os.environ["BENCH_STARTED"])
    paints = Paints()
    paints.watch()
    async with Desktop(begun.data_directory, "dark", begun=begun) as desktop:
        window = desktop.window
        linecache.clearcache()
        gc.freeze()
        window.resize(WIDTH, HEIGHT)
        window.show()
        robot = Robot(window)
        if folder:
            desktop.session.open_paths([Path(folder)])
            await robot.opened()
        if server:
            await _connect(desktop, server)
        while not paints.grid:
            await paints.another()
        found: dict[str, Any] = {"window": (paints.grid - started) * 1_000, "next": []}
        await _thumbnails(window, paints)
        found["picture"] = (time.monotonic() - started) * 1_000
        if count:
            await robot.key("Home", "e")
            await robot.editor_ready()
            found["next"] = [await _step(robot, paints, think) for _ in range(count)]
            await robot.key("g")  # The next run begins where this one ends.
        found["memory"] = memory_mib(os.getpid())
    return found


async def _connect(desktop: Desktop, server: Sequence[str]) -> None:
    from labeler.robot import until
    from labeler.state.connect_choice import ConnectChoice

    address, key_id, key = server
    desktop._connecting.begin(ConnectChoice("server", address, key_id, key, plaintext=True))
    await until(lambda: address in desktop.session.source.title and desktop.session.library.size, "the server's images")


async def _thumbnails(window: Window, paints: Paints) -> None:
    """Return when one visible thumbnail is painted."""
    grid = window.grid
    while not any(
        image and window.thumbnails.get(grid.wanted_of(image))
        for image in (window.session.library.at(index) for index in grid.visible())
    ):
        await paints.another()


async def _step(robot: Robot, paints: Paints, think: float) -> float:
    """ms from the key to the next picture on the screen, as sharp as it is."""
    await asyncio.sleep(think / 1_000)
    before = robot.session.current
    paints.sharp.clear()
    start = time.monotonic()
    await robot.key("d")
    while (image := robot.session.current) is before or image is None or image.id not in paints.sharp:
        await paints.another()
    return (paints.sharp[image.id] - start) * 1_000


def main(data: str, folder: str, count: str, think: str, *server: str) -> None:
    begun = ServiceChild(Path(data))
    begun.begin()  # as `labeler.app` does
    load_before_qt()
    import qasync
    from PySide6.QtWidgets import QApplication

    application = QApplication(["labeler"])
    application.setQuitOnLastWindowClosed(False)
    with qasync.QEventLoop(application) as loop:
        found = loop.run_until_complete(_measure(begun, folder, int(count), float(think), server))
    print(json.dumps(found), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
