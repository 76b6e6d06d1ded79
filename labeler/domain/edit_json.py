"""Edits as JSON text, for files of this machine. Numbers come back exactly as they were."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Change, Edit, MembershipChange, TagChange
from labeler.domain.errors import InvalidValue

VERSION = 1


def change_to_json(change: Change) -> str:
    if isinstance(change, BoxChange):
        return json.dumps({"image": change.image_id, "before": _box_to(change.before), "after": _box_to(change.after)})
    if isinstance(change, TagChange):
        return json.dumps({"image": change.image_id, "tag": change.tag, "after": change.after})
    return json.dumps({"image": change.image_id, "dataset": change.dataset_id, "after": change.after})


def change_from_json(text: str) -> Change:
    """The change that `change_to_json` wrote. Raises InvalidValue for anything else."""
    try:
        found = json.loads(text)
        if "tag" in found:
            return TagChange(found["image"], found["tag"], bool(found["after"]))
        if "dataset" in found:
            return MembershipChange(found["image"], found["dataset"], bool(found["after"]))
        return BoxChange(found["image"], _box_from(found["before"]), _box_from(found["after"]))
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidValue(f"not a change of an edit: {text[:80]!r}") from error


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
        return Edit(found["title"], changes, found["id"], at, found["merge"])
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue(f"not an edit: {text[:80]!r}") from error


def _box_to(box: Box | None) -> list[Any] | None:
    if box is None:
        return None
    return [box.id, box.label, box.x_min, box.y_min, box.x_max, box.y_max, box.confidence]


def _box_from(found: list[Any] | None) -> Box | None:
    return None if found is None else Box(*found)
