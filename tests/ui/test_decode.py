"""Pictures of every kind become images; what is none says so in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image as Pillow

from labeler.decoding.pixels import BEHIND_ALPHA
from labeler.decoding.workers import Workers
from labeler.domain.errors import InvalidValue, Missing
from labeler.formats.picture import displayed_size
from labeler.state.pictures import Wanted
from labeler.ui.decode import Decoded, PictureLoader, painted
from tests.memory_source import MemorySource, picture_bytes

ORIENTATION = 0x0112
Decode = Callable[..., Decoded]


@pytest.fixture
def decode(workers: Workers) -> Decode:
    """What the window gets of encoded bytes, and of a size if there is one."""

    def run(content: bytes, size: int = 0, at_least: bool = False) -> Decoded:
        return painted(workers.decode_here(content, size, at_least))

    return run


def encoded(picture: Pillow.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def quarters() -> Pillow.Image:
    """60 x 40: red, green over blue, white."""
    picture = Pillow.new("RGB", (60, 40))
    for place, color in enumerate(((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255))):
        left, top = place % 2 * 30, place // 2 * 20
        picture.paste(color, (left, top, left + 30, top + 20))
    return picture


def corners(decoded: Decoded) -> list[str]:
    """Colours of top left, top right, bottom left, bottom right, each part as r, g, b or a dot."""
    image = decoded.image
    right, bottom = image.width() - 4, image.height() - 4

    def name(x: int, y: int) -> str:
        color = image.pixelColor(x, y)
        parts = zip("rgb", (color.red(), color.green(), color.blue()), strict=True)
        return "".join(letter if value > 128 else "." for letter, value in parts)

    return [name(3, 3), name(right, 3), name(3, bottom), name(right, bottom)]


UPRIGHT = ["r..", ".g.", "..b", "rgb"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "AVIF"])
def test_each_kind_keeps_its_pixels(kind: str, decode: Decode) -> None:
    decoded = decode(encoded(quarters(), kind))
    assert (decoded.width, decoded.height) == (60, 40)
    assert corners(decoded) == UPRIGHT


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_each_mode_shows_light_and_dark(mode: str, decode: Decode) -> None:
    grey = Pillow.new("L", (40, 30))
    grey.paste(255, (20, 0, 40, 30))
    if mode == "I;16":
        picture = Pillow.new("I;16", (40, 30), 100)
        picture.paste(2000, (20, 0, 40, 30))
    else:
        picture = grey.convert("RGB").convert(mode) if mode in ("P", "CMYK") else grey.convert(mode)
    decoded = decode(encoded(picture, "TIFF" if mode == "CMYK" else "PNG"))
    assert decoded.image.pixelColor(5, 5).lightness() < 10
    assert decoded.image.pixelColor(35, 5).lightness() > 245


def test_a_jpeg_of_inks_is_shown_in_its_colors(decode: Decode) -> None:
    decoded = decode(encoded(quarters().convert("CMYK"), "JPEG"))
    assert corners(decoded) == UPRIGHT


def test_transparency_shows_grey(decode: Decode) -> None:
    decoded = decode(encoded(Pillow.new("RGBA", (10, 10), (255, 0, 0, 0)), "PNG"))
    assert decoded.image.pixelColor(5, 5).getRgb() == (*BEHIND_ALPHA, 255)


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, UPRIGHT),
        (2, [".g.", "r..", "rgb", "..b"]),
        (3, ["rgb", "..b", ".g.", "r.."]),
        (4, ["..b", "rgb", "r..", ".g."]),
        (5, ["r..", "..b", ".g.", "rgb"]),
        (6, ["..b", "r..", "rgb", ".g."]),
        (7, ["rgb", ".g.", "..b", "r.."]),
        (8, [".g.", "rgb", "r..", "..b"]),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(kind: str, orientation: int, expected: list[str], decode: Decode) -> None:
    exif = Pillow.Exif()
    exif[ORIENTATION] = orientation
    content = encoded(quarters(), kind, exif=exif)
    assert displayed_size(content) == ((40, 60) if orientation > 4 else (60, 40))
    for size, at_least in ((0, False), (30, False), (30, True)):
        decoded = decode(content, size, at_least)
        assert (decoded.width, decoded.height) == ((40, 60) if orientation > 4 else (60, 40))
        assert corners(decoded) == expected


def test_a_png_may_say_its_orientation_after_the_pixels(decode: Decode) -> None:
    exif = Pillow.Exif()
    exif[ORIENTATION] = 6
    early = encoded(quarters(), "PNG", exif=exif)
    begin = early.index(b"eXIf") - 4
    chunk = early[begin : begin + 12 + int.from_bytes(early[begin : begin + 4], "big")]
    end = early.index(b"IEND") - 4
    late = early[:begin] + early[begin + len(chunk) : end] + chunk + early[end:]
    assert displayed_size(late) == (40, 60)
    assert corners(decode(late)) == corners(decode(early))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_thumbnail_is_as_long_as_asked_and_knows_the_whole(kind: str, decode: Decode) -> None:
    decoded = decode(encoded(Pillow.new("RGB", (900, 600), (10, 200, 30)), kind), 160)
    assert (decoded.image.width(), decoded.image.height()) == (160, 107)
    assert (decoded.width, decoded.height) == (900, 600)
    assert decoded.image.pixelColor(80, 50).green() == pytest.approx(200, abs=4)


@pytest.mark.parametrize(
    ("kind", "least", "width"),
    [("JPEG", 500, 800), ("JPEG", 800, 800), ("JPEG", 801, 1600), ("JPEG", 100, 200), ("PNG", 500, 534)],
)
def test_a_picture_for_the_screen_has_at_least_what_was_asked(
    kind: str, least: int, width: int, decode: Decode
) -> None:
    decoded = decode(encoded(quarters().resize((1600, 1200)), kind), least, True)
    assert (decoded.image.width(), decoded.image.height()) == (width, width * 3 // 4 + width % 2)
    assert (decoded.width, decoded.height, decoded.levels) == (1600, 1200, ())
    assert corners(decoded) == UPRIGHT


@pytest.mark.parametrize("at_least", [False, True])
def test_a_small_picture_is_not_blown_up(at_least: bool, decode: Decode) -> None:
    assert decode(picture_bytes(20, 10), 160, at_least).image.width() == 20


def test_a_large_picture_has_smaller_copies_for_painting(decode: Decode) -> None:
    decoded = decode(picture_bytes(3000, 1500))
    assert [level.width() for level in decoded.levels] == [1500, 750]
    assert decoded.level_for(0.2).width() == 750
    assert decoded.level_for(0.4).width() == 1500
    assert decoded.level_for(1.0).width() == 3000
    assert decoded.size_bytes == 4 * (3000 * 1500 + 1500 * 750 + 750 * 375)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "This is not a picture that can be shown: it is empty."),
        (b"hello, world", "This is not a picture that can be shown: it looks like text."),
        (b"<svg xmlns='x'></svg>", "This is not a picture that can be shown: it is a drawing or a text in XML."),
        (b"\x00\x01\x02\x03" * 20, "This is not a picture that can be shown: its kind is not known."),
    ],
)
def test_what_is_no_picture_says_so(content: bytes, reason: str, decode: Decode) -> None:
    with pytest.raises(InvalidValue) as raised:
        decode(content)
    assert str(raised.value) == reason


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "AVIF"])
def test_a_picture_that_ends_early_is_broken(kind: str, decode: Decode) -> None:
    noise = Pillow.effect_noise((200, 200), 80).convert("RGB")
    content = encoded(noise, kind)
    with pytest.raises(InvalidValue, match=r"^The picture is broken: "):
        decode(content[: len(content) // 2])


def test_a_picture_too_large_for_memory_is_refused_unread(decode: Decode) -> None:
    content = bytearray(encoded(Pillow.new("1", (8, 8)), "BMP"))
    content[18:26] = (60_000).to_bytes(4, "little") + (50_000).to_bytes(4, "little")
    with pytest.raises(InvalidValue, match="too large to show: 60000 x 50000 px"):
        decode(bytes(content))


async def test_the_loader_decodes_what_its_source_gives(workers: Workers) -> None:
    source = MemorySource(contents={"a": picture_bytes(64, 48)})
    source.broken["b"] = Missing("b: the file is gone")
    loader = PictureLoader(source, workers)
    whole = await loader.load(Wanted("a"))
    small = await loader.load(Wanted("a", 16))
    with pytest.raises(Missing, match="the file is gone"):
        await loader.load(Wanted("b"))
    assert (whole.image.width(), small.image.width(), small.width) == (64, 16, 64)
