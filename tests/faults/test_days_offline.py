"""Days without the service, with restarts of the program; then everything is delivered, once and in order."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from labeler.client.channel import Connection
from labeler.client.endpoint import PLAINTEXT, Endpoint
from labeler.client.outbox import Outbox
from labeler.client.source import ServiceSource
from labeler.disk import make_data_directory
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit, TagChange, new_id
from labeler.domain.filter import Filter, Order
from labeler.domain.image import Image
from tests.conftest import ROOT
from tests.faults.work import ServiceWork
from tests.server.served import Served

IMAGES, EDITS, RESTARTS, KILLS = 40, 4_000, 5, 4
DRAIN_SECONDS = 60.0
NOBODY = "127.0.0.1:1"
DELIVERER = """
import asyncio, pathlib, sys
from labeler.client.channel import Connection
from labeler.client.endpoint import PLAINTEXT, Endpoint
from labeler.client.outbox import Outbox

async def main(path, address, key_id, key):
    outbox = Outbox.open(pathlib.Path(path), "team")
    endpoint = Endpoint(address, PLAINTEXT, key_id, key)
    connection = Connection(endpoint)
    done = asyncio.Event()

    def told(_):
        counts = outbox.counts
        print(counts.waiting, flush=True)
        if not (counts.saving or counts.waiting):
            done.set()

    outbox.subscribe(told, lambda names: None)
    await outbox.start(connection)
    told(())
    await done.wait()
    await outbox.close()
    connection.close()

asyncio.run(main(*sys.argv[1:]))
"""


class Model:
    """What the images must have; the boxes of an image in the order in which they were drawn."""

    def __init__(self, images: list[Image], chance: random.Random) -> None:
        self._ids, self._chance = [image.id for image in images], chance
        self.boxes: dict[str, list[Box]] = defaultdict(list)
        self.tags: dict[str, set[str]] = defaultdict(set)

    def edit(self, number: int) -> Edit:
        image_id = self._chance.choice(self._ids)
        boxes, what = self.boxes[image_id], self._chance.random()
        if what < 0.1:
            self.tags[image_id].add(str(number))
            return Edit("Tagged", (TagChange(image_id, str(number), True),))
        if what < 0.2 and boxes:
            return Edit("Deleted", (BoxChange(image_id, boxes.pop(), None),))
        if what < 0.4 and boxes:
            place = self._chance.randrange(len(boxes))
            before = boxes[place]
            boxes[place] = Box(before.id, str(number), before.x_min, before.y_min, before.x_max, before.y_max)
            return Edit("Relabeled", (BoxChange(image_id, before, boxes[place]),))
        left, top = self._chance.uniform(0, 0.5), self._chance.uniform(0, 0.5)
        boxes.append(Box(new_id(), str(number), left, top, left + 0.25, top + 0.25))
        return Edit("Drew", (BoxChange(image_id, None, boxes[-1]),))

    def compare(self, images: tuple[Image, ...]) -> tuple[int, int, int]:
        """What is lost, what is doubled or beside the model, and images whose boxes came in another order."""
        lost = beside = disordered = 0
        for image in images:
            wanted, found = [box.label for box in self.boxes[image.id]], [box.label for box in image.boxes]
            lost += len(set(wanted) - set(found)) + len(self.tags[image.id] - set(image.tags))
            beside += len(found) - len(set(found) & set(wanted)) + len(set(image.tags) - self.tags[image.id])
            disordered += found != wanted
        return lost, beside, disordered


async def label_offline(path: Path, model: Model, numbers: range) -> None:
    """One run of the program without the service."""
    outbox = Outbox.open(path, "team")
    nobody = Connection(Endpoint(NOBODY, PLAINTEXT, token="x"))
    await outbox.start(nobody)
    for number in numbers:
        outbox.put(model.edit(number))
    await outbox.drained()
    assert outbox.counts.waiting
    await outbox.close()
    nobody.close()


class Deliverer:
    """The outbox in a process of its own."""

    def __init__(self, path: Path, address: str, key: dict[str, str]) -> None:
        command = [sys.executable, "-c", DELIVERER, str(path), address, key["api_key_id"], key["api_key"]]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def until(self, waiting: int) -> int:
        """Return what waits when it is at most so much."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if int(line) <= waiting:
                return int(line)
        raise AssertionError("the deliverer ended by itself")

    def end(self, kill: bool) -> None:
        if kill:
            self.process.kill()
        self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()


def deliver_with_kills(path: Path, served: Served, key: dict[str, str], chance: random.Random) -> tuple[Served, float]:
    """Deliver, with the service and the deliverer killed in turn; returns the last service and the seconds it took."""
    address, left, began = served.address, EDITS, time.monotonic()
    deliverer = Deliverer(path, address, key)
    for number in range(KILLS):
        left = deliverer.until(left - chance.randint(1, EDITS // (KILLS + 1)))
        if number % 2:
            deliverer.end(kill=True)
            deliverer = Deliverer(path, address, key)
        else:
            served.process.send_signal(signal.SIGKILL)
            served.process.communicate()
            served = Served(served.data, "--insecure", "--listen", address)
    deliverer.until(0)
    seconds = time.monotonic() - began
    deliverer.end(kill=False)
    return served, seconds


async def run(folder: Path, seed: int) -> float:
    chance, data, path = random.Random(seed), folder / "data", folder / "outbox.db"
    make_data_directory(data)
    work = await ServiceWork.open(data)
    for number in range(IMAGES):
        await work.upload(number)
    await work.close()
    served = await asyncio.to_thread(Served, data, "--insecure", "--listen", "127.0.0.1:0")
    try:
        key = await served.new_key()
        endpoint = Endpoint(served.address, PLAINTEXT, key["api_key_id"], key["api_key"])
        async with await Connection.open(endpoint) as connection:
            page = await (await ServiceSource.open(connection)).page(Filter(), Order.NAME, "", IMAGES)
        model = Model(list(page.images), chance)
        for image in page.images:
            model.tags[image.id].update(image.tags)
        part = EDITS // (RESTARTS + 1)
        for restart in range(RESTARTS + 1):
            await label_offline(
                path, model, range(restart * part, EDITS if restart == RESTARTS else (restart + 1) * part)
            )
        served, seconds = await asyncio.to_thread(deliver_with_kills, path, served, key, chance)
        async with await Connection.open(endpoint) as connection:
            kept = await (await ServiceSource.open(connection)).images([image.id for image in page.images])
    finally:
        await asyncio.to_thread(served.stop)
    outbox = Outbox.open(path, "team")
    held = outbox.held
    await outbox.close()
    assert held == ()
    assert model.compare(kept) == (0, 0, 0)
    return seconds


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.long)])
async def test_what_was_labeled_offline_arrives_once_and_in_order(tmp_path: Path, times: int) -> None:
    seconds = [await run(tmp_path / str(seed), seed) for seed in range(times)]
    print(f"{times} x {EDITS} edits, {RESTARTS} restarts, {KILLS} kills: each once, drained in {max(seconds):.1f} s")  # noqa: T201
    assert max(seconds) < DRAIN_SECONDS
