"""What readers and writers of all formats share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, TypeGuard

from labeler.domain.box import Box, check_box
from labeler.domain.image import Image
from labeler.domain.media import EXTENSION_OF_MIME
from labeler.domain.text import is_text


def file_id(image: Image) -> str:
    """The part of an image's id that names it within its location."""
    return image.id.rpartition("/")[2]


def name_of(image: Image) -> str:
    """The image's file name, or one made of its id where it has none."""
    return image.file_name or file_id(image) + EXTENSION_OF_MIME.get(image.mime_type, "")


def write_new(path: Path, content: bytes) -> None:
    """Make a file and its folders. Raises FileExistsError where the name is taken, be it by a link."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)


def inside(folder: Path, names: Iterable[str]) -> Path:
    """The first of the names that is a file in the folder, else the first of them that stays in it.

    A layout that came from elsewhere never leads out of its folder, also not by links: such names are
    passed over, and where no other is left the folder itself is returned, which is no file.
    """
    base = folder.resolve()
    found: list[Path] = []
    for name in names:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not parts or parts[0].endswith((":", "/")) or ".." in parts or "\0" in name or not is_text(name):
            continue
        path = folder.joinpath(*parts)
        if path.resolve().is_relative_to(base):
            found.append(path)
    return next((path for path in found if os.path.isfile(path)), found[0] if found else folder)  # noqa: PTH113


def usable_tags(value: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tags of a list, each once, and sentences on those that are none."""
    values = value if isinstance(value, list) else []
    tags = dict.fromkeys(tag for tag in values if _is_tag(tag))
    problems = tuple(f"{tag!a} is not a tag" for tag in values if not _is_tag(tag))
    return tuple(tags), problems


def _is_tag(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and is_text(value) and bool(value.strip())


def _clamped(box: Box) -> Box:
    values = {name: min(max(getattr(box, name), 0.0), 1.0) for name in ("x_min", "y_min", "x_max", "y_max")}
    return replace(box, **values)


def usable_boxes(
    name: str, records: Iterable[object], box_of: Callable[[Any], Box]
) -> tuple[tuple[Box, ...], tuple[str, ...]]:
    """The boxes of the records, cut off at the picture's border, and sentences on records that give none.

    `box_of` raises KeyError, TypeError or ValueError for a record it cannot read.
    """
    found: list[Box] = []
    problems: list[str] = []
    for record in records:
        try:
            box = _clamped(box_of(record))
            check_box(box)
            found.append(box)
        except KeyError as error:
            problems.append(f"{name}: a box is left out: {error} is missing")
        except (TypeError, ValueError, AttributeError) as error:
            problems.append(f"{name}: a box is left out: {error}")
    return tuple(found), tuple(problems)
