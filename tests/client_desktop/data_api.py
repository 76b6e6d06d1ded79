"""A small service of Viam's Data API that can be told to fail, for tests of the outbox and the source."""

# ruff: noqa: N802 - methods are named as the RPCs

from __future__ import annotations

import asyncio
import itertools
import struct
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from labeler.client.channel import PLAINTEXT, Connection, Endpoint
from labeler.domain.box import Box
from labeler.rpc.convert import box_from, box_to
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.dataset.v1 import dataset_pb2
from labeler.rpc.wire.app.v1 import app_pb2
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.rpc.wire.proto.rpc.v1 import auth_pb2

ORGANIZATION = "org"
SERVICES = (
    auth_pb2.DESCRIPTOR.services_by_name["AuthService"],
    data_pb2.DESCRIPTOR.services_by_name["DataService"],
    dataset_pb2.DESCRIPTOR.services_by_name["DatasetService"],
    app_pb2.DESCRIPTOR.services_by_name["AppService"],
    labeler_pb2.DESCRIPTOR.services_by_name["LabelerService"],
)
Before = Callable[[Any], None]


@dataclass
class StoredImage:
    id: str
    number: int = 0
    tags: list[str] = field(default_factory=list)
    datasets: list[str] = field(default_factory=list)
    boxes: dict[str, Box] = field(default_factory=dict)
    content: bytes = b"picture"
    problem: str = ""

    def metadata(self) -> data_pb2.BinaryMetadata:
        message = data_pb2.BinaryMetadata(binary_data_id=self.id, file_name=self.id, dataset_ids=self.datasets)
        message.capture_metadata.tags.extend(self.tags)
        message.time_requested.FromSeconds(self.number)
        message.annotations.bboxes.extend(box_to(box) for box in self.boxes.values())
        return message


