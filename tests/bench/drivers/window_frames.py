"""Frames of our grid at many images, and of our canvas at many boxes, offscreen.

grid COUNT STEPS FOLDER, or canvas BOXES STEPS FOLDER: prints JSON. The list is in memory and the pictures are the
photographs of the folder in turn, so that what is measured is the window with its decoders alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import qasync
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from labeler.decoding.workers import Workers
from labeler.desktop import THUMBNAIL_BYTES
from labeler.domain.box import Box
from labeler.domain.filter import Filter
from labeler.domain.geometry import Point
from labeler.domain.image import Image
from labeler.robot import LEFT, until
from labeler.state.pictures import Pictures, Wanted
from labeler.state.session import Mode, Session
from labeler.ui import theme
from labeler.ui.canvas import CanvasView
from labeler.ui.decode import Decoded, PictureLoader
from labeler.ui.grid import GridView
from tests.bench.drivers.rival_viewer import HEIGHT, WIDTH, memory_mib
from tests.bench.timing import into
from tests.memory_source import MemorySource, make_session


class Photographs(MemorySource):
    """A list in memory; the pictures of its images are some photographs in turn."""

    def __init__(self, images: list[Image], folder: Path) -> None:
        super().__init__(images)
        self._files = [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]

    def _matching(self, wanted: Filter) -> list[Image]:
        return self.list

    async def image_bytes(self, image_id: str) -> bytes:
        return self._files[int(image_id) % len(self._files)]


@asynccontextmanager
async def session_of(images: list[Image], folder: Path) -> AsyncIterator[tuple[Session, Pictures[Decoded]]]:
    source = Photographs(images, folder)
    workers = Workers()
    workers.start()
    try:
        with tempfile.TemporaryDirectory() as home:
            session, _ = make_session(source, Path(home))
            loader = PictureLoader(source, workers)
            pictures = Pictures(session.tasks, loader.load, lambda one: one.size_bytes, THUMBNAIL_BYTES)
            yield session, pictures
            await session.close()
    finally:
        await asyncio.to_thread(workers.close)


async def grid(count: int, steps: int, folder: Path) -> dict[str, Any]:
    images = [Image(str(number), f"{number:08}.jpg") for number in range(count)]
    before = memory_mib(os.getpid())
    async with session_of(images, folder) as (session, thumbnails):
        view = GridView(session, thumbnails)
        view.resize(WIDTH, HEIGHT)

        def all_shown() -> bool:
            shown = [session.library.at(index) for index in view.visible()]
            return bool(shown) and all(image and thumbnails.get(view.wanted_of(image)) for image in shown)

        start = time.perf_counter()
        view.show()
        session.start()
        await until(all_shown, "the first thumbnails")
        found: dict[str, Any] = {"first": [(time.perf_counter() - start) * 1_000], "jump": [], "scroll": []}
        bar = view.verticalScrollBar()
        chance = random.Random(1)
        for _ in range(max(2, steps // 10)):
            start = time.perf_counter()
            with into(found.setdefault("jump frame", [])):
                bar.setValue(chance.randrange(bar.maximum() + 1))
                view.viewport().repaint()
            await until(all_shown, "the thumbnails after a jump")
            found["jump"].append((time.perf_counter() - start) * 1_000)
        for _ in range(steps):
            with into(found["scroll"]):
                bar.setValue(bar.value() + 40)
                view.viewport().repaint()
            await asyncio.sleep(0.004)
        found["memory"] = memory_mib(os.getpid()) - before
        view.close()
        view.deleteLater()
    return found


async def canvas(count: int, steps: int, folder: Path) -> dict[str, Any]:
    chance = random.Random(2)
    boxes = tuple(_box(chance, number) for number in range(count))
    async with session_of([Image("0", "0.jpg", boxes=boxes)], folder) as (session, pictures):
        view = CanvasView(session, pictures)
        view.resize(WIDTH, HEIGHT)
        view.show()
        session.start()
        await session.library.load(0, 1)
        session.go_to(0)
        session.set_mode(Mode.EDITOR)
        await until(lambda: pictures.get(Wanted("0")) and session.canvas.view, "the picture")
        view.repaint()
        found: dict[str, Any] = {}
        place = _on(view, Point(0.5, 0.5))
        events: dict[str, Callable[[int], None]] = {
            "hover": lambda number: QTest.mouseMove(view, _on(view, Point(0.2 + number / steps * 0.6, 0.4))),
            "pan": lambda number: session.canvas.viewport.pan(8 if number % 20 < 10 else -8, 3),
            "zoom": lambda number: _turn(view, place, 120 if number % 20 < 10 else -120),
        }
        for name, event in events.items():
            samples: list[float] = []
            for number in range(steps):
                with into(samples):
                    event(number)
                    view.repaint()
            found[name] = samples
        found["drag"] = _drag(view, boxes[-1], steps)
        view.close()
        view.deleteLater()
    return found


def _drag(view: CanvasView, box: Box, steps: int) -> list[float]:
    """Frames of moving one box that is selected."""
    view.canvas.select(box.id)
    middle = _on(view, box.rect.center)
    samples: list[float] = []
    QTest.mousePress(view, LEFT, pos=middle)
    for number in range(steps):
        with into(samples):
            QTest.mouseMove(view, middle + QPoint(number % 80 + 1, number % 40 + 1))
            view.repaint()
    QTest.mouseRelease(view, LEFT, pos=middle)
    return samples


def _on(view: CanvasView, point: Point) -> QPoint:
    assert view.canvas.view is not None
    at = view.canvas.view.point_to_widget(point)
    return QPoint(round(at.x), round(at.y))


def _turn(view: CanvasView, at: QPoint, angle: int) -> None:
    event = QWheelEvent(
        QPointF(at), QPointF(view.mapToGlobal(at)), QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def _box(chance: random.Random, number: int) -> Box:
    left, top = chance.uniform(0, 0.94), chance.uniform(0, 0.94)
    wide, high = chance.uniform(0.01, 0.05), chance.uniform(0.01, 0.05)
    return Box(f"box-{number}", f"label-{number % 20}", left, top, left + wide, top + high)


def main(what: str, count: str, steps: str, folder: str) -> None:
    application = QApplication(["labeler"])
    application.setQuitOnLastWindowClosed(False)
    theme.apply_theme(application, "dark")
    measure = {"grid": grid, "canvas": canvas}[what]
    with qasync.QEventLoop(application) as loop:
        found = loop.run_until_complete(measure(int(count), int(steps), Path(folder)))
    print(json.dumps(found), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
