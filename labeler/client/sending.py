"""The calls that deliver changes, one method for each: what is said, on what terms, in how much time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from google.protobuf.message import Message

from labeler.client.attempts import NO_ATTEMPT, Attempt, new_edit_id
from labeler.client.channel import Connection, Response
from labeler.client.deleting import Deleting
from labeler.client.offers import Offers, offers_of
from labeler.domain.box import Box
from labeler.domain.edit import DeletionChange, MembershipChange, TagChange
from labeler.rpc.convert import CLIENT, EDIT_ID, IF_MATCH, box_from
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.labeler.v1 import labeler_pb2

DEADLINE = 20.0
"""Seconds for a call about one image."""
BATCH_DEADLINE = 60.0
"""Seconds for a call about many images."""
_DATA = "/viam.app.data.v1.DataService/"
_LABELER = "/labeler.v1.LabelerService/"


class Sending:
    """Calls over one connection. All raise errors of `labeler.rpc.errors`.

    Each that changes something is told how it is sent, an Attempt, for services that remember that.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._offers: Offers | None = None
        self.deleting = Deleting(connection)

    async def restored(self) -> None:
        """Return when the service, which could not be reached, can be reached again."""
        await self._connection.restored()

    async def offers(self) -> Offers:
        """What the service knows, asked once."""
        if self._offers is None:
            self._offers = await offers_of(self._connection)
        return self._offers

    async def new_attempt(self, twins: int | None = None) -> Attempt:
        return Attempt(new_edit_id() if (await self.offers()).edit_id_seconds else "", twins)

    async def call(self, method: str, request: Message, response_type: type[Response], attempt: Attempt) -> Response:
        """A call that changes one thing, by its full name."""
        metadata = await self._metadata(attempt)
        return await self._connection.unary(method, request, response_type, timeout=DEADLINE, metadata=metadata)

    async def ask(self, method: str, request: Message, response_type: type[Response]) -> Response:
        """A call that changes nothing, by its full name."""
        return await self._connection.unary(method, request, response_type, timeout=DEADLINE)

    async def set_on_images(
        self, change: TagChange | MembershipChange | DeletionChange, ids: Sequence[str], attempt: Attempt
    ) -> None:
        """Make the tag, the membership or the deletion of the change so on all the images."""
        metadata = await self._metadata(attempt)
        request: Message
        response: type[Message]
        if isinstance(change, DeletionChange):
            await (self.deleting.delete if change.after else self.deleting.restore)(ids, metadata)
            return
        if isinstance(change, TagChange) and change.after:
            request = data_pb2.AddTagsToBinaryDataByIDsRequest(binary_data_ids=ids, tags=[change.tag])
            name, response = "AddTagsToBinaryDataByIDs", data_pb2.AddTagsToBinaryDataByIDsResponse
        elif isinstance(change, TagChange):
            request = data_pb2.RemoveTagsFromBinaryDataByIDsRequest(binary_data_ids=ids, tags=[change.tag])
            name, response = "RemoveTagsFromBinaryDataByIDs", data_pb2.RemoveTagsFromBinaryDataByIDsResponse
        elif change.after:
            request = data_pb2.AddBinaryDataToDatasetByIDsRequest(binary_data_ids=ids, dataset_id=change.dataset_id)
            name, response = "AddBinaryDataToDatasetByIDs", data_pb2.AddBinaryDataToDatasetByIDsResponse
        else:
            request = data_pb2.RemoveBinaryDataFromDatasetByIDsRequest(
                binary_data_ids=ids, dataset_id=change.dataset_id
            )
            name, response = "RemoveBinaryDataFromDatasetByIDs", data_pb2.RemoveBinaryDataFromDatasetByIDsResponse
        await self._connection.unary(_DATA + name, request, response, timeout=BATCH_DEADLINE, metadata=metadata)

    async def add_box(self, image_id: str, box: Box, attempt: Attempt) -> str:
        """The id that the box got."""
        request = data_pb2.AddBoundingBoxToImageByIDRequest(
            binary_data_id=image_id,
            label=box.label,
            x_min_normalized=box.x_min,
            y_min_normalized=box.y_min,
            x_max_normalized=box.x_max,
            y_max_normalized=box.y_max,
            confidence=box.confidence,
        )
        response = data_pb2.AddBoundingBoxToImageByIDResponse
        return (await self._unary("AddBoundingBoxToImageByID", request, response, attempt)).bbox_id

    async def replace_box(
        self, image_id: str, before: Box, after: Box | None, attempt: Attempt, version: int | None = None
    ) -> None:
        """Change or remove a box; where a version is given, only if the image has it (ABORTED)."""
        if after is None:
            removal = data_pb2.RemoveBoundingBoxFromImageByIDRequest(binary_data_id=image_id, bbox_id=before.id)
            response = data_pb2.RemoveBoundingBoxFromImageByIDResponse
            await self._unary("RemoveBoundingBoxFromImageByID", removal, response, attempt, version)
            return
        update = data_pb2.UpdateBoundingBoxRequest(
            binary_data_id=image_id,
            bbox_id=after.id,
            label=after.label,
            x_min_normalized=after.x_min,
            y_min_normalized=after.y_min,
            x_max_normalized=after.x_max,
            y_max_normalized=after.y_max,
            confidence=after.confidence,
        )
        await self._unary("UpdateBoundingBox", update, data_pb2.UpdateBoundingBoxResponse, attempt, version)

    async def box(self, image_id: str, box_id: str) -> tuple[Box | None, int | None]:
        """The service's box, and the version of the image where the service has versions."""
        if not (await self.offers()).versions:
            return _by_id(await self.boxes(image_id), box_id), None
        response = await self._connection.unary(
            _LABELER + "ReadImages",
            labeler_pb2.ReadImagesRequest(binary_data_ids=[image_id]),
            labeler_pb2.ReadImagesResponse,
            timeout=DEADLINE,
        )
        (record,) = response.images
        boxes = [box_from(box) for box in record.metadata.annotations.bboxes]
        return _by_id(boxes, box_id), record.version

    async def boxes(self, image_id: str) -> tuple[Box, ...]:
        request = data_pb2.BinaryDataByIDsRequest(binary_data_ids=[image_id], include_binary=False)
        response = await self._unary("BinaryDataByIDs", request, data_pb2.BinaryDataByIDsResponse)
        return tuple(box_from(box) for data in response.data for box in data.metadata.annotations.bboxes)

    async def _unary(
        self,
        name: str,
        request: Message,
        response_type: type[Response],
        attempt: Attempt = NO_ATTEMPT,
        version: int | None = None,
    ) -> Response:
        metadata = await self._metadata(attempt, version)
        return await self._connection.unary(_DATA + name, request, response_type, timeout=DEADLINE, metadata=metadata)

    async def _metadata(self, attempt: Attempt, version: int | None = None) -> Mapping[str, str]:
        metadata = {EDIT_ID: attempt.edit_id} if attempt.edit_id else {}
        if version is not None:
            metadata[IF_MATCH] = str(version)
        if (await self.offers()).follows:
            metadata[CLIENT] = self._connection.name
        return metadata


def _by_id(boxes: Sequence[Box], box_id: str) -> Box | None:
    return next((box for box in boxes if box.id == box_id), None)