class DataApi:
    """`calls` are all that came, with their requests. `down` is the status that every call gets while set.

    `fail_before[rpc]` and `fail_after[rpc]` are statuses for the next calls of an RPC, given before it is
    done or instead of the reply; None is for a call that succeeds. `on_call[rpc]` are called with each
    request as it comes; it is done when `hold_until[rpc]` is set. With `rounds`, coordinates are kept in 32 bits.
    """

    def __init__(self, *image_ids: str) -> None:
        self.images = {one: StoredImage(one, number) for number, one in enumerate(image_ids, 1)}
        self.dataset_names: dict[str, str] = {}
        self.calls: list[tuple[str, Any]] = []
        self.down: grpc.StatusCode | None = None
        self.fail_before: dict[str, deque[grpc.StatusCode | None]] = defaultdict(deque)
        self.fail_after: dict[str, deque[grpc.StatusCode | None]] = defaultdict(deque)
        self.on_call: dict[str, list[Before]] = defaultdict(list)
        self.organizations = {ORGANIZATION: "Acme"}
        self.skips_unknown = False
        self.rounds = False
        self.hold_until: dict[str, asyncio.Event] = {}
        self._numbers = itertools.count(1)

    def names_called(self, *ignored: str) -> list[str]:
        return [name for name, _ in self.calls if name not in ignored]

    def boxes(self, image_id: str) -> list[Box]:
        return list(self.images[image_id].boxes.values())

    @asynccontextmanager
    async def serving(self, target: str) -> AsyncIterator[int]:
        """This service, listening at `target` ("unix:/path" or "host:0"); gives the port."""
        server = grpc.aio.server()
        for service in SERVICES:
            handlers = {one.name: self._handler(one) for one in service.methods if hasattr(self, one.name)}
            server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service.full_name, handlers)])
        port = server.add_insecure_port(target)
        await server.start()
        try:
            yield port
        finally:
            await server.stop(None)

    @asynccontextmanager
    async def connected(self, target: str) -> AsyncIterator[Connection]:
        """A connection to this service, which listens at `target` ("unix:/path") as long."""
        async with self.serving(target):
            connection = await Connection.open(Endpoint(target, PLAINTEXT))
            try:
                yield connection
            finally:
                connection.close()

    def _handler(self, method: MethodDescriptor) -> grpc.RpcMethodHandler[Any, Any]:
        """Does what the RPC's method does, counted, and failed where it is to fail."""
        name, run = method.name, getattr(self, method.name)

        async def call(request: Any, context: Any) -> Any:
            self.calls.append((name, request))
            for listener in self.on_call[name]:
                listener(request)
            if self.down is not None:
                await context.abort(self.down, "told to fail")
            if self.fail_before[name] and (status := self.fail_before[name].popleft()):
                await context.abort(status, "told to fail before")
            if name in self.hold_until:
                await self.hold_until[name].wait()
            response = await run(request, context)
            if self.fail_after[name] and (status := self.fail_after[name].popleft()):
                await context.abort(status, "told to lose the reply")
            return response

        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(run, *_codecs(method))
        return grpc.unary_unary_rpc_method_handler(call, *_codecs(method))

    async def _image(self, image_id: str, context: Any) -> StoredImage:
        if image_id not in self.images:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"{image_id}: no such image")
        return self.images[image_id]

    async def _images(self, ids: Any, context: Any) -> list[StoredImage]:
        return [await self._image(one, context) for one in ids if one in self.images or not self.skips_unknown]

    async def BinaryDataByIDs(self, request: Any, context: Any) -> Any:
        response = data_pb2.BinaryDataByIDsResponse()
        for image in await self._images(request.binary_data_ids, context):
            response.data.add(metadata=image.metadata(), binary=image.content if request.include_binary else b"")
        return response

    async def BinaryDataByFilter(self, request: Any, context: Any) -> Any:
        asked = request.data_request
        tags = set(asked.filter.tags_filter.tags)
        found = [
            image
            for image in sorted(self.images.values(), key=lambda one: one.number)
            if (not tags or tags & set(image.tags))
            and (not asked.filter.dataset_id or asked.filter.dataset_id in image.datasets)
        ]
        if request.count_only:
            return data_pb2.BinaryDataByFilterResponse(count=len(found))
        if asked.sort_order != data_pb2.ORDER_ASCENDING:
            found.reverse()
        if asked.last:
            last = self.images[asked.last].number
            ascending = asked.sort_order == data_pb2.ORDER_ASCENDING
            found = [one for one in found if (one.number > last if ascending else one.number < last)]
        page = found[: asked.limit or 50]
        response = data_pb2.BinaryDataByFilterResponse(count=len(page), last=page[-1].id if page else "")
        for image in page:
            response.data.add(metadata=image.metadata())
        return response

    async def DeleteBinaryDataByIDs(self, request: Any, context: Any) -> Any:
        gone = [self.images.pop(one, None) for one in request.binary_data_ids]
        return data_pb2.DeleteBinaryDataByIDsResponse(deleted_count=sum(one is not None for one in gone))

    async def TagsByFilter(self, request: Any, context: Any) -> Any:
        tags = sorted({tag for image in self.images.values() for tag in image.tags})
        return data_pb2.TagsByFilterResponse(tags=[*tags, "VIAM_DATASET_x"])

    async def BoundingBoxLabelsByFilter(self, request: Any, context: Any) -> Any:
        labels = sorted({box.label for image in self.images.values() for box in image.boxes.values()})
        return data_pb2.BoundingBoxLabelsByFilterResponse(labels=labels)

    async def AddTagsToBinaryDataByIDs(self, request: Any, context: Any) -> Any:
        for image in await self._images(request.binary_data_ids, context):
            image.tags.extend(tag for tag in request.tags if tag not in image.tags)
        return data_pb2.AddTagsToBinaryDataByIDsResponse()

    async def RemoveTagsFromBinaryDataByIDs(self, request: Any, context: Any) -> Any:
        for image in await self._images(request.binary_data_ids, context):
            image.tags = [tag for tag in image.tags if tag not in request.tags]
        return data_pb2.RemoveTagsFromBinaryDataByIDsResponse()

    async def AddBinaryDataToDatasetByIDs(self, request: Any, context: Any) -> Any:
        if request.dataset_id.startswith("local-"):
            await context.abort(grpc.StatusCode.NOT_FOUND, f"{request.dataset_id}: no such dataset")
        for image in await self._images(request.binary_data_ids, context):
            if request.dataset_id not in image.datasets:
                image.datasets.append(request.dataset_id)
        return data_pb2.AddBinaryDataToDatasetByIDsResponse()

    async def RemoveBinaryDataFromDatasetByIDs(self, request: Any, context: Any) -> Any:
        for image in await self._images(request.binary_data_ids, context):
            image.datasets = [one for one in image.datasets if one != request.dataset_id]
        return data_pb2.RemoveBinaryDataFromDatasetByIDsResponse()

    async def AddBoundingBoxToImageByID(self, request: Any, context: Any) -> Any:
        if not request.label:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "label: is empty")
        image = await self._image(request.binary_data_id, context)
        box_id = f"box-{next(self._numbers)}"
        image.boxes[box_id] = box_from(
            data_pb2.BoundingBox(
                id=box_id,
                label=request.label,
                x_min_normalized=self._kept(request.x_min_normalized),
                y_min_normalized=self._kept(request.y_min_normalized),
                x_max_normalized=self._kept(request.x_max_normalized),
                y_max_normalized=self._kept(request.y_max_normalized),
                confidence=request.confidence if request.HasField("confidence") else None,
            )
        )
        return data_pb2.AddBoundingBoxToImageByIDResponse(bbox_id=box_id)

    def _kept(self, value: float) -> float:
        return float(struct.unpack("f", struct.pack("f", value))[0]) if self.rounds else value

    async def UpdateBoundingBox(self, request: Any, context: Any) -> Any:
        image = await self._image(request.binary_data_id, context)
        if request.bbox_id not in image.boxes:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"{request.bbox_id}: no such box")
        image.boxes[request.bbox_id] = Box(
            request.bbox_id,
            request.label,
            request.x_min_normalized,
            request.y_min_normalized,
            request.x_max_normalized,
            request.y_max_normalized,
            request.confidence if request.HasField("confidence") else image.boxes[request.bbox_id].confidence,
        )
        return data_pb2.UpdateBoundingBoxResponse()

    async def RemoveBoundingBoxFromImageByID(self, request: Any, context: Any) -> Any:
        image = await self._image(request.binary_data_id, context)
        if image.boxes.pop(request.bbox_id, None) is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"{request.bbox_id}: no such box")
        return data_pb2.RemoveBoundingBoxFromImageByIDResponse()

    async def CreateDataset(self, request: Any, context: Any) -> Any:
        if request.name in self.dataset_names.values():
            await context.abort(grpc.StatusCode.ALREADY_EXISTS, f"{request.name}: the name is taken")
        dataset_id = f"dataset-{next(self._numbers)}"
        self.dataset_names[dataset_id] = request.name
        return dataset_pb2.CreateDatasetResponse(id=dataset_id)

    async def RenameDataset(self, request: Any, context: Any) -> Any:
        if request.name in self.dataset_names.values():
            await context.abort(grpc.StatusCode.ALREADY_EXISTS, f"{request.name}: the name is taken")
        self.dataset_names[request.id] = request.name
        return dataset_pb2.RenameDatasetResponse()

    async def DeleteDataset(self, request: Any, context: Any) -> Any:
        del self.dataset_names[request.id]
        for image in self.images.values():
            image.datasets = [one for one in image.datasets if one != request.id]
        return dataset_pb2.DeleteDatasetResponse()

    async def ListDatasetsByIDs(self, request: Any, context: Any) -> Any:
        response = dataset_pb2.ListDatasetsByIDsResponse()
        for dataset_id in request.ids:
            if dataset_id not in self.dataset_names:
                await context.abort(grpc.StatusCode.NOT_FOUND, f"{dataset_id}: no such dataset")
            response.datasets.add(id=dataset_id, name=self.dataset_names[dataset_id])
        return response

    async def ListDatasetsByOrganizationID(self, request: Any, context: Any) -> Any:
        response = dataset_pb2.ListDatasetsByOrganizationIDResponse()
        for dataset_id, name in self.dataset_names.items():
            response.datasets.add(id=dataset_id, name=name, organization_id=request.organization_id)
        return response

    async def Authenticate(self, request: Any, context: Any) -> Any:
        return auth_pb2.AuthenticateResponse(access_token="token")

    async def ListOrganizations(self, request: Any, context: Any) -> Any:
        organizations = [app_pb2.Organization(id=one, name=name) for one, name in self.organizations.items()]
        return app_pb2.ListOrganizationsResponse(organizations=organizations)

    async def ListLocations(self, request: Any, context: Any) -> Any:
        return app_pb2.ListLocationsResponse(locations=[app_pb2.Location(id="loc", name="Hall 1")])

    async def ListRobots(self, request: Any, context: Any) -> Any:
        return app_pb2.ListRobotsResponse(robots=[app_pb2.Robot(id="rob", name="Press", location="loc")])

    async def GetRobotParts(self, request: Any, context: Any) -> Any:
        return app_pb2.GetRobotPartsResponse(parts=[app_pb2.RobotPart(id="part", name="Press-main")])


