"""Takes the images of files and folders into the catalog, by reference or as copies, none twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from labeler.domain.errors import Refused
from labeler.domain.library import OpenProgress
from labeler.natural import FOLDER_TYPE
from labeler.server.accounts import Part
from labeler.server.blobs import BlobStore
from labeler.server.catalog import Catalog, FileReference, NewImage, Source
from labeler.server.known_content import KnownContent
from labeler.server.scan import FoundFile, folder_of, scan

T = TypeVar("T")
METHOD = "Open"
_FIRST_BATCH = 32
"""Small, so that the first images show at once; later ones grow to the largest."""
_LARGEST_BATCH = 512
_COPIES_AT_ONCE = 32
"""Each waits for the disk, which syncs many files in hardly more time than one."""
_COPIES_IN_GROUP = 128
"""Go into the catalog together."""
_CHUNK = 1 << 20


class PathOpener:
    """Opens paths into a catalog. The files themselves are only read."""

    def __init__(self, catalog: Catalog, blobs: BlobStore) -> None:
        self._catalog = catalog
        self._blobs = blobs

    async def open(self, part: Part, paths: Sequence[Path], copy: bool) -> AsyncGenerator[OpenProgress, None]:
        """Take the images of the paths; says how far it has come. Ends when all are known by content.

        Closing the generator, or cancelling it, stops the reading within one file.
        """
        opening = _Opening(self._catalog, self._blobs, part, paths, copy)
        running = asyncio.create_task(opening.run())
        try:
            while not running.done():
                changed = asyncio.create_task(opening.changed.wait())
                try:
                    await asyncio.wait((changed, running), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    changed.cancel()
                opening.changed.clear()
                yield opening.take_progress()
            await running
            yield opening.take_progress()
        finally:
            opening.stop.set()
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await running


class _Opening:
    """One run of opening. Counts are touched on the event loop alone, refusals from any thread."""

    def __init__(self, catalog: Catalog, blobs: BlobStore, part: Part, paths: Sequence[Path], copy: bool) -> None:
        self._catalog = catalog
        self._blobs = blobs
        self._part = part
        self._paths = paths
        self._copy = copy
        self._refused: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self._progress = OpenProgress()
        self._unread: list[tuple[str, FileReference]] = []
        self._copying = asyncio.Semaphore(_COPIES_AT_ONCE)
        self.stop = threading.Event()
        self.changed = asyncio.Event()

    async def run(self) -> None:
        self._advance(component_names=await asyncio.to_thread(lambda: tuple(map(folder_of, self._paths))))
        await self._take()
        # Afterwards: reading every file through would slow down the listing that a person waits for.
        await self._digest()

    def take_progress(self) -> OpenProgress:
        """How far it is, with the refusals that were not told before."""
        with self._lock:
            refused, self._refused = tuple(self._refused), []
        return replace(self._progress, refused=refused)

    def _refuse(self, path: str, reason: str) -> None:
        with self._lock:
            self._refused.append((path, reason))

    def _advance(self, component_names: tuple[str, ...] = (), listed: bool = False, **more: int) -> None:
        """Add to the counts."""
        now = self._progress
        counts = {name: getattr(now, name) + number for name, number in more.items()}
        names = component_names or now.component_names
        self._progress = replace(now, component_names=names, listed=listed or now.listed, **counts)
        self.changed.set()

    async def _take(self) -> None:
        """List files batch by batch; the next batch is read while one goes into the catalog."""
        files = scan(self._paths, self._refuse, self.stop)
        size = _FIRST_BATCH
        batch = await asyncio.to_thread(_next_batch, files, size)
        while batch:
            size = min(size * 2, _LARGEST_BATCH)
            reading = asyncio.create_task(asyncio.to_thread(_next_batch, files, size))
            try:
                self._advance(found=len(batch))
                new = await self._not_yet_there(batch)
                await (self._insert_copies(new) if self._copy else self._insert(new))
            finally:
                batch = await reading
        self._advance(listed=True)

    async def _not_yet_there(self, batch: Sequence[FoundFile]) -> list[FoundFile]:
        """Those of the files that no image is read from; a changed file of an image without labels is taken anew."""
        organization = self._part.organization_id
        known = {
            each.reference.path: each
            for each in await self._catalog.references(organization, [file.reference.path for file in batch])
        }
        changed = [
            file for file in batch if (one := known.get(file.reference.path)) and one.reference != file.reference
        ]
        unlabeled = await self._unlabeled([known[file.reference.path].id for file in changed])
        digested = 0
        for file in batch:
            image = known.get(file.reference.path)
            if image is None:
                continue
            if image.reference == file.reference and image.digest:
                digested += 1
                continue
            if image.id in unlabeled:
                await self._catalog.relink(organization, image.id, file.reference, "")
            self._unread.append((image.id, file.reference))
        new = [file for file in batch if file.reference.path not in known]
        self._advance(already_there=len(batch) - len(new), digested=digested)
        return new

    async def _unlabeled(self, ids: Sequence[str]) -> set[str]:
        if not ids:
            return set()
        records = await self._catalog.images(self._part.organization_id, ids)
        return {each.id for each in records if not (each.tags or each.boxes or each.dataset_ids)}

    async def _insert(self, files: Sequence[FoundFile]) -> None:
        if not files:
            return
        images = [self._image(file) for file in files]
        ids = await _to_its_end(self._catalog.insert_images(self._part.organization_id, images))
        self._advance(opened=len(ids))
        for image_id, file in zip(ids, files, strict=True):
            self._unread.append((image_id, file.reference))

    def _image(self, file: FoundFile) -> NewImage:
        part = self._part
        source = Source(
            location_id=part.location_id,
            robot_id=part.robot_id,
            robot_name=part.robot_name,
            part_id=part.part_id,
            part_name=part.part_name,
            component_type=FOLDER_TYPE,
            component_name=file.folder,
            method=METHOD,
            mime_type=file.mime_type,
        )
        return NewImage(
            source=source,
            time_requested=file.time,
            time_received=datetime.now(UTC),
            file_name=file.name,
            file_ext=os.path.splitext(file.name)[1],  # noqa: PTH122 - a name, not a path of this system
            size_bytes=file.reference.size,
            reference=file.reference,
        )

    async def _insert_copies(self, files: Sequence[FoundFile]) -> None:
        """Copy the bytes in, some files at a time; content that is there already is left."""
        for start in range(0, len(files), _COPIES_IN_GROUP):
            copies = await asyncio.gather(*(self._copied(file) for file in files[start : start + _COPIES_IN_GROUP]))
            taken = [copy for copy in copies if copy is not None]
            digests = [copy.digest for copy in taken]
            known = set(await self._catalog.images_with_digest(self._part.organization_id, digests))
            new: dict[str, NewImage] = {}
            for copy in taken:
                if copy.digest not in known:
                    new.setdefault(copy.digest, copy)
            if new:
                await _to_its_end(self._catalog.insert_images(self._part.organization_id, list(new.values())))
            self._advance(opened=len(new), already_there=len(taken) - len(new), digested=len(taken))

    async def _copied(self, file: FoundFile) -> NewImage | None:
        try:
            async with self._copying:
                blob = await self._blobs.put(_chunks_of(file.reference.path))
        except OSError as error:
            self._refuse(file.reference.path, f"The file cannot be read: {error.strerror}.")
            return None
        except Refused as error:
            self._refuse(file.reference.path, str(error))
            return None
        return replace(self._image(file), reference=None, digest=blob.digest, size_bytes=blob.size)

    async def _digest(self) -> None:
        """Read the files through, and drop what turns out to be there already."""
        known = KnownContent(self._catalog, self._part.organization_id, self.stop)
        for start in range(0, len(self._unread), known.batch_size):
            batch = self._unread[start : start + known.batch_size]
            dropped = await known.note(batch, self._refuse)
            self._advance(digested=len(batch), opened=-dropped, already_there=dropped)


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Do the work; cancelled, end only when it has: whoever looks next has to find what is on its way."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _next_batch(files: Iterator[FoundFile], size: int) -> list[FoundFile]:
    return list(islice(files, size))


async def _chunks_of(path: str) -> AsyncIterator[bytes]:
    file, chunk = await asyncio.to_thread(_begin, path)
    try:
        yield chunk
        # Less than was asked for is the end: small files are many, and each is read in one step.
        while len(chunk) == _CHUNK:
            chunk = await asyncio.to_thread(file.read, _CHUNK)
            yield chunk
    finally:
        file.close()


def _begin(path: str) -> tuple[BinaryIO, bytes]:
    file = Path(path).open("rb")  # noqa: SIM115 - the caller closes it
    try:
        return file, file.read(_CHUNK)
    except BaseException:
        file.close()
        raise
