"""Work whose every step is numbered, acknowledged when the program says that it is kept, and found again later."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, Self

import apsw

from labeler.client.outbox import Outbox
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit, TagChange, new_id
from labeler.domain.errors import LabelerError
from labeler.domain.filter import Filter, Order
from labeler.domain.image import Image
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2
from labeler.server.accounts import Accounts, Caller
from labeler.server.data_service import DataService
from labeler.server.files import FileBlobs
from labeler.server.sqlite.catalog import SqliteCatalog
from labeler.server.sync_service import SyncService
from labeler.state.history import History
from tests.all_edits import all_edits

IMAGES = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What is there: how often each numbered step, and what is wrong in itself (half a step, a missing blob)."""

    steps: Mapping[int, int]
    problems: tuple[str, ...]

    def against(self, acknowledged: set[int]) -> Verdict:
        lost = sorted(acknowledged - set(self.steps))
        return Verdict(lost, sorted(step for step, times in self.steps.items() if times > 1), list(self.problems))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Steps acknowledged but not there, steps there twice, and what is wrong in itself."""

    lost: list[int]
    doubled: list[int]
    problems: list[str]

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled or self.problems)


class Work(Protocol):
    """Made by `open` on a folder, which it fills if it is new."""

    @classmethod
    async def open(cls, folder: Path) -> Self: ...

    async def do(self, number: int) -> None:
        """Return when the step is acknowledged; raise LabelerError or another error if it is refused."""
        ...

    async def find(self) -> Found: ...

    async def close(self) -> None: ...


def content(number: int) -> bytes:
    """Bytes that only this step has."""
    return random.Random(number).randbytes(1_000 + number % 7 * 9_000)


class OutboxWork:
    """Each step is an edit of two changes, which must come and go together, and with them that it can be undone."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._history = History(outbox.session)

    @classmethod
    async def open(cls, folder: Path) -> Self:
        return cls(Outbox.open(folder / "outbox.db", "test", retry_seconds=0.02))

    async def do(self, number: int) -> None:
        image_id = f"image-{number % IMAGES}"
        box = Box(new_id(), str(number), 0.25, 0.25, 0.75, 0.75)
        edit = Edit(str(number), (BoxChange(image_id, None, box), TagChange(image_id, str(number), True)))
        self._history.push(edit)
        self._outbox.put(edit)
        await self._outbox.drained()

    async def find(self) -> Found:
        images = [self._outbox.overlay(Image(f"image-{number}")) for number in range(IMAGES)]
        boxes = Counter(int(box.label) for image in images for box in image.boxes)
        tags = {int(tag) for image in images for tag in image.tags}
        done, _ = await all_edits(self._history, self._outbox.session)
        undoable = [int(edit.title) for edit in done]
        problems = [f"half of step {number}" for number in sorted(set(boxes) ^ tags)]
        if undoable != sorted(boxes):
            problems.append(f"undo knows {undoable} of {sorted(boxes)}")
        return Found(boxes, tuple(problems))

    async def close(self) -> None:
        await self._outbox.close()


class _NoReadings:
    async def upload(self, *_: Any) -> str:
        raise NotImplementedError("no step uploads readings")


