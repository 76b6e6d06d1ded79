"""Files that are not pictures, and files that change: each says why, and the rest goes on."""

from __future__ import annotations

import io
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from skimage import data

from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.samples import SampleSet
from tests.along.team import draw_pictures
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work

photographs: Any = data
FAR = 400
"""Pictures of which most are far below the window's edge."""


def encoded(picture: Pillow.Image, kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Five pictures of unusual kinds, and seven files that are none, or broken."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    photo = Pillow.fromarray(photographs.astronaut())
    noise = Pillow.frombytes("I;16", (64, 48), random.Random(1).randbytes(64 * 48 * 2))
    good = {
        "good astronaut.jpg": encoded(photo, "JPEG"),
        "good camera.png": encoded(Pillow.fromarray(photographs.camera()), "PNG"),
        "good cmyk.jpg": encoded(photo.convert("CMYK"), "JPEG"),
        "good coffee.webp": encoded(Pillow.fromarray(photographs.coffee()), "WEBP"),
        "good sixteen bit.png": encoded(noise, "PNG"),
    }
    bad = {
        "bad broken.jpg": good["good astronaut.jpg"][:300] + b"\0" * 3000,
        "bad empty.jpg": b"",
        "bad text.jpg": b"This is a letter.\n",
        "bad truncated.png": good["good camera.png"][:200],
    }
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    for name, content in {**good, **bad, "drawing.svg": drawing, "notes.txt": b"Notes\n"}.items():
        (folder / name).write_bytes(content)
    return folder


def problems(person: Person) -> dict[str, str]:
    """Why tiles have no picture, by file name."""
    grid, thumbnails = person.window.grid, person.window.thumbnails
    return {
        one.file_name: why
        for one in person.session.library.images
        if (why := one.problem or thumbnails.problem(grid.wanted_of(one)))
    }


def test_a_folder_with_files_that_are_no_pictures(walk: Walk, library: Path, mixed: Path) -> None:
    async def steps() -> None:
        async with at_work(library) as person:
            person.session.open_paths([mixed])
            complaint = await person.complained("Not opened")
            assert "bad empty.jpg: The file is empty (and 2 more)." in complaint
            await until(lambda: not person.session.works, "the folder to be read")
            assert person.heard == ["Opened 7 new images"]
            await person.grid_ready(7)
            told = problems(person)
            assert set(told) == {"bad broken.jpg", "bad truncated.png"}
            assert all(why.startswith("The picture is broken: ") for why in told.values())
            await person.key("End", "<")
            assert person.image.file_name == "bad truncated.png"
            await person.key("<")
            assert person.image.file_name == "bad broken.jpg"
            await person.key("e")
            for name in person.names:
                if name in told:
                    await until(lambda: person.window.canvas.front.problem(), f"why {name} cannot be shown")
                else:
                    await person.editor_ready()
                    await person.draw(Point(0.2, 0.2), Point(0.6, 0.6))
                    await person.key("Esc")
                await person.key("d")
            drawn = await person.at_service(*range(7))
            assert {image.file_name for image in drawn if image.boxes} == set(person.names) - set(told)

    walk(steps())


def test_files_that_go_or_change_say_so(walk: Walk, library: Path, samples: SampleSet, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    shutil.copytree(samples.folder, folder)
    gone, changed = (folder.joinpath(*image.file_name.split("/")) for image in samples.images[:2])

    async def steps() -> None:
        async with at_work(library, folder, 6) as person:
            assert problems(person) == {}
            gone.unlink()
            changed.write_bytes(b"no picture any more")
            await person.key("F5")
            await person.shown(6)
            await person.grid_ready(6)
            told = problems(person)
            assert set(told) == set(person.names[:2])
            assert told[person.names[0]].startswith("The file is gone: ")
            assert "changed" in told[person.names[1]]
            await person.key("e")
            await until(lambda: person.window.canvas.front.problem(), "why the picture cannot be shown")
            await person.key("d", "d")
            await person.editor_ready()

    walk(steps())


def test_broken_pictures_far_down_are_found_before_somebody_comes_to_them(
    walk: Walk, library: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    draw_pictures(folder, FAR, noise=48)
    broken = [folder / f"part {number}.png" for number in (FAR - 40, FAR - 3)]
    for path in broken:
        path.write_bytes(path.read_bytes()[:200])

    async def steps() -> None:
        async with at_work(library, folder, FAR) as person:
            await person.key(">")
            assert person.heard[-1] == "No image with a problem that way"
            await person.key("Ctrl+Alt+P")
            await until(lambda: person.image.file_name == broken[0].name, "the first broken picture")
            assert f"Checked {FAR} pictures: 2 cannot be shown" in person.heard
            await person.key(">")
            assert person.image.file_name == broken[1].name

    walk(steps())


def test_pictures_that_can_all_be_shown_are_said_to_be_fine(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.key("Ctrl+Alt+P")
            await until(lambda: "Checked 6 pictures: all can be shown" in person.heard, "what was found")

    walk(steps())
