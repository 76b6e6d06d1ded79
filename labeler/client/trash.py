"""The trash of the labeler's own service; other services have none, and answer UNIMPLEMENTED."""

# ruff: noqa: ASYNC109 - these are deadlines of the call, known to the service too

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labeler.client.channel import DEFAULT_TIMEOUT, NO_METADATA, Connection
from labeler.domain.trash import TrashedImage, TrashPage
from labeler.rpc.convert import time_from
from labeler.rpc.wire.labeler.v1 import labeler_pb2

PAGE = 1_000
LONG_SECONDS = 600.0
"""Of a call that may move a million images."""
_SERVICE = "/labeler.v1.LabelerService/"


class Trash:
    """Deleted images of the key's organization. All calls raise errors of `labeler.rpc.errors`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def page(self, after: str = "", limit: int = PAGE) -> TrashPage:
        """Deleted images that follow `after` ("" for the first), the last deleted first."""
        request = labeler_pb2.ListTrashRequest(limit=limit, page_token=after)
        response = await self._connection.unary(_SERVICE + "ListTrash", request, labeler_pb2.ListTrashResponse)
        images = (
            TrashedImage(
                one.binary_data_id,
                one.file_name,
                one.size_bytes,
                time_from(one.deleted),
                time_from(one.expires),
                one.boxes,
                one.tags,
            )
            for one in response.images
        )
        return TrashPage(tuple(images), response.next_page_token)

    async def restore(
        self,
        ids: Sequence[str] | None,
        timeout: float = DEFAULT_TIMEOUT,
        metadata: Mapping[str, str] = NO_METADATA,
    ) -> int:
        """Bring images back with all that was on them, or (None) all; returns how many. Raises Missing for all."""
        request = labeler_pb2.RestoreImagesRequest(binary_data_ids=ids or (), all=ids is None)
        response = await self._connection.unary(
            _SERVICE + "RestoreImages",
            request,
            labeler_pb2.RestoreImagesResponse,
            timeout=timeout,
            metadata=metadata,
        )
        return response.restored

    async def purge(self, ids: Sequence[str] | None, timeout: float = DEFAULT_TIMEOUT) -> int:
        """Forget images for good, or (None) all; returns how many. Raises Missing, and forgets none, for an unknown."""
        request = labeler_pb2.PurgeImagesRequest(binary_data_ids=ids or (), all=ids is None)
        response = await self._connection.unary(
            _SERVICE + "PurgeImages", request, labeler_pb2.PurgeImagesResponse, timeout=timeout
        )
        return response.purged
