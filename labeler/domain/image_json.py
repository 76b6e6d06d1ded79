"""Images as JSON text, for files of this machine. Numbers and times come back exactly as they were."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from labeler.domain.box import Box
from labeler.domain.edit_json import box_from_list, box_to_list
from labeler.domain.errors import InvalidValue
from labeler.domain.image import Image

_TIMES = ("time_requested", "time_received")
_LISTS = ("tags", "dataset_ids")
_SIZE = "size_bytes"
_TEXTS = tuple(one.name for one in fields(Image) if one.name not in (*_TIMES, *_LISTS, _SIZE, "boxes"))


def image_to_json(image: Image) -> str:
    held: dict[str, Any] = {name: value for name in _TEXTS if (value := getattr(image, name))}
    held |= {name: list(value) for name in _LISTS if (value := getattr(image, name))}
    held |= {name: time.isoformat() for name in _TIMES if (time := getattr(image, name)) is not None}
    if image.boxes:
        held["boxes"] = [box_to_list(box) for box in image.boxes]
    return json.dumps({**held, _SIZE: image.size_bytes})


def image_from_json(text: str) -> Image:
    """The image that `image_to_json` wrote. Raises InvalidValue for anything else."""
    try:
        held = json.loads(text)
        values: dict[str, Any] = {name: _checked(held[name], str) for name in _TEXTS if name in held}
        values |= {name: tuple(_checked(one, str) for one in held.get(name, ())) for name in _LISTS}
        values |= {name: datetime.fromisoformat(held[name]) for name in _TIMES if name in held}
        boxes = tuple(_box(one) for one in held.get("boxes", ()))
        return Image(**values, boxes=boxes, size_bytes=_checked(held[_SIZE], int))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidValue(f"not an image: {text[:80]!r}") from error


def _box(found: Any) -> Box:
    box = box_from_list(found)
    if box is None:
        raise TypeError("no box")
    return box


def _checked(found: Any, kind: type) -> Any:
    if type(found) is not kind:
        raise TypeError(f"{found!r} is not a {kind.__name__}")
    return found
