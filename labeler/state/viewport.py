"""Which part of the picture the editor shows, and how large."""

from __future__ import annotations

from labeler.domain.geometry import Point, Rect, between, clamp_point
from labeler.state.signal import Signal
from labeler.state.tones import Tones
from labeler.state.view import View, actual_size, fitted

BESIDE_BOX = 3.0
"""How many times as large as a box the part is that zooming to it shows."""


class Viewport:
    """The view of one picture in a room of a size. Signals: `changed`."""

    def __init__(self) -> None:
        self.changed: Signal[()] = Signal()
        self.view: View | None = None
        self.tones = Tones()
        self._room = (800, 600)
        self._fits = True
        self._left: dict[tuple[int, int], View] = {}
        """Views that were neither fitted when another size came, by the size of their pictures."""

    def set_picture_size(self, width: int, height: int) -> None:
        """Tell the size of the displayed picture in px (orientation applied); pictures of one size share a view."""
        view = self.view
        if view is not None and (view.width, view.height) == (width, height):
            return
        if view is not None and not self._fits:
            self._left[view.width, view.height] = view
        kept = self._left.pop((width, height), None)
        self._fits = kept is None
        self._show(kept or fitted(width, height, *self._room))

    def set_room(self, width: int, height: int) -> None:
        """Tell the size of the widget in px."""
        self._room = (width, height)
        self._left.clear()
        if self.view and self._fits:
            self.view = fitted(self.view.width, self.view.height, width, height)
        self.changed.emit()

    def fit(self) -> None:
        """Show the whole picture; when it is shown whole already, at its actual size."""
        if self.view is not None:
            self._fits = not self._fits
            place = fitted if self._fits else actual_size
            self._show(place(self.view.width, self.view.height, *self._room))

    def zoom(self, factor: float, at: Point | None = None) -> None:
        """Scale by a factor, with what is at a point of the widget kept there; the middle without one."""
        if self.view:
            self._fits = False
            self._show(self.view.zoomed(factor, at or Point(self._room[0] / 2, self._room[1] / 2)))

    def pan(self, dx: float, dy: float) -> None:
        if self.view:
            self._fits = False
            self._show(self.view.panned(dx, dy))

    def zoom_to(self, rect: Rect) -> None:
        """Show a part of the picture, given in fractions, in the middle with some of what is around it."""
        if self.view is None:
            return
        wide = max(rect.width * self.view.width, 1.0) * BESIDE_BOX
        high = max(rect.height * self.view.height, 1.0) * BESIDE_BOX
        factor = min(self._room[0] / wide, self._room[1] / high) / self.view.scale
        middle = Point(self._room[0] / 2, self._room[1] / 2)
        zoomed = self.view.zoomed(factor, middle)
        there = zoomed.point_to_widget(rect.center)
        self._fits = False
        self._show(zoomed.panned(middle.x - there.x, middle.y - there.y))

    def set_tones(self, tones: Tones) -> None:
        """Show this picture and those after it brighter or darker."""
        self.tones = tones
        self.changed.emit()

    def seen(self) -> Rect | None:
        """The part of the picture that can be seen, in fractions."""
        if self.view is None:
            return None
        corner = self.view.to_image(Point(*map(float, self._room)))
        return between(clamp_point(self.view.to_image(Point(0, 0))), clamp_point(corner))

    def _show(self, view: View) -> None:
        self.view = view
        self.changed.emit()
