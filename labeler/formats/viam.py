"""Viam's export: `data/`, `metadata/` and `dataset.jsonl`, as `viam dataset export` writes them.

File by file the same as rdk's cli/data.go and cli/dataset.go, and goutils' CustomTrainingMetadata, with
two differences: names that some system could not hold, or that clash, are changed (`binary_data_id` says
which image it is, `labeler_name` what it was called), and `image_path` has forward slashes on every system,
as with `--force-linux-path`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from labeler.domain.box import Box
from labeler.domain.edit import new_id
from labeler.domain.errors import InvalidValue
from labeler.domain.image import Image
from labeler.domain.media import EXTENSION_OF_MIME
from labeler.formats.go_json import EPOCH, go_json, go_time_string, protojson_time, rfc3339_nano
from labeler.formats.layout import Labeled
from labeler.formats.names import Names
from labeler.formats.reading import file_id, inside, usable_boxes, usable_tags, write_new

MANIFEST = "dataset.jsonl"
_CAPTURE_FOLDER = "/.viam/capture/"
_LARGEST_UNPACKED = 512 << 20


def _extension(image: Image) -> str:
    suffix = PurePosixPath(image.file_name).suffix
    return suffix or EXTENSION_OF_MIME.get(image.mime_type, "")


def file_name_for_download(image: Image) -> str:
    """What Viam calls the image's file on disk (`filenameForDownload` and `dataFilePath` of cli/data.go)."""
    time = rfc3339_nano(image.time_requested or EPOCH)
    name = image.file_name
    if not name:
        name = f"{time}_{file_id(image)}{_extension(image)}"
    elif "/" not in name.removeprefix("./"):
        name = f"{time}_{name.removeprefix('./')}"
    name = name.rpartition(_CAPTURE_FOLDER)[2].removesuffix(".gz").replace(":", "_")
    extension = _extension(image).removesuffix(".gz")
    return name if name.endswith(extension) else name + extension


def _without_zero(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if value not in ("", 0, [], {}, None)}


def _metadata_box(box: Box) -> dict[str, Any]:
    record = _without_zero({
        "id": box.id, "label": box.label, "xMinNormalized": box.x_min, "yMinNormalized": box.y_min,
        "xMaxNormalized": box.x_max, "yMaxNormalized": box.y_max,
    })  # fmt: skip
    return record if box.confidence is None else record | {"confidence": box.confidence}


def metadata_of(image: Image, file_name: str) -> dict[str, Any]:
    """The image as protojson of BinaryMetadata: zero values left out, 64-bit numbers as text."""
    capture = {
        "organizationId": image.organization_id, "locationId": image.location_id,
        "robotName": image.robot_name, "robotId": image.robot_id,
        "partName": image.part_name, "partId": image.part_id,
        "componentType": image.component_type, "componentName": image.component_name,
        "methodName": image.method, "tags": list(image.tags), "mimeType": image.mime_type,
    }  # fmt: skip
    times = {"timeRequested": image.time_requested, "timeReceived": image.time_received}
    return _without_zero({
        "id": file_id(image),
        "captureMetadata": _without_zero(capture),
        **{name: protojson_time(time) for name, time in times.items() if time},
        "fileName": file_name,
        "fileExt": _extension(image),
        "uri": image.uri,
        "annotations": _without_zero({"bboxes": [_metadata_box(box) for box in image.boxes]}),
        "datasetIds": list(image.dataset_ids),
        "binaryDataId": image.id,
        "fileSizeBytes": str(image.size_bytes) if image.size_bytes else "",
    })  # fmt: skip


def _line_box(box: Box) -> dict[str, Any]:
    record: dict[str, Any] = {"id": box.id} if box.id else {}
    record |= {
        "annotation_label": box.label, "x_min_normalized": box.x_min, "x_max_normalized": box.x_max,
        "y_min_normalized": box.y_min, "y_max_normalized": box.y_max,
    }  # fmt: skip
    return record if box.confidence is None else record | {"confidence": box.confidence}


