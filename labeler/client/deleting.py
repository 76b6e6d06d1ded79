"""Calls that delete images and bring them back; doing one of them twice does it once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labeler.client.channel import NO_METADATA, Connection
from labeler.client.reconcile import agrees
from labeler.client.trash import Trash
from labeler.domain.edit import OnImage
from labeler.domain.errors import Missing
from labeler.rpc.convert import image_from
from labeler.rpc.errors import RefusedError, Status, UnimplementedError
from labeler.rpc.wire.app.data.v1 import data_pb2

DEADLINE = 60.0
"""Seconds for a call, which is about many images."""
_READ_AT_ONCE = 100
_DATA = "/viam.app.data.v1.DataService/"


class Deleting:
    """The calls over one connection. All raise errors of `labeler.rpc.errors`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._trash = Trash(connection)

    async def delete(self, ids: Sequence[str], metadata: Mapping[str, str] = NO_METADATA) -> None:
        """Delete images. One that is gone already is no error alone; with others the service may refuse all."""
        request = data_pb2.DeleteBinaryDataByIDsRequest(binary_data_ids=ids)
        try:
            await self._connection.unary(
                _DATA + "DeleteBinaryDataByIDs",
                request,
                data_pb2.DeleteBinaryDataByIDsResponse,
                timeout=DEADLINE,
                metadata=metadata,
            )
        except Missing:
            if len(ids) > 1:
                raise

    async def restore(self, ids: Sequence[str], metadata: Mapping[str, str] = NO_METADATA) -> None:
        """Bring images back. One that is there already is no error alone; with others all are refused."""
        try:
            await self._trash.restore(ids, DEADLINE, metadata)
        except Missing as error:
            if len(ids) > 1 or await self._read(ids) == {}:
                text = "The image is not in the trash any more: it was removed for good."
                raise RefusedError(Status.NOT_FOUND, str(error), "RestoreImages", text) from None
        except UnimplementedError as error:
            text = "This service has no trash: images deleted there cannot be brought back."
            raise RefusedError(error.status, error.message, error.method, text) from None

    async def differing(self, seen: Mapping[str, OnImage]) -> frozenset[str]:
        """Those of the images that have something else on them than was seen; none of those that are gone."""
        ids = list(seen)
        found: dict[str, OnImage] = {}
        for start in range(0, len(ids), _READ_AT_ONCE):
            found |= await self._read(ids[start : start + _READ_AT_ONCE])
        return frozenset(image_id for image_id, now in found.items() if not _is_same(seen[image_id], now))

    async def _read(self, ids: Sequence[str]) -> dict[str, OnImage]:
        """What is on the images that exist."""
        try:
            response = await self._connection.unary(
                _DATA + "BinaryDataByIDs",
                data_pb2.BinaryDataByIDsRequest(binary_data_ids=ids, include_binary=False),
                data_pb2.BinaryDataByIDsResponse,
                timeout=DEADLINE,
            )
        except Missing:
            if len(ids) == 1:
                return {}
            middle = len(ids) // 2
            return await self._read(ids[:middle]) | await self._read(ids[middle:])
        images = (image_from(data.metadata) for data in response.data)
        return {image.id: OnImage.of(image) for image in images}


def _is_same(one: OnImage, other: OnImage) -> bool:
    if set(one.tags) != set(other.tags) or set(one.dataset_ids) != set(other.dataset_ids):
        return False
    left = list(other.boxes)
    for box in one.boxes:
        twin = next((theirs for theirs in left if agrees(box, theirs)), None)
        if twin is None:
            return False
        left.remove(twin)
    return not left
