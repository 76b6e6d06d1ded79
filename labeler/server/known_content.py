"""Images by reference, recognised by what is in their files."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from labeler.domain.errors import Missing
from labeler.server.catalog import Catalog, FileReference, ImageRecord
from labeler.server.content import reference_problem

_CHUNK = 1 << 20

Item = tuple[str, FileReference]
"""An image's id, and the file as it was found."""


class KnownContent:
    """Notes digests, and drops an image whose content another one of the organization has.

    Nothing that carries a label, tag or membership is ever dropped.
    """

    batch_size = 64

    def __init__(self, catalog: Catalog, organization_id: str, stop: threading.Event) -> None:
        self._catalog = catalog
        self._organization_id = organization_id
        self._stop = stop

    async def note(self, items: Sequence[Item], refuse: Callable[[str, str], None]) -> int:
        """Read the files and note what is in them; returns how many images were dropped."""
        digests = await asyncio.to_thread(lambda: [self._digest_of(reference, refuse) for _, reference in items])
        known = await self._catalog.images_with_digest(self._organization_id, [one for one in digests if one])
        holders = dict(known)
        dropped = 0
        kept = []
        for (image_id, reference), digest in zip(items, digests, strict=True):
            if not digest:
                continue
            others = tuple(one for one in holders.get(digest, ()) if one != image_id)
            with suppress(Missing):  # one of the two was deleted while the file was read
                if others and await self._drop_as_known(image_id, reference, digest, others[0]):
                    dropped += 1
                    continue
            kept.append((image_id, reference, digest))
            holders[digest] = (*others, image_id)
        await self._keep(kept)
        return dropped

    async def _keep(self, found: Sequence[tuple[str, FileReference, str]]) -> None:
        noted = set(await self._catalog.set_digests(self._organization_id, found))
        for image_id, reference, digest in found:
            if image_id not in noted:
                with suppress(Missing):
                    await self._relink_touched(image_id, reference, digest)

    async def _relink_touched(self, image_id: str, reference: FileReference, digest: str) -> None:
        """Follow a file that was touched, not changed: the image's labels are still those of this picture."""
        (record,) = await self._catalog.images(self._organization_id, [image_id])
        if record.digest == digest and not await asyncio.to_thread(_is_gone, reference):
            await self._catalog.relink(self._organization_id, image_id, reference, digest)

    async def _drop_as_known(self, image_id: str, reference: FileReference, digest: str, older_id: str) -> bool:
        """Keep the older image of two, read from the new place if its own is gone; tells whether that was done."""
        newer, older = await self._catalog.images(self._organization_id, [image_id, older_id])
        if newer.reference != reference or _is_labeled(newer):
            return False
        if older.reference is not None and await asyncio.to_thread(_is_gone, older.reference):
            await self._catalog.delete_images(self._organization_id, [image_id])
            await self._catalog.relink(self._organization_id, older_id, reference, digest)
            return True
        if older.reference is not None and (await asyncio.to_thread(reference_problem, older.reference) != ""):
            return False
        await self._catalog.delete_images(self._organization_id, [image_id])
        return True

    def _digest_of(self, reference: FileReference, refuse: Callable[[str, str], None]) -> str:
        """SHA-256 of the file in hex; "" if it cannot be read, or is no longer what it was."""
        digest = hashlib.sha256()
        try:
            with open(reference.path, "rb") as file:  # noqa: PTH123 - many files
                while chunk := file.read(_CHUNK):
                    if self._stop.is_set():
                        return ""
                    digest.update(chunk)
        except OSError as error:
            refuse(reference.path, f"The file cannot be read: {error.strerror}.")
            return ""
        return "" if reference_problem(reference) else digest.hexdigest()


def _is_labeled(record: ImageRecord) -> bool:
    return bool(record.tags or record.boxes or record.dataset_ids)


def _is_gone(reference: FileReference) -> bool:
    return not os.path.lexists(reference.path)
