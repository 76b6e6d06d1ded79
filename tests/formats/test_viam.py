from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path, PurePosixPath

import pytest

from labeler.domain.box import Box
from labeler.domain.errors import InvalidValue
from labeler.domain.image import Image
from labeler.formats.go_json import go_json, go_time_string, protojson_time, rfc3339_nano
from labeler.formats.registry import FORMATS, format_of
from labeler.formats.viam import ViamWriter, dataset_line, file_name_for_download, read_viam


def test_the_line_of_an_image_is_exactly_what_viam_writes(image: Image) -> None:
    assert dataset_line(image, "out/data/line 2/cat.jpg") == (
        '{"image_path":"out/data/line 2/cat.jpg",'
        '"classification_annotations":[{"annotation_label":"good"},{"annotation_label":"\\u003cnight\\u003e"}],'
        '"bounding_box_annotations":[{"id":"b1","annotation_label":"cat","x_min_normalized":0.1,'
        '"x_max_normalized":0.5,"y_min_normalized":0.2,"y_max_normalized":0.6,"confidence":0.93},'
        '{"id":"b2","annotation_label":"größe","x_min_normalized":0,"x_max_normalized":1,'
        '"y_min_normalized":0.25,"y_max_normalized":0.25001}],'
        '"binary_data_id":"org-1/loc-1/file-1","timestamp":"2024-01-01 10:20:30.5 +0000 UTC",'
        '"robot_id":"robot-1","part_id":"part-1","component_name":"cam",'
        '"organization_id":"org-1","location_id":"loc-1"}'
    )


def test_what_is_empty_is_left_out_but_lists_part_and_component_are_not() -> None:
    assert dataset_line(Image(""), "data/a.jpg") == (
        '{"image_path":"data/a.jpg","classification_annotations":[],"bounding_box_annotations":[],'
        '"timestamp":"1970-01-01 00:00:00 +0000 UTC","part_id":"","component_name":""}'
    )


@pytest.mark.parametrize(
    ("file_name", "on_disk"),
    [
        ("whatever.txt", "1970-01-01T00_00_00Z_whatever.txt"),
        ("./whatever.txt", "1970-01-01T00_00_00Z_whatever.txt"),
        ("", "1970-01-01T00_00_00Z_file.jpeg"),
        ("a/b.jpg", "a/b.jpg"),
        ("a/12:30.jpg", "a/12_30.jpg"),
        ("/srv/robot/.viam/capture/cam/1.jpg", "cam/1.jpg"),
        ("a/b.pcd.gz", "a/b.pcd"),
        ("a/b", "a/b.jpeg"),
    ],
)
def test_files_are_named_as_by_viam(file_name: str, on_disk: str) -> None:
    assert file_name_for_download(Image("org/loc/file", file_name, "image/jpeg")) == on_disk


def test_the_time_in_a_name_is_utc_with_its_fraction() -> None:
    time = datetime(2024, 5, 1, 12, 0, 0, 120000, timezone(timedelta(hours=2)))
    assert file_name_for_download(Image("o/l/f", "a.jpg", time_requested=time)) == "2024-05-01T10_00_00.12Z_a.jpg"


def test_metadata_is_protojson_of_binary_metadata(tmp_path: Path, image: Image, rocket: bytes) -> None:
    writer = ViamWriter(tmp_path, PurePosixPath("out"))
    writer.add(image, rocket)
    writer.close()
    assert (tmp_path / "data/line 2/cat.jpg").read_bytes() == rocket
    assert (tmp_path / "metadata/line 2/cat.jpg.json").read_text(encoding="utf-8") == (
        '{"id":"file-1","captureMetadata":{"organizationId":"org-1","locationId":"loc-1","robotName":"cell",'
        '"robotId":"robot-1","partName":"cell-main","partId":"part-1","componentType":"camera","componentName":"cam",'
        '"methodName":"ReadImage","tags":["good","<night>"],"mimeType":"image/jpeg"},'
        '"timeRequested":"2024-01-01T10:20:30.500Z","timeReceived":"2024-01-01T10:20:31.001Z",'
        '"fileName":"line 2/cat.jpg","fileExt":".jpg","uri":"https://example.com/1",'
        '"annotations":{"bboxes":[{"id":"b1","label":"cat","xMinNormalized":0.1,"yMinNormalized":0.2,'
        '"xMaxNormalized":0.5,"yMaxNormalized":0.6,"confidence":0.93},{"id":"b2","label":"größe",'
        '"yMinNormalized":0.25,"xMaxNormalized":1,"yMaxNormalized":0.25001}]},'
        '"datasetIds":["set-1"],"binaryDataId":"org-1/loc-1/file-1","fileSizeBytes":"112525"}'
    )


def test_metadata_parses_as_the_message_of_viams_own_sdk(tmp_path: Path, image: Image, rocket: bytes) -> None:
    from google.protobuf import json_format
    from viam.gen.app.data.v1.data_pb2 import BinaryMetadata

    writer = ViamWriter(tmp_path, PurePosixPath("out"))
    writer.add(image, rocket)
    writer.close()
    text = (tmp_path / "metadata/line 2/cat.jpg.json").read_text(encoding="utf-8")
    message = json_format.Parse(text, BinaryMetadata())
    assert json.loads(json_format.MessageToJson(message)) == json.loads(text)
    assert message.file_size_bytes == 112525


