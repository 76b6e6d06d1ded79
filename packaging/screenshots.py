"""Take the pictures of resources/screenshots from the real window, offscreen, in both themes.

python packaging/screenshots.py [FOLDER]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
SIZE = (1280, 800)
DRAWN = 4


async def _take(folder: Path, home: Path, theme: str) -> None:
    from PIL import Image

    from labeler.desktop import Desktop
    from labeler.domain.geometry import Point
    from labeler.robot import Robot
    from labeler.samples import sample_folder

    samples = sample_folder(home)

    async def picture(name: str) -> None:
        path = folder / f"{name}-{theme}.png"
        await robot.picture(path)
        Image.open(path).convert("RGB").save(path, optimize=True)

    async with Desktop(home / theme, theme) as desktop:
        robot, session = Robot(desktop.window), desktop.session
        desktop.window.resize(*SIZE)
        desktop.window.show()
        session.open_paths([samples.folder])
        await robot.opened(len(samples.images))
        await robot.key("Ctrl+Shift+F")
        await robot.grid_ready(len(samples.images))
        await robot.key("e")
        for number, sample in enumerate(samples.images[:DRAWN]):
            await robot.editor_ready()
            for box in sample.boxes:
                await robot.open_prompt("l", box.label)
                await robot.draw(Point(box.x_min, box.y_min), Point(box.x_max, box.y_max), by_clicks=True)
                await robot.key("Esc")
            await robot.open_prompt("t", "night-shift" if number % 2 else "day-shift")
            if number < DRAWN - 1:
                await robot.key("d")
        await robot.saved()
        await robot.key("Tab")
        await picture("editor")
        await robot.key("Ctrl+K")
        await robot.type("box")
        await picture("palette")
        await robot.key("Esc", "?")
        await picture("help")
        await robot.key("Esc", "g")
        await robot.grid_ready(len(samples.images))
        await robot.key("Space", "Right", "Space", "Right")
        await picture("grid")


def main(folder: Path) -> None:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    import qasync
    from PySide6.QtWidgets import QApplication

    folder.mkdir(parents=True, exist_ok=True)
    application = QApplication(["labeler"])
    application.setQuitOnLastWindowClosed(False)
    with tempfile.TemporaryDirectory() as name, qasync.QEventLoop(application) as loop:
        os.environ["XDG_CONFIG_HOME"] = str(Path(name) / "config")
        for theme in ("dark", "light"):
            loop.run_until_complete(_take(folder, Path(name), theme))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "resources" / "screenshots")
