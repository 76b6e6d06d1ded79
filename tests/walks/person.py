"""A person before the running program: their hands, what they are told, and what the service has of their work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from PySide6.QtWidgets import QApplication, QDialog, QLabel, QWidget

from labeler.desktop import Desktop
from labeler.domain.box import Box
from labeler.domain.image import Image
from labeler.robot import Robot, until


class Person(Robot):
    """A robot that hears: `heard` is what was said, `complaints` what went wrong and nobody expected yet."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop.window)
        self.desktop = desktop
        self.heard: list[str] = []
        self.complaints: list[str] = []
        self.session.said.connect(self.heard.append)
        self.session.failed.connect(self.complaints.append)

    @property
    def image(self) -> Image:
        """The image in front."""
        image = self.session.current
        assert image is not None
        return image

    @property
    def box(self) -> Box:
        """The selected box."""
        box = self.session.canvas.selected_box
        assert box is not None
        return box

    @property
    def labels(self) -> list[str]:
        return [box.label for box in self.image.boxes]

    @property
    def names(self) -> list[str]:
        """The file names of the images shown."""
        return [image.file_name for image in self.session.library.images]

    def dialog(self) -> QDialog:
        """The dialog in front."""
        found = QApplication.activeModalWidget()
        assert isinstance(found, QDialog)
        return found

    @staticmethod
    def texts(widget: QWidget) -> list[str]:
        """What the visible labels inside a widget say."""
        return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]

    @staticmethod
    def labels_of(widget: QWidget) -> list[str]:
        """What all labels inside a widget say, scrolled out of view or not."""
        return [label.text() for label in widget.findChildren(QLabel)]

    async def complained(self, words: str) -> str:
        """Return when something that contains the words went wrong and is shown in the notice."""
        await until(lambda: any(words in one for one in self.complaints), f"a notice with {words!r}")
        complaint = next(one for one in self.complaints if words in one)
        self.complaints.remove(complaint)
        assert self.window.notice.isVisible()
        assert words in self.window.notice.text.text()
        return complaint

    async def open(self, path: Path, images: int) -> None:
        """Open a folder and wait until it is read through."""
        self.session.open_paths([path])
        await self.opened(images)

    async def edit(self) -> None:
        """Go into the editor."""
        await self.key("e")
        await self.editor_ready()

    async def shown(self, count: int) -> None:
        """Return when the library is whole and has so many images."""
        library = self.session.library
        await until(lambda: library.complete and len(library.images) == count, f"{count} images shown")

    async def at_service(self, *places: int) -> list[Image]:
        """What the service has of the images at these places of the library, once all edits are there."""
        await self.saved()
        ids = [self.session.library.images[place].id for place in places or (self.session.index,)]
        return list(await self.session.source.images(ids))


@asynccontextmanager
async def at_work(library: Path, folder: Path | None = None, images: int = 0) -> AsyncIterator[Person]:
    """A person with the program open on a data directory; complaints that they did not expect fail the walk."""
    async with Desktop(library, "dark") as desktop:
        person = Person(desktop)
        desktop.window.show()
        if folder:
            await person.open(folder, images)
        yield person
        assert not person.complaints, person.complaints


def values(boxes: Sequence[Box]) -> list[tuple[str, list[float]]]:
    """Labels and edges, without ids."""
    return [(box.label, [box.x_min, box.y_min, box.x_max, box.y_max]) for box in boxes]
