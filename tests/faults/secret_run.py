"""A run of the desktop in which a person signs in with a key, keeps it, labels, exports and fails; then it crashes.

    python -m tests.faults.secret_run LIBRARY OUT ADDRESS KEY_ID      the key is the first line of standard input

Says "ready" when all is done, and crashes at the next line.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import sys
from pathlib import Path

import qasync
from PySide6.QtWidgets import QApplication

from labeler.domain.filter import EMPTY
from labeler.domain.geometry import Point
from labeler.logs import LogFile, log_path
from labeler.robot import until
from tests.walks.person import Person, at_work


async def connect(person: Person, address: str, key_id: str, key: str, remember: bool) -> None:
    """Fill in the dialog from top to bottom."""
    await person.key("Ctrl+L", "Down")
    for answer in (address, key_id, key):
        await person.key("Tab")
        await person.type(answer)
    await person.key("Tab", "Tab", "Space")
    if remember:
        await person.key("Tab", "Space")
    await person.key("Enter")


async def run(library: Path, out: Path, address: str, key_id: str, key: str) -> None:
    async with at_work(library) as person:
        await connect(person, address, key_id, key + "x", remember=False)
        await person.complained("does not accept")
        await connect(person, address, key_id, key, remember=True)
        await until(lambda: QApplication.activeModalWidget(), "the offer of a file")
        await person.do(lambda: person.dialog().accept())
        await until(lambda: any(one.startswith("Connected to") for one in person.heard), "the connection")
        await person.grid_ready(6)
        await until((library / "keys.json").exists, "the key in its file")
        await person.open_prompt("t", "night")
        await person.edit()
        await person.open_prompt("l", "bolt")
        await person.draw(Point(0.1, 0.1), Point(0.3, 0.3))
        await person.saved()
        await person.key("Ctrl+Z")
        await person.saved()
        for layout in ("coco", "viam"):
            person.session.export(out / layout, layout, EMPTY)
            await until((out / layout).exists, "the export")
            await until(lambda: not person.session.works, "the end of the export")
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        os.abort()


if __name__ == "__main__":
    faulthandler.enable(all_threads=True)
    log = LogFile(log_path())
    application = QApplication(["labeler", "-platform", "offscreen"])
    application.setQuitOnLastWindowClosed(False)
    secret = sys.stdin.readline().strip()
    with qasync.QEventLoop(application) as loop:
        loop.run_until_complete(run(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4], secret))
