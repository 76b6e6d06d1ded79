from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Pillow

from labeler.domain.errors import InvalidValue
from labeler.formats.picture import displayed_size


def encoded(picture: Pillow.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("rocket.jpg", (640, 427)),
        ("chelsea.png", (451, 300)),
        ("camera.png", (512, 512)),
        ("retina.jpg", (1411, 1411)),
        ("multipage.tif", (10, 15)),
        ("no_time_for_that_tiny.gif", (14, 25)),
    ],
)
def test_real_files_are_measured(photographs: Path, name: str, size: tuple[int, int]) -> None:
    assert displayed_size((photographs / name).read_bytes()) == size


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_is_that_of_the_displayed_picture(rocket: bytes, kind: str, orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    content = encoded(Pillow.open(BytesIO(rocket)), kind, exif=exif)
    assert displayed_size(content) == ((427, 640) if orientation >= 5 else (640, 427))


@pytest.mark.parametrize(
    ("mode", "kind"), [("L", "JPEG"), ("CMYK", "JPEG"), ("L", "PNG"), ("I;16", "PNG"), ("1", "BMP")]
)
def test_kinds_of_colour_do_not_matter(mode: str, kind: str) -> None:
    assert displayed_size(encoded(Pillow.new(mode, (37, 21)), kind)) == (37, 21)


def test_a_picture_too_large_to_decode_is_measured() -> None:
    content = bytearray(encoded(Pillow.new("1", (8, 8)), "BMP"))
    content[18:26] = (60_000).to_bytes(4, "little") + (50_000).to_bytes(4, "little")
    assert displayed_size(bytes(content)) == (60_000, 50_000)


@pytest.mark.parametrize("cut", [0, 3, 12, 30, 60])
def test_what_is_no_whole_header_is_refused_with_the_reason(photographs: Path, rocket: bytes, cut: int) -> None:
    for content in (rocket[:cut], (photographs / "chelsea.png").read_bytes()[: min(cut, 20)]):
        with pytest.raises(InvalidValue, match="its size cannot be read"):
            displayed_size(content)


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(InvalidValue, match="not a kind of picture"):
        displayed_size(b"hello, this is text and not a picture at all")
