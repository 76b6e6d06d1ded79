"""What is said of images in `viam.app.data.v1.DataService`: tags, boxes, membership of datasets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from labeler.domain.box import Box
from labeler.domain.filter import Filter
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.server.accounts import Caller
from labeler.server.catalog import BoxPatch, Catalog
from labeler.server.errors import invalid
from labeler.server.metadata import check_some, filter_for, image_id, image_ids

_AskNames = Callable[[str, Filter], Awaitable[Sequence[str]]]


class LabelingRpcs:
    """RPCs by name; each takes the request and who calls."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def AddTagsToBinaryDataByIDs(
        self, request: data_pb2.AddTagsToBinaryDataByIDsRequest, caller: Caller
    ) -> data_pb2.AddTagsToBinaryDataByIDsResponse:
        check_some("tags", request.tags)
        ids = image_ids(request.binary_data_ids, request.binary_ids)
        await self._catalog.add_tags(caller.organization_id, ids, request.tags, caller.terms)
        return data_pb2.AddTagsToBinaryDataByIDsResponse()

    async def AddTagsToBinaryDataByFilter(
        self, request: data_pb2.AddTagsToBinaryDataByFilterRequest, caller: Caller
    ) -> data_pb2.AddTagsToBinaryDataByFilterResponse:
        check_some("tags", request.tags)
        wanted = filter_for(request.filter, caller.organization_id)
        if wanted is not None:
            await self._catalog.add_tags(caller.organization_id, wanted, request.tags, caller.terms)
        return data_pb2.AddTagsToBinaryDataByFilterResponse()

    async def RemoveTagsFromBinaryDataByIDs(
        self, request: data_pb2.RemoveTagsFromBinaryDataByIDsRequest, caller: Caller
    ) -> data_pb2.RemoveTagsFromBinaryDataByIDsResponse:
        check_some("tags", request.tags)
        ids = image_ids(request.binary_data_ids, request.binary_ids)
        changed = await self._catalog.remove_tags(caller.organization_id, ids, request.tags, caller.terms)
        return data_pb2.RemoveTagsFromBinaryDataByIDsResponse(deleted_count=changed)

    async def RemoveTagsFromBinaryDataByFilter(
        self, request: data_pb2.RemoveTagsFromBinaryDataByFilterRequest, caller: Caller
    ) -> data_pb2.RemoveTagsFromBinaryDataByFilterResponse:
        check_some("tags", request.tags)
        wanted = filter_for(request.filter, caller.organization_id)
        changed = 0
        if wanted is not None:
            changed = await self._catalog.remove_tags(caller.organization_id, wanted, request.tags, caller.terms)
        return data_pb2.RemoveTagsFromBinaryDataByFilterResponse(deleted_count=changed)

    async def TagsByFilter(
        self, request: data_pb2.TagsByFilterRequest, caller: Caller
    ) -> data_pb2.TagsByFilterResponse:
        return data_pb2.TagsByFilterResponse(tags=await self._names(self._catalog.tags, request.filter, caller))

    async def BoundingBoxLabelsByFilter(
        self, request: data_pb2.BoundingBoxLabelsByFilterRequest, caller: Caller
    ) -> data_pb2.BoundingBoxLabelsByFilterResponse:
        labels = await self._names(self._catalog.labels, request.filter, caller)
        return data_pb2.BoundingBoxLabelsByFilterResponse(labels=labels)

    async def _names(self, ask: _AskNames, message: data_pb2.Filter, caller: Caller) -> Sequence[str]:
        wanted = filter_for(message, caller.organization_id)
        return () if wanted is None else await ask(caller.organization_id, wanted)

    async def AddBoundingBoxToImageByID(
        self, request: data_pb2.AddBoundingBoxToImageByIDRequest, caller: Caller
    ) -> data_pb2.AddBoundingBoxToImageByIDResponse:
        one = image_id(request.binary_data_id, request.binary_id)
        box = Box(
            "",
            request.label,
            request.x_min_normalized,
            request.y_min_normalized,
            request.x_max_normalized,
            request.y_max_normalized,
            request.confidence if request.HasField("confidence") else None,
        )
        (box_id,) = await self._catalog.add_boxes(caller.organization_id, one, [box], caller.terms)
        return data_pb2.AddBoundingBoxToImageByIDResponse(bbox_id=box_id)

    async def UpdateBoundingBox(
        self, request: data_pb2.UpdateBoundingBoxRequest, caller: Caller
    ) -> data_pb2.UpdateBoundingBoxResponse:
        one = image_id(request.binary_data_id, request.binary_id)
        patch = BoxPatch(
            request.label if request.HasField("label") else None,
            request.x_min_normalized if request.HasField("x_min_normalized") else None,
            request.y_min_normalized if request.HasField("y_min_normalized") else None,
            request.x_max_normalized if request.HasField("x_max_normalized") else None,
            request.y_max_normalized if request.HasField("y_max_normalized") else None,
            request.confidence if request.HasField("confidence") else None,
        )
        await self._catalog.update_box(caller.organization_id, one, _box_id(request.bbox_id), patch, caller.terms)
        return data_pb2.UpdateBoundingBoxResponse()

    async def RemoveBoundingBoxFromImageByID(
        self, request: data_pb2.RemoveBoundingBoxFromImageByIDRequest, caller: Caller
    ) -> data_pb2.RemoveBoundingBoxFromImageByIDResponse:
        one = image_id(request.binary_data_id, request.binary_id)
        await self._catalog.remove_box(caller.organization_id, one, _box_id(request.bbox_id), caller.terms)
        return data_pb2.RemoveBoundingBoxFromImageByIDResponse()

    async def AddBinaryDataToDatasetByIDs(
        self, request: data_pb2.AddBinaryDataToDatasetByIDsRequest, caller: Caller
    ) -> data_pb2.AddBinaryDataToDatasetByIDsResponse:
        dataset, ids = _dataset_id(request.dataset_id), image_ids(request.binary_data_ids, request.binary_ids)
        await self._catalog.add_to_dataset(caller.organization_id, dataset, ids, caller.terms)
        return data_pb2.AddBinaryDataToDatasetByIDsResponse()

    async def RemoveBinaryDataFromDatasetByIDs(
        self, request: data_pb2.RemoveBinaryDataFromDatasetByIDsRequest, caller: Caller
    ) -> data_pb2.RemoveBinaryDataFromDatasetByIDsResponse:
        dataset, ids = _dataset_id(request.dataset_id), image_ids(request.binary_data_ids, request.binary_ids)
        await self._catalog.remove_from_dataset(caller.organization_id, dataset, ids, caller.terms)
        return data_pb2.RemoveBinaryDataFromDatasetByIDsResponse()


def _box_id(given: str) -> str:
    if not given:
        raise invalid("bbox_id", "none was given")
    return given


def _dataset_id(given: str) -> str:
    if not given:
        raise invalid("dataset_id", "none was given")
    return given
