"""Cuts the power while work goes on, again and again, and counts what is missing afterwards.

    python -m tests.faults.power_cuts FOLDER WORK CUTS SEED [CONTROL]

The disk is ext4 on a loop device; the cut is its shutdown ioctl, which drops all that was not synced, names of
files included. Prints a JSON object. A CONTROL breaks the program on purpose, to show that cuts catch it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import itertools
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from labeler.client import outbox_rows, picture_files
from labeler.server.files import RealFileSystem
from labeler.server.sqlite import database
from tests.faults.forks import fork, judge
from tests.faults.works import WORKS

_SHUTDOWN, _DROP_ALL = 0x8004587D, 2
_SIZE = 96 << 20
_CUTS_OF_FOLDER = 10
"""So many cuts hit the same files, so that what recovery leaves behind is cut again."""
_STEPS_OF_CUT = 1_000


def _no_sync_of_commits() -> None:
    outbox_rows._SETTINGS = outbox_rows._SETTINGS.replace("synchronous = FULL", "synchronous = NORMAL")
    database._PRAGMAS = database._PRAGMAS.replace("synchronous = FULL", "synchronous = NORMAL")


def _no_sync_of_folders() -> None:
    RealFileSystem.sync_folder = lambda self, folder: None  # type: ignore[method-assign]


def _no_sync_of_pictures() -> None:
    @contextlib.contextmanager
    def replacing(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
        with path.open("wb") as file:
            yield file

    vars(picture_files)["replacing"] = replacing


CONTROLS: Mapping[str, Callable[[], None]] = {
    "synchronous=NORMAL": _no_sync_of_commits,
    "no sync of folders": _no_sync_of_folders,
    "no sync of pictures": _no_sync_of_pictures,
}


class Disk:
    """An ext4 file system in a file, mounted."""

    def __init__(self, folder: Path) -> None:
        self._image, self.root = folder / "disk.img", folder / "disk"
        self.root.mkdir()
        with self._image.open("wb") as file:
            file.truncate(_SIZE)
        subprocess.run(["mkfs.ext4", "-q", "-F", self._image], check=True)
        self.mount()

    def mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", self._image, self.root], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", self.root], check=True)

    def open(self) -> int:
        return os.open(self.root, os.O_RDONLY)


def cut_power(handle: int) -> None:
    fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _DROP_ALL))


def run(work: str, cuts: int, chance: random.Random, disk: Disk) -> dict[str, int | list[str]]:
    """Make the cuts; returns counts, the first problems, and how many cuts lost or damaged something."""
    total = lost = doubled = hit = 0
    problems: list[str] = []
    acknowledged: set[int] = set()
    for cut in range(cuts):
        folder = disk.root / str(cut // _CUTS_OF_FOLDER)
        if not folder.exists():
            for former in disk.root.glob("[0-9]*"):
                shutil.rmtree(former)
            folder.mkdir()
            os.sync()
            acknowledged = set()
        new = _one(work, folder, cut * _STEPS_OF_CUT + 1, chance, disk)
        total += len(new)
        acknowledged |= new
        verdict = judge(work, folder, acknowledged)
        lost += len(verdict.lost)
        doubled += len(verdict.doubled)
        problems += verdict.problems
        hit += not verdict.is_good
        # Counted once; the next cut is judged by what it destroys itself.
        acknowledged -= set(verdict.lost)
    return {
        "cuts": cuts, "acknowledged": total, "lost": lost, "doubled": doubled, "hit": hit, "problems": problems[:5]
    }  # fmt: skip


def _one(work: str, folder: Path, first: int, chance: random.Random, disk: Disk) -> set[int]:
    """Work until a random moment, cut the power, and put it back; returns what was acknowledged before the cut."""

    async def go_on(pipe: socket.socket) -> None:
        opened = await WORKS[work].open(folder)
        for number in itertools.count(first):
            await opened.do(number)
            pipe.sendall(b"%d\n" % number)
            # A person rests, too; what follows at once would push the last step's names to disk.
            await asyncio.sleep(0.003 * (number % 2))

    child = fork(go_on)
    handle = disk.open()
    lines = [child.line() for _ in range(chance.randint(1, 25))]
    time.sleep(chance.uniform(0, 0.01))
    # Taken before the cut: what is acknowledged while the power goes is nobody's promise.
    lines += child.at_hand()
    cut_power(handle)
    os.close(handle)
    child.end()
    disk.unmount()
    disk.mount()
    if not all(lines):
        raise RuntimeError(f"the work ended by itself after {len(lines)} steps")
    return {int(line) for line in lines}


def main() -> None:
    folder, work, cuts, seed, *control = sys.argv[1:]
    for one in control:
        CONTROLS[one]()
    disk = Disk(Path(folder))
    try:
        print(json.dumps(run(work, int(cuts), random.Random(int(seed)), disk)))  # noqa: T201
    finally:
        disk.unmount()


if __name__ == "__main__":
    main()
