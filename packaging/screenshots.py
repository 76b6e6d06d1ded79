"""Take the pictures of resources/screenshots from the real window, offscreen: a session of two minutes on 40 images.

python packaging/screenshots.py [FOLDER]

In both themes, at 1280x800, 1024x700 and 2560x1440, and at 200 %.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labeler.client.outbox import Outbox
    from labeler.desktop import Desktop
    from labeler.samples import SampleImage

ROOT = Path(__file__).parent.parent
IMAGES, OF_LINE = 40, 14
DRAWN = 3
MOST, MOST_BYTES = 30, 8_000_000
"""Of all pictures together."""
STEPS = [round(round(value * 63 / 255) * 255 / 63) for value in range(256)]
"""A picture with 64 steps of each colour looks the same and takes two thirds of the bytes."""
USUAL = "1280x800"
RUNS = (("dark", USUAL, "1"), ("light", USUAL, "1"), ("light", "1024x700", "1"), ("dark", "1024x700", "2"),
        ("dark", "2560x1440", "1"))  # fmt: skip
"""Theme, size and scale of each run of the session."""
TAKEN = {("1024x700", "1"): ("editor", "aim", "grid"), ("1024x700", "2"): ("editor", "palette"),
         ("2560x1440", "1"): ("editor", "grid")}  # fmt: skip
"""What is taken in a size and scale other than the usual."""
ONCE = ("aim", "aim-snap", "hints", "history", "proposals")
"""What looks the same in both themes, taken in the dark one."""


class Session:
    """One session before the window, and its pictures."""

    def __init__(self, desktop: Desktop, folder: Path, theme: str, size: str, scale: str) -> None:
        from labeler.robot import Robot

        self.robot, self.state, self._desktop = Robot(desktop.window), desktop.session, desktop
        self._folder, self._taken = folder, TAKEN.get((size, scale))
        rest = "" if size == USUAL else f"-{size}" + ("-200" if scale == "2" else "")
        self._ending = f"{theme}{rest}.png"

    async def picture(self, name: str) -> None:
        """Write what is seen, the dialog in front if there is one."""
        from PIL import Image
        from PySide6.QtWidgets import QApplication

        from labeler.robot import until

        if name not in (self._taken or (name,)) or (self._ending == "light.png" and name in ONCE):
            return
        await until(lambda: self.state.pace.is_resting, "what follows the picture")
        path = self._folder / f"{name}-{self._ending}"
        seen = QApplication.activeModalWidget() or self.robot.window
        await self.robot.do(lambda: seen.grab().save(str(path)))
        Image.open(path).convert("RGB").point(STEPS * 3).save(path, optimize=True)

    async def go(self, samples: tuple[SampleImage, ...]) -> None:
        """The whole session."""
        await self.robot.key("Ctrl+Shift+F")
        await self.robot.grid_ready(IMAGES)
        await self._draw_by_keys(samples[0])
        await self._draw_by_mouse(samples)
        await self._accept()
        await self._find_keys()
        await self._tag_in_grid()
        await self._delete()
        await self._conflict()

    async def _draw_by_keys(self, sample: SampleImage) -> None:
        from labeler.domain.geometry import Point
        from labeler.state.aim import keys_to

        box = sample.boxes[0]
        await self.robot.key("e")
        await self.robot.editor_ready()
        await self.robot.open_prompt("l", box.label)
        await self.robot.key("w")
        await self.picture("aim")
        for corner in (Point(box.x_min, box.y_min), Point(box.x_max, box.y_max)):
            aim = self.state.canvas.aim
            assert aim is not None  # noqa: S101 - w was pressed
            keys = keys_to(aim.area, corner)
            await self.robot.key(*keys[:2])
            if aim.first is None:
                await self.picture("aim-snap")
            await self.robot.key(keys[2], "Space")
        await self.robot.key("Esc")

    async def _draw_by_mouse(self, samples: tuple[SampleImage, ...]) -> None:
        from labeler.domain.geometry import Point

        for number, sample in enumerate(samples[:DRAWN]):
            await self.robot.editor_ready()
            for box in sample.boxes[0 if number else 1 :]:
                await self.robot.open_prompt("l", box.label)
                await self.robot.draw(Point(box.x_min, box.y_min), Point(box.x_max, box.y_max), by_clicks=True)
                await self.robot.key("Esc")
            await self.robot.open_prompt("t", "night-shift" if number % 2 else "day-shift")
            if number < DRAWN - 1:
                await self.robot.key("d")
        await self.robot.saved()
        await self.robot.key("f")
        await self.picture("hints")
        await self.robot.key("Esc", "Tab")
        await self.picture("editor")

    async def _accept(self) -> None:
        from labeler.robot import until

        await self.robot.key("Esc", "d")
        await self.robot.editor_ready()
        await self.robot.key("c")
        await until(lambda: self.state.proposals.waiting, "the proposals")
        await self.robot.key("y")
        await self.picture("proposals")
        await self.robot.key("Ctrl+Enter")

    async def _find_keys(self) -> None:
        await self.robot.key("Ctrl+K")
        await self.robot.type("box")
        await self.picture("palette")
        await self.robot.key("Esc", "?")
        await self.picture("help")
        await self.robot.key("Esc", "Ctrl+H")
        await self.picture("history")
        await self.robot.key("Esc")

    async def _tag_in_grid(self) -> None:
        await self.robot.key("g")
        for number in range(DRAWN + 1, IMAGES):
            await self.robot.key("1" if number % 3 else "2")
        await self.robot.key("Home")
        await self.robot.grid_ready(IMAGES)
        await self.robot.key("Right", "Space", "Right", "Space", "Right")
        await self.picture("grid")
        await self.robot.key("Esc", "/")
        await self.robot.type("tag:day-shift label:b")
        await self.picture("filter")
        await self.robot.key("Esc")

    async def _delete(self) -> None:
        from labeler.robot import until
        from labeler.ui.trash import TrashDialog

        await self.robot.key("End", "Shift+Left", "Delete")
        await self.picture("delete")
        await self.robot.key("Enter")
        await self.robot.saved()
        await self.robot.key("Ctrl+T")
        dialog = next(one for one in self.robot.window.findChildren(TrashDialog) if one.isVisible())
        await until(lambda: len(dialog.model.images) == 2 and dialog.trash.complete, "the trash")
        await self.picture("trash")
        await self.robot.key("Esc")

    async def _conflict(self) -> None:
        """Somebody else makes a gear of the first box while it is moved here."""
        from labeler.domain.edit import BoxChange, Edit, is_local
        from labeler.robot import until

        place, outbox, canvas = self._desktop.place, self.state.outbox, self.state.canvas
        self.robot.window.activateWindow()  # which no window manager does here after a dialog
        await until(self.robot.window.isActiveWindow, "the window in front")
        await self.robot.key("Home", "e")
        await self.robot.editor_ready()
        await self.robot.saved()
        await self.robot.key("Tab")
        await until(lambda: canvas.selected_box and not is_local(canvas.selected_box.id), "a box of the service")
        before = canvas.selected_box
        image = self.state.current
        assert before is not None and image is not None  # noqa: S101, PT018 - the session drew on it
        await place.outbox.stop()
        await self.robot.key("Shift+Right")
        await outbox.drained()
        async with _somebody_else(self._desktop) as other:
            other.put(Edit("Relabeled", (BoxChange(image.id, before, replace(before, label="gear")),)))
            await until(lambda: other.counts.saving == other.counts.waiting == 0, "the delivery of somebody else")
        await place.outbox.start(place.connection, place.source.organization_id)
        review = self.state.review
        await until(lambda: review.items and review.is_known(review.items[0]), "the conflict")
        await self.robot.key("Ctrl+J")
        await self.picture("conflict")
        await self.robot.key("t", "Esc")


@asynccontextmanager
async def _somebody_else(desktop: Desktop) -> AsyncIterator[Outbox]:
    """The outbox of another window at the same service."""
    from labeler.client.channel import Connection
    from labeler.client.outbox import Outbox

    with tempfile.TemporaryDirectory() as folder:
        async with await Connection.open(desktop.place.connection.endpoint) as connection:
            outbox = Outbox.open(Path(folder) / "outbox.db", "somebody else")
            await outbox.start(connection)
            yield outbox
            await outbox.close()


async def _run(folder: Path, home: Path, theme: str, size: str, scale: str) -> None:
    from labeler.desktop import Desktop
    from labeler.samples import write_samples

    samples = write_samples(home / "hall-3" / "cameras", OF_LINE).images[:IMAGES]
    async with Desktop(home / "library", theme) as desktop:
        session = Session(desktop, folder, theme, size, scale)
        width, height = size.split("x")
        desktop.window.resize(int(width), int(height))
        desktop.window.show()
        desktop.session.open_paths([sample.path for sample in samples])
        await session.robot.opened(IMAGES)
        await session.go(samples)


def take(folder: Path, theme: str, size: str, scale: str) -> None:
    """One run, in this process."""
    import qasync
    from PySide6.QtWidgets import QApplication

    application = QApplication(["labeler"])
    application.setQuitOnLastWindowClosed(False)
    with tempfile.TemporaryDirectory() as name, qasync.QEventLoop(application) as loop:
        os.environ["XDG_CONFIG_HOME"] = str(Path(name) / "config")
        loop.run_until_complete(_run(folder, Path(name), theme, size, scale))


def main(folder: Path) -> None:
    """Every run in a process of its own: Qt reads the scale once."""
    folder.mkdir(parents=True, exist_ok=True)
    run = partial(subprocess.run, check=True)
    for theme, size, scale in RUNS:
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale}
        run([sys.executable, __file__, str(folder), theme, size, scale], env=environment)
    sizes = [path.stat().st_size for path in folder.glob("*.png")]
    if len(sizes) > MOST or sum(sizes) > MOST_BYTES:
        raise SystemExit(f"{len(sizes)} pictures of {sum(sizes):,} bytes are too much")


if __name__ == "__main__":
    if len(sys.argv) == 5:
        take(Path(sys.argv[1]), *sys.argv[2:])
    else:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "resources" / "screenshots")
