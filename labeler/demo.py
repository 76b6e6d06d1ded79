"""A session without a display: opens the sample images, draws, tags, makes a dataset, exports.

    QT_QPA_PLATFORM=offscreen python -m labeler.demo OUT

leaves `screenshot.png` and `export/` in OUT, by key presses and mouse events on the real window.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from labeler.domain.geometry import Point
from labeler.preflight import EXIT_CODE, missing_for_desktop

DRAWN = 3


async def _demonstrate(out: Path) -> None:
    from labeler.desktop import Desktop
    from labeler.robot import Robot, until
    from labeler.samples import sample_folder

    samples = await asyncio.to_thread(sample_folder, out)
    async with Desktop(out / "library", "dark") as desktop:
        desktop.window.show()
        robot = Robot(desktop.window)
        desktop.session.open_paths([samples.folder])
        await robot.opened(len(samples.images))
        await robot.key("e")
        for image in samples.images[:DRAWN]:
            await robot.editor_ready()
            for box in image.boxes:
                await robot.open_prompt("l", box.label)
                await robot.draw(Point(box.x_min, box.y_min), Point(box.x_max, box.y_max), by_clicks=True)
                await robot.key("Esc")
            await robot.open_prompt("t", "checked")
            await robot.open_prompt("b", "first-dataset")
            name = image.file_name
            await until(lambda: desktop.session.current and desktop.session.current.dataset_ids, f"{name} in a dataset")
            await robot.key("d")
        await robot.key("a")
        await robot.editor_ready()
        await robot.key("Tab")
        await robot.saved()
        await robot.picture(out / "screenshot.png")
        await robot.key("Ctrl+E")
        await until(lambda: desktop.window.export_dialog() is not None, "the export dialog")
        dialog = desktop.window.export_dialog()
        assert dialog is not None  # noqa: S101 - awaited above
        dialog.folder.selectAll()
        await robot.type(str(out / "export"))
        await robot.key("Enter")
        await until(lambda: (out / "export").exists() and not desktop.session.works, "the export")


def run_demo(out: Path) -> int:
    """Run the session, writing into `out`; returns the exit code."""
    lacking = missing_for_desktop("offscreen")
    if lacking:
        print(f"labeler: {lacking}", file=sys.stderr)  # noqa: T201
        return EXIT_CODE
    import qasync
    from PySide6.QtWidgets import QApplication

    out.mkdir(parents=True, exist_ok=True)
    application = QApplication(["labeler", "-platform", "offscreen"])
    application.setQuitOnLastWindowClosed(False)
    with qasync.QEventLoop(application) as loop:
        loop.run_until_complete(_demonstrate(out.absolute()))
    print(f"Screenshot: {out / 'screenshot.png'}\nExport: {out / 'export'}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(run_demo(Path(sys.argv[1])))
