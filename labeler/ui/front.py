"""The picture of the image in front: what of it and of its neighbours is asked for, and the best that is there."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from labeler.state.pictures import Pictures, Wanted
from labeler.state.session import Mode, Session
from labeler.ui.decode import Decoded
from labeler.ui.thumbs import BUCKETS, thumbnail

AHEAD = (1, 2, 3, -1)
"""Which neighbours of the image, in the direction of the last step, are decoded before they are asked for."""
STEP = 128
"""Pictures are asked for in multiples of so many px, so that a window that is made larger seldom asks again."""


class Front:
    """The pictures that `room`, the canvas, needs while the editor is open."""

    def __init__(
        self, session: Session, pictures: Pictures[Decoded], thumbnails: Pictures[Decoded] | None, room: QWidget
    ) -> None:
        self._session, self._pictures, self._thumbnails, self._room = session, pictures, thumbnails, room
        self._index, self._direction = -1, 1
        self._last: tuple[str, Decoded] | None = None
        session.pictures_old.connect(self._forget)
        session.mode_changed.connect(self._forget)

    def picture(self) -> Decoded | None:
        """The picture of the image in front, as much of it as is there, else None."""
        image = self._session.current
        if image is None:
            return None
        found = self._pictures.get(Wanted(image.id)) or self._pictures.get(self.for_screen(image.id))
        if found is not None:
            self._last = (image.id, found)
        elif self._last is not None and self._last[0] == image.id and not self.problem():
            found = self._last[1]  # for a room of another size
        elif self._thumbnails is not None:
            found = thumbnail(self._thumbnails, image.id, BUCKETS[-1])
        return found

    def for_screen(self, image_id: str) -> Wanted:
        """The picture of an image that has a px for each px of the room when it fits in it."""
        longer = max(self._room.width(), self._room.height()) * self._room.devicePixelRatioF()
        return Wanted(image_id, -(-round(longer) // STEP) * STEP, at_least=True)

    def is_sharp(self) -> bool:
        """Whether the picture that is there has a px for each px of the screen, or all that it has at all."""
        picture, view = self.picture(), self._session.canvas.view
        if picture is None or view is None:
            return False
        return picture.image.width() >= min(picture.width, view.scale * self._room.devicePixelRatioF() * picture.width)

    def has_whole(self) -> bool:
        """Whether it is there for zooming, with every px of it that is ever shown."""
        image = self._session.current
        if image is None:
            return False
        small = self._pictures.get(self.for_screen(image.id))
        return self._pictures.get(Wanted(image.id)) is not None or (small is not None and small.is_whole)

    def problem(self) -> str:
        """Why it cannot be shown; empty where nothing is known against it."""
        image = self._session.current
        if image is None:
            return ""
        return image.problem or self._pictures.problem(self.for_screen(image.id))

    def want(self) -> None:
        """Ask for what the screen needs of the image and its neighbours; for the whole where the person rests."""
        if self._session.mode is not Mode.EDITOR or not self._room.isVisible():
            return
        index, library = self._session.index, self._session.library
        if index != self._index:
            self._index, self._direction = index, 1 if index > self._index else -1
        images = (library.at(index + step * self._direction) for step in (0, *AHEAD))
        wanted = [self.for_screen(image.id) for image in images if image and not image.problem]
        image = self._session.current
        small = self._pictures.get(self.for_screen(image.id)) if image else None
        if image is not None and small is not None and self._session.pace.is_resting and not small.is_whole:
            wanted.insert(min(3, len(wanted)), Wanted(image.id))
        self._pictures.want(wanted)

    def _forget(self) -> None:
        self._last = None