def test_a_zero_confidence_is_not_left_out() -> None:
    line = json.loads(dataset_line(Image("i", boxes=(Box("b", "x", 0, 0, 1, 1, 0.0),)), "p"))
    assert line["bounding_box_annotations"][0]["confidence"] == 0


@pytest.mark.parametrize(
    ("named", "prefix"), [("out", "out/"), ("/abs/out", "/abs/out/"), (".", ""), ("../o", "../o/")]
)
def test_the_image_path_begins_with_the_folder_as_it_was_given(
    tmp_path: Path, named: str, prefix: str, rocket: bytes
) -> None:
    writer = ViamWriter(tmp_path, PurePosixPath(named))
    writer.add(Image("o/l/f", "a/b.jpg"), rocket)
    writer.close()
    line = json.loads((tmp_path / "dataset.jsonl").read_text())
    assert line["image_path"] == f"{prefix}data/a/b.jpg"


def test_what_is_packed_is_unpacked(tmp_path: Path) -> None:
    packing = zlib.compressobj(wbits=31)
    content = packing.compress(b"# .PCD") + packing.flush()
    writer = ViamWriter(tmp_path, PurePosixPath("out"))
    writer.add(Image("o/l/f", "a/cloud.pcd.gz"), content)
    for broken in (content[:-4], b"not packed"):
        with pytest.raises(InvalidValue):
            writer.add(Image("o/l/g", "a/broken.pcd.gz"), broken)
    writer.close()
    assert [path.name for path in (tmp_path / "data/a").iterdir()] == ["cloud.pcd"]
    assert (tmp_path / "data/a/cloud.pcd").read_bytes() == b"# .PCD"


def test_what_is_written_reads_back_also_where_the_folder_was_moved(
    tmp_path: Path, image: Image, rocket: bytes
) -> None:
    folder = tmp_path / "before"
    folder.mkdir()
    writer = ViamWriter(folder, PurePosixPath("some/data/before"))
    writer.add(image, rocket)
    writer.add(replace(image, id="o/l/2", tags=(), boxes=()), rocket)
    writer.add(Image("o/l/3", "Übung/../x?.png"), rocket)
    writer.close()
    moved = folder.rename(tmp_path / "after")
    assert format_of(moved) is FORMATS["viam"]
    read = list(read_viam(moved))
    names = [one.path.relative_to(moved).as_posix() for one in read]
    assert names == ["data/line 2/cat.jpg", "data/line 2/cat-2.jpg", "data/Übung/x_.png"]
    assert all(one.path.is_file() and not one.problems for one in read)
    assert (read[0].tags, read[0].image_id) == (image.tags, image.id)
    for one, other in zip(read[0].boxes, image.boxes, strict=True):
        assert one.same_value(other)
    assert (read[1].tags, read[1].boxes) == ((), ())


def test_lines_of_2024_and_of_only_jsonl_are_read(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.jpeg").write_bytes(b"")
    old = (
        '{"image_path": "a.jpeg", "classification_annotations": [{"annotation_label": "blue_star"}], '
        '"bounding_box_annotations": [{"annotation_label": "star", "x_min_normalized": 0.382, '
        '"x_max_normalized": 0.51, "y_min_normalized": 0.356, "y_max_normalized": 1.2}, {"annotation_label": 3}], '
        '"later": {}}\n\n'
    )
    (tmp_path / "dataset.jsonl").write_text(old)
    (read,) = read_viam(tmp_path)
    assert (read.path, read.tags) == (tmp_path / "data/a.jpeg", ("blue_star",))
    (box,) = read.boxes
    assert (box.label, box.x_min, box.x_max, box.y_min, box.y_max) == ("star", 0.382, 0.51, 0.356, 1.0)
    assert len(read.problems) == 1


@pytest.mark.parametrize("line", ["{", "[]", '{"image_path": 3}', "\xff"])
def test_a_line_that_cannot_be_understood_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "dataset.jsonl").write_bytes(b'{"image_path": "a.jpg"}\n' + line.encode("latin-1") + b"\n")
    with pytest.raises(InvalidValue, match="line 2"):
        list(read_viam(tmp_path))


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.0, "0"), (1.0, "1"), (0.1, "0.1"), (1e-5, "0.00001"), (1.25e-5, "0.0000125"), (1e-7, "1e-7"),
     (1.5e-10, "1.5e-10"),
     (1e21, "1e+21"), (0.30000000000000004, "0.30000000000000004"), (1e16, "10000000000000000"),
     (1.2345e20, "123450000000000000000")],
)  # fmt: skip
def test_numbers_have_gos_form(number: float, text: str) -> None:
    assert go_json(number) == text
    assert float(text) == number


def test_times_have_gos_forms() -> None:
    time = datetime(2024, 1, 2, 3, 4, 5, 60, UTC)
    assert go_time_string(time) == "2024-01-02 03:04:05.00006 +0000 UTC"
    assert rfc3339_nano(time) == "2024-01-02T03:04:05.00006Z"
    assert protojson_time(time) == "2024-01-02T03:04:05.000060Z"
    assert protojson_time(time.replace(microsecond=120000)) == "2024-01-02T03:04:05.120Z"
    assert protojson_time(time.replace(microsecond=0)) == "2024-01-02T03:04:05Z"
