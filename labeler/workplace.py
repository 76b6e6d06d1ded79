"""A service at work: its images over a connection, and what this machine keeps for it in the data directory."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import logging
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from labeler.client.along_store import AlongStore
from labeler.client.channel import Connection
from labeler.client.kept_source import KeptSource
from labeler.client.outbox import Outbox
from labeler.client.picture_cache import PictureCache
from labeler.client.source import ServiceSource
from labeler.client.taking import RESERVE
from labeler.disk import make_folder, replacing, storage_failed
from labeler.domain.errors import LabelerError
from labeler.rpc.wire.labeler.v1 import labeler_pb2

LOCAL = "local"
"""The address of a data directory's own service, among those of outboxes."""
CACHE_BYTES = 2_000_000_000
_DESCRIPTION = "service.json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """A service that was worked with before, as it described itself then."""

    address: str
    organization_id: str
    title: str
    described: bytes | None
    """DescribeResponse of our own services."""
    has_pictures: bool
    """Whether something was taken along."""

    def service(self, connection: Connection) -> ServiceSource:
        """Its images, without asking it anything."""
        described = None
        if self.described is not None:
            described = labeler_pb2.DescribeResponse.FromString(self.described)
        return ServiceSource(connection, self.organization_id, self.title, described)


def known_services(data: Path) -> list[Known]:
    """All that were worked with in a data directory. Touches the disk."""
    found = []
    for path in sorted(data.glob(f"along-*/{_DESCRIPTION}")):
        try:
            held = json.loads(path.read_text("utf-8"))
            described = None if held["described"] is None else base64.b64decode(held["described"])
            has_pictures = any((path.parent / "pictures").glob("??/*"))
            found.append(Known(held["address"], held["organization"], held["title"], described, has_pictures))
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s cannot be read: %s", path, error)
    return found


class Workplace:
    """Make it with `open`. `trouble` says what of this machine's part does not work."""

    source: ServiceSource | KeptSource

    def __init__(
        self,
        address: str,
        service: ServiceSource,
        outbox: Outbox,
        kept: tuple[AlongStore, PictureCache] | None,
        reserve: int,
    ) -> None:
        self.address, self.outbox, self._service, self._kept = address, outbox, service, kept
        self._reserve = reserve
        self.trouble = ""
        self.source = self._made()
        self._asking: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        data: Path,
        address: str,
        service: ServiceSource,
        cache_bytes: int = CACHE_BYTES,
        reserve: int = RESERVE,
    ) -> Self:
        """Open what is kept for the service, and begin to deliver.

        The cache of pictures has at most `cache_bytes`, and taking along leaves `reserve` bytes of the disk. The
        connection of the service is the workplace's from then on; not so if this fails. Raises Refused if
        another window has it.
        """
        target = f"{address} {service.organization_id}"
        digest = hashlib.sha256(target.encode()).hexdigest()[:16]
        outbox = Outbox.open(data / ("outbox.db" if address == LOCAL else f"outbox-{digest}.db"), target)
        kept, trouble = None, ""
        if address != LOCAL:
            try:
                kept = await _open_kept(data, digest, address, service, cache_bytes)
            except LabelerError as error:
                trouble = f"Images cannot be taken along, and those that were cannot be used. {error}"
        place = cls(address, service, outbox, kept, reserve)
        place.trouble = trouble
        await outbox.start(service.connection, service.organization_id)
        if kept:
            place._asking = asyncio.create_task(place._describe_anew(kept[0].folder))
        return place

    async def _describe_anew(self, folder: Path) -> None:
        """Let the next start know what the service is by now; this one may have begun without asking it."""
        service = self._service
        with contextlib.suppress(LabelerError, OSError):
            now = await ServiceSource.open(service.connection, service.organization_id, service.title)
            await asyncio.to_thread(_describe, folder / _DESCRIPTION, self.address, now)

    def _made(self) -> ServiceSource | KeptSource:
        if self._kept is None:
            return self._service
        return KeptSource(self._service, *self._kept, self.outbox, reserve=self._reserve)

    def is_of(self, address: str, organization_id: str) -> bool:
        return (self.address, self._service.organization_id) == (address, organization_id)

    @property
    def connection(self) -> Connection:
        return self._service.connection

    async def reconnect(self, service: ServiceSource, attach: Callable[[], Awaitable[None]]) -> None:
        """Go on with the same organization over another connection; `attach` is called when `source` is the new one."""
        former, connection = self.source, self.connection
        self._service = service
        self.source = self._made()
        await attach()
        await self.outbox.start(service.connection, service.organization_id)
        await _close_source(former)
        connection.close()

    async def close(self) -> None:
        """Stop and let go. Raises Refused if the last edits are not on disk; it may be called again then."""
        await self.outbox.close()
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        await _close_source(self.source)
        if self._kept:
            await self._kept[0].close()
        self.connection.close()


async def _close_source(source: ServiceSource | KeptSource) -> None:
    if isinstance(source, KeptSource):
        await source.close()


async def _open_kept(
    data: Path, digest: str, address: str, service: ServiceSource, cache_bytes: int
) -> tuple[AlongStore, PictureCache]:
    folder = data / f"along-{digest}"
    store = await AlongStore.open(folder)
    try:
        cache = await asyncio.to_thread(_open_cache, data / f"pictures-{digest}", cache_bytes)
        await asyncio.to_thread(_describe, folder / _DESCRIPTION, address, service)
    except OSError as error:
        await store.close()
        raise storage_failed(folder, error.errno or 0, str(error.strerror)) from error
    except BaseException:
        await store.close()
        raise
    return store, cache


def _open_cache(folder: Path, limit: int) -> PictureCache:
    """The cache in the folder; one that is broken is thrown away."""
    try:
        return PictureCache(folder, limit)
    except OSError as error:
        _log.warning("the pictures kept in %s cannot be used and are thrown away: %s", folder, error)
        with contextlib.suppress(NotADirectoryError):
            shutil.rmtree(folder, ignore_errors=False)
        if folder.is_file():
            folder.unlink()
        return PictureCache(folder, limit)


def _describe(path: Path, address: str, service: ServiceSource) -> None:
    described = service.described
    held = {
        "address": address,
        "organization": service.organization_id,
        "title": service.title,
        "described": None if described is None else base64.b64encode(described.SerializeToString()).decode(),
    }
    text = json.dumps(held).encode()
    make_folder(path.parent, 0o700)
    if not path.exists() or path.read_bytes() != text:
        with replacing(path, private=True) as file:
            file.write(text)
