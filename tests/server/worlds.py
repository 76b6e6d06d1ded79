"""An organization with one of everything, and a valid message for any RPC, made of the RPC's descriptor.

Fields get their values by their names, so that an RPC that is new is called with sense, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import bson
import grpc
import grpc.aio
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from labeler.rpc.wire.app.data.v1 import data_pb2, data_pb2_grpc
from labeler.rpc.wire.app.dataset.v1 import dataset_pb2, dataset_pb2_grpc
from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2, data_sync_pb2_grpc
from labeler.rpc.wire.app.v1 import app_pb2
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.rpc.wire.proto.rpc.v1 import auth_pb2
from tests.server.served import Served, bearer, sign_in

SERVICES: tuple[ServiceDescriptor, ...] = tuple(
    service
    for module in (data_pb2, dataset_pb2, data_sync_pb2, app_pb2, labeler_pb2, auth_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
)
METHODS: tuple[MethodDescriptor, ...] = tuple(method for service in SERVICES for method in service.methods)
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256))


def path_of(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


def uploads(content: bytes, **about: Any) -> list[data_sync_pb2.FileUploadRequest]:
    """The messages of one upload."""
    metadata = data_sync_pb2.UploadMetadata(file_name="a", file_extension=".jpg", **about)
    data = data_sync_pb2.FileData(data=content)
    return [data_sync_pb2.FileUploadRequest(metadata=metadata), data_sync_pb2.FileUploadRequest(file_contents=data)]


@dataclass(frozen=True)
class World:
    """What an organization has, by id."""

    key: dict[str, str]
    token: str
    image: str
    box: str
    dataset: str
    trashed: str

    @classmethod
    async def make(cls, served: Served, channel: grpc.aio.Channel, name: str) -> World:
        key = await served.new_key(name)
        token = await sign_in(channel, key)
        who = bearer(token)
        data, sync = data_pb2_grpc.DataServiceStub(channel), data_sync_pb2_grpc.DataSyncServiceStub(channel)
        images = []
        for number in range(3):
            messages = uploads(JPEG + bytes([number]), part_id=key["part_id"], tags=["night"])
            images.append((await sync.FileUpload(iter(messages), metadata=who)).binary_data_id)
        gone = data_pb2.DeleteBinaryDataByIDsRequest(binary_data_ids=images[2:])
        await data.DeleteBinaryDataByIDs(gone, metadata=who)
        drawing = data_pb2.AddBoundingBoxToImageByIDRequest(
            binary_data_id=images[0],
            label="cat",
            x_min_normalized=0.1,
            y_min_normalized=0.2,
            x_max_normalized=0.3,
            y_max_normalized=0.4,
        )
        box = (await data.AddBoundingBoxToImageByID(drawing, metadata=who)).bbox_id
        making = dataset_pb2.CreateDatasetRequest(name=key["api_key_id"], organization_id=key["organization_id"])
        dataset = (await dataset_pb2_grpc.DatasetServiceStub(channel).CreateDataset(making, metadata=who)).id
        adding = data_pb2.AddBinaryDataToDatasetByIDsRequest(binary_data_ids=images[:1], dataset_id=dataset)
        await data.AddBinaryDataToDatasetByIDs(adding, metadata=who)
        reading = data_sync_pb2.DataCaptureUploadRequest()
        reading.metadata.CopyFrom(_source(key["part_id"]))
        reading.sensor_contents.add().struct.update({"t": 1.0})
        await sync.DataCaptureUpload(reading, metadata=who)
        return cls(key, token, images[0], box, dataset, images[2])

    def with_unknown_ids(self, like: str) -> World:
        """The same caller, who names what nobody has. `like` is one more hexadecimal digit of every id."""
        organization, location = f"00000000-0000-4000-8000-00000000000{like}", f"location0{like}"
        ids = {
            "organization_id": organization,
            "location_id": location,
            "robot_id": organization,
            "part_id": organization,
        }
        return replace(
            self,
            key={**self.key, **ids},
            image=f"{organization}/{location}/{like * 64}",
            trashed=f"{organization}/{location}/{like * 63}0",
            box=organization,
            dataset=like * 24,
        )

    def naming(self, other: World, what: str) -> World:
        """The same caller, who names one thing of the other: an attribute or a name of `key`."""
        if what in self.key:
            return replace(self, key={**self.key, what: other.key[what]})
        return replace(self, **{what: getattr(other, what)})

    def messages(self, method: MethodDescriptor) -> list[Message]:
        """The messages of a call that says all that it can, about this organization."""
        if method.name == "FileUpload":
            return list(uploads(JPEG, part_id=self.key["part_id"], tags=["a"], dataset_ids=[self.dataset]))
        if method.name == "StreamingDataCaptureUpload":
            first = data_sync_pb2.StreamingDataCaptureUploadRequest()
            self._fill(first.metadata.upload_metadata)
            first.metadata.sensor_metadata.annotations.bboxes.add(
                label="cat", x_min_normalized=0.1, y_min_normalized=0.1, x_max_normalized=0.2, y_max_normalized=0.2
            )
            return [first, data_sync_pb2.StreamingDataCaptureUploadRequest(data=JPEG)]
        message = GetMessageClass(method.input_type)()
        self._fill(message)
        self._correct(method.name, message)
        return [message]

    def _correct(self, name: str, message: Any) -> None:
        """What names of fields do not tell."""
        if name in ("RenameDataset", "DeleteDataset"):
            message.id = self.dataset
        elif name == "ListDatasetsByIDs":
            message.ids[:] = [self.dataset]
        elif name in ("RestoreImages", "PurgeImages"):
            message.binary_data_ids[:] = [self.trashed]
            message.all = False
        elif name == "TabularDataByMQL":
            message.data_source.Clear()
            message.mql_binary[:] = [bson.encode({"$limit": 1})]
        elif name == "DataCaptureUpload":
            del message.sensor_contents[:]
            message.metadata.CopyFrom(_source(self.key["part_id"]))
            message.sensor_contents.add().struct.update({"t": [1.0, {"a": None}], "x": "y"})
        elif name == "Authenticate":
            message.credentials.type = "api-key"
        elif name == "DeleteTabularData":
            message.delete_older_than_days = 1

    def _fill(self, message: Any, depth: int = 0) -> None:
        descriptor: Descriptor = message.DESCRIPTOR
        chosen = {oneof.fields[0].name for oneof in descriptor.oneofs}
        for field in descriptor.fields:
            if field.containing_oneof is not None and field.name not in chosen:
                continue
            if _is_of_old_ids(field) or descriptor.full_name.startswith("google.protobuf.Any"):
                continue
            self._set(message, field, depth)

    def _set(self, message: Any, field: FieldDescriptor, depth: int) -> None:
        if field.message_type is not None:
            if field.message_type.GetOptions().map_entry or depth > 3:
                return
            if field.message_type.full_name == "google.protobuf.Timestamp":
                getattr(message, field.name).seconds = 1_700_000_000 if "start" in field.name else 1_900_000_000
            elif field.message_type.full_name == "google.protobuf.Struct":
                getattr(message, field.name).update({"a": 1.0})
            else:
                inner = getattr(message, field.name)
                self._fill(inner.add() if field.is_repeated else inner, depth + 1)
            return
        value = self._value(field)
        if field.is_repeated:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)

    def _value(self, field: FieldDescriptor) -> Any:
        if field.name in self._by_name:
            return self._by_name[field.name]
        if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            return b"bytes" if field.type == FieldDescriptor.TYPE_BYTES else ""
        if field.enum_type is not None:
            return field.enum_type.values[-1].number
        return field.cpp_type != FieldDescriptor.CPPTYPE_BOOL and 1

    @property
    def _by_name(self) -> dict[str, Any]:
        key = self.key
        box = {"x_min_normalized": 0.1, "y_min_normalized": 0.1, "x_max_normalized": 0.5, "y_max_normalized": 0.5}
        return {
            **box,
            "organization_id": key["organization_id"],
            "organization_ids": key["organization_id"],
            "location_id": key["location_id"],
            "location_ids": key["location_id"],
            "robot_id": key["robot_id"],
            "part_id": key["part_id"],
            "binary_data_id": self.image,
            "binary_data_ids": self.image,
            "bbox_id": self.box,
            "bbox_labels": "cat",
            "dataset_id": self.dataset,
            "dataset_ids": self.dataset,
            "tags": "night",
            "label": "dog",
            "labels": "cat",
            "name": f"of {key['api_key_id']}",
            "confidence": 0.5,
            "limit": 10,
            "sql_query": "SELECT 1 AS a",
            "paths": "/nowhere",
            "entity": key["api_key_id"],
            "payload": key["api_key"],
            "resource_name": "s",
            "resource_subtype": "sensor",
            "method_name": "Readings",
            "expiration_minutes": 5,
        }


def _is_of_old_ids(field: FieldDescriptor) -> bool:
    """Images are named by `binary_data_id`; the form before it, in three parts, is another test's."""
    return field.message_type is not None and field.message_type.name == "BinaryID"


def _source(part_id: str) -> data_sync_pb2.UploadMetadata:
    return data_sync_pb2.UploadMetadata(
        part_id=part_id,
        component_type="sensor",
        component_name="s",
        method_name="Readings",
        type=data_sync_pb2.DATA_TYPE_TABULAR_SENSOR,
    )
