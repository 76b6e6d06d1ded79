"""The whole program in the hands of a robot that labels until it is killed, and says what has been saved.

    python tests/faults/desktop_run.py LIBRARY SAMPLES SEED STARTED_AT

It waits for a line before it starts, and then writes one of JSON for whatever ends: "loaded" (its modules),
"ready", "acts" (what it is about to do), "saved" (the state that the program called saved), "checked" (the
state at the service, asked for by a line).
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import qasync
from PySide6.QtWidgets import QApplication

from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit
from labeler.domain.errors import LabelerError
from labeler.domain.geometry import Point
from labeler.domain.image import Image
from labeler.robot import until
from labeler.state.session import Mode
from tests.all_edits import all_edits
from tests.walks.person import Person, at_work

IMAGES = 6
ACTIONS = ("draw", "draw", "draw", "draw", "d", "d", "a", "x", "Ctrl+Z", "Ctrl+Z", "Ctrl+Shift+Z")


def say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def edges(box: Box | None) -> list[float] | None:
    return None if box is None else [box.x_min, box.y_min, box.x_max, box.y_max]


def told(edits: Iterable[Edit]) -> list[list[Any]]:
    """Edits as what they did to which image."""
    changes = [change for edit in edits for change in edit.changes]
    return [[one.image_id, edges(one.before), edges(one.after)] for one in changes if isinstance(one, BoxChange)]


async def state(person: Person, images: Iterable[Image]) -> dict[str, Any]:
    done, undone = await all_edits(person.session.history, person.desktop.place.outbox.session)
    boxes = {image.id: [edges(box) for box in image.boxes] for image in images}
    return {"place": person.image.id, "boxes": boxes, "done": told(done), "undone": told(undone[::-1])}


async def seen(person: Person) -> None:
    """Return when the program shows where the person was."""
    await until(lambda: person.session.place.is_reached, "the place of the last run")
    if person.session.mode is Mode.EDITOR:
        await person.editor_ready()
    else:
        await person.grid_ready(IMAGES)


async def checked(person: Person) -> dict[str, Any]:
    """What is at the service once all is delivered; asked again while it is being started again."""
    while True:
        try:
            return await state(person, await person.at_service(*range(IMAGES)))
        except LabelerError:
            await asyncio.sleep(0.01)


async def act(person: Person, what: str, chance: random.Random) -> None:
    say(acts=what)
    await person.editor_ready()
    if what == "draw":
        left, top = chance.uniform(0.02, 0.7), chance.uniform(0.02, 0.7)
        width, height = chance.uniform(0.05, 0.25), chance.uniform(0.05, 0.25)
        await person.draw(Point(left, top), Point(left + width, top + height))
    else:
        await person.key(what)
    session = person.session
    await session.outbox.drained()
    await until(lambda: session.outbox.counts.saving == 0, "the status bar to say saved")
    images = [image for place in range(IMAGES) if (image := session.library.at(place))]
    say(saved=await state(person, images))


async def run(library: Path, samples: Path, chance: random.Random, began: float) -> None:
    is_new = not await asyncio.to_thread(library.exists)
    async with at_work(library, samples if is_new else None, IMAGES if is_new else 0) as person:
        await seen(person)
        ready = time.monotonic() - began
        if person.session.mode is Mode.GRID:
            await person.edit()
            await person.open_prompt("l", "bolt")
        say(ready=ready, pid=os.getpid(), state=await checked(person))
        asked = asyncio.Event()

        def hear() -> None:
            os.read(sys.stdin.fileno(), 100)
            asked.set()

        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), hear)
        for key in ("Ctrl+Z", "Ctrl+Shift+Z"):
            await act(person, key, chance)
        while True:
            await act(person, chance.choice(ACTIONS), chance)
            if asked.is_set():
                asked.clear()
                say(checked=await checked(person))


def main(library: Path, samples: Path, seed: int, started: float) -> None:
    application = QApplication(["labeler", "-platform", "offscreen"])
    application.setQuitOnLastWindowClosed(False)
    loading = time.time() - started
    say(loaded=loading)
    sys.stdin.readline()
    with qasync.QEventLoop(application) as loop:
        loop.run_until_complete(run(library, samples, random.Random(seed), time.monotonic() - loading))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
