"""Whatever a file is, the window shows it or says why not, and goes on; whatever happens to a decoder, too.

How long a picture may take is the product's own limit (`workers.PATIENCE`); what takes longer has a reason
that says so.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from PIL import Image as Pillow

from labeler.decoding.memory import SPARE_BYTES, Spares, new_memory
from labeler.decoding.worker import MOST_MEMORY
from labeler.decoding.workers import Pixels, Workers
from labeler.domain.errors import InvalidValue, LabelerError
from labeler.domain.media import LOOK_SIZE, why_not_shown
from labeler.robot import until
from labeler.server.scan import scan
from tests.conftest import ROOT
from tests.faults.odd_images import EITHER, PICTURE, REASON, Odd, all_odd, encoded, mutated, photo, seeds, slow_picture
from tests.walks.conftest import Walk, library, qt_loop, samples, walk
from tests.walks.person import Person, at_work

__all__ = ["library", "qt_loop", "samples", "walk"]  # fixtures

LEAST = 300
SENTENCE = re.compile(r"(The picture |This is not a picture that can be shown: ).*\.", re.DOTALL)
SLOW = "takes more than 5 seconds"
ENDED = "ends the program that reads pictures"


@pytest.fixture(scope="module")
def odd() -> list[Odd]:
    return all_odd()


@pytest.fixture(params=["shared memory", "pipes"])
def workers(request: pytest.FixtureRequest) -> Iterator[Workers]:
    """One process, so that the next picture comes to where the one before was."""
    found = Workers(1, by_pipes=request.param == "pipes")
    yield found
    found.close()


@pytest.fixture
def pair() -> Iterator[Workers]:
    """Processes as the window has them."""
    found = Workers()
    yield found
    found.close()


def outcome(workers: Workers, content: bytes, size: int = 0, at_least: bool = False) -> Pixels | str:
    """The picture, or why there is none."""
    try:
        found = workers.decode_here(content, size, at_least)
    except LabelerError as error:
        reason = str(error)
        if not SENTENCE.fullmatch(reason):
            raise
        return reason
    for width, height, rows in found.copies:
        assert len(rows) == 4 * width * height > 0
    return found


def shows_sound_pictures(workers: Workers) -> bool:
    return all(isinstance(outcome(workers, content), Pixels) for content in seeds())


def test_odd_images_are_shown_or_have_a_reason(odd: list[Odd], pair: Workers) -> None:
    assert len({one.name for one in odd}) == len(odd) >= LEAST
    wrong, shown, slow = [], 0, []
    for one in odd:
        for size, at_least in ((0, False), (160, False), (160, True)):
            found = outcome(pair, one.content, size, at_least)
            if one.expected not in (EITHER, PICTURE if isinstance(found, Pixels) else REASON):
                wrong.append(f"{one.name}, size {size}: {found}")
            shown += isinstance(found, Pixels)
            if isinstance(found, str):
                slow += [one.name] * (SLOW in found)
                wrong += [f"{one.name}: {found}"] * (ENDED in found)
    print(f"{len(odd)} images, 3 sizes each: {shown} shown; {slow} took too long")  # noqa: T201
    assert wrong == []
    assert shown > LEAST
    assert shows_sound_pictures(pair)


def test_the_service_takes_by_content_what_can_be_shown(odd: list[Odd], tmp_path: Path) -> None:
    for number, one in enumerate(odd):
        (tmp_path / f"{number:03}.jpg").write_bytes(one.content)
    refused: dict[str, str] = {}
    found = list(scan([tmp_path], refused.__setitem__, threading.Event()))
    assert len(found) + len(refused) == len(odd)
    for number, one in enumerate(odd):
        reason = refused.get(str(tmp_path / f"{number:03}.jpg"), "")
        assert bool(reason) == bool(why_not_shown(one.content[:LOOK_SIZE])), one.name
    print(f"{len(odd)} files: {len(refused)} refused")  # noqa: T201


@pytest.mark.parametrize("count", [500, pytest.param(20_000, marks=pytest.mark.long)])
def test_changed_images_are_shown_or_have_a_reason(count: int, pair: Workers) -> None:
    sound = seeds()
    shown, ended = 0, []
    for number in range(count):
        found = outcome(pair, mutated(number, sound), number % 2 * 60, number % 4 == 3)
        shown += isinstance(found, Pixels)
        if isinstance(found, str) and ENDED in found:
            ended.append(number)
    print(f"{count} images: {shown} shown; {ended} ended a decoder")  # noqa: T201
    assert ended == []
    assert 0 < shown < count
    assert shows_sound_pictures(pair)


class Striker:
    """Does something to every decoder that is there, again and again, while the block runs."""

    def __init__(self, workers: Workers, strike: Callable[[int], None]) -> None:
        self._workers, self._strike = workers, strike
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.struck: set[int] = set()

    def _run(self) -> None:
        while not self._over.wait(0.01):
            for pid in self._workers.pids:
                try:
                    self._strike(pid)
                except ProcessLookupError:
                    continue
                self.struck.add(pid)

    def __enter__(self) -> Striker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_a_picture_that_ends_its_decoder_each_time_has_a_reason(workers: Workers, number: signal.Signals) -> None:
    content = slow_picture()
    with Striker(workers, lambda pid: os.kill(pid, number)) as striker:
        assert outcome(workers, content) == f"The picture is broken: reading it {ENDED}."
    assert len(striker.struck) >= 2, "a picture has a second chance"
    assert outcome(workers, content, 160) == f"The picture is broken: reading it {ENDED}.", "it is known by now"
    assert shows_sound_pictures(workers)


def test_a_decoder_that_ends_for_a_reason_of_its_own_costs_no_picture(workers: Workers) -> None:
    for number in (signal.SIGSEGV, signal.SIGKILL):
        assert shows_sound_pictures(workers)
        (pid,) = workers.pids
        os.kill(pid, number)
        assert shows_sound_pictures(workers)
        assert workers.pids != [pid]


def test_a_decoder_that_hangs_is_ended_and_its_picture_has_a_reason(workers: Workers) -> None:
    assert shows_sound_pictures(workers)
    (pid,) = workers.pids
    os.kill(pid, signal.SIGSTOP)
    found = outcome(workers, encoded(photo(seed=9), "PNG"))
    assert isinstance(found, str)
    assert SLOW in found
    assert shows_sound_pictures(workers)
    assert pid not in workers.pids


def test_a_picture_that_needs_too_much_memory_has_a_reason(workers: Workers) -> None:
    assert shows_sound_pictures(workers)
    (pid,) = workers.pids
    limit = resource.prlimit(pid, resource.RLIMIT_AS)[0]
    assert limit == MOST_MEMORY
    # Nearer than it is, because reaching it takes seconds.
    used = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(pid, resource.RLIMIT_AS, (used + 60_000_000, limit))
    found = outcome(workers, encoded(Pillow.new("RGB", (6000, 6000)), "PNG"))
    assert found == "The picture cannot be shown: it needs more memory than a picture may take."
    assert workers.pids == [pid], "it need not end"
    assert shows_sound_pictures(workers)


def test_pictures_are_not_touched_by_the_end_of_their_decoder_or_by_later_ones(workers: Workers) -> None:
    found = outcome(workers, encoded(Pillow.new("RGB", (1300, 1000), (10, 20, 30)), "PNG"))
    assert isinstance(found, Pixels)
    for color in range(5):
        outcome(workers, encoded(Pillow.new("RGB", (1300, 1000), (color, 0, 0)), "PNG"))
    os.kill(workers.pids[0], signal.SIGKILL)
    assert bytes(found.copies[0][2]) == bytes((30, 20, 10, 255)) * 1300 * 1000


def test_memory_that_another_thread_takes_at_that_moment_is_not_asked_for_its_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spares, fstat = Spares(), os.fstat
    first, second = new_memory(10), new_memory(20)
    spares.give(first)

    def asked(descriptor: int) -> os.stat_result:
        if descriptor == first:
            for taken in (spares.take(), spares.take()):
                if taken is not None:
                    os.close(taken)
        return fstat(descriptor)

    monkeypatch.setattr("labeler.decoding.memory.os.fstat", asked)
    spares.give(second)
    assert (spares.take(), spares.take()) == (second, first)
    spares.close()
    for one in (first, second):
        spares.give(one)
        with pytest.raises(OSError, match="Bad file"):
            fstat(one)


def test_memory_of_pictures_gone_is_written_again_and_all_of_it_given_back(workers: Workers) -> None:
    before = open_files()
    for number in range(30):
        found = outcome(workers, encoded(Pillow.new("RGB", (400 + 40 * number, 2000), (1, 2, number)), "BMP"))
        assert isinstance(found, Pixels)
        assert bytes(found.copies[0][2][-4:]) == bytes((number, 2, 1, 255))
        del found
    assert len(open_files() - before) <= 3, "a link, and a spare or two"
    content = encoded(Pillow.new("RGB", (2500, 2000)), "BMP")
    held = [outcome(workers, content) for _ in range(10)]
    assert all(isinstance(one, Pixels) for one in held)
    held.clear()
    assert sum(size for _, size in open_files() - before) <= SPARE_BYTES
    workers.close()
    assert open_files() <= before


def test_memory_of_a_picture_cannot_be_made_smaller(pair: Workers) -> None:
    found = outcome(pair, encoded(Pillow.new("RGB", (1300, 1000)), "BMP"))
    assert isinstance(found, Pixels)
    shared = [int(name) for name, size in open_files() if size]
    assert shared
    for descriptor in shared:
        with pytest.raises(PermissionError):
            os.ftruncate(descriptor, 0)


def open_files() -> set[tuple[str, int]]:
    """Descriptors of this process, with how much memory they hold."""
    found = set()
    for path in Path("/proc/self/fd").iterdir():
        try:
            found.add((path.name, path.stat().st_size if "memfd" in str(path.readlink()) else 0))
        except FileNotFoundError:
            continue  # the one that lists them
    return found


def test_decoders_end_with_the_window_even_at_work() -> None:
    command = [sys.executable, "-m", "tests.faults.owner_of_workers"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pids = [int(one) for one in owner.stdout.readline().split()]
        assert len(pids) == 2
        before = {pid: worked(pid) for pid in pids}
        wait_for(lambda: any(worked(pid) > before[pid] + 0.1 for pid in pids), "one to be at work")
        owner.kill()
    wait_for(lambda: all(worked(pid) < 0 for pid in pids), "the decoders to end")


def wait_for(seen: Callable[[], bool], what: str) -> None:
    asyncio.run(until(seen, what))


def test_the_window_ends_without_waiting_for_a_picture(workers: Workers) -> None:
    assert shows_sound_pictures(workers)
    (pid,) = workers.pids
    before = worked(pid)
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(asyncio.run, workers.decode(slow_picture()))
        wait_for(lambda: worked(pid) > before + 0.1, "the picture to be begun")
        workers.close()
        with pytest.raises(LabelerError, match="not shown any more: the program ends"):
            found.result()
    assert worked(pid) < 0


def worked(pid: int) -> float:
    """Seconds of a core that a process has had; less than none where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return -1.0
    return -1.0 if fields[0] == "Z" else (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_decoder_has_nothing_of_the_windows(monkeypatch: pytest.MonkeyPatch, workers: Workers) -> None:
    monkeypatch.setenv("VIAM_API_KEY", "secret-of-the-window")
    monkeypatch.setenv("LABELER_TOKEN", "secret-of-the-window")
    assert shows_sound_pictures(workers)
    (pid,) = workers.pids
    assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()
    assert b"secret" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    loaded = Path(f"/proc/{pid}/maps").read_text()
    assert "libjpeg" in loaded or "simplejpeg" in loaded
    assert "PySide6" not in loaded
    assert "grpc" not in loaded


IN_WINDOW = 40


def test_a_folder_of_odd_images_in_the_window(walk: Walk, library: Path, tmp_path: Path, odd: list[Odd]) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    quick = [one for one in odd if one.expected != EITHER and len(one.content) < 1_000_000]
    chosen = {one.name: one for one in quick[:: len(quick) // IN_WINDOW][: IN_WINDOW - 2]}
    for name in ("drawing of drawings", "page before PNG"):
        one = next(one for one in odd if name in one.name)
        chosen[one.name] = one
    for number, one in enumerate(chosen.values()):
        (folder / f"{number:02}.jpg").write_bytes(one.content)
    expected = {f"{number:02}.jpg": one.expected for number, one in enumerate(chosen.values())}
    assert len(expected) == IN_WINDOW

    async def steps() -> None:
        async with at_work(library) as person:
            person.session.open_paths([folder])
            complaint = await person.complained("Not opened")
            await until(lambda: not person.session.works, "the folder to be read")
            more = re.search(r"\(and (\d+) more\)", complaint)
            assert more
            opened = IN_WINDOW - 1 - int(more[1])
            await person.shown(opened)
            await person.grid_ready(opened)
            told = reasons(person)
            assert told
            assert all(kind == REASON for name, kind in expected.items() if name in told or name not in person.names)
            await person.key("e")
            window, shown = person.window, 0
            for name in person.names:
                await until(partial(is_settled, person), f"{name} or why not")
                assert (REASON if window.canvas.front.problem() else PICTURE) == expected[name], (
                    name,
                    window.canvas.front.problem(),
                )
                shown += not window.canvas.front.problem()
                await person.key("d")
            assert shown
            counts = f"{IN_WINDOW - opened} not opened, {len(told)} tiles with a reason, {shown} shown"
            print(f"{IN_WINDOW} files: {counts}")  # noqa: T201

    walk(steps())
    shutil.rmtree(folder)


def is_settled(person: Person) -> bool:
    return person.window.canvas.front.has_whole() or bool(person.window.canvas.front.problem())


def reasons(person: Person) -> dict[str, str]:
    """Why tiles have no picture, by file name."""
    grid, thumbnails = person.window.grid, person.window.thumbnails
    return {
        one.file_name: why
        for one in person.session.library.images
        if (why := one.problem or thumbnails.problem(grid.wanted_of(one)))
    }


def test_a_reason_is_a_sentence(workers: Workers) -> None:
    with pytest.raises(InvalidValue, match=r"^The picture is broken: .*\.$"):
        workers.decode_here(encoded(photo(), "JPEG")[:200])
