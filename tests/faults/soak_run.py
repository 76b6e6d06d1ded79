"""A run of the desktop that labels for long; prints what the process held after a quarter of it and at the end.

    python -m tests.faults.soak_run FOLDER ACTS

A process of its own, so that nothing is among what it holds that others left with its allocator. Drawing the sample
images would, too: they are in FOLDER already.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

import qasync
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication

from labeler.domain.geometry import Point
from tests.walks.person import Person, at_work

IMAGES = 6

MOST_BOXES = 20
"""Of an image."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds."""

    memory: int
    """Bytes resident."""
    descriptors: int
    threads: int
    objects: int
    """QObjects that Python knows, and their children."""
    none_references: int
    """References to None beside those of what Python shows to hold."""

    @classmethod
    def now(cls) -> Held:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
        memory = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        descriptors = sum(1 for _ in Path("/proc/self/fd").iterdir())
        objects = sum(isinstance(one, QObject) for one in gc.get_objects())
        return cls(memory, descriptors, threading.active_count(), objects, _none_references())


def _none_references() -> int:
    if sys.version_info >= (3, 12):  # None is not counted there.
        return 0
    return sys.getrefcount(None) - sum(one is None for held in gc.get_objects() for one in gc.get_referents(held))


async def act(person: Person, chance: random.Random) -> None:
    """Draw a box and go to another image; now and then look at the grid, undo or delete."""
    await person.editor_ready()
    left, top = chance.uniform(0.02, 0.7), chance.uniform(0.02, 0.7)
    await person.draw(Point(left, top), Point(left + 0.2, top + 0.2))
    what = chance.random()
    if what < 0.9 and person.session.canvas.selected_box:
        await person.key("x")
    elif what < 0.95:
        await person.key("Ctrl+Z", "Ctrl+Shift+Z")
    if len(person.image.boxes) > MOST_BOXES:
        await person.key("Ctrl+A", "x")  # what is labeled has to stay the same, or memory grows with it
    await person.key(chance.choice("da"))
    if what > 0.98:
        await person.key("g")
        await person.grid_ready(IMAGES)
        await person.key("e")


async def run(folder: Path, acts: int) -> list[Held]:
    chance = random.Random(1)
    async with at_work(folder / "library", folder / "samples", IMAGES) as person:
        await person.edit()
        await person.open_prompt("l", "bolt")
        found = []
        for count in (acts // 4, acts - acts // 4):
            for _ in range(count):
                await act(person, chance)
            await person.saved()
            found.append(Held.now())
    return found


def main(folder: Path, acts: int) -> None:
    application = QApplication(["labeler", "-platform", "offscreen"])
    application.setQuitOnLastWindowClosed(False)
    with qasync.QEventLoop(application) as loop:
        found = loop.run_until_complete(run(folder, acts))
    print(json.dumps([asdict(one) for one in found]))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
