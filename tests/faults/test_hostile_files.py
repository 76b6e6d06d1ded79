"""Names from outside never lead out of a folder, never clash, and never act on the terminal they are written to."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from labeler.cli import main
from labeler.domain.box import Box
from labeler.domain.image import Image
from labeler.formats.registry import FORMATS
from labeler.formats.viam import file_name_for_download
from labeler.server.accounts import Accounts
from labeler.transfer import export_images
from tests.faults.test_hostile_text import told
from tests.hostile import NAMES, NO_TEXT, STRINGS
from tests.memory_source import MemorySource, picture_bytes
from tests.server.served import run_labeler

ACTS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\..*)?", re.IGNORECASE)
BOX = (0.25, 0.25, 0.75, 0.75)


def below(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        yield path.relative_to(folder).as_posix()


def is_safe(part: str) -> bool:
    """Whether every system can hold the name: Windows' rules (its documentation, Naming Files), 255 bytes elsewhere."""
    return not (
        re.search(r'[<>:"/\\|?*\x00-\x1f]', part)
        or part != part.rstrip(". ")
        or RESERVED.fullmatch(part)
        or len(part.encode()) > 255
        or ACTS.search(part)
        or unicodedata.normalize("NFC", part) != part
    )


def hostile_images() -> list[Image]:
    return [
        Image(f"o/l/{place}", text, tags=(text,) if text.strip() else (),
              boxes=(Box(f"b{place}", text, *BOX),) if text.strip() else ())
        for place, text in enumerate(STRINGS)
    ]  # fmt: skip


@pytest.mark.parametrize("format_name", FORMATS)
async def test_exports_stay_in_their_folder_under_names_for_every_system(tmp_path: Path, format_name: str) -> None:
    images = hostile_images()
    source = MemorySource(images, {image.id: picture_bytes(8, 6) for image in images})
    root, again = tmp_path / "root", tmp_path / "again"
    for folder in (root, again):
        folder.mkdir()
        result = await export_images(source, folder / "out", format_name)
        # Names that end in .gz are those of packed files, which these pictures are not.
        assert result.refused == ()
    found = sorted(below(root))
    assert found == sorted(below(again))
    assert {name.split("/")[0] for name in found} == {"out"}
    assert [name for name in found if not all(map(is_safe, name.split("/")))] == []
    files = [path for path in (root / "out").rglob("*") if path.is_file()]
    assert len(files) >= len(images)
    seen = [unicodedata.normalize("NFC", str(path).upper().casefold()) for path in files]
    assert len(set(seen)) == len(seen)
    assert not any(path.is_symlink() for path in files)
    read = {one.image_id: one for one in FORMATS[format_name].read(root / "out")}
    for image in images:
        one = read[image.id]
        assert one.path.is_file()
        assert (one.tags, [box.label for box in one.boxes]) == (image.tags, [box.label for box in image.boxes])
    manifest = (root / "out" / FORMATS[format_name].manifest).read_text("utf-8")
    kept = {image.id: image.file_name for image in images}
    assert originals(format_name, manifest).items() <= kept.items()
    unlike = {one.id for one in images if not read[one.id].path.as_posix().endswith(wanted(format_name, one))}
    assert unlike <= set(originals(format_name, manifest))
    assert len(unlike) >= 100
    told(len(images), f"as names of files, labels and tags in an export to {format_name}")


def wanted(format_name: str, image: Image) -> str:
    """What the file would be called if every name could be held: Viam's programs change some themselves."""
    return file_name_for_download(image) if format_name == "viam" else image.file_name


def originals(format_name: str, manifest: str) -> dict[str, str]:
    """The names that images had, by their ids, as far as a manifest says."""
    if format_name == "coco":
        return {one["labeler_id"]: one["labeler_name"] for one in json.loads(manifest)["images"]}
    lines = [json.loads(line) for line in manifest.split("\n") if line]
    return {one["binary_data_id"]: one["labeler_name"] for one in lines if "labeler_name" in one}


def can_be_a_file(name: str) -> bool:
    """Whether a file of this system can have the name, and is not a hidden one."""
    return not name.startswith(".") and "/" not in name and "\0" not in name and 0 < len(os.fsencode(name)) <= 240


