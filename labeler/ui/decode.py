"""Encoded pictures to images that can be painted, outside the process that paints."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtGui import QImage

from labeler.decoding.workers import Pixels, Workers
from labeler.state.pictures import Wanted
from labeler.state.source import ImageSource

ENCODED_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Decoded:
    """A picture upright and ready to paint; equal to itself only.

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
    def is_whole(self) -> bool:
        """Whether it has every px."""
        return self.image.width() == self.width

    @property
    def size_bytes(self) -> int:
        return sum(image.sizeInBytes() for image in (self.image, *self.levels))

    def level_for(self, scale: float) -> QImage:
        """The smallest copy that has a pixel for each device pixel when drawn `scale` times as large as `width`."""
        needed = self.width * scale * 0.99
        return next((image for image in reversed(self.levels) if image.width() >= needed), self.image)


def painted(pixels: Pixels) -> Decoded:
    """The same pixels as images."""
    images = [
        QImage(rows, width, height, width * 4, QImage.Format.Format_RGB32) for width, height, rows in pixels.copies
    ]
    return Decoded(images[0], pixels.width, pixels.height, tuple(images[1:]), pixels.copies)


class PictureLoader:
    """Pictures of a source, decoded in processes of their own; `load` is for `state.pictures.Pictures`.

    The last encoded pictures are kept, as one is asked for in several sizes.
    """

    def __init__(self, source: ImageSource, workers: Workers) -> None:
        self.source = source
        self._workers = workers
        self._encoded: OrderedDict[str, bytes] = OrderedDict()

    def forget(self) -> None:
        """Fetch every picture again."""
        self._encoded.clear()

    async def load(self, wanted: Wanted) -> Decoded:
        """Fetch and decode. Raises LabelerError with a sentence to show in the picture's place."""
        content = self._encoded.get(wanted.image_id)
        if content is None:
            source = self.source
            content = await source.image_bytes(wanted.image_id)
            if source is self.source:
                self._keep(wanted.image_id, content)
        return painted(await self._workers.decode(content, wanted.size, wanted.at_least))

    def _keep(self, image_id: str, content: bytes) -> None:
        self._encoded[image_id] = content
        while sum(map(len, self._encoded.values())) > ENCODED_BYTES:
            self._encoded.popitem(last=False)
