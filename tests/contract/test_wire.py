"""Our messages and calls are those of viam-sdk, field by field."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, FileDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from viam.gen.app.data.v1 import data_pb2 as sdk_data
from viam.gen.app.dataset.v1 import dataset_pb2 as sdk_dataset
from viam.gen.app.datasync.v1 import data_sync_pb2 as sdk_sync
from viam.gen.app.v1 import app_pb2 as sdk_app
from viam.gen.proto.rpc.v1 import auth_pb2 as sdk_auth

from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.dataset.v1 import dataset_pb2
from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2
from labeler.rpc.wire.app.v1 import app_pb2
from labeler.rpc.wire.google.protobuf import any_pb2, field_mask_pb2, struct_pb2, timestamp_pb2
from labeler.rpc.wire.proto.rpc.v1 import auth_pb2

WHOLE = {
    "data": (data_pb2.DESCRIPTOR, sdk_data.DESCRIPTOR),
    "dataset": (dataset_pb2.DESCRIPTOR, sdk_dataset.DESCRIPTOR),
    "datasync": (data_sync_pb2.DESCRIPTOR, sdk_sync.DESCRIPTOR),
}
PARTS = {
    "app": (app_pb2.DESCRIPTOR, sdk_app.DESCRIPTOR),
    "auth": (auth_pb2.DESCRIPTOR, sdk_auth.DESCRIPTOR),
}
OURS_OF_GOOGLE = (any_pb2, field_mask_pb2, struct_pb2, timestamp_pb2)


def field_facts(field: FieldDescriptor) -> dict[str, Any]:
    return {
        "number": field.number,
        "type": field.type,
        "repeated": field.is_repeated,
        "presence": field.has_presence,
        "message": field.message_type.full_name if field.message_type else None,
        "enum": field.enum_type.full_name if field.enum_type else None,
        "oneof": field.containing_oneof.name if field.containing_oneof else None,
        "packed": field.is_packed,
        "default": field.default_value if not field.is_repeated else None,
        "json": field.json_name,
        "deprecated": field.GetOptions().deprecated,
    }


def enum_facts(enum: EnumDescriptor) -> Iterator[tuple[str, Any]]:
    yield f"enum {enum.full_name}", {value.name: value.number for value in enum.values}


def message_facts(message: Descriptor) -> Iterator[tuple[str, Any]]:
    options = message.GetOptions()
    yield f"message {message.full_name}", {"map": options.map_entry, "deprecated": options.deprecated}
    for field in message.fields:
        yield f"field {field.full_name}", field_facts(field)
    for nested in message.nested_types:
        yield from message_facts(nested)
    for enum in message.enum_types:
        yield from enum_facts(enum)


def service_facts(service: ServiceDescriptor) -> Iterator[tuple[str, Any]]:
    for method in service.methods:
        yield (
            f"rpc /{service.full_name}/{method.name}",
            {
                "request": method.input_type.full_name,
                "response": method.output_type.full_name,
                "client streaming": method.client_streaming,
                "server streaming": method.server_streaming,
                "deprecated": method.GetOptions().deprecated,
            },
        )


def facts(file: FileDescriptor) -> dict[str, Any]:
    found: dict[str, Any] = {"package": file.package}
    for message in file.message_types_by_name.values():
        found.update(message_facts(message))
    for enum in file.enum_types_by_name.values():
        found.update(enum_facts(enum))
    for service in file.services_by_name.values():
        found.update(service_facts(service))
    return found


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any], names: Iterator[str]) -> list[str]:
    missing = "missing"
    return [
        f"{name}: ours {ours.get(name, missing)}, viam-sdk's {theirs.get(name, missing)}"
        for name in sorted(names)
        if ours.get(name, missing) != theirs.get(name, missing)
    ]


@pytest.mark.parametrize("name", WHOLE)
def test_whole_files_are_the_same(name: str) -> None:
    ours, theirs = (facts(file) for file in WHOLE[name])
    assert len(ours) > 20
    assert differences(ours, theirs, iter(ours.keys() | theirs.keys())) == []


def changed(change: Callable[[FileDescriptorProto], None]) -> FileDescriptor:
    """Our dataset file with a change, as a wrong .proto would give it."""
    pool = descriptor_pool.DescriptorPool()
    for dependency in (timestamp_pb2.DESCRIPTOR, dataset_pb2.DESCRIPTOR):
        file = FileDescriptorProto()
        dependency.CopyToProto(file)
        if dependency is dataset_pb2.DESCRIPTOR:
            change(file)
        pool.Add(file)
    return pool.FindFileByName(dataset_pb2.DESCRIPTOR.name)


CHANGES: dict[str, Callable[[FileDescriptorProto], None]] = {
    "number": lambda file: setattr(file.message_type[0].field[0], "number", 99),
    "name": lambda file: setattr(file.message_type[0].field[0], "name", "other"),
    "type": lambda file: setattr(file.message_type[0].field[0], "type", FieldDescriptor.TYPE_BYTES),
    "label": lambda file: setattr(file.message_type[0].field[0], "label", FieldDescriptor.LABEL_REPEATED),
    "field missing": lambda file: file.message_type[0].field.pop(0) and None,
    "enum value": lambda file: setattr(file.enum_type[0].value[1], "number", 9),
    "rpc missing": lambda file: file.service[0].method.pop(0) and None,
    "rpc streams": lambda file: setattr(file.service[0].method[0], "server_streaming", True),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_comparison_sees(change: str) -> None:
    ours, theirs = facts(changed(CHANGES[change])), facts(sdk_dataset.DESCRIPTOR)
    assert differences(ours, theirs, iter(ours.keys() | theirs.keys()))


@pytest.mark.parametrize("name", PARTS)
def test_what_we_define_of_a_file_is_the_same(name: str) -> None:
    ours, theirs = (facts(file) for file in PARTS[name])
    assert differences(ours, theirs, iter(ours)) == []


@pytest.mark.parametrize("name", PARTS)
def test_messages_defined_in_part_are_whole(name: str) -> None:
    ours, theirs = PARTS[name]
    for message_name, message in ours.message_types_by_name.items():
        assert set(message.fields_by_name) == set(theirs.message_types_by_name[message_name].fields_by_name)
    for enum_name, enum in ours.enum_types_by_name.items():
        assert set(enum.values_by_name) == set(theirs.enum_types_by_name[enum_name].values_by_name)


def test_the_whole_sign_in_service_is_there() -> None:
    ours = auth_pb2.DESCRIPTOR.services_by_name["AuthService"]
    theirs = sdk_auth.DESCRIPTOR.services_by_name["AuthService"]
    assert set(ours.methods_by_name) == set(theirs.methods_by_name) == {"Authenticate"}


def test_a_desktop_can_offer_choices() -> None:
    methods = set(app_pb2.DESCRIPTOR.services_by_name["AppService"].methods_by_name)
    assert methods == {"ListOrganizations", "ListLocations", "ListRobots", "GetRobotParts"}


@pytest.mark.parametrize("module", OURS_OF_GOOGLE, ids=lambda module: module.__name__.rpartition(".")[2])
def test_well_known_types_are_those_of_protobuf(module: Any) -> None:
    theirs = descriptor_pool.Default().FindFileByName(module.DESCRIPTOR.name)
    ours, other = facts(module.DESCRIPTOR), facts(theirs)
    assert differences(ours, other, iter(ours.keys() | other.keys())) == []


@pytest.mark.process
@pytest.mark.parametrize(
    "order", [("viam.app.viam_client", "labeler.client"), ("labeler.client", "viam.app.viam_client")]
)
def test_both_clients_load_in_one_process(order: tuple[str, str]) -> None:
    code = (
        f"import {order[0]}, {order[1]}; from labeler.client import Filter; from viam.proto.app.data import Filter as F"
    )
    code += "; assert Filter.FromString(F(component_name='a').SerializeToString()).component_name == 'a'"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
