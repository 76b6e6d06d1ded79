"""What a format is: something that is written and read image by image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Protocol

from labeler.domain.box import Box
from labeler.domain.image import Image


class Writer(Protocol):
    """Writes one export into a folder. Used from one thread; `close` or `discard` ends it."""

    def add(self, image: Image, content: bytes) -> None:
        """Write an image, its encoded picture and what is on it.

        Raises InvalidValue where the format cannot hold this picture; nothing of it is written then.
        """

    def close(self) -> None:
        """Complete the export: all that was added can be read from now on."""

    def discard(self) -> None:
        """Let go of open files without completing; allowed at any time."""


@dataclass(frozen=True, slots=True)
class Labeled:
    """A picture file that a layout names, with what the layout says of it.

    `image_id` is the id that the picture had on the service it was exported from, empty if unknown.
    `problems` are sentences about what was left out because it cannot be used.
    """

    path: Path
    tags: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()
    image_id: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """A layout. `manifest` is the file, directly in the folder, by which an export is known.

    `writer` is given the empty folder to write into and the folder's name as the person gave it.
    `read` raises InvalidValue where the manifest cannot be understood.
    """

    title: str
    manifest: str
    writer: Callable[[Path, PurePath], Writer]
    read: Callable[[Path], Iterator[Labeled]]
