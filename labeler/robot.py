"""Drives the window as a person does: real key and mouse events, and waiting for what they see.

For the demonstration, the screenshots and the walks; knows the window, not what is behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QKeyCombination, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from labeler.domain.geometry import Point
from labeler.ui.window import Window

PATIENCE = 30.0
_BEAT = 0.005
LEFT = Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier.NoModifier


async def until(seen: Callable[[], object], what: str = "") -> None:
    """Return when `seen()` is true; TimeoutError that says `what` after `PATIENCE` seconds."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not seen():  # noqa: ASYNC110 - a person looks at the screen, which has no event to wait for
                await asyncio.sleep(_BEAT)
    except TimeoutError:
        raise TimeoutError(f"waited {PATIENCE} s in vain for: {what or seen}") from None


def _combination(key: str) -> QKeyCombination:
    """A key of the keymap as Qt has it."""
    keys = QKeySequence(key.replace("PageUp", "PgUp").replace("PageDown", "PgDown"))
    return QKeyCombination.fromCombined(keys[0].toCombined())  # type: ignore[index]


class Robot:
    """Hands and eyes at one window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.session = window.session

    def _target(self) -> QWidget:
        active = QApplication.activeModalWidget() or self.window
        return active.focusWidget() or active

    async def do(self, movement: Callable[[], object]) -> None:
        """Let Qt call `movement`, outside of any task: sending events lets Qt work on others meanwhile."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def moved() -> None:
            try:
                movement()
            except BaseException as error:
                done.set_exception(error)
            else:
                done.set_result(None)

        QTimer.singleShot(0, moved)
        await done

    async def key(self, *keys: str) -> None:
        """Press keys, written as in the keymap ("Ctrl+K", "Shift+D", "d")."""
        for key in keys:
            await self.do(partial(self._press, _combination(key)))

    def _press(self, combination: QKeyCombination) -> None:
        QTest.keyClick(self._target(), combination.key(), combination.keyboardModifiers())

    async def hold(self, key: str, repeats: int = 0) -> None:
        """Press a key without letting go; the keyboard repeats it so many times."""
        combination = _combination(key)
        await self.do(lambda: QTest.keyPress(self._target(), combination.key(), combination.keyboardModifiers()))
        for _ in range(repeats):
            await self.do(partial(self._repeat, combination))

    def _repeat(self, combination: QKeyCombination) -> None:
        for kind in (QEvent.Type.KeyRelease, QEvent.Type.KeyPress):
            event = QKeyEvent(kind, combination.key(), combination.keyboardModifiers(), autorep=True)
            QApplication.sendEvent(self._target(), event)

    async def let_go(self, key: str) -> None:
        """Let go of a key that is held."""
        combination = _combination(key)
        await self.do(lambda: QTest.keyRelease(self._target(), combination.key(), combination.keyboardModifiers()))

    async def type(self, text: str) -> None:
        """Type text into what has the keyboard."""
        await self.do(lambda: QTest.keyClicks(self._target(), text))

    async def answer(self, text: str) -> None:
        """Type into the prompt that is open, and press Enter."""
        await until(lambda: self.window.prompt.is_open, f"a prompt to answer {text!r}")
        line = self.window.prompt.line
        line.selectAll()
        if text:
            await self.type(text)
        else:
            await self.key("Backspace")
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
        first, last = self.on_canvas(start), self.on_canvas(end)
        await self.do(partial(self._draw, first, last, by_clicks))

    async def click(
        self, widget: QWidget, at: QPoint, keys: Qt.KeyboardModifier = NO_KEYS, twice: bool = False
    ) -> None:
        """Click, or double-click, at a point of a widget, with modifier keys held."""
        clicked = QTest.mouseDClick if twice else QTest.mouseClick
        await self.do(lambda: clicked(widget, LEFT, keys, at))

    async def wheel(self, point: Point, steps: int) -> None:
        """Turn the wheel at a point of the image, away from the hand where `steps` is positive."""
        canvas, at = self.window.canvas, self.on_canvas(point)
        event = QWheelEvent(
            QPointF(at), QPointF(canvas.mapToGlobal(at)), QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton,
            NO_KEYS, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        await self.do(lambda: QApplication.sendEvent(canvas, event))

    def _draw(self, first: QPoint, last: QPoint, by_clicks: bool) -> None:
        canvas = self.window.canvas
        middle = QPoint((first.x() + last.x()) // 2, (first.y() + last.y()) // 2)
        QTest.mouseMove(canvas, first)
        (QTest.mouseClick if by_clicks else QTest.mousePress)(canvas, LEFT, pos=first)
        for point in (middle, last):
            QTest.mouseMove(canvas, point)
        (QTest.mouseClick if by_clicks else QTest.mouseRelease)(canvas, LEFT, pos=last)

    async def editor_ready(self) -> None:
        """Return when the picture in the editor can be seen."""
        await until(self._picture_is_shown, "the picture in the editor")

    def _picture_is_shown(self) -> bool:
        return self.session.canvas.view is not None and self.window.canvas.front.has_whole()

    async def opened(self, at_least: int = 1) -> None:
        """Return when what was opened is read through, listed to the end and seen."""
        await until(lambda: not self.session.works, "the images to be known by content")
        await until(lambda: self.session.library.complete, "the list of images to its end")
        await self.grid_ready(at_least)

    async def grid_ready(self, at_least: int = 1) -> None:
        """Return when images are listed and all visible thumbnails can be seen."""
        await until(lambda: len(self.session.library.images) >= at_least, f"{at_least} images in the grid")
        await until(self._thumbnails_are_shown, "the thumbnails")

    def _thumbnails_are_shown(self) -> bool:
        grid, thumbnails = self.window.grid, self.window.thumbnails
        if not grid.isVisible():
            return True
        shown = [self.session.library.at(index) for index in grid.visible()]
        return all(
            image is not None
            and (image.problem or thumbnails.get(grid.wanted_of(image)) or thumbnails.problem(grid.wanted_of(image)))
            for image in shown
        )

    async def saved(self) -> None:
        """Return when every edit is at the service."""
        counts = self.session.outbox
        await until(lambda: counts.counts.saving == 0 and counts.counts.waiting == 0, "delivery of all edits")

    async def picture(self, path: Path) -> None:
        """Write what the window shows to a PNG."""

        def grab() -> None:
            if not self.window.grab().save(str(path)):
                raise OSError(f"{path} could not be written")

        await self.do(grab)
