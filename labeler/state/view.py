"""Where the picture is on the canvas: fractions of the image to pixels of the widget and back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from labeler.domain.geometry import Point, Rect

LEAST_SCALE, MOST_SCALE = 0.02, 40.0
MARGIN = 24


@dataclass(frozen=True, slots=True)
class View:
    """A picture of `width` x `height` px drawn `scale` times as large with its top left at (left, top).

    `left`, `top` and all widget points are in widget px; `scale` is widget px per image px.
    """

    width: int
    height: int
    scale: float = 1.0
    left: float = 0.0
    top: float = 0.0

    def to_widget(self, rect: Rect) -> Rect:
        across, down = self.width * self.scale, self.height * self.scale
        return Rect(
            self.left + rect.left * across,
            self.top + rect.top * down,
            self.left + rect.right * across,
            self.top + rect.bottom * down,
        )

    def to_image(self, point: Point) -> Point:
        """The point as fractions of the image; outside [0, 1] beside the picture."""
        return Point(
            (point.x - self.left) / (self.width * self.scale), (point.y - self.top) / (self.height * self.scale)
        )

    def point_to_widget(self, point: Point) -> Point:
        return Point(self.left + point.x * self.width * self.scale, self.top + point.y * self.height * self.scale)

    def fraction(self, pixels: float) -> Point:
        """A length in widget px as fractions of the image, per axis."""
        return Point(pixels / (self.width * self.scale), pixels / (self.height * self.scale))

    def zoomed(self, factor: float, at: Point) -> View:
        """Scaled by `factor` with the picture's point under `at` kept where it is."""
        scale = min(max(self.scale * factor, LEAST_SCALE), MOST_SCALE)
        real = scale / self.scale
        return replace(self, scale=scale, left=at.x - (at.x - self.left) * real, top=at.y - (at.y - self.top) * real)

    def panned(self, dx: float, dy: float) -> View:
        return replace(self, left=self.left + dx, top=self.top + dy)


def fitted(width: int, height: int, room_width: int, room_height: int) -> View:
    """The whole picture in the middle of a room of that many px, with a margin."""
    across = max(1, room_width - 2 * MARGIN) / max(1, width)
    down = max(1, room_height - 2 * MARGIN) / max(1, height)
    scale = min(across, down)
    return View(width, height, scale, (room_width - width * scale) / 2, (room_height - height * scale) / 2)


def actual_size(width: int, height: int, room_width: int, room_height: int) -> View:
    """The picture at one widget px per image px, its middle in the middle of the room."""
    return View(width, height, 1.0, (room_width - width) / 2, (room_height - height) / 2)
