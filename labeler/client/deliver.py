"""How a change becomes calls of Viam's Data API. No other module knows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from labeler.client.channel import Connection
from labeler.client.deleting import Deleting
from labeler.client.reconcile import agrees, find_ours
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, DeletionChange, MembershipChange, TagChange
from labeler.domain.errors import Missing
from labeler.rpc.convert import box_from
from labeler.rpc.errors import GRPCError, Status
from labeler.rpc.wire.app.data.v1 import data_pb2

DEADLINE = 20.0
"""Seconds for a call about one image."""
BATCH_DEADLINE = 60.0
"""Seconds for a call about many images."""
_DATA = "/viam.app.data.v1.DataService/"

_DEFINITE = frozenset(
    {
        Status.INVALID_ARGUMENT, Status.NOT_FOUND, Status.ALREADY_EXISTS, Status.PERMISSION_DENIED,
        Status.FAILED_PRECONDITION, Status.OUT_OF_RANGE, Status.UNIMPLEMENTED,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delivered:
    """The service has the change; `given_id` names the box that was added, else empty."""

    given_id: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The service has neither what the person saw nor what they made of it, but `theirs`."""

    theirs: Box | None


def is_definite(error: Exception) -> bool:
    """Whether the service said no and did nothing, so that asking again without a change is no use."""
    return isinstance(error, GRPCError) and error.status in _DEFINITE


class Calls:
    """The calls that deliver changes over one connection. All raise errors of `labeler.rpc.errors`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.deleting = Deleting(connection)

    async def set_on_images(
        self, change: TagChange | MembershipChange | DeletionChange, image_ids: Sequence[str]
    ) -> None:
        """Make the tag, the membership or the deletion of the change so on all the images."""
        if isinstance(change, DeletionChange):
            await (self.deleting.delete if change.after else self.deleting.restore)(image_ids)
        elif isinstance(change, TagChange) and change.after:
            add_tags = data_pb2.AddTagsToBinaryDataByIDsRequest(binary_data_ids=image_ids, tags=[change.tag])
            name, request, response = "AddTagsToBinaryDataByIDs", add_tags, data_pb2.AddTagsToBinaryDataByIDsResponse
            await self._connection.unary(_DATA + name, request, response, timeout=BATCH_DEADLINE)
        elif isinstance(change, TagChange):
            await self._connection.unary(
                _DATA + "RemoveTagsFromBinaryDataByIDs",
                data_pb2.RemoveTagsFromBinaryDataByIDsRequest(binary_data_ids=image_ids, tags=[change.tag]),
                data_pb2.RemoveTagsFromBinaryDataByIDsResponse,
                timeout=BATCH_DEADLINE,
            )
        elif change.after:
            await self._connection.unary(
                _DATA + "AddBinaryDataToDatasetByIDs",
                data_pb2.AddBinaryDataToDatasetByIDsRequest(binary_data_ids=image_ids, dataset_id=change.dataset_id),
                data_pb2.AddBinaryDataToDatasetByIDsResponse,
                timeout=BATCH_DEADLINE,
            )
        else:
            await self._connection.unary(
                _DATA + "RemoveBinaryDataFromDatasetByIDs",
                data_pb2.RemoveBinaryDataFromDatasetByIDsRequest(
                    binary_data_ids=image_ids, dataset_id=change.dataset_id
                ),
                data_pb2.RemoveBinaryDataFromDatasetByIDsResponse,
                timeout=BATCH_DEADLINE,
            )

    async def box(
        self, change: BoxChange, unsure: bool, known: Collection[str], before_sending: Callable[[], Awaitable[None]]
    ) -> Delivered | Conflict:
        """Add, change or remove a box.

        `unsure` where an earlier call may have done it, `known` are ids that such a call cannot have
        given. `before_sending` is awaited before the first call that changes anything.
        """
        if change.before is None:
            assert change.after is not None  # noqa: S101 - a change has at least one side
            return await self._add(change.image_id, change.after, unsure, known, before_sending)
        if change.after is None:
            return await self._remove(change.image_id, change.before, before_sending)
        return await self._update(change.image_id, change.before, change.after, before_sending)

    async def _add(
        self,
        image_id: str,
        box: Box,
        unsure: bool,
        known: Collection[str],
        before_sending: Callable[[], Awaitable[None]],
    ) -> Delivered:
        if unsure and (ours := find_ours(box, await self._boxes(image_id), known)) is not None:
            return Delivered(ours.id)
        await before_sending()
        response = await self._connection.unary(
            _DATA + "AddBoundingBoxToImageByID",
            data_pb2.AddBoundingBoxToImageByIDRequest(
                binary_data_id=image_id,
                label=box.label,
                x_min_normalized=box.x_min,
                y_min_normalized=box.y_min,
                x_max_normalized=box.x_max,
                y_max_normalized=box.y_max,
                confidence=box.confidence,
            ),
            data_pb2.AddBoundingBoxToImageByIDResponse,
            timeout=DEADLINE,
        )
        return Delivered(response.bbox_id)

    async def _update(
        self, image_id: str, before: Box, after: Box, before_sending: Callable[[], Awaitable[None]]
    ) -> Delivered | Conflict:
        theirs = await self._box(image_id, after.id)
        if theirs is not None and agrees(theirs, after) and after.confidence in (None, theirs.confidence):
            return Delivered()
        if theirs is None or not agrees(theirs, before):
            return Conflict(theirs)
        await before_sending()
        try:
            await self._connection.unary(
                _DATA + "UpdateBoundingBox",
                data_pb2.UpdateBoundingBoxRequest(
                    binary_data_id=image_id,
                    bbox_id=after.id,
                    label=after.label,
                    x_min_normalized=after.x_min,
                    y_min_normalized=after.y_min,
                    x_max_normalized=after.x_max,
                    y_max_normalized=after.y_max,
                    confidence=after.confidence,
                ),
                data_pb2.UpdateBoundingBoxResponse,
                timeout=DEADLINE,
            )
        except Missing:
            return Conflict(None)
        return Delivered()

    async def _remove(
        self, image_id: str, before: Box, before_sending: Callable[[], Awaitable[None]]
    ) -> Delivered | Conflict:
        try:
            theirs = await self._box(image_id, before.id)
            if theirs is None:
                return Delivered()
            if not agrees(theirs, before):
                return Conflict(theirs)
            await before_sending()
            await self._connection.unary(
                _DATA + "RemoveBoundingBoxFromImageByID",
                data_pb2.RemoveBoundingBoxFromImageByIDRequest(binary_data_id=image_id, bbox_id=before.id),
                data_pb2.RemoveBoundingBoxFromImageByIDResponse,
                timeout=DEADLINE,
            )
        except Missing:
            return Delivered()
        return Delivered()

    async def restored(self) -> None:
        """Return when the service, which could not be reached, can be reached again."""
        await self._connection.restored()

    async def _box(self, image_id: str, box_id: str) -> Box | None:
        return next((box for box in await self._boxes(image_id) if box.id == box_id), None)

    async def _boxes(self, image_id: str) -> tuple[Box, ...]:
        response = await self._connection.unary(
            _DATA + "BinaryDataByIDs",
            data_pb2.BinaryDataByIDsRequest(binary_data_ids=[image_id], include_binary=False),
            data_pb2.BinaryDataByIDsResponse,
            timeout=DEADLINE,
        )
        return tuple(box_from(box) for data in response.data for box in data.metadata.annotations.bboxes)
