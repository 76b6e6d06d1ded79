"""Work on images that are there: each step makes one change of one image, or one organization."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Self

import apsw

from labeler.domain.filter import Filter, Order
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.server.accounts import Accounts
from labeler.server.sqlite.catalog import MIGRATIONS
from labeler.server.sqlite.database import Database
from labeler.server.trash_service import TrashService
from tests.faults.work import Found, ServiceWork
from tests.server.dying_migrations import version_files

STEPS = 9
"""So many steps can be done."""


class ChangeWork(ServiceWork):
    """On images 1 to STEPS, each with its number as a tag and a box, the same of them in the trash as at the begin."""

    in_trash = False
    """Whether all images are in the trash before the first step."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._trash = TrashService(self._catalog, self._blobs)
        self._images: dict[int, str] = {}

    @classmethod
    async def open(cls, folder: Path) -> Self:
        work = await super().open(folder)
        ids = folder / "ids"
        if not ids.exists():
            await work._fill()
            ids.write_text("\n".join(work._images.values()))
        work._images = dict(enumerate(ids.read_text().splitlines(), 1))
        return work

    async def _fill(self) -> None:
        for number in range(1, STEPS + 1):
            await self.upload(number)
            await self.add_box(number)
            self._images[number] = self._image
        organization = self._caller.organization_id
        await self._catalog.create_dataset(organization, "some")
        if self.in_trash:
            await self._catalog.delete_images(organization, list(self._images.values()))
        for path in (self._folder / "blobs").glob("??/*"):
            # Bytes that came a moment ago are kept, whoever forgets their image.
            os.utime(path, (0, 0))

    async def find(self) -> Found:
        shown, trashed = await self._places()
        problems = list(self._damage())
        for number, image_id in self._images.items():
            if image_id in shown and image_id in trashed:
                problems.append(f"image {number} is shown and in the trash")
        page = await self._catalog.page(self._caller.organization_id, Filter(), Order.OLDEST, "", 1_000)
        numbers = {image_id: number for number, image_id in self._images.items()}
        for image in page.images:
            name = str(numbers[image.id])
            if name not in image.tags or [box.label for box in image.boxes] != [name]:
                problems.append(f"image {name} has {image.tags} and {image.boxes}")
            await self._blobs.read(image.digest)
        return Found(Counter(await self._steps(shown, trashed)), tuple(problems))

    async def _places(self) -> tuple[set[str], set[str]]:
        """Ids of the images shown, and of those in the trash."""
        organization = self._caller.organization_id
        page = await self._catalog.page(organization, Filter(), Order.OLDEST, "", 1_000)
        trash = await self._catalog.trash(organization)
        whole = {image.id for image in trash.images if image.boxes == 1 and image.tags == 1}
        if len(whole) != len(trash.images):
            raise AssertionError("an image in the trash has lost what was on it")
        return {image.id for image in page.images}, whole

    async def _steps(self, shown: set[str], trashed: set[str]) -> list[int]:
        """Steps that were done."""
        raise NotImplementedError

    def _of(self, image_ids: set[str]) -> list[int]:
        return [number for number, image_id in self._images.items() if image_id in image_ids]


class TagWork(ChangeWork):
    """Each step puts a tag on an image."""

    async def do(self, number: int) -> None:
        request = data_pb2.AddTagsToBinaryDataByIDsRequest(binary_data_ids=[self._images[number]], tags=["more"])
        await self._data.AddTagsToBinaryDataByIDs(request, self._caller)

    async def _steps(self, shown: set[str], trashed: set[str]) -> list[int]:
        wanted = Filter(tags=("more",))
        page = await self._catalog.page(self._caller.organization_id, wanted, Order.OLDEST, "", 1_000)
        return self._of({image.id for image in page.images})


class MembershipWork(ChangeWork):
    """Each step puts an image into a dataset."""

    async def do(self, number: int) -> None:
        (dataset,) = await self._catalog.datasets(self._caller.organization_id)
        request = data_pb2.AddBinaryDataToDatasetByIDsRequest(
            binary_data_ids=[self._images[number]], dataset_id=dataset.id
        )
        await self._data.AddBinaryDataToDatasetByIDs(request, self._caller)

    async def _steps(self, shown: set[str], trashed: set[str]) -> list[int]:
        page = await self._catalog.page(self._caller.organization_id, Filter(), Order.OLDEST, "", 1_000)
        return self._of({image.id for image in page.images if image.dataset_ids})


