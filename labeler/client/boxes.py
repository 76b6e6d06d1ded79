"""Bounding boxes of images."""

from __future__ import annotations

from labeler.client import arguments
from labeler.client.calls import Calls
from labeler.client.messages import BinaryID, Filter
from labeler.rpc.wire.app.data.v1 import data_pb2


class BoxCalls(Calls):
    """Bounding boxes of images, in fractions of the image: x and y from 0 to 1, origin top left."""

    async def add_bounding_box_to_image_by_id(
        self,
        binary_id: BinaryID | str,
        label: str,
        x_min_normalized: float,
        y_min_normalized: float,
        x_max_normalized: float,
        y_max_normalized: float,
        confidence_score: float | None = None,
    ) -> str:
        """Put a box on an image; its id. Raises GRPCError, also for an x or y outside [0, 1]."""
        request = data_pb2.AddBoundingBoxToImageByIDRequest(
            **arguments.id_fields("binary_id", binary_id),
            label=arguments.text("label", label),
            x_min_normalized=arguments.fraction("x_min_normalized", x_min_normalized),
            y_min_normalized=arguments.fraction("y_min_normalized", y_min_normalized),
            x_max_normalized=arguments.fraction("x_max_normalized", x_max_normalized),
            y_max_normalized=arguments.fraction("y_max_normalized", y_max_normalized),
        )
        if confidence_score is not None:
            request.confidence = arguments.fraction("confidence_score", confidence_score)
        response = await self._data("AddBoundingBoxToImageByID", request, data_pb2.AddBoundingBoxToImageByIDResponse)
        return response.bbox_id

    async def update_bounding_box(
        self,
        binary_id: BinaryID | str,
        bbox_id: str,
        label: str | None = None,
        x_min_normalized: float | None = None,
        y_min_normalized: float | None = None,
        x_max_normalized: float | None = None,
        y_max_normalized: float | None = None,
        confidence_score: float | None = None,
    ) -> None:
        """Change what is given of a box, None leaves as it is. Raises GRPCError, also for an x or y outside [0, 1]."""
        request = data_pb2.UpdateBoundingBoxRequest(
            **arguments.id_fields("binary_id", binary_id), bbox_id=arguments.nonempty_text("bbox_id", bbox_id)
        )
        if label is not None:
            request.label = arguments.text("label", label)
        if x_min_normalized is not None:
            request.x_min_normalized = arguments.fraction("x_min_normalized", x_min_normalized)
        if y_min_normalized is not None:
            request.y_min_normalized = arguments.fraction("y_min_normalized", y_min_normalized)
        if x_max_normalized is not None:
            request.x_max_normalized = arguments.fraction("x_max_normalized", x_max_normalized)
        if y_max_normalized is not None:
            request.y_max_normalized = arguments.fraction("y_max_normalized", y_max_normalized)
        if confidence_score is not None:
            request.confidence = arguments.fraction("confidence_score", confidence_score)
        await self._data("UpdateBoundingBox", request, data_pb2.UpdateBoundingBoxResponse)

    async def remove_bounding_box_from_image_by_id(self, bbox_id: str, binary_id: BinaryID | str) -> None:
        """Take a box off an image. Raises GRPCError."""
        request = data_pb2.RemoveBoundingBoxFromImageByIDRequest(
            bbox_id=arguments.nonempty_text("bbox_id", bbox_id), **arguments.id_fields("binary_id", binary_id)
        )
        await self._data("RemoveBoundingBoxFromImageByID", request, data_pb2.RemoveBoundingBoxFromImageByIDResponse)

    async def bounding_box_labels_by_filter(self, filter: Filter | None = None) -> list[str]:  # noqa: A002
        """The labels of the boxes on all images of a filter, each once. Raises GRPCError."""
        request = data_pb2.BoundingBoxLabelsByFilterRequest(filter=arguments.optional_message("filter", filter, Filter))
        response = await self._data("BoundingBoxLabelsByFilter", request, data_pb2.BoundingBoxLabelsByFilterResponse)
        return list(response.labels)
