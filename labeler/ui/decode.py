"""Encoded pictures to images that can be painted, outside the thread that paints."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import simplejpeg
from PIL import Image as Pillow
from PIL.ImageFile import ImageFile
from PySide6.QtGui import QImage

from labeler.domain.errors import InvalidValue
from labeler.domain.media import HEAD_SIZE, sniff
from labeler.formats.picture import READERS, UNREADABLE, orientation
from labeler.state.pictures import Wanted
from labeler.state.source import ImageSource

MOST_PIXELS = 250_000_000
LEAST_LEVEL = 700
"""Smaller copies of a picture are made until the longer side is below twice this, in px."""
WORKERS = 2
BEHIND_ALPHA = (128, 128, 128, 255)
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
_UNREADABLE = (*UNREADABLE, OverflowError, RuntimeError)
"""What decoders raise for broken data."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture upright and ready to paint.

    `image` is 32 bit RGB; `width` and `height` are px of the whole displayed picture, of which `image`
    may be a smaller copy. `levels` are copies of half the size, a quarter, and so on, for painting it
    small. `buffers` hold the pixels that the images point to, and live as long as this.
    """

    image: QImage
    width: int
    height: int
    levels: tuple[QImage, ...] = ()
    buffers: tuple[object, ...] = ()

    @property
    def size_bytes(self) -> int:
        return sum(image.sizeInBytes() for image in (self.image, *self.levels))

    def level_for(self, scale: float) -> QImage:
        """The smallest copy that has a pixel for each device pixel when drawn `scale` times as large as `width`."""
        needed = self.width * scale * 0.99
        return next((image for image in reversed(self.levels) if image.width() >= needed), self.image)


def decode(content: bytes, size: int = 0) -> Decoded:
    """Decode a picture; with `size` a copy whose longer side has that many px, where the picture is larger.

    EXIF orientation is applied. Transparency is shown over grey, more than 8 bits by their range from
    darkest to lightest, animations by their first picture. Raises InvalidValue with a sentence to show.
    """
    kind = sniff(content[:HEAD_SIZE])
    reader = READERS.get(kind or "")
    if reader is None:
        raise InvalidValue(f"This is not a picture that can be shown: {_what(content, kind)}.")
    try:
        with reader(BytesIO(content)) as header:
            width, height = header.size
            if width * height > MOST_PIXELS:
                raise InvalidValue(
                    f"The picture is too large to show: {width} x {height} px is more than "
                    f"{MOST_PIXELS // 1_000_000} megapixels."
                )
            turn = (
                None if kind == "image/tiff" else _TURNS.get(orientation(header, content))
            )  # Pillow turns TIFF itself.
            picture = _pixels(content, header, size)
    except _UNREADABLE as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue(f"The picture is broken: {error}.") from error
    if turn is not None:
        picture = picture.transpose(turn)
        if turn in _SIDEWAYS:
            width, height = height, width
    if size:
        picture = _shrunk(picture, size)
    return _decoded(picture, width, height, with_levels=not size)


_SIDEWAYS = {_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8]}


def _what(content: bytes, kind: str | None) -> str:
    if kind:
        return f"{kind.removeprefix('image/').upper()} needs a program that knows it; save it as JPEG or PNG"
    if not content:
        return "it is empty"
    head = content[:256].lstrip().lower()
    if b"<svg" in head or head.startswith(b"<?xml"):
        return "it is a drawing or a text in XML"
    if b"\x00" not in content[:256]:
        return "it looks like text"
    return "its kind is not known"


def _pixels(content: bytes, header: ImageFile, size: int) -> Pillow.Image:
    """The stored pixels as four bytes each (blue, green, red, unused; named RGBA), at least `size` px long."""
    if header.format == "JPEG" and header.mode != "CMYK":
        try:
            return _jpeg_pixels(content, header.size, size)
        except ValueError:
            pass  # Pillow shows what is only odd, and says what is broken.
    return _as_bgra(header)


def _jpeg_pixels(content: bytes, full: tuple[int, int], size: int) -> Pillow.Image:
    least: dict[str, int] = {}
    if size:
        factor = size / max(full)
        least = {"min_width": int(full[0] * factor), "min_height": int(full[1] * factor)}
    found: Any = simplejpeg.decode_jpeg(content, "BGRA", fastdct=bool(size), fastupsample=bool(size), **least)
    height, width = found.shape[:2]
    return Pillow.frombuffer("RGBA", (width, height), found, "raw", "RGBA", 0, 1)


def _as_bgra(picture: Pillow.Image) -> Pillow.Image:
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        picture = _ranged(picture)
    elif picture.mode == "P" and "transparency" in picture.info:
        picture = picture.convert("RGBA")
    if picture.mode in ("LA", "PA", "La", "RGBa", "RGBA") or "transparency" in picture.info:
        over = picture.convert("RGBA")
        picture = Pillow.alpha_composite(Pillow.new("RGBA", over.size, BEHIND_ALPHA), over)
    full = picture if picture.mode == "RGBA" else picture.convert("RGB").convert("RGBA")
    return Pillow.frombuffer("RGBA", full.size, full.tobytes("raw", "BGRA"), "raw", "RGBA", 0, 1)


def _ranged(picture: Pillow.Image) -> Pillow.Image:
    """Grey values of more than 8 bits, from the darkest as black to the lightest as white."""
    wide = picture.convert("F")
    low, high = (float(value) for value in wide.getextrema())  # type: ignore[arg-type]
    factor = 255 / (high - low) if high > low else 0.0
    return wide.point(lambda value: value * factor + -low * factor).convert("L")


def _shrunk(picture: Pillow.Image, size: int) -> Pillow.Image:
    factor = size / max(picture.size)
    if factor >= 1:
        return picture
    width, height = (max(1, round(length * factor)) for length in picture.size)
    return picture.resize((width, height), Pillow.Resampling.BILINEAR, reducing_gap=2)


def _decoded(picture: Pillow.Image, width: int, height: int, with_levels: bool) -> Decoded:
    pictures = [picture]
    while with_levels and max(pictures[-1].size) >= 2 * LEAST_LEVEL:
        pictures.append(pictures[-1].reduce(2))
    buffers = [one.tobytes() for one in pictures]
    images = [
        QImage(buffer, *one.size, one.width * 4, QImage.Format.Format_RGB32)
        for one, buffer in zip(pictures, buffers, strict=True)
    ]
    return Decoded(images[0], width, height, tuple(images[1:]), tuple(buffers))


class PictureLoader:
    """Pictures of a source, decoded in a pool of threads; `load` is for `state.pictures.Pictures`."""

    def __init__(self, source: ImageSource) -> None:
        self.source = source
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="decode")

    async def load(self, wanted: Wanted) -> Decoded:
        """Fetch and decode. Raises LabelerError with a sentence to show in the picture's place."""
        content = await self.source.image_bytes(wanted.image_id)
        return await asyncio.get_running_loop().run_in_executor(self._pool, decode, content, wanted.size)

    def close(self) -> None:
        """End the threads; what they are at is finished, what waits is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)
