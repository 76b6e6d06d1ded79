"""Labeling and paging for long: what the program holds does not grow with the hours."""

from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject

from labeler.domain.geometry import Point
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work

IMAGES = 6
MOST_GROWTH = 0.05
NONE_REFERENCES = 100
"""That there may be more or fewer, however many acts: PySide 6.11 adds one for each method that Qt calls of a new
object of Python's, and 6.12 takes one away with each event, which ends the process after some thousands."""


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
    await person.key(chance.choice("da"))
    if what > 0.98:
        await person.key("g")
        await person.grid_ready(IMAGES)
        await person.key("e")


@pytest.mark.parametrize("acts", [2_000, pytest.param(30_000, marks=pytest.mark.long)])
def test_hours_of_labeling_leave_nothing_behind(walk: Walk, tmp_path: Path, acts: int) -> None:
    samples = tmp_path / "samples"
    # Not here: a hundred megabytes that drawing leaves with the allocator would be among what the program holds.
    draw = "import pathlib, sys; from labeler.samples import write_samples; write_samples(pathlib.Path(sys.argv[1]), 2)"
    subprocess.run([sys.executable, "-c", draw, samples], check=True)

    async def steps() -> None:
        chance = random.Random(1)
        async with at_work(tmp_path / "library", samples, IMAGES) as person:
            await person.edit()
            await person.open_prompt("l", "bolt")
            for _ in range(acts // 4):
                await act(person, chance)
            await person.saved()
            before = Held.now()
            for _ in range(acts - acts // 4):
                await act(person, chance)
            await person.saved()
            after = Held.now()
        growth = after.memory / before.memory - 1
        print(f"{acts} acts: memory {growth:+.1%} after the first quarter, {before} then, {after} at the end")  # noqa: T201
        assert growth < MOST_GROWTH
        assert after.descriptors <= before.descriptors + 2
        assert after.threads <= before.threads + 2
        assert after.objects <= before.objects + 10
        assert abs(after.none_references - before.none_references) < NONE_REFERENCES

    walk(steps())
