"""Opening ten thousand files: the window answers all the while, and shows pictures from the first second on."""

from __future__ import annotations

import asyncio
import gc
import io
import sys
from pathlib import Path

import pytest
from PIL import Image as Pillow

from labeler.robot import until
from tests.heart import Heart
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work

MANY = 10_000
LATE = 0.1
"""The longest that the window may not answer, in seconds."""
BEAT = 0.005


def write_many(folder: Path) -> None:
    """Tiny pictures, each of its own content: the same one with its number in a comment."""
    out = io.BytesIO()
    Pillow.new("RGB", (64, 48), "teal").save(out, "JPEG")
    picture = out.getvalue()
    folder.mkdir()
    for number in range(MANY):
        comment = str(number).encode()
        marked = picture[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + picture[2:]
        (folder / f"image {number}.jpg").write_bytes(marked)


@pytest.mark.long
def test_the_window_answers_while_many_files_are_opened(walk: Walk, library: Path, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    write_many(folder)

    async def first_pictures(person: Person) -> float:
        loop = asyncio.get_running_loop()
        start = loop.time()
        await person.grid_ready()
        assert person.session.works, "listing was over before the first pictures showed"
        return loop.time() - start

    async def steps() -> None:
        async with at_work(library) as person:
            gc.freeze()  # as the program does
            async with Heart() as heart:
                person.session.open_paths([folder])
                seen_after = await first_pictures(person)
                while person.session.library.size < MANY:
                    await person.key("End", "Home")
                    await asyncio.sleep(BEAT)
                await until(lambda: not person.session.works, "the images to be known by content")
                await until(lambda: person.session.library.size == MANY, "all images in the list")
            sys.stdout.write(f"first pictures after {seen_after:.2f} s, latest {heart.latest * 1000:.0f} ms\n")
            assert heart.second_latest < LATE

    walk(steps())