class ServiceWork:
    """Every fourth step uploads an image with a tag, the others add a box, by the RPCs of the service."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._accounts = Accounts(folder)
        self._catalog = SqliteCatalog(folder / "catalog.db")
        self._blobs = FileBlobs(folder / "blobs")
        self._data = DataService(self._catalog, self._blobs, _no_url, str)
        self._sync = SyncService(self._catalog, self._blobs, self._accounts, _NoReadings())
        self._part_id = self._image = ""
        self._caller = Caller("", "")

    @classmethod
    async def open(cls, folder: Path) -> Self:
        work = cls(folder)
        part = await work._accounts.ensure_organization()
        work._part_id, work._caller = part.part_id, Caller(part.organization_id, "")
        page = await work._catalog.page(work._caller.organization_id, Filter(), Order.NEWEST, "", 1)
        work._image = page.images[0].id if page.images else ""
        return work

    async def do(self, number: int) -> None:
        if number % 4 and self._image:
            await self.add_box(number)
        else:
            await self.upload(number)

    async def add_box(self, number: int) -> None:
        request = data_pb2.AddBoundingBoxToImageByIDRequest(
            binary_data_id=self._image,
            label=str(number),
            x_min_normalized=0.25,
            y_min_normalized=0.25,
            x_max_normalized=0.75,
            y_max_normalized=0.75,
        )
        await self._data.AddBoundingBoxToImageByID(request, self._caller)

    async def upload(self, number: int) -> None:
        metadata = data_sync_pb2.UploadMetadata(
            part_id=self._part_id, type=data_sync_pb2.DATA_TYPE_FILE, file_name="a.bin", tags=[str(number)]
        )
        packets = (
            data_sync_pb2.FileUploadRequest(metadata=metadata),
            data_sync_pb2.FileUploadRequest(file_contents=data_sync_pb2.FileData(data=content(number))),
        )

        async def sent() -> AsyncIterator[data_sync_pb2.FileUploadRequest]:
            for packet in packets:
                yield packet

        self._image = (await self._sync.FileUpload(sent(), self._caller)).binary_data_id

    async def find(self) -> Found:
        steps: Counter[int] = Counter()
        problems = []
        last, more = "", True
        organization = self._caller.organization_id
        while more:
            page = await self._catalog.page(organization, Filter(), Order.OLDEST, last, 200)
            last, more = page.last, page.more
            for image in page.images:
                steps.update(int(box.label) for box in image.boxes)
                steps.update(int(tag) for tag in image.tags)
                try:
                    await self._blobs.read(image.digest)
                except (LabelerError, OSError) as error:
                    problems.append(f"image {image.tags}: {error}")
                if not image.tags:
                    problems.append(f"image {image.id} has lost its tag")
        labels = {int(label) for label in await self._catalog.labels(organization, Filter())}
        if missing := {step for step in steps if step % 4} - labels - {int(tag) for tag in await self._tags()}:
            problems.append(f"boxes without their label's entry: {sorted(missing)}")
        return Found(steps, (*problems, *self._damage()))

    async def _tags(self) -> tuple[str, ...]:
        return await self._catalog.tags(self._caller.organization_id, Filter())

    def _damage(self) -> list[str]:
        connection = apsw.Connection(str(self._folder / "catalog.db"))
        try:
            found = [str(text) for (text,) in connection.execute("PRAGMA integrity_check") if text != "ok"]
            return found + [f"foreign key {row}" for row in connection.execute("PRAGMA foreign_key_check")]
        finally:
            connection.close()

    async def close(self) -> None:
        await self._catalog.close()
        self._accounts.close()


class UploadWork(ServiceWork):
    """Every step uploads an image."""

    async def do(self, number: int) -> None:
        await self.upload(number)


class BlobWork:
    """Every step keeps a blob; nothing refers to it, so that nothing else forces its name to disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._blobs = FileBlobs(folder / "blobs")

    @classmethod
    async def open(cls, folder: Path) -> Self:
        return cls(folder)

    async def do(self, number: int) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"%d " % number + content(number)

        await self._blobs.put(chunks())

    async def find(self) -> Found:
        steps: Counter[int] = Counter()
        problems = []
        for path in (self._folder / "blobs").glob("??/*"):
            try:
                data = await self._blobs.read(path.name)
            except LabelerError as error:
                problems.append(str(error))
            else:
                steps[int(data.partition(b" ")[0])] += 1
        return Found(steps, tuple(problems))

    async def close(self) -> None:
        """Nothing is open."""


def _no_url(image_id: str, minutes: int, key_id: str) -> tuple[str, datetime]:
    raise NotImplementedError("no step asks for a URL")
