from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from labeler.domain.box import check_box
from labeler.domain.errors import InvalidValue
from labeler.samples import SampleSet, read_samples, write_samples
from labeler.samples.camera import HEIGHT, WIDTH, Light, Placed, add_part
from labeler.samples.scene import FRAMES_OF_LINE, LINES, draw_frame, make_ground, make_noise
from labeler.samples.shapes import KINDS

OF_LINE = 6


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    return write_samples(tmp_path_factory.mktemp("data") / "samples", OF_LINE)


def test_pictures_are_as_a_camera_stores_them(samples: SampleSet) -> None:
    assert LINES * FRAMES_OF_LINE == 60
    assert samples.images[OF_LINE + 4].file_name == "line-2/part-005.jpg"
    for image in samples.images:
        with Pillow.open(image.path) as picture:
            assert (picture.format, picture.size) == ("JPEG", (1280, 720))
            taken = picture.getexif().get_ifd(0x8769)[0x9003]
        assert taken == image.taken.strftime("%Y:%m:%d %H:%M:%S")


def test_pictures_of_a_line_are_taken_seconds_apart(samples: SampleSet) -> None:
    times = [image.taken for image in samples.images[:OF_LINE]]
    apart = [later - earlier for earlier, later in pairwise(times)]
    assert all(timedelta(seconds=1) <= one <= timedelta(seconds=10) for one in apart)


def test_boxes_are_valid_of_every_kind_and_some_are_cut_off_and_some_overlap(samples: SampleSet) -> None:
    boxes = [box for image in samples.images for box in image.boxes]
    for box in boxes:
        check_box(box)
    assert min(Counter(box.label for box in boxes).values()) >= 5
    assert {box.label for box in boxes} == {"bolt", "nut", "washer", "gear", "bracket"}
    assert any(box.x_min == 0 for box in boxes)
    assert any(box.x_max == 1 for box in boxes)
    assert all(box.x_max - box.x_min > 0.01 for box in boxes)
    assert any(
        one is not other and one.x_min < other.x_max and other.x_min < one.x_max
        and one.y_min < other.y_max and other.y_min < one.y_max
        for image in samples.images for one in image.boxes for other in image.boxes
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.label)
def test_a_part_is_drawn_where_its_box_says(kind: object) -> None:
    part_kind = next(one for one in KINDS if one is kind)
    light = Light((0.3, 0.3, 0.9), 1.0, (640, 360), 0.5, (1, 1, 1))
    frame = np.full((HEIGHT, WIDTH, 3), 0.05, np.float32)
    part = Placed(part_kind, 600.5, 300.25, 60.0, 0.7, (0.8, 0.8, 0.8))
    place, area = add_part(frame, part, light, np.random.default_rng(1))
    drawn = frame.max(2) > 0.09
    assert place.sum() == area
    assert (drawn & ~place).sum() < 0.02 * area
    for along in (0, 1):
        seen, told = np.flatnonzero(drawn.any(along)), np.flatnonzero(place.any(along))
        assert abs(seen[0] - told[0]) <= 2
        assert abs(seen[-1] - told[-1]) <= 2


def test_the_same_picture_is_drawn_each_time() -> None:
    noise = make_noise()
    first, second = (draw_frame((1, 6), make_ground(1), noise) for _ in range(2))
    assert first.boxes == second.boxes
    assert first.picture.tobytes() == second.picture.tobytes()


def test_light_changes_between_pictures(samples: SampleSet) -> None:
    means = []
    for image in samples.images[:OF_LINE]:
        with Pillow.open(image.path) as picture:
            means.append(np.asarray(picture.convert("L")).mean())
    assert max(means) > 1.3 * min(means)


def test_complete_samples_are_not_drawn_again(samples: SampleSet) -> None:
    before = [image.path.stat().st_mtime_ns for image in samples.images]
    assert write_samples(samples.folder, OF_LINE) == samples
    assert [image.path.stat().st_mtime_ns for image in samples.images] == before


def test_what_is_not_complete_is_none(samples: SampleSet, tmp_path: Path) -> None:
    assert read_samples(tmp_path) is None
    (tmp_path / "truth.json").write_bytes((samples.folder / "truth.json").read_bytes())
    assert read_samples(tmp_path) is None


def test_samples_of_another_version_are_none(samples: SampleSet, tmp_path: Path) -> None:
    content = json.loads((samples.folder / "truth.json").read_text())
    (tmp_path / "truth.json").write_text(json.dumps(content | {"version": 0, "images": []}))
    assert read_samples(tmp_path) is None


def test_a_belt_can_be_empty() -> None:
    assert draw_frame((0, 13), make_ground(0), make_noise()).boxes == ()


def test_somebody_elses_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InvalidValue, match="not empty"):
        write_samples(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