class LabelerApi(DataApi):
    """The same with `labeler.v1`, for its own user on this machine."""

    async def Describe(self, request: Any, context: Any) -> Any:
        return labeler_pb2.DescribeResponse(version="1", opens_paths=True, organization_id=ORGANIZATION)

    async def ListImages(self, request: Any, context: Any) -> Any:
        tags = set(request.filter.tags_filter.tags)
        found = [image for image in self.images.values() if not tags or tags & set(image.tags)]
        found.sort(key=lambda one: one.id, reverse=request.order == labeler_pb2.IMAGE_ORDER_NAME_DESCENDING)
        start = int(request.page_token or 0)
        page = found[start : start + request.limit]
        response = labeler_pb2.ListImagesResponse()
        for image in page:
            response.images.add(metadata=image.metadata(), problem=image.problem)
        if start + len(page) < len(found):
            response.next_page_token = str(start + len(page))
        return response

    async def ListChoices(self, request: Any, context: Any) -> Any:
        tag, dataset = labeler_pb2.CHOICE_FIELD_TAG, labeler_pb2.CHOICE_FIELD_DATASET
        choices = [
            labeler_pb2.Choice(field=tag, value="night", title="night", count=3),
            labeler_pb2.Choice(field=dataset, value="set-1", title="Bolts", count=2),
            labeler_pb2.Choice(field=tag, value="day", title="day", count=1),
        ]
        return labeler_pb2.ListChoicesResponse(choices=choices)

    async def OpenPaths(self, request: Any, context: Any) -> AsyncIterator[Any]:
        refused = labeler_pb2.RefusedPath(path=request.paths[0], reason="told to refuse")
        yield labeler_pb2.OpenPathsProgress(found=1, refused=[refused])
        yield labeler_pb2.OpenPathsProgress(
            found=2, opened=2, digested=2, listed=True, component_names=[request.paths[0]]
        )


def _codecs(method: MethodDescriptor) -> tuple[Callable[[bytes], Message], Callable[[Any], bytes]]:
    return GetMessageClass(method.input_type).FromString, GetMessageClass(method.output_type).SerializeToString