@pytest.mark.parametrize("format_name", ["coco", "viam"])
def test_imports_read_nothing_outside_and_write_nothing_there(tmp_path: Path, format_name: str) -> None:
    secret, folder, data = tmp_path / "secret", tmp_path / "in", tmp_path / "data"
    pictures = folder / ("images" if format_name == "coco" else "data")
    secret.mkdir()
    pictures.mkdir(parents=True)
    (secret / "private.png").write_bytes(picture_bytes(9, 9))
    names = [name for name in STRINGS if can_be_a_file(name)]
    for place, name in enumerate(names):
        (pictures / name).write_bytes(picture_bytes(8, 6, (place % 256, place // 256, 7)))
    with (pictures / os.fsdecode(b"\xff\xfe.png")).open("wb") as undecodable:
        undecodable.write(picture_bytes(5, 5))
    (folder / "link").symlink_to(secret)
    outside = [
        "../secret/private.png", str(secret / "private.png"), "link/private.png", "a/../../secret/private.png",
        "..\\secret\\private.png", f"images/../../{secret.name}/private.png", "//" + str(secret / "private.png"),
    ]  # fmt: skip
    named = [*STRINGS, *NO_TEXT, *outside, "VIAM_DATASET_x", "x" * 5_000 + "/y"]
    (folder / FORMATS[format_name].manifest).write_text(manifest_of(format_name, named))
    before = sorted(below(tmp_path))
    code, out, err = run_labeler("import", "--data", data, folder)
    assert (code, out.count("\n")) == (1, 1)
    for line in (out, *err.splitlines()):
        assert not ACTS.search(line.strip("\n"))
        assert line.startswith(("labeler: ", "Imported "))
    assert [name for name in sorted(below(tmp_path)) if not name.startswith(("data", "state"))] == before
    code, out, complaints = run_labeler("export", "--data", data, "--format", "coco", tmp_path / "out")
    assert code == 0, complaints
    content = json.loads((tmp_path / "out" / "annotations.json").read_text("utf-8"))
    assert len(content["images"]) >= len(names)
    labeled = {one["labeler_name"] for one in content["images"] if one["tags"]}
    assert not any("private" in name for name in labeled)
    assert len({name.rpartition("/")[2] for name in labeled} & set(names)) >= 200
    told(len(named), f"as names, labels and tags in an import of {format_name}")


def manifest_of(format_name: str, names: list[str]) -> str:
    """A manifest that says of each name that it is a picture with a tag and a box called like it."""
    if format_name == "coco":
        return json.dumps({
            "images": [{"id": place, "file_name": name, "width": 8, "height": 6, "tags": [name]}
                       for place, name in enumerate(names)],
            "annotations": [{"id": place, "image_id": place, "category_id": place, "bbox": [1, 1, 4, 4]}
                            for place in range(len(names))],
            "categories": [{"id": place, "name": name} for place, name in enumerate(names)],
        })  # fmt: skip
    edges = {"x_min_normalized": 0.1, "y_min_normalized": 0.1, "x_max_normalized": 0.5, "y_max_normalized": 0.5}
    return "\n".join(
        json.dumps({
            "image_path": f"data/{name}",
            "classification_annotations": [{"annotation_label": name}],
            "bounding_box_annotations": [{"annotation_label": name, **edges}],
        })
        for name in names
    )  # fmt: skip


async def test_commands_write_no_control_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    accounts = Accounts(data)
    for text in NAMES:
        await accounts.create_key(text)
    accounts.close()
    for command in (["keys", "list", "--data", str(data)], ["keys", "list", "--data", str(data), "--json"]):
        assert main(command) == 0
        written = capsys.readouterr().out
        assert not ACTS.search(written)
        assert written.count("\n") == (1 if "--json" in command else len(NAMES))
    arguments = [text for text in (*NAMES, *NO_TEXT) if "\0" not in text]  # which no argument can have
    for text in arguments:
        for command in (["export", text, "--format", text], ["backup", "--data", text, text], [f"./nowhere/{text}"]):
            with suppress(SystemExit):
                assert main(command) == 1
            written = "".join(capsys.readouterr())
            assert written
            assert not ACTS.search(written), (command, written[:200])
    told(len(arguments), "in the arguments of commands, and as names of organizations that they list")
