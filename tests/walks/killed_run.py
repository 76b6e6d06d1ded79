"""A run of the desktop that draws on the sample images and says "saved" when its work is on disk; then it waits.

With `delete` it deletes the first two of the images instead, while nothing is delivered.

python tests/walks/killed_run.py LIBRARY SAMPLES [delete]
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import qasync
from PySide6.QtWidgets import QApplication

from labeler.domain.geometry import Point
from tests.walks.person import Person, at_work


async def label(person: Person) -> None:
    await person.open_prompt("t", "night")
    await person.edit()
    await person.open_prompt("l", "bolt")
    for _ in range(3):
        await person.editor_ready()
        await person.draw(Point(0.1, 0.1), Point(0.3, 0.3))
        await person.key("d")


async def delete(person: Person) -> None:
    await person.desktop.place.outbox.stop()
    await person.key("Shift+Right", "Delete", "Enter")


async def run(library: Path, samples: Path, work: Callable[[Person], Awaitable[None]]) -> None:
    async with at_work(library, samples, 6) as person:
        await work(person)
        await person.session.outbox.drained()
        sys.stdout.write("saved\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    application = QApplication(["labeler", "-platform", "offscreen"])
    application.setQuitOnLastWindowClosed(False)
    with qasync.QEventLoop(application) as loop:
        loop.run_until_complete(run(Path(sys.argv[1]), Path(sys.argv[2]), delete if "delete" in sys.argv else label))
