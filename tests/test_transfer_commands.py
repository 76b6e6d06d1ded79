"""`labeler import` and `labeler export` as a person runs them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path, PurePosixPath
from shutil import copyfile

import pytest
import skimage

from labeler.client.channel import Connection
from labeler.client.deliver import Calls
from labeler.client.source import ServiceSource
from labeler.domain.box import Box
from labeler.domain.edit import MembershipChange
from labeler.domain.filter import EMPTY, Order
from labeler.domain.image import Image
from labeler.formats.coco import CocoWriter, read_coco
from labeler.formats.viam import read_viam
from labeler.local import open_local
from tests.making import make_dataset

PHOTOGRAPHS = Path(skimage.__file__).parent / "data"
NAMES = ("rocket.jpg", "chelsea.png", "retina.jpg")
BOXES = (Box("b", "größe", 0.1, 0.2, 0.3, 0.4), Box("c", "cat", 0.0, 0.0, 1.0, 1.0, 1.0))
GUESS = Box("d", "dog", 0.0, 0.0, 0.5, 0.5, 0.5)


def labeler(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "labeler", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=60, check=False)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A COCO folder of real photographs, of which the first has labels."""
    folder = tmp_path / "photos"
    folder.mkdir()
    writer = CocoWriter(folder, PurePosixPath("photos"))
    for name in NAMES:
        labels = {"tags": ("night", "ok"), "boxes": (*BOXES, GUESS)} if name == NAMES[0] else {}
        writer.add(Image("", f"line 2/{name}", **labels), (PHOTOGRAPHS / name).read_bytes())  # type: ignore[arg-type]
    writer.close()
    return folder


async def put_into_dataset(data: Path, name: str) -> None:
    async with open_local(data) as local, await Connection.open(local.endpoint) as connection:
        source = await ServiceSource.open(connection)
        page = await source.page(EMPTY, Order.NAME, "", 10)
        dataset_id = await make_dataset(source, name)
        chosen = [image.id for image in page.images if image.file_name.endswith("chelsea.png")]
        await Calls(connection).set_on_images(MembershipChange(chosen[0], dataset_id, True), chosen)


def test_labels_go_in_and_out_in_both_formats_but_for_what_nobody_has_accepted(tmp_path: Path, photos: Path) -> None:
    done = labeler(tmp_path, "import", "--data", "data", "photos")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Imported 3 images; 3 boxes and 2 tags added\n"
    for name, read in (("coco", read_coco), ("viam", read_viam)):
        done = labeler(tmp_path, "export", "--data", "data", "--format", name, f"out/{name}")
        assert (done.returncode, done.stderr, done.stdout) == (0, "", f"Exported 3 images to out/{name}\n")
        found = {one.path.name: one for one in read(tmp_path / "out" / name)}
        assert set(found) == set(NAMES)
        for file_name, one in found.items():
            assert one.path.read_bytes() == (PHOTOGRAPHS / file_name).read_bytes()
        assert found["rocket.jpg"].tags == ("night", "ok")
        for box, original in zip(found["rocket.jpg"].boxes, BOXES, strict=True):
            assert (box.label, box.confidence) == (original.label, original.confidence)
            edges = (box.x_min, box.y_min, box.x_max, box.y_max)
            assert edges == pytest.approx((original.x_min, original.y_min, original.x_max, original.y_max), abs=1e-9)
        assert (found["retina.jpg"].tags, found["retina.jpg"].boxes) == ((), ())
    again = labeler(tmp_path, "import", "--data", "data", "photos")
    assert again.stdout == "Imported 0 images, 3 were there already\n"


def test_a_dataset_and_a_filter_choose_what_is_exported(tmp_path: Path, photos: Path) -> None:
    labeler(tmp_path, "import", "--data", "data", "photos")
    asyncio.run(put_into_dataset(tmp_path / "data", "Cats & dogs"))
    done = labeler(tmp_path, "export", "--data", "data", "--format", "viam", "set", "--dataset", "Cats & dogs")
    assert done.returncode == 0, done.stderr
    assert [one.path.name for one in read_viam(tmp_path / "set")] == ["chelsea.png"]
    assert "VIAM_DATASET" not in (tmp_path / "set" / "dataset.jsonl").read_text()
    (about,) = (tmp_path / "set" / "metadata").rglob("*.json")
    assert "VIAM_DATASET" not in about.read_text()
    assert len(json.loads(about.read_text())["datasetIds"]) == 1
    done = labeler(tmp_path, "export", "--data", "data", "--format", "coco", "night", "--filter", "tag:night label:cat")
    assert [one.path.name for one in read_coco(tmp_path / "night")] == ["rocket.jpg"]
    done = labeler(tmp_path, "export", "--data", "data", "--format", "coco", "none", "--dataset", "Dogs")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "labeler: There is no dataset named Dogs; there are: Cats & dogs.\n"
    assert not (tmp_path / "none").exists()


def test_an_image_whose_file_went_is_named_and_the_rest_is_exported(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for name in NAMES:
        copyfile(PHOTOGRAPHS / name, tmp_path / "photos" / name)
    labeler(tmp_path, "import", "--data", "data", "photos")
    (tmp_path / "photos" / "chelsea.png").unlink()
    done = labeler(tmp_path, "export", "--data", "data", "--format", "coco", "out")
    assert (done.returncode, done.stdout) == (1, "Exported 2 images to out\n")
    assert done.stderr.startswith("labeler: chelsea.png: not exported: ")
    assert sorted(one.path.name for one in read_coco(tmp_path / "out")) == ["retina.jpg", "rocket.jpg"]
    done = labeler(tmp_path, "export", "--data", "data", "--format", "coco", "out")
    assert done.returncode == 1
    assert done.stderr == "labeler: out is not empty; choose a new or empty folder to export to\n"


def test_copied_images_outlive_their_files(tmp_path: Path, photos: Path) -> None:
    done = labeler(tmp_path, "import", "--copy", "--data", "data", "photos")
    assert done.stdout == "Imported 3 images; 3 boxes and 2 tags added\n", done.stderr
    for file in (photos / "images" / "line 2").iterdir():
        file.unlink()
    done = labeler(tmp_path, "export", "--data", "data", "--format", "viam", "out")
    assert (done.returncode, done.stdout) == (0, "Exported 3 images to out\n")
    assert sorted(one.path.name for one in read_viam(tmp_path / "out")) == sorted(NAMES)


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = labeler(tmp_path, "import", "--data", "data", "nowhere")
    assert (done.returncode, done.stderr) == (1, "labeler: nowhere: there is no such file or folder.\n")
