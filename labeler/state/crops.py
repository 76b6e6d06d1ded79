"""All boxes of one label side by side, to find those that are wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

from labeler.domain.box import Box
from labeler.domain.edit import BoxChange
from labeler.domain.geometry import Rect
from labeler.domain.image import Image
from labeler.state.session import Mode, Session
from labeler.state.signal import Signal

AROUND = 0.15
"""How much of a box's size is shown around it on each side."""
AHEAD = 60
"""Crops beyond the one that is looked at, for which images are loaded."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A box with its image."""

    image: Image
    box: Box

    @property
    def rect(self) -> Rect:
        """What is shown of the image, in fractions of it: the box and something around it."""
        box = self.box.rect
        across, down = (box.right - box.left) * AROUND, (box.bottom - box.top) * AROUND
        return Rect(
            max(box.left - across, 0.0), max(box.top - down, 0.0),
            min(box.right + across, 1.0), min(box.bottom + down, 1.0),
        )  # fmt: skip


class Crops:
    """The boxes of a label on the images of the session's library, in its order; follows every change of them.

    A box that gets another label or is deleted is gone from here, and is back at its place when that is undone.
    Signals: `changed` when there are others, `moved` when another one is in front.
    """

    def __init__(self, session: Session, label: str) -> None:
        self.changed: Signal[()] = Signal()
        self.moved: Signal[()] = Signal()
        self.label, self.cursor = label, 0
        self.items: list[Crop] = []
        self._session = session
        self._images: dict[int, Image] = {}
        session.library.grown.connect(self._grown)
        session.library.reset.connect(self._reset)
        session.library.replaced.connect(self._replaced)
        self._grown()

    def close(self) -> None:
        """Follow no more."""
        library = self._session.library
        library.grown.disconnect(self._grown)
        library.reset.disconnect(self._reset)
        library.replaced.disconnect(self._replaced)

    @property
    def current(self) -> Crop | None:
        return self.items[self.cursor] if self.cursor < len(self.items) else None

    @property
    def complete(self) -> bool:
        """Whether these are all."""
        library = self._session.library
        return library.size_is_known and len(self._images) >= library.size

    def _reset(self) -> None:
        self._images.clear()
        self._grown()

    def _grown(self) -> None:
        library = self._session.library
        for image in library.images:
            place = library.index_of(image.id)
            if place is not None:
                self._images[place] = image
        self._list()

    def _replaced(self, place: int) -> None:
        image = self._session.library.at(place)
        if image is not None:
            self._images[place] = image
            self._list()

    def _list(self) -> None:
        images = (self._images[place] for place in sorted(self._images))
        self.items = [Crop(image, box) for image in images for box in image.boxes if box.label == self.label]
        self.cursor = min(self.cursor, max(len(self.items) - 1, 0))
        self._load_more()
        self.changed.emit()

    def _load_more(self) -> None:
        if self.cursor + AHEAD >= len(self.items) and not self.complete:
            self._session.library.want(max(self._images, default=0))

    def go_to(self, index: int) -> None:
        """Put the crop at the index in front, as far as there is one."""
        self.cursor = min(max(index, 0), max(len(self.items) - 1, 0))
        self._load_more()
        self.moved.emit()

    def relabel(self, label: str) -> None:
        """Give the box in front another label; the next one is in front then."""
        if (crop := self.current) is None:
            return
        if label == self.label:
            self._session.said.emit(f"It is {label} already")
            return
        self._session.vocabulary.labels.add([label])
        title = f"Relabeled {self.label} to {label}"
        self._session.edit(title, [BoxChange(crop.image.id, crop.box, replace(crop.box, label=label))])
        self._session.said.emit(title)

    def relabel_by_digit(self, digit: str) -> None:
        label = self._session.vocabulary.labels.of_digit(digit)
        if label is None:
            self._session.said.emit(f"No label has the number {digit} yet")
        else:
            self.relabel(label)

    def delete(self) -> None:
        """Delete the box in front; the next one is in front then."""
        if (crop := self.current) is not None:
            title = f"Deleted {self.label}"
            self._session.edit(title, [BoxChange(crop.image.id, crop.box, None)])
            self._session.said.emit(title)

    def open(self) -> bool:
        """Put the image of the box in front into the editor, the box selected; whether it is still there."""
        crop = self.current
        place = None if crop is None else self._session.library.index_of(crop.image.id)
        if crop is None or place is None:
            return False
        self._session.go_to(place)
        self._session.set_mode(Mode.EDITOR)
        self._session.canvas.select(crop.box.id)
        return True
