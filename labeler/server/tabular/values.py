"""Structs of the wire from and to JSON text, and captures from and to CaptureMetadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.google.protobuf import any_pb2, struct_pb2
from labeler.server.tabular.store import Capture


def value_from(message: struct_pb2.Value) -> Any:
    """None, bool, float, str, list or dict; all numbers of the wire are doubles and stay it."""
    kind = message.WhichOneof("kind")
    if kind is None or kind == "null_value":
        return None
    if kind == "struct_value":
        return struct_from(message.struct_value)
    if kind == "list_value":
        return [value_from(one) for one in message.list_value.values]
    return getattr(message, kind)


def struct_from(message: struct_pb2.Struct) -> dict[str, Any]:
    return {name: value_from(message.fields[name]) for name in sorted(message.fields)}


def json_of(message: struct_pb2.Struct) -> str:
    """The JSON text, keys sorted, with NaN and Infinity as Python writes them."""
    return json.dumps(struct_from(message))


def struct_of(text: str, message: struct_pb2.Struct) -> None:
    """Set the message to what `json_of` wrote."""
    message.Clear()
    message.update(json.loads(text))


def parameters_json(parameters: Mapping[str, any_pb2.Any]) -> str:
    """The parameters as `json_of` writes them; one of an unknown message type is left out."""
    found = {}
    for name in sorted(parameters):
        kind = parameters[name].type_url.rpartition("/")[2]
        if kind == "google.protobuf.Value":
            found[name] = value_from(struct_pb2.Value.FromString(parameters[name].value))
        elif kind == "google.protobuf.Struct":
            found[name] = struct_from(struct_pb2.Struct.FromString(parameters[name].value))
    return json.dumps(found)


def metadata_of(capture: Capture, organization_id: str) -> data_pb2.CaptureMetadata:
    message = data_pb2.CaptureMetadata.FromString(capture.method_parameters)
    message.MergeFrom(
        data_pb2.CaptureMetadata(
            organization_id=organization_id,
            location_id=capture.location_id,
            robot_name=capture.robot_name,
            robot_id=capture.robot_id,
            part_name=capture.part_name,
            part_id=capture.part_id,
            component_type=capture.component_type,
            component_name=capture.component_name,
            method_name=capture.method,
            tags=capture.tags,
        )
    )
    return message
