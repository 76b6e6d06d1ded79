from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from labeler.domain.box import Box
from labeler.domain.errors import InvalidValue
from labeler.domain.image import Image
from labeler.formats.coco import CocoWriter, read_coco
from labeler.formats.registry import FORMATS, format_of


def write(folder: Path, images: Sequence[tuple[Image, bytes]], labels: Sequence[str] = ()) -> dict[str, Any]:
    writer = CocoWriter(folder, folder, labels)
    for image, content in images:
        writer.add(image, content)
    writer.close()
    written: dict[str, Any] = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
    return written


def test_an_export_has_what_coco_defines(tmp_path: Path, image: Image, rocket: bytes) -> None:
    empty = Image("org-1/loc-1/file-2", "cat.jpg")
    content = write(tmp_path, [(empty, rocket), (image, rocket)])
    assert content["images"] == [
        {"id": 1, "file_name": "cat.jpg", "width": 640, "height": 427, "tags": [],
         "labeler_id": "org-1/loc-1/file-2", "labeler_name": "cat.jpg"},
        {"id": 2, "file_name": "line 2/cat.jpg", "width": 640, "height": 427,
         "date_captured": "2024-01-01T10:20:30.500000Z", "tags": ["good", "<night>"],
         "labeler_id": "org-1/loc-1/file-1", "labeler_name": "line 2/cat.jpg"},
    ]  # fmt: skip
    assert content["categories"] == [
        {"id": 1, "name": "cat", "supercategory": ""},
        {"id": 2, "name": "größe", "supercategory": ""},
    ]
    first, second = content["annotations"]
    assert first["bbox"] == pytest.approx([64, 85.4, 256, 170.8])
    assert first["area"] == pytest.approx(256 * 170.8)
    assert {key: first[key] for key in ("id", "image_id", "category_id", "iscrowd", "segmentation", "score")} == {
        "id": 1, "image_id": 2, "category_id": 1, "iscrowd": 0, "segmentation": [], "score": 0.93,
    }  # fmt: skip
    assert (second["id"], second["category_id"], "score" in second) == (2, 2, False)
    assert (tmp_path / "images" / "line 2" / "cat.jpg").read_bytes() == rocket
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {"annotations.json", "images/cat.jpg", "images/line 2/cat.jpg"}


def test_labels_keep_the_order_that_is_given(tmp_path: Path, image: Image, rocket: bytes) -> None:
    content = write(tmp_path, [(image, rocket)], labels=("größe", "unused"))
    assert [one["name"] for one in content["categories"]] == ["größe", "unused", "cat"]
    assert [one["category_id"] for one in content["annotations"]] == [3, 1]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_are_in_pixels_of_the_displayed_picture(tmp_path: Path, rocket: bytes, orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    out = BytesIO()
    Pillow.open(BytesIO(rocket)).save(out, "JPEG", exif=exif)
    content = write(tmp_path, [(Image("i", "a.jpg", boxes=(Box("b", "x", 0.5, 0.5, 1, 1),)), out.getvalue())])
    width, height = (427, 640) if orientation >= 5 else (640, 427)
    assert content["annotations"][0]["bbox"] == [width / 2, height / 2, width / 2, height / 2]
    assert (tmp_path / "images" / "a.jpg").read_bytes() == out.getvalue()


def test_what_is_written_reads_back(tmp_path: Path, image: Image, rocket: bytes) -> None:
    write(tmp_path, [(image, rocket), (replace(image, id="other", boxes=(), tags=()), rocket)])
    first, second = read_coco(tmp_path)
    assert (first.path, first.tags, first.image_id) == (tmp_path / "images/line 2/cat.jpg", image.tags, image.id)
    for read, box in zip(first.boxes, image.boxes, strict=True):
        assert (read.label, read.confidence) == (box.label, box.confidence)
        assert (read.x_min, read.y_min, read.x_max, read.y_max) == pytest.approx(
            (box.x_min, box.y_min, box.x_max, box.y_max), abs=1e-12
        )
    assert second.path == tmp_path / "images/line 2/cat-2.jpg"
    assert (second.tags, second.boxes, second.problems) == ((), (), ())


def test_an_export_of_nothing_is_whole(tmp_path: Path) -> None:
    content = write(tmp_path, [])
    assert (content["images"], content["annotations"], content["categories"]) == ([], [], [])
    assert list(read_coco(tmp_path)) == []
    assert format_of(tmp_path) is FORMATS["coco"]


def test_a_picture_that_cannot_be_measured_leaves_nothing(tmp_path: Path, image: Image, rocket: bytes) -> None:
    writer = CocoWriter(tmp_path, tmp_path)
    with pytest.raises(InvalidValue):
        writer.add(image, b"no picture")
    writer.add(image, rocket)
    writer.close()
    assert [one.path.name for one in read_coco(tmp_path)] == ["cat.jpg"]


def foreign(folder: Path, **changes: object) -> None:
    (folder / "a.jpg").write_bytes(b"")
    content: dict[str, object] = {
        "images": [{"id": 7, "file_name": "a.jpg", "width": 100, "height": 200, "coco_url": "x"}],
        "annotations": [{"id": 0, "image_id": 7, "category_id": 0, "bbox": [10, 20, 30, 40], "foreign": 1}],
        "categories": [{"id": 0, "name": "dog"}],
    }
    (folder / "annotations.json").write_text(json.dumps(content | changes))


def test_a_foreign_file_with_ids_from_0_and_pictures_beside_it_is_read(tmp_path: Path) -> None:
    foreign(tmp_path)
    (read,) = read_coco(tmp_path)
    assert (read.path, read.image_id, read.problems) == (tmp_path / "a.jpg", "", ())
    box = read.boxes[0]
    assert (box.label, box.x_min, box.y_min, box.x_max, box.y_max) == ("dog", 0.1, 0.1, 0.4, 0.3)


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        ({"image_id": 7, "category_id": 5, "bbox": [0, 0, 1, 1]}, "5 is missing"),
        ({"image_id": 7, "category_id": 0}, "'bbox' is missing"),
        ({"image_id": 7, "category_id": 0, "bbox": [0, 0, 0, 1]}, "x_min"),
        ({"image_id": 7, "category_id": 0, "bbox": ["a", 0, 0, 1]}, "could not convert"),
        ({"image_id": 7, "category_id": 0, "bbox": None}, "left out"),
        ({"image_id": 7, "category_id": 0, "bbox": [0, 0, float("nan"), 1]}, "x_max"),
    ],
)
def test_a_bad_box_is_left_out_and_told_and_the_next_is_read(
    tmp_path: Path, annotation: dict[str, object], reason: str
) -> None:
    foreign(tmp_path, annotations=[annotation, {"image_id": 7, "category_id": 0, "bbox": [50, 0, 500, 20]}])
    (read,) = read_coco(tmp_path)
    assert [(box.x_min, box.x_max) for box in read.boxes] == [(0.5, 1.0)]
    (problem,) = read.problems
    assert reason in problem


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd", "C:/a.jpg", "link/passwd", "a\0.jpg"])
def test_names_that_lead_out_of_the_folder_are_not_followed(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "link").symlink_to("/etc")
    foreign(folder, images=[{"id": 7, "file_name": name, "width": 1, "height": 1}])
    (read,) = read_coco(folder)
    assert not read.path.is_file()
    assert read.path.is_relative_to(folder)


@pytest.mark.parametrize("text", ["{", "[]", '{"images": 3}', "\ufeff"])
def test_what_is_not_coco_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "annotations.json").write_text(text)
    with pytest.raises(InvalidValue, match=r"annotations\.json: not"):
        list(read_coco(tmp_path))
