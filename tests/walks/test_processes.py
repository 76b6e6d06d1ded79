"""The program and others on one data directory: commands, a second window, and the end without a warning."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from labeler import desktop
from labeler.client.endpoint import Endpoint
from labeler.connecting import Target, local_target
from labeler.desktop import Desktop
from labeler.domain.errors import LabelerError
from labeler.domain.geometry import Point
from labeler.local import open_local
from labeler.robot import until
from labeler.samples import SampleSet, write_samples
from tests.conftest import ROOT
from tests.server.served import run_labeler
from tests.walks.conftest import Walk
from tests.walks.person import at_work

DRIVER = Path(__file__).with_name("killed_run.py")


async def command(*arguments: object) -> tuple[int, str, str]:
    """Exit code and output of `labeler ...`, while this process goes on."""
    return await asyncio.to_thread(run_labeler, *arguments)


def test_commands_work_while_the_window_is_open(walk: Walk, library: Path, samples: SampleSet, tmp_path: Path) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            await person.open_prompt("l", "bolt")
            await person.draw(Point(0.25, 0.25), Point(0.5, 0.5))
            await person.saved()
            out = tmp_path / "export"
            code, _, complaint = await command("export", "--data", library, "--format", "coco", out)
            assert (code, complaint) == (0, "")
            coco = json.loads((out / "annotations.json").read_text(encoding="utf-8"))
            assert (len(coco["images"]), len(coco["annotations"])) == (6, 1)

            code, _, complaint = await command("import", "--data", library, out)
            assert code == 0, complaint
            await person.key("g", "F5")
            await person.shown(6)
            others = await asyncio.to_thread(write_samples, tmp_path / "others", 3)
            code, _, complaint = await command("import", "--data", library, others.folder)
            assert code == 0, complaint
            await person.key("Ctrl+Shift+F")
            await until(lambda: len(person.names) > 6, "the images of the other folder")
            await person.open_prompt("/", "label:bolt")
            await person.shown(1)

    walk(steps())


def test_a_second_window_is_refused_in_a_sentence(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            with pytest.raises(LabelerError, match="another window has these labels open") as refused:
                async with Desktop(library):
                    pass
            code, out, complaint = await command("--data", library)
            assert (code, out) == (1, "")
            (line,) = complaint.splitlines()
            assert line == f"labeler: {refused.value}"
            await person.edit()
            await person.draw(Point(0.25, 0.25), Point(0.5, 0.5))
            assert len((await person.at_service())[0].boxes) == 1

    walk(steps())


def test_the_window_begins_although_the_service_that_it_found_ends(
    walk: Walk, library: Path, samples: SampleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the service of a command, or of a window that was closed at that moment."""
    others = AsyncExitStack()

    async def late(local: Endpoint) -> Target:
        await others.aclose()
        return await local_target(local)

    monkeypatch.setattr(desktop, "local_target", late)

    async def steps() -> None:
        service = await others.enter_async_context(open_local(library))
        async with at_work(library, samples.folder, 6) as person:
            assert person.desktop.place.connection.endpoint != service.endpoint
            assert len(person.names) == 6

    walk(steps())


def kill_after_saving(library: Path, samples: SampleSet, *what: str) -> None:
    """Run the program until it has saved, then kill it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(DRIVER), str(library), str(samples.folder), *what]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        said = run.stdout.readline()
        run.kill()
        assert said == "saved\n", run.stderr.read()
    assert run.returncode != 0


def test_what_was_saved_is_there_after_a_kill(walk: Walk, library: Path, samples: SampleSet) -> None:
    kill_after_saving(library, samples)

    async def steps() -> None:
        async with at_work(library) as person:
            await person.grid_ready(6)
            await until(lambda: len(person.session.library.images[0].boxes) == 1, "the labels")
            images = await person.at_service(0, 1, 2, 3)
            assert [len(image.boxes) for image in images] == [1, 1, 1, 0]
            assert images[0].tags == ("night",)
            assert images[0].boxes[0].label == "bolt"

    walk(steps())


def test_what_was_deleted_before_a_kill_is_deleted_and_can_be_undone(
    walk: Walk, library: Path, samples: SampleSet
) -> None:
    kill_after_saving(library, samples, "delete")

    async def steps() -> None:
        async with at_work(library) as person:
            await person.shown(4)
            await person.saved()
            source = person.session.source
            assert await source.count(person.session.library.filter) == 4
            assert len((await source.trash("")).images) == 2
            await person.key("Ctrl+Z")
            await person.shown(6)
            assert len(await person.at_service(*range(6))) == 6

    walk(steps())
