"""Pictures are known by their first bytes, whatever their name says."""

from __future__ import annotations

import io
from pathlib import Path

import PIL.Image
import pytest
import skimage
from hypothesis import given
from hypothesis import strategies as st

from labeler.domain.media import EXTENSION_OF_MIME, HEAD_SIZE, MIME_OF_EXTENSION, PICTURE_EXTENSIONS, sniff

SHIPPED = Path(skimage.__file__).parent / "data"
PHOTOGRAPHS = [path for path in SHIPPED.iterdir() if path.suffix in PICTURE_EXTENSIONS]
# Pillow's names of formats and what each writes.
WRITTEN = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "GIF": "image/gif",
    "AVIF": "image/avif",
}
# The first bytes of files that Pillow cannot write: an iPhone's picture, and BigTIFF in both byte orders.
HEADS = {
    b"\0\0\0\x24ftypheic\0\0\0\0mif1MiHBMiHEheic": "image/heic",
    b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic": "image/heic",
    b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf": "image/avif",
    b"II+\0\x08\0\0\0": "image/tiff",
    b"MM\0+\0\x08\0\0": "image/tiff",
    b"MM\0*\0\0\0\x08": "image/tiff",
}
OTHERS = {
    "a film": b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41",
    "sound": b"RIFF\x24\x08\0\0WAVEfmt ",
    "text that begins like a bitmap": b"BMW and other cars, in the order in which they came",
    "a document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
    "a picture in text": b'<svg xmlns="http://www.w3.org/2000/svg">',
    "zeros": bytes(64),
}


def written(format_name: str, mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    PIL.Image.new(mode, (9, 7)).save(file, format_name)
    return file.getvalue()


@pytest.mark.parametrize("path", PHOTOGRAPHS, ids=lambda path: path.name)
def test_photographs(path: Path) -> None:
    with path.open("rb") as file:
        assert sniff(file.read(HEAD_SIZE)) == MIME_OF_EXTENSION[path.suffix]


def test_there_are_photographs_of_several_kinds() -> None:
    assert {path.suffix for path in PHOTOGRAPHS} >= {".jpg", ".png", ".tif"}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_here_is_known(name: str) -> None:
    assert sniff(written(name)[:HEAD_SIZE]) == WRITTEN[name]


@pytest.mark.parametrize("head", HEADS)
def test_what_others_write_is_known(head: bytes) -> None:
    assert sniff(head) == HEADS[head]


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_picture_is_not_taken_for_one(name: str) -> None:
    assert sniff(OTHERS[name][:HEAD_SIZE]) is None


@pytest.mark.parametrize("head", [b"MM\0*\0\0\0\x08", *(written(name)[:HEAD_SIZE] for name in WRITTEN)])
def test_a_head_cut_short_is_known_or_not_but_never_another(head: bytes) -> None:
    whole = sniff(head)
    known = [sniff(head[:length]) for length in range(len(head))]
    assert set(known) <= {None, whole}
    assert known[:2] == [None, None]


@given(st.binary(max_size=HEAD_SIZE))
def test_any_bytes_are_looked_at(head: bytes) -> None:
    assert sniff(head) in {None, *WRITTEN.values(), "image/heic"}


@pytest.mark.parametrize("extension", MIME_OF_EXTENSION)
def test_extensions_go_to_a_mime_type_and_back(extension: str) -> None:
    mime = MIME_OF_EXTENSION[extension]
    assert MIME_OF_EXTENSION[EXTENSION_OF_MIME[mime]] == mime


def test_what_robots_send_keeps_its_extension() -> None:
    # rdk utils/mime.go
    assert EXTENSION_OF_MIME["image/jpeg"] == ".jpeg"
    assert EXTENSION_OF_MIME["image/png"] == ".png"
    assert EXTENSION_OF_MIME["pointcloud/pcd"] == ".pcd"


def test_pictures_are_what_can_be_shown() -> None:
    assert {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".heic"} == PICTURE_EXTENSIONS