class DeleteWork(ChangeWork):
    """Each step puts an image into the trash."""

    async def do(self, number: int) -> None:
        request = data_pb2.DeleteBinaryDataByIDsRequest(binary_data_ids=[self._images[number]])
        await self._data.DeleteBinaryDataByIDs(request, self._caller)

    async def _steps(self, shown: set[str], trashed: set[str]) -> list[int]:
        return self._of(trashed)


class RestoreWork(ChangeWork):
    """Each step brings an image back from the trash."""

    in_trash = True

    async def do(self, number: int) -> None:
        request = labeler_pb2.RestoreImagesRequest(binary_data_ids=[self._images[number]])
        await self._trash.RestoreImages(request, self._caller)

    async def _steps(self, shown: set[str], trashed: set[str]) -> list[int]:
        return self._of(shown)


class PurgeWork(ChangeWork):
    """Each step forgets an image of the trash for good, and its bytes."""

    in_trash = True

    async def do(self, number: int) -> None:
        request = labeler_pb2.PurgeImagesRequest(binary_data_ids=[self._images[number]])
        await self._trash.PurgeImages(request, self._caller)

    async def _steps(self, shown: set[str], trashed: set[str]) -> list[int]:
        # What is in the trash can be brought back: its bytes must be there.
        everything = apsw.Connection(str(self._folder / "catalog.db"))
        for (digest,) in everything.execute("SELECT digest FROM trash_image"):
            await self._blobs.read(str(digest))
        everything.close()
        return self._of(set(self._images.values()) - shown - trashed)


class AccountsWork:
    """Each step makes an organization with all that it needs."""

    def __init__(self, folder: Path) -> None:
        self._accounts = Accounts(folder)

    @classmethod
    async def open(cls, folder: Path) -> Self:
        return cls(folder)

    async def do(self, number: int) -> None:
        await self._accounts.ensure_organization(str(number))

    async def find(self) -> Found:
        found = self._accounts.organizations()
        problems = [f"{one.name} has no part" for one in found if not self._accounts.parts(one.id)]
        return Found(Counter(int(one.name) for one in found), tuple(problems))

    async def close(self) -> None:
        self._accounts.close()


class MigrationWork:
    """Each step brings an old database with a row up to date."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = version_files(MIGRATIONS)
        self._opened: list[Database] = []

    @classmethod
    async def open(cls, folder: Path) -> Self:
        work = cls(folder)
        for number in range(1, STEPS + 1):
            path = folder / f"{number}.db"
            if not path.exists():
                work._make(path)
        return work

    def _make(self, path: Path) -> None:
        connection = apsw.Connection(str(path))
        connection.execute(f"PRAGMA journal_mode = WAL; {self._files[0]}; PRAGMA user_version = 1").fetchall()
        connection.execute("INSERT INTO organization (id) VALUES ('mine')").fetchall()
        connection.close()

    async def do(self, number: int) -> None:
        # Closing is no part of the step: what it does not come to is done at the next start.
        self._opened.append(Database(self._folder / f"{number}.db", MIGRATIONS))

    async def find(self) -> Found:
        steps, problems = Counter[int](), []
        for number in range(1, STEPS + 1):
            connection = apsw.Connection(str(self._folder / f"{number}.db"))
            version = connection.pragma("user_version")
            steps[number] += version == len(self._files)
            if (damage := connection.pragma("integrity_check")) != "ok":
                problems.append(f"{number}: {damage}")
            if connection.execute("SELECT id FROM organization").fetchall() != [("mine",)]:
                problems.append(f"{number} has lost its row")
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
            if ("last_change" in tables) != (version > 1):
                problems.append(f"{number} is of version {version} and has {sorted(tables)}")
            connection.close()
        return Found(+steps, tuple(problems))

    async def close(self) -> None:
        for database in self._opened:
            database.close_now()
