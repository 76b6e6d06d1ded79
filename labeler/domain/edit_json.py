"""Edits as JSON text, for files of this machine. Numbers come back exactly as they were."""

from __future__ import annotations

import json
from datetime import datetime
from types import NoneType
from typing import Any

from labeler.domain.box import Box
from labeler.domain.edit import (
    BoxChange,
    Change,
    DatasetChange,
    DeletionChange,
    Edit,
    MembershipChange,
    OnImage,
    TagChange,
)
from labeler.domain.errors import InvalidValue

VERSION = 1


def change_to_json(change: Change) -> str:
    if isinstance(change, BoxChange):
        return json.dumps(
            {"image": change.image_id, "before": box_to_list(change.before), "after": box_to_list(change.after)}
        )
    if isinstance(change, TagChange):
        return json.dumps({"image": change.image_id, "tag": change.tag, "after": change.after})
    if isinstance(change, DeletionChange):
        return json.dumps({"image": change.image_id, "deleted": change.after, "seen": _on_image_to(change.seen)})
    if isinstance(change, DatasetChange):
        names = {"before": change.before, "after": change.after}
        return json.dumps({"names of dataset": change.dataset_id, **names, "anyway": change.anyway})
    return json.dumps({"image": change.image_id, "dataset": change.dataset_id, "after": change.after})


def change_from_json(text: str) -> Change:
    """The change that `change_to_json` wrote. Raises InvalidValue for anything else."""
    try:
        found = json.loads(text)
        if "names of dataset" in found:
            return _dataset_change(found)
        image = _checked(found["image"], str)
        if "tag" in found:
            return TagChange(image, _checked(found["tag"], str), _checked(found["after"], bool))
        if "dataset" in found:
            return MembershipChange(image, _checked(found["dataset"], str), _checked(found["after"], bool))
        if "deleted" in found:
            return DeletionChange(image, _checked(found["deleted"], bool), _on_image_from(found["seen"]))
        before, after = box_from_list(found["before"]), box_from_list(found["after"])
        if before is None and after is None:
            raise ValueError("a change of nothing")
        return BoxChange(image, before, after)
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidValue(f"not a change of an edit: {text[:80]!r}") from error


def _dataset_change(found: dict[str, Any]) -> DatasetChange:
    before, after = (_checked(found[name], str, NoneType) for name in ("before", "after"))
    if before is after is None:
        raise ValueError("a change of nothing")
    return DatasetChange(_checked(found["names of dataset"], str), before, after, _checked(found["anyway"], bool))


def edit_to_json(edit: Edit) -> str:
    return json.dumps(
        {
            "version": VERSION,
            "id": edit.id,
            "title": edit.title,
            "at": edit.at.isoformat(),
            "merge": edit.merge,
            "changes": [change_to_json(change) for change in edit.changes],
        }
    )


def edit_from_json(text: str) -> Edit:
    """The edit that `edit_to_json` wrote. Raises InvalidValue for anything else, and for a later version."""
    try:
        found = json.loads(text)
        if found["version"] != VERSION:
            raise InvalidValue(f"an edit of version {found['version']}; this program knows version {VERSION}")
        changes = tuple(change_from_json(change) for change in found["changes"])
        at = datetime.fromisoformat(found["at"])
        title, edit_id, merge = (_checked(found[name], str) for name in ("title", "id", "merge"))
        return Edit(title, changes, edit_id, at, merge)
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue(f"not an edit: {text[:80]!r}") from error


def box_to_list(box: Box | None) -> list[Any] | None:
    """A box as a value of JSON."""
    if box is None:
        return None
    return [box.id, box.label, box.x_min, box.y_min, box.x_max, box.y_max, box.confidence]


def box_from_list(found: Any) -> Box | None:
    """The box that `box_to_list` gave. Raises TypeError or ValueError for anything else."""
    if found is None:
        return None
    box_id, label, *corners, confidence = _checked(found, list)
    x_min, y_min, x_max, y_max = (_checked(corner, float, int) for corner in corners)
    return Box(
        _checked(box_id, str),
        _checked(label, str),
        x_min,
        y_min,
        x_max,
        y_max,
        None if confidence is None else _checked(confidence, float, int),
    )


def _on_image_to(seen: OnImage | None) -> list[Any] | None:
    if seen is None:
        return None
    return [[box_to_list(box) for box in seen.boxes], seen.tags, seen.dataset_ids]


def _on_image_from(found: Any) -> OnImage | None:
    if found is None:
        return None
    boxes, *names = (_checked(part, list) for part in _checked(found, list))
    tags, dataset_ids = (tuple(_checked(one, str) for one in part) for part in names)
    return OnImage(tuple(box for one in boxes if (box := box_from_list(one)) is not None), tags, dataset_ids)


def _checked(found: Any, *kinds: type) -> Any:
    if type(found) not in kinds:
        raise TypeError(f"{found!r} is not a {kinds[0].__name__}")
    return found