def dataset_line(image: Image, image_path: str, original: str = "") -> str:
    """The image's line of `dataset.jsonl`, without the line's end; `original` is its name where the file's differs."""
    ids = {"binary_data_id": image.id, "labeler_name": original}
    always = {
        "image_path": image_path,
        "classification_annotations": [{"annotation_label": tag} for tag in image.tags],
        "bounding_box_annotations": [_line_box(box) for box in image.boxes],
    }
    return go_json({
        **always,
        **_without_zero(ids),
        "timestamp": go_time_string(image.time_requested or EPOCH),
        **_without_zero({"robot_id": image.robot_id}),
        "part_id": image.part_id,
        "component_name": image.component_name,
        **_without_zero({"organization_id": image.organization_id, "location_id": image.location_id}),
    })  # fmt: skip


def _unpacked(image: Image, content: bytes) -> bytes:
    if not image.file_name.endswith(".gz"):
        return content
    unpacking = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacking.decompress(content, _LARGEST_UNPACKED)
    except zlib.error as error:
        raise InvalidValue(f"it is named .gz but cannot be unpacked ({error})") from error
    if not unpacking.eof:
        raise InvalidValue("it is cut off, or larger than 512 MiB when unpacked")
    return unpacked


class ViamWriter:
    """Writes the layout, image by image."""

    def __init__(self, folder: Path, named: PurePath) -> None:
        self._folder = folder
        self._prefix = "" if named.as_posix() == "." else f"{named.as_posix()}/"
        self._names = Names(sidecars=(".json",))
        for name in ("data", "metadata"):
            (folder / name).mkdir()
        self._lines = (folder / MANIFEST).open("w", encoding="utf-8", newline="\n")

    def add(self, image: Image, content: bytes) -> None:
        content = _unpacked(image, content)
        wanted = file_name_for_download(image)
        name = self._names.take(wanted)
        path = self._folder / "data" / name
        about = self._folder / "metadata" / f"{name}.json"
        write_new(path, content)
        write_new(about, go_json(metadata_of(image, name), escape_html=False).encode())
        original = "" if name == wanted else image.file_name
        self._lines.write(dataset_line(image, f"{self._prefix}data/{name}", original) + "\n")

    def close(self) -> None:
        self._lines.close()

    def discard(self) -> None:
        self._lines.close()


def read_viam(folder: Path) -> Iterator[Labeled]:
    """The images of a `dataset.jsonl`; keys that are not known are not looked at.

    Files are looked for in the folder's `data/`, wherever the folder was when it was written. Raises
    InvalidValue naming the line where one is not JSON.
    """
    path = folder / MANIFEST
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except ValueError as error:
                raise InvalidValue(f"{path}: line {number} is not JSON ({error})") from error
            if not isinstance(record, dict) or not isinstance(record.get("image_path"), str):
                raise InvalidValue(f'{path}: line {number} has no "image_path"')
            yield _labeled(folder, record)


def _candidates(image_path: str) -> Iterator[str]:
    """What could follow `data/` in the folder: after each `data` of the path, then the whole path."""
    parts = image_path.replace("\\", "/").split("/")
    for place, part in enumerate(parts):
        if part == "data" and parts[place + 1 :]:
            yield "/".join(parts[place:])
    yield "data/" + image_path.lstrip("/")
    yield image_path


def _labeled(folder: Path, record: Mapping[str, Any]) -> Labeled:
    name = str(record["image_path"])
    classified = record.get("classification_annotations")
    values = [one.get("annotation_label") if isinstance(one, dict) else one
              for one in (classified if isinstance(classified, list) else [])]  # fmt: skip
    tags, problems = usable_tags(values)
    annotations = record.get("bounding_box_annotations")
    boxes, refused = usable_boxes(name, annotations if isinstance(annotations, list) else [], _box)
    identifier = record.get("binary_data_id")
    image_id = identifier if isinstance(identifier, str) else ""
    return Labeled(inside(folder, _candidates(name)), tags, boxes, image_id, (*problems, *refused))


def _box(record: Mapping[str, Any]) -> Box:
    edges = {edge: float(record[f"{edge}_normalized"]) for edge in ("x_min", "y_min", "x_max", "y_max")}
    label, confidence = record["annotation_label"], record.get("confidence")
    if not isinstance(label, str):
        raise TypeError(f"its label {label!r} is not text")
    return Box(new_id(), label, **edges, confidence=None if confidence is None else float(confidence))
