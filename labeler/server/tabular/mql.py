"""Which MQL pipelines are run, and what of them the store can do itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bson
from bson.dbref import DBRef
from bson.errors import BSONError

from labeler.domain.filter import Filter
from labeler.server.errors import invalid

STAGES = frozenset(
    (
        "$addFields", "$bucket", "$bucketAuto", "$count", "$densify", "$fill", "$geoNear", "$group", "$limit", "$match",
        "$project", "$redact", "$replaceRoot", "$replaceWith", "$sample", "$set", "$setWindowFields", "$skip", "$sort",
        "$sortByCount", "$unset", "$unwind",
    )
)  # fmt: skip
BANNED = frozenset(
    (
        "$out", "$merge", "$lookup", "$graphLookup", "$unionWith", "$facet", "$function", "$where", "$accumulator",
    )
)  # fmt: skip
_DEPTH = 100
_FIELDS = {
    "robot_id": "robot_id",
    "part_id": "part_id",
    "component_type": "component_type",
    "component_name": "component_name",
    "method_name": "method",
}


def pipeline_of(stages: Sequence[bytes]) -> list[dict[str, Any]]:
    """The stages as documents. Raises INVALID_ARGUMENT that names the stage which is none, or not allowed."""
    found = []
    for number, stage in enumerate(stages):
        field = f"mql_binary[{number}]"
        try:
            document: dict[str, Any] = bson.decode(stage)
        except (BSONError, ValueError, RecursionError):
            raise invalid(field, "not a BSON document") from None
        if len(document) != 1:
            raise invalid(field, "a stage has one field, its operator")
        operator = next(iter(document))
        if operator not in STAGES:
            raise invalid(field, f"the stage {operator} is not allowed")
        _check(document, field, 0)
        found.append(document)
    return found


def _check(value: Any, field: str, depth: int) -> None:
    if depth > _DEPTH:
        raise invalid(field, "nested too deeply")
    if isinstance(value, dict):
        for name, one in value.items():
            if name in BANNED:
                raise invalid(field, f"{name} is not allowed")
            _check(one, field, depth + 1)
    elif isinstance(value, list):
        for one in value:
            _check(one, field, depth + 1)
    elif isinstance(value, bson.Code | DBRef):
        # What such a reference holds is not looked into, and no reading has one.
        raise invalid(field, "code and references to other documents are not allowed")


def pushed_down(pipeline: Sequence[dict[str, Any]]) -> Filter:
    """What a leading $match surely asks of metadata; the pipeline still runs as a whole on what this keeps."""
    match = pipeline[0].get("$match") if pipeline else None
    if not isinstance(match, dict):
        return Filter()
    asked = {ours: match[theirs] for theirs, ours in _FIELDS.items() if _is_text(match.get(theirs))}
    location = match.get("location_id")
    return Filter(location_ids=(location,) if _is_text(location) and isinstance(location, str) else (), **asked)


def _is_text(value: Any) -> bool:
    return type(value) is str and value != ""
