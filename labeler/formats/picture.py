"""What a picture's header says, read without decoding the picture."""

from __future__ import annotations

import struct
from io import BytesIO

from PIL import Image as Pillow
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from labeler.domain.errors import InvalidValue
from labeler.domain.media import HEAD_SIZE, sniff

_ORIENTATION = 0x0112
_ON_ITS_SIDE = frozenset({5, 6, 7, 8})
"""Orientations of the EXIF specification (CIPA DC-008, 4.6.4) that swap width and height."""

READERS: dict[str, type[ImageFile]] = {
    "image/jpeg": JpegImageFile,
    "image/png": PngImageFile,
    "image/webp": WebPImageFile,
    "image/gif": GifImageFile,
    "image/tiff": TiffImageFile,
    "image/bmp": BmpImageFile,
    "image/avif": AvifImageFile,
}
"""Pillow's readers of the kinds that can be shown, by mime type; none is asked that `sniff` did not choose."""

UNREADABLE = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, struct.error)
"""What Pillow raises for broken headers."""


def orientation(picture: ImageFile, content: bytes) -> int:
    """The EXIF orientation, 1 to 8, of an opened picture with this content; 1 where it says none."""
    try:
        exif = Pillow.Image.getexif(picture)
        if isinstance(picture, PngImageFile) and "exif" not in picture.info:
            exif.load(_late_exif(content))
        return int(exif.get(_ORIENTATION, 1))
    except UNREADABLE:
        return 1


def _late_exif(png: bytes) -> bytes:
    """What a PNG says after its pixels, where Pillow looks only after decoding them."""
    place = 8
    while b"eXIf" in png and place + 8 <= len(png):
        length, name = struct.unpack_from(">I4s", png, place)
        if name == b"eXIf":
            return b"Exif\0\0" + png[place + 8 : place + 8 + length]
        place += 12 + length
    return b""


def displayed_size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels of an encoded picture as it is displayed (EXIF orientation applied).

    Pictures of any size can be asked, as only headers are read. Raises InvalidValue with the reason
    if it is not a picture of a known kind.
    """
    kind = sniff(content[:HEAD_SIZE])
    header = READERS.get(kind or "")
    if header is None:
        raise InvalidValue(f"its size cannot be read: {kind or 'this'} is not a kind of picture that is known here")
    try:
        with header(BytesIO(content)) as picture:
            width, height = picture.size
            # Pillow gives the size of a TIFF as it is displayed.
            turned = kind != "image/tiff" and orientation(picture, content) in _ON_ITS_SIDE
    except UNREADABLE as error:
        raise InvalidValue(f"its size cannot be read: the {kind} header is broken ({error})") from error
    return (height, width) if turned else (width, height)
