"""COCO object detection: `images/` and `annotations.json`.

Ids of images, annotations and categories start at 1, as id 0 means "none" to some readers. `width`,
`height` and `bbox` (x, y, width, height in pixels) are of the displayed picture, with its EXIF
orientation applied; picture files are written as they are, so a reader that ignores EXIF sees turned
pictures where the camera was turned. `file_name` is relative to `images/`. Images without boxes are
kept. Beside what COCO defines, an image has `tags`, `labeler_id` (its id on the service) and
`labeler_name` (its name there), an annotation of a model's box has `score`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePath
from typing import Any

from labeler.domain.box import Box
from labeler.domain.edit import new_id
from labeler.domain.errors import InvalidValue
from labeler.domain.image import Image
from labeler.formats.layout import Labeled
from labeler.formats.names import Names
from labeler.formats.picture import displayed_size
from labeler.formats.reading import inside, name_of, usable_boxes, usable_tags, write_new

MANIFEST = "annotations.json"
PICTURES = "images"
_INFO = {
    "description": "Exported by labeler. Sizes and boxes are of the displayed pictures (EXIF orientation applied).",
    "version": "1.0",
}


def _annotation(box: Box, identifier: int, image_number: int, width: int, height: int) -> dict[str, Any]:
    box_width, box_height = (box.x_max - box.x_min) * width, (box.y_max - box.y_min) * height
    found: dict[str, Any] = {
        "id": identifier,
        "image_id": image_number,
        "category_id": 0,
        "bbox": [box.x_min * width, box.y_min * height, box_width, box_height],
        "area": box_width * box_height,
        "iscrowd": 0,
        "segmentation": [],
    }
    if box.confidence is not None:
        found["score"] = box.confidence
    return found


class CocoWriter:
    """Writes the layout; records wait in two files beside it until the categories are known.

    Categories are in the order of `labels`, those that are not in it after them by name.
    """

    def __init__(self, folder: Path, named: PurePath, labels: Sequence[str] = ()) -> None:
        self._folder = folder
        self._first_labels = tuple(dict.fromkeys(labels))
        self._labels: set[str] = set()
        self._names = Names()
        self._image_count = self._box_count = 0
        self._waiting = {kind: folder / f".{kind}.waiting" for kind in ("images", "annotations")}
        self._files = ExitStack()
        opened = {kind: self._files.enter_context(path.open("w", encoding="utf-8"))
                  for kind, path in self._waiting.items()}  # fmt: skip
        self._images, self._annotations = opened["images"], opened["annotations"]
        (folder / PICTURES).mkdir()

    def add(self, image: Image, content: bytes) -> None:
        width, height = displayed_size(content)
        name = self._names.take(name_of(image))
        path = self._folder / PICTURES / name
        write_new(path, content)
        self._image_count += 1
        record: dict[str, Any] = {"id": self._image_count, "file_name": name, "width": width, "height": height}
        if image.time_requested:
            record["date_captured"] = image.time_requested.isoformat().replace("+00:00", "Z")
        record |= {"tags": list(image.tags), "labeler_id": image.id, "labeler_name": image.file_name}
        self._images.write(json.dumps(record, ensure_ascii=False) + "\n")
        for box in image.boxes:
            self._box_count += 1
            self._labels.add(box.label)
            annotation = _annotation(box, self._box_count, self._image_count, width, height)
            self._annotations.write(json.dumps([box.label, annotation], ensure_ascii=False) + "\n")

    def close(self) -> None:
        self._files.close()
        labels = (*self._first_labels, *sorted(self._labels.difference(self._first_labels)))
        numbers = {label: number for number, label in enumerate(labels, start=1)}
        categories = [{"id": number, "name": label, "supercategory": ""} for label, number in numbers.items()]
        with (self._folder / MANIFEST).open("w", encoding="utf-8") as file:
            file.write(f'{{"info": {json.dumps(_INFO)},\n"licenses": [],\n"images": [')
            file.writelines(_joined(self._lines("images")))
            file.write('],\n"annotations": [')
            file.writelines(_joined(self._numbered(numbers)))
            file.write(f'],\n"categories": {json.dumps(categories, ensure_ascii=False)}}}\n')
        for path in self._waiting.values():
            path.unlink()

    def discard(self) -> None:
        self._files.close()

    def _lines(self, kind: str) -> Iterator[str]:
        with self._waiting[kind].open(encoding="utf-8") as lines:
            yield from (line.rstrip("\n") for line in lines)

    def _numbered(self, numbers: Mapping[str, int]) -> Iterator[str]:
        for line in self._lines("annotations"):
            label, annotation = json.loads(line)
            yield json.dumps(annotation | {"category_id": numbers[label]}, ensure_ascii=False)


def _joined(records: Iterator[str]) -> Iterator[str]:
    for place, record in enumerate(records):
        yield (",\n" if place else "\n") + record


def _load(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        with path.open(encoding="utf-8") as file:
            content = json.load(file)
    except ValueError as error:
        raise InvalidValue(f"{path}: not JSON ({error})") from error
    if not (isinstance(content, dict) and isinstance(content.get("images"), list)):
        raise InvalidValue(f'{path}: not COCO; an object with a list "images" is expected')
    return content


def _dicts(content: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    values = content.get(key)
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def read_coco(folder: Path) -> Iterator[Labeled]:
    """The images of a COCO folder with their boxes as fractions. Keys that are not known are not looked at.

    Raises InvalidValue where `annotations.json` is not COCO.
    """
    content = _load(folder)
    labels = {category.get("id"): category.get("name") for category in _dicts(content, "categories")}
    boxes_of: dict[Any, list[dict[str, Any]]] = {}
    for annotation in _dicts(content, "annotations"):
        boxes_of.setdefault(annotation.get("image_id"), []).append(annotation)
    for record in _dicts(content, "images"):
        yield _labeled(folder, record, boxes_of.get(record.get("id"), []), labels)


def _labeled(
    folder: Path, record: Mapping[str, Any], annotations: Sequence[Mapping[str, Any]], labels: Mapping[Any, Any]
) -> Labeled:
    name = str(record.get("file_name", ""))
    path = inside(folder, (f"{PICTURES}/{name}", name))
    identifier = record.get("labeler_id")
    tags, problems = usable_tags(record.get("tags"))
    try:
        width, height = float(record["width"]), float(record["height"])
        if not (width > 0 and height > 0):
            raise ValueError(f"{width} x {height}")
    except (KeyError, TypeError, ValueError) as error:
        return Labeled(path, tags, (), "", (*problems, f"{name}: width and height are missing ({error})"))
    boxes, refused = usable_boxes(name, annotations, lambda one: _box(one, width, height, labels))
    return Labeled(path, tags, boxes, identifier if isinstance(identifier, str) else "", (*problems, *refused))


def _box(annotation: Mapping[str, Any], width: float, height: float, labels: Mapping[Any, Any]) -> Box:
    """The box of an annotation; raises KeyError, TypeError or ValueError if it has none."""
    label = labels[annotation["category_id"]]
    if not isinstance(label, str):
        raise TypeError("its category has no name")
    x, y, box_width, box_height = (float(value) for value in annotation["bbox"])
    score = annotation.get("score")
    edges = (x / width, y / height, (x + box_width) / width, (y + box_height) / height)
    return Box(new_id(), label, *edges, None if score is None else float(score))
