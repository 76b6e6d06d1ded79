"""labeler.v1: deleted images, listed, brought back and forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from labeler.rpc.convert import time_into
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.server.accounts import Caller
from labeler.server.blobs import BlobStore
from labeler.server.catalog import Catalog
from labeler.server.errors import invalid
from labeler.server.housekeeping import remove_bytes
from labeler.server.labeler_service import DEFAULT_LIMIT, LARGEST_LIMIT


class TrashService:
    """RPCs by name; each takes the request and who calls."""

    def __init__(self, catalog: Catalog, blobs: BlobStore) -> None:
        self._catalog = catalog
        self._blobs = blobs

    async def ListTrash(self, request: labeler_pb2.ListTrashRequest, caller: Caller) -> labeler_pb2.ListTrashResponse:
        limit = min(request.limit or DEFAULT_LIMIT, LARGEST_LIMIT)
        page = await self._catalog.trash(caller.organization_id, request.page_token, limit)
        response = labeler_pb2.ListTrashResponse(next_page_token=page.last if page.more else "")
        for one in page.images:
            message = response.images.add(
                binary_data_id=one.id,
                file_name=one.file_name,
                size_bytes=one.size_bytes,
                boxes=one.boxes,
                tags=one.tags,
            )
            time_into(message.deleted, one.deleted)
            time_into(message.expires, one.expires)
        return response

    async def RestoreImages(
        self, request: labeler_pb2.RestoreImagesRequest, caller: Caller
    ) -> labeler_pb2.RestoreImagesResponse:
        which = _which(request.binary_data_ids, request.all)
        restored = await self._catalog.restore_images(caller.organization_id, which, caller.terms)
        return labeler_pb2.RestoreImagesResponse(restored=restored)

    async def PurgeImages(
        self, request: labeler_pb2.PurgeImagesRequest, caller: Caller
    ) -> labeler_pb2.PurgeImagesResponse:
        which = _which(request.binary_data_ids, request.all)
        purged = await self._catalog.purge_images(caller.organization_id, which)
        await remove_bytes(self._blobs, purged.unused, datetime.now(UTC))
        return labeler_pb2.PurgeImagesResponse(purged=purged.images)


def _which(ids: Sequence[str], everything: bool) -> Sequence[str] | None:
    """Ids, or None for all. Raises INVALID_ARGUMENT unless exactly one is asked for."""
    if everything and ids:
        raise invalid("binary_data_ids", "given together with all; leave one of them out")
    if not everything and not ids:
        raise invalid("binary_data_ids", "none were given")
    return None if everything else ids
