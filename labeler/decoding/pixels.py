"""Encoded pictures to pixels that can be painted, written into memory of the caller's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from math import ceil
from typing import Any

import simplejpeg
from PIL import Image as Pillow
from PIL.ImageFile import ImageFile

from labeler.domain.errors import InvalidValue
from labeler.domain.media import HEAD_SIZE, LOOK_SIZE, sniff, why_not_shown
from labeler.formats.picture import READERS, orientation

MOST_BYTES = 512 * 1024 * 1024
"""The longest encoded picture."""
MOST_PIXELS = 250_000_000
LARGEST_WHOLE = 64_000_000
"""Pictures with more px are shown by a half, a third and so on of their size that has at most so many."""
LEAST_LEVEL = 700
"""Smaller copies of a picture are made until the longer side is below twice this, in px."""
BEHIND_ALPHA = (128, 128, 128)
_TURNS = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
"""What brings a stored picture upright, by EXIF orientation (CIPA DC-008, 4.6.4)."""
_SIDEWAYS = {_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8]}
_STRIP = 256
"""Rows that are copied at once."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What was decoded: px of the whole displayed picture, and width and height of each copy in memory.

    The copies follow each other, the largest first, each half the size of the one before, as rows of
    four bytes a px: blue, green, red and 255.
    """

    width: int
    height: int
    sizes: tuple[tuple[int, int], ...]


Allocate = Callable[[int], memoryview]
"""Memory of so many bytes; asked once for each picture."""


def decode(content: bytes, size: int, allocate: Allocate, *, at_least: bool = False) -> Shape:
    """Decode a picture; with `size` a copy whose longer side has that many px, where the picture is larger.

    With `at_least` it has so many or more: that copy which is had soonest.

    EXIF orientation is applied. Transparency is shown over grey, more than 8 bits by their range from
    darkest to lightest, animations and documents by their first picture. Raises InvalidValue with a
    sentence to show, and MemoryError.
    """
    reason = why_not_shown(content[:LOOK_SIZE])
    if reason:
        raise InvalidValue(f"This is not a picture that can be shown: {reason}.")
    kind = sniff(content[:HEAD_SIZE]) or ""
    try:
        with READERS[kind](BytesIO(content)) as picture:
            _check_size(picture.size)
            # Pillow turns TIFF itself.
            turn = None if kind == "image/tiff" else _TURNS.get(orientation(picture, content))
            return _decode(picture, content, (size, at_least), turn, allocate)
    except (InvalidValue, MemoryError):
        raise
    except Exception as error:  # a damaged picture makes decoders raise anything
        raise InvalidValue(f"The picture is broken: {str(error).rstrip('.') or type(error).__name__}.") from error


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MOST_PIXELS:
        raise InvalidValue(
            f"The picture is too large to show: {width} x {height} px is more than "
            f"{MOST_PIXELS // 1_000_000} megapixels."
        )


def _decode(
    picture: ImageFile, content: bytes, asked: tuple[int, bool], turn: Pillow.Transpose | None, allocate: Allocate
) -> Shape:
    whole, is_whole = picture.size, not asked[0]
    is_jpeg = picture.format == "JPEG" and picture.mode != "CMYK"
    shown = _shown_size(whole, *asked, by_halves=is_jpeg)
    found: Pillow.Image | None = None
    if is_jpeg:
        try:
            if turn is None and (shown == whole or asked[1]):
                return _jpeg_in_place(content, whole, shown, is_whole, allocate)
            found = _jpeg(content, whole, shown)
        except ValueError:
            found = None  # Pillow shows what is only odd, and says what is broken.
    if found is None:
        found = _plain(picture)
        whole = found.size  # Pillow has turned a TIFF by now.
        shown = _shown_size(whole, *asked, by_halves=is_jpeg)
    found = _opaque(_shrunk(found, shown))
    if turn is not None:
        found = found.transpose(turn)
        if turn in _SIDEWAYS:
            whole = (whole[1], whole[0])
    sizes = _sizes(found.size, with_levels=is_whole)
    memory = allocate(_bytes(sizes))
    _write(found, memory)
    _write_levels(memory, sizes)
    return Shape(*whole, sizes)


def _shown_size(whole: tuple[int, int], size: int, at_least: bool, *, by_halves: bool) -> tuple[int, int]:
    """How large the largest copy is; with `at_least`, what a decoder that halves, or any, comes to by itself."""
    width, height = whole
    if size and at_least:
        # Of a JPEG's scales those between the powers of two take longer than the whole picture.
        parts = next(n for n in (8, 4, 2, 1) if n == 1 or max(whole) >= n * size) if by_halves else max(whole) // size
        return _parted(whole, parts)
    if size:
        factor = size / max(whole)
        return whole if factor >= 1 else (max(1, round(width * factor)), max(1, round(height * factor)))
    # By a whole number: decoders and averages come to that by themselves.
    return _parted(whole, ceil((width * height / LARGEST_WHOLE) ** 0.5))


def _parted(size: tuple[int, int], parts: int) -> tuple[int, int]:
    parts = max(1, parts)
    return -(-size[0] // parts), -(-size[1] // parts)


def _sizes(size: tuple[int, int], with_levels: bool) -> tuple[tuple[int, int], ...]:
    sizes = [size]
    while with_levels and max(sizes[-1]) >= 2 * LEAST_LEVEL:
        width, height = sizes[-1]
        sizes.append(((width + 1) // 2, (height + 1) // 2))
    return tuple(sizes)


def _bytes(sizes: tuple[tuple[int, int], ...]) -> int:
    return sum(4 * width * height for width, height in sizes)


# JPEG, by the fastest decoder.


def _jpeg_in_place(
    content: bytes, whole: tuple[int, int], shown: tuple[int, int], is_whole: bool, allocate: Allocate
) -> Shape:
    """Decode straight into the memory that will be painted. Raises ValueError where there is anything odd."""
    height, width, _, _ = simplejpeg.decode_jpeg_header(content)
    if (width, height) != whole:
        raise ValueError("two sizes")
    sizes = _sizes(shown, with_levels=is_whole)
    memory = allocate(_bytes(sizes))
    least = {"min_width": shown[0], "min_height": shown[1]} if shown != whole else {}
    try:
        simplejpeg.decode_jpeg(content, "BGRA", buffer=memory[: 4 * shown[0] * shown[1]], **least)
    except ValueError:  # Pillow shows what the fastest decoder complains of.
        with READERS["image/jpeg"](BytesIO(content)) as picture:
            _write(_shrunk(_plain(picture), shown), memory)
    _write_levels(memory, sizes)
    return Shape(*whole, sizes)


def _jpeg(content: bytes, whole: tuple[int, int], shown: tuple[int, int]) -> Pillow.Image:
    """A JPEG at the least scale that its transform gives and that is not below `shown`; in the order of `_write`."""
    is_small = shown != whole
    least = {"min_width": shown[0], "min_height": shown[1]} if is_small else {}
    found = simplejpeg.decode_jpeg(content, "BGRA", fastdct=is_small, fastupsample=is_small, **least)
    height, width = found.shape[:2]
    return Pillow.frombuffer("RGBX", (width, height), found, "raw", "RGBX", 0, 1)


# Everything else, by Pillow.


def _plain(picture: Pillow.Image) -> Pillow.Image:
    """The picture as RGB or grey, with alpha where it has any."""
    picture.load()
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return _ranged(picture)
    if picture.mode in ("LA", "PA", "La", "RGBa", "RGBA") or "transparency" in picture.info:
        return picture.convert("RGBA")
    if picture.mode == "1":
        return picture.convert("L")
    return picture if picture.mode in ("RGB", "L") else picture.convert("RGB")


def _ranged(picture: Pillow.Image) -> Pillow.Image:
    """Grey values of more than 8 bits, from the darkest as black to the lightest as white."""
    wide = picture.convert("F")
    low, high = (float(value) for value in wide.getextrema())  # type: ignore[arg-type]
    factor = 255 / (high - low) if high > low else 0.0
    return wide.point(lambda value: value * factor + -low * factor).convert("L")


def _shrunk(picture: Pillow.Image, shown: tuple[int, int]) -> Pillow.Image:
    if picture.size == shown:
        return picture
    width, height = picture.size
    parts = -(-width // shown[0])
    if (-(-width // parts), -(-height // parts)) == shown:
        return picture.reduce(parts)
    return picture.resize(shown, Pillow.Resampling.BILINEAR, reducing_gap=2)


def _opaque(picture: Pillow.Image) -> Pillow.Image:
    if picture.mode != "RGBA":
        return picture
    return Pillow.alpha_composite(Pillow.new("RGBA", picture.size, (*BEHIND_ALPHA, 255)), picture)


# Into memory.


def _write(picture: Pillow.Image, memory: memoryview) -> None:
    """Write rows of blue, green, red, and opaque, a strip at a time; what is called RGBX has that order already."""
    width, height = picture.size
    for top in range(0, height, _STRIP):
        strip = picture.crop((0, top, width, min(height, top + _STRIP)))
        is_ready = strip.mode == "RGBX"
        found = strip.tobytes() if is_ready else _with_alpha(strip).tobytes("raw", "BGRA")
        start = 4 * width * top
        memory[start : start + len(found)] = found


def _with_alpha(picture: Pillow.Image) -> Pillow.Image:
    return picture if picture.mode == "RGBA" else picture.convert("RGB").convert("RGBA")


def _write_levels(memory: memoryview, sizes: tuple[tuple[int, int], ...]) -> None:
    start = 0
    for (width, height), smaller in pairwise(sizes):
        end = start + 4 * width * height
        rows: Any = memory[start:end]
        above = Pillow.frombuffer("RGBX", (width, height), rows, "raw", "RGBX", 0, 1)
        level = above.reduce(2).tobytes()
        memory[end : end + 4 * smaller[0] * smaller[1]] = level
        start = end
