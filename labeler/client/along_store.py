"""What was taken along of one service and organization: values of images in memory and on disk, and their pictures."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import shutil
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ParamSpec, Self, TypeVar

import apsw

from labeler.client.along_rows import AlongRow, AlongRows, Rows
from labeler.client.picture_files import PictureFiles
from labeler.disk import make_folder, storage_failed
from labeler.domain.along import TakenAlong
from labeler.domain.errors import InvalidValue, StorageFailed
from labeler.domain.filter import Filter, filter_text, parse_filter
from labeler.domain.image import Image

_DAMAGE = (apsw.CorruptError, apsw.NotADBError, apsw.SQLError, InvalidValue)
_log = logging.getLogger(__name__)
_P = ParamSpec("_P")
_R = TypeVar("_R")


def _whole(method: Callable[_P, Coroutine[Any, Any, _R]]) -> Callable[_P, Coroutine[Any, Any, _R]]:
    """Go on to the end where the caller is cancelled, so that memory and disk say the same afterwards."""

    @functools.wraps(method)
    async def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        task = asyncio.create_task(method(*args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.gather(task, return_exceptions=True)
            raise

    return run


class AlongStore:
    """Images kept in one folder. Make it with `open`; writing raises StorageFailed and leaves what was there.

    `problem` says, once, what of it could not be read. `images` are all there are, by id.
    """

    def __init__(self, folder: Path, rows: AlongRows, held: Rows, pictures: PictureFiles, problem: str) -> None:
        self.folder, self.problem, self._rows, self._pictures = folder, problem, rows, pictures
        self.images: Mapping[str, Image] = {image.id: image for image in held.images}
        self._notes = dict(held.notes)
        self._sets = {one.number: one for one in held.sets}
        self._members: dict[int, set[str]] = {number: set() for number in self._sets}
        for number, image_id in held.members:
            self._members.setdefault(number, set()).add(image_id)
        self._writing = asyncio.Lock()

    @classmethod
    async def open(cls, folder: Path) -> Self:
        """Open or make it.

        Raises StorageFailed, and Refused for one that a later version of the program made.
        """
        return cls(folder, *await asyncio.to_thread(_open, folder))

    async def close(self) -> None:
        async with self._writing:
            await asyncio.to_thread(self._rows.close)

    # What there is.

    @property
    def sets(self) -> tuple[TakenAlong, ...]:
        return tuple(self._described(one) for one in self._sets.values())

    def _described(self, one: AlongRow) -> TakenAlong:
        members = self._members[one.number]
        here = [image_id for image_id in members if image_id in self._pictures]
        size_bytes = sum(self._pictures.size_of(image_id) for image_id in here)
        wanted = parse_filter(one.filter_text)
        return TakenAlong(one.number, one.name, wanted, one.at, len(members), len(here), size_bytes, one.is_complete)

    def has_picture(self, image_id: str) -> bool:
        return image_id in self._pictures

    async def picture(self, image_id: str) -> bytes | None:
        """The encoded picture; None if it is not here."""
        if image_id not in self._pictures:
            return None
        try:
            return await asyncio.to_thread(self._pictures.read, image_id)
        except OSError as error:
            raise _failed(self.folder, error) from error

    def note(self, name: str) -> str:
        """What `set_notes` was given last; empty at first."""
        return self._notes.get(name, "")

    @property
    def free_bytes(self) -> int:
        """Of the disk."""
        return shutil.disk_usage(self.folder).free

    # Writing.

    @_whole
    async def set_notes(self, notes: Mapping[str, str]) -> None:
        """Keep what was seen of the organization, by name."""
        if notes:
            async with self._writing:
                await asyncio.to_thread(self._rows.set_notes, notes)
                self._notes.update(notes)

    @_whole
    async def begin(self, wanted: Filter, name: str) -> AlongRow:
        """Begin to list a set anew, which keeps what it had until `end_listing`."""
        async with self._writing:
            one = await asyncio.to_thread(self._rows.begin, filter_text(wanted), name)
            self._sets[one.number] = one
            self._members.setdefault(one.number, set())
        return one

    @_whole
    async def add(self, one: AlongRow, images: Sequence[Image]) -> None:
        """Images that a set was found to have."""
        async with self._writing:
            await asyncio.to_thread(self._rows.add, one, images)
            self.images = {**self.images, **{image.id: image for image in images}}
            self._members[one.number].update(image.id for image in images)

    @_whole
    async def end_listing(self, one: AlongRow, found: set[str]) -> None:
        """Let go of the images that the set does not have any more."""
        async with self._writing:
            await asyncio.to_thread(self._rows.end_listing, one)
            self._members[one.number] = found
            await self._forget_unwanted()

    @_whole
    async def write_picture(self, image_id: str, content: bytes) -> None:
        try:
            await asyncio.to_thread(self._pictures.write, image_id, content)
        except OSError as error:
            raise _failed(self.folder, error) from error

    @_whole
    async def complete(self, one: AlongRow) -> None:
        async with self._writing:
            self._sets[one.number] = await asyncio.to_thread(self._rows.complete, one)

    @_whole
    async def drop(self, number: int) -> None:
        """Forget a set, and the images and pictures that no other has."""
        async with self._writing:
            await asyncio.to_thread(self._rows.drop, number)
            self._sets.pop(number, None)
            self._members.pop(number, None)
            await self._forget_unwanted()

    @_whole
    async def update(self, images: Iterable[Image]) -> None:
        """Newer values of images; those that are not here are left out."""
        async with self._writing:
            fresh = [image for image in images if image.id in self.images and self.images[image.id] != image]
            if fresh:
                await asyncio.to_thread(self._rows.put, fresh)
                self.images = {**self.images, **{image.id: image for image in fresh}}

    @_whole
    async def remove(self, image_ids: Sequence[str]) -> None:
        """Forget images, which do not exist any more."""
        if not image_ids:
            return
        async with self._writing:
            await asyncio.to_thread(self._rows.remove, image_ids)
            for members in self._members.values():
                members.difference_update(image_ids)
            await self._forget_unwanted()

    async def _forget_unwanted(self) -> None:
        wanted: set[str] = set().union(*self._members.values())
        gone = [image_id for image_id in self.images if image_id not in wanted]
        self.images = {one: image for one, image in self.images.items() if one in wanted}
        try:
            await asyncio.to_thread(self._pictures.remove, gone)
        except OSError as error:
            raise _failed(self.folder, error) from error


def _open(folder: Path) -> tuple[AlongRows, Rows, PictureFiles, str]:
    path = folder / "along.db"
    problem = ""
    try:
        make_folder(folder, 0o700)
        pictures = PictureFiles(folder / "pictures", durable=True)
        try:
            rows, held = _read(path)
        except (apsw.Error, InvalidValue, StorageFailed) as error:
            if not isinstance(error.__cause__ if isinstance(error, StorageFailed) else error, _DAMAGE):
                raise
            kept = _put_aside(path)
            problem = (
                f"The list of what was taken along cannot be read ({error}) and was begun anew; the old one is "
                f"{kept}. Take the images along again; pictures that are here are not fetched again."
            )
            _log.warning("%s", problem)
            rows, held = _read(path)
    except OSError as error:
        raise _failed(folder, error) from error
    except apsw.Error as error:
        raise storage_failed(folder, 0, str(error)) from error
    return rows, held, pictures, problem


def _read(path: Path) -> tuple[AlongRows, Rows]:
    rows = AlongRows.open(path)
    try:
        held = rows.read()
        for one in held.sets:
            parse_filter(one.filter_text)
    except BaseException:
        rows.close()
        raise
    return rows, held


def _put_aside(path: Path) -> Path:
    kept = path.with_name(path.name + ".unreadable")
    path.replace(kept)
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()
    return kept


def _failed(folder: Path, error: OSError) -> StorageFailed:
    return storage_failed(folder, error.errno or 0, str(error.strerror or error))
