"""Drives the window as a person does: real key and mouse events, and waiting for what they see.

For the demonstration, the screenshots and the walks; knows the window, not what is behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from labeler.domain.geometry import Point
from labeler.state.pictures import Wanted
from labeler.ui.window import Window

PATIENCE = 30.0
_BEAT = 0.005
LEFT = Qt.MouseButton.LeftButton


async def until(seen: Callable[[], object], what: str = "") -> None:
    """Return when `seen()` is true; TimeoutError that says `what` after `PATIENCE` seconds."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not seen():  # noqa: ASYNC110 - a person looks at the screen, which has no event to wait for
                await asyncio.sleep(_BEAT)
    except TimeoutError:
        raise TimeoutError(f"waited {PATIENCE} s in vain for: {what or seen}") from None


class Robot:
    """Hands and eyes at one window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.session = window.session

    def _target(self) -> QWidget:
        active = QApplication.activeModalWidget() or self.window
        return active.focusWidget() or active

    async def key(self, *keys: str) -> None:
        """Press keys, written as in the keymap ("Ctrl+K", "Shift+D", "d")."""
        for key in keys:
            written = key.replace("PageUp", "PgUp").replace("PageDown", "PgDown")
            combination = QKeySequence(written)[0]
            QTest.keyClick(self._target(), combination.key(), combination.keyboardModifiers())
            await asyncio.sleep(0)

    async def type(self, text: str) -> None:
        """Type text into what has the keyboard."""
        QTest.keyClicks(self._target(), text)
        await asyncio.sleep(0)

    async def answer(self, text: str) -> None:
        """Type into the prompt that is open, and press Enter."""
        await until(lambda: self.window.prompt.is_open, f"a prompt to answer {text!r}")
        line = self.window.prompt.line
        line.selectAll()
        await self.type(text)
        await self.key("Enter")

    async def open_prompt(self, key: str, text: str) -> None:
        """Press a key that asks something, and answer it."""
        await self.key(key)
        await self.answer(text)

    def on_canvas(self, point: Point) -> QPoint:
        """A point of the image (fractions) as a point of the canvas widget."""
        view = self.session.canvas.view
        assert view is not None  # noqa: S101 - ready() was awaited
        at = view.point_to_widget(point)
        return QPoint(round(at.x), round(at.y))

    async def draw(self, start: Point, end: Point, by_clicks: bool = False) -> None:
        """Draw a box between two points of the image, by a drag or by two clicks."""
        canvas = self.window.canvas.viewport_widget()
        first, last = self.on_canvas(start), self.on_canvas(end)
        middle = QPoint((first.x() + last.x()) // 2, (first.y() + last.y()) // 2)
        QTest.mouseMove(canvas, first)
        if by_clicks:
            QTest.mouseClick(canvas, LEFT, pos=first)
            QTest.mouseMove(canvas, middle)
            QTest.mouseMove(canvas, last)
            QTest.mouseClick(canvas, LEFT, pos=last)
        else:
            QTest.mousePress(canvas, LEFT, pos=first)
            QTest.mouseMove(canvas, middle)
            QTest.mouseMove(canvas, last)
            QTest.mouseRelease(canvas, LEFT, pos=last)
        await asyncio.sleep(0)

    async def editor_ready(self) -> None:
        """Return when the picture in the editor can be seen."""
        await until(self._picture_is_shown, "the picture in the editor")

    def _picture_is_shown(self) -> bool:
        image = self.session.current
        wanted = Wanted(image.id) if image else None
        return self.session.canvas.view is not None and bool(wanted and self.window.canvas.pictures.get(wanted))

    async def grid_ready(self, at_least: int = 1) -> None:
        """Return when images are listed and all visible thumbnails can be seen."""
        await until(lambda: len(self.session.library.images) >= at_least, f"{at_least} images in the grid")
        await until(self.window.grid.all_visible_shown, "the thumbnails")

    async def saved(self) -> None:
        """Return when every edit is at the service."""
        counts = self.session.outbox
        await until(lambda: counts.counts.saving == 0 and counts.counts.waiting == 0, "delivery of all edits")

    async def picture(self, path: Path) -> None:
        """Write what the window shows to a PNG."""
        for _ in range(3):
            await asyncio.sleep(_BEAT)
        if not self.window.grab().save(str(path)):
            raise OSError(f"{path} could not be written")
