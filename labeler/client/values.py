"""Python values from and to the wire's Struct and Any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from labeler.rpc.errors import InvalidCallError
from labeler.rpc.wire.google.protobuf import any_pb2, struct_pb2

_VALUE_URL = "type.googleapis.com/google.protobuf.Value"


def fill_struct(name: str, value: object, struct: struct_pb2.Struct) -> None:
    """Set a Struct to a mapping. None, bool, numbers (as doubles), str, mappings and lists are taken."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a mapping, not {type(value).__name__}")
    for key, each in value.items():
        if not isinstance(key, str):
            raise TypeError(f"{name} has the key {key!r}; keys must be str")
        _fill_value(f"{name}[{key!r}]", each, struct.fields[key])


def _fill_value(name: str, value: object, target: struct_pb2.Value) -> None:
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = _double(name, value)
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        fill_struct(name, value, target.struct_value)
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        target.list_value.SetInParent()
        for place, each in enumerate(value):
            _fill_value(f"{name}[{place}]", each, target.list_value.values.add())
    else:
        raise TypeError(
            f"{name} is a {type(value).__name__}; the wire takes None, bool, numbers, str, mappings and lists"
        )


def _double(name: str, value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise InvalidCallError(name, "is larger than a double can be") from None


def from_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    """The mapping of a Struct; numbers are float, null is None."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _from_value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "number_value":
            return value.number_value
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return from_struct(value.struct_value)
        case "list_value":
            return [_from_value(each) for each in value.list_value.values]
        case _:
            return None


def packed(name: str, value: Mapping[str, Any] | None) -> dict[str, any_pb2.Any]:
    """A mapping whose values are packed each as a `google.protobuf.Value`, as Viam's own clients do it.

    (goutils' protoutils.ConvertMapToProtoAny.) A value that is a packed message already stays as it is.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a mapping, not {type(value).__name__}")
    result = {}
    for key, each in value.items():
        if not isinstance(key, str):
            raise TypeError(f"{name} has the key {key!r}; keys must be str")
        result[key] = _packed(f"{name}[{key!r}]", each)
    return result


def _packed(name: str, value: object) -> any_pb2.Any:
    if isinstance(value, Message) and value.DESCRIPTOR.full_name == "google.protobuf.Any":
        return any_pb2.Any.FromString(value.SerializeToString())
    message = struct_pb2.Value()
    _fill_value(name, value, message)
    return any_pb2.Any(type_url=_VALUE_URL, value=message.SerializeToString())
