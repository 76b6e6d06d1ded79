"""A run of the desktop that draws boxes by hand until it is killed, and says how many are on disk.

    python tests/faults/desktop_run.py LIBRARY SAMPLES draw|count

`count` delivers what is left and prints how many boxes the service has.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import qasync
from PySide6.QtWidgets import QApplication

from labeler.domain.geometry import Point
from tests.walks.person import at_work


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def run(library: Path, samples: Path, how: str) -> None:
    async with at_work(library, samples, 6) as person:
        if how == "count":
            await person.shown(6)
            images = await person.at_service(*range(6))
            ids = [box.rect for image in images for box in image.boxes]
            say(f"{len(ids)} {len(set(ids))}")
            return
        await person.edit()
        await person.open_prompt("l", "bolt")
        drawn = 0
        while True:
            await person.editor_ready()
            there = len(person.image.boxes)
            left, top = random.uniform(0.05, 0.6), random.uniform(0.05, 0.6)
            await person.draw(Point(left, top), Point(left + 0.3, top + 0.3))
            await person.session.outbox.drained()
            # A drag that begins on an edge of another box changes that one.
            if len(person.image.boxes) > there:
                drawn += 1
                say(drawn)
            await person.key("d")


if __name__ == "__main__":
    application = QApplication(["labeler", "-platform", "offscreen"])
    application.setQuitOnLastWindowClosed(False)
    with qasync.QEventLoop(application) as loop:
        loop.run_until_complete(run(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
