"""How near a corner comes that is aimed at by keys, on real photographs with rectangles whose place is known.

Each photograph is shown at 1920 x 1080, so that a px of it is one of the screen. A card's corners are aimed at by the
same keys as in the program: four of them; or three and Space, which snaps. With the cross that shows beforehand where
Space will set the corner, a person presses the fourth key instead of Space where the cross is off by more than 3 px.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import skimage
from PIL import Image, ImageDraw
from PySide6.QtGui import QImage

from labeler.domain.geometry import UNIT, Point, Rect
from labeler.state.aim import Aim, Snap, keys_to
from labeler.ui.snap import strongest_corner

PHOTOS = ("astronaut.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")
FOLDER = Path(skimage.__file__).parent / "data"
WIDTH, HEIGHT = 1920, 1080
EACH = 25
MOST = 3.0
"""Of an error, in px."""


@dataclass(frozen=True)
class Errors:
    """The errors of one way to aim, in px, each the larger of across and down."""

    way: str
    values: tuple[float, ...]

    def at(self, share: float) -> float:
        """The error that this share of the corners does not exceed."""
        ordered = sorted(self.values)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]

    @property
    def within(self) -> int:
        return sum(value <= MOST for value in self.values)


def cards(name: str) -> Iterator[tuple[QImage, tuple[int, int, int, int]]]:
    """The photograph at full HD with one plain card on it, and the card's edges in px."""
    photo = Image.open(FOLDER / name).convert("RGB").resize((WIDTH, HEIGHT))
    chance = random.Random(name)
    for _ in range(EACH):
        left, top = chance.randrange(40, WIDTH - 300), chance.randrange(40, HEIGHT - 300)
        right, bottom = left + chance.randrange(60, 240), top + chance.randrange(60, 240)
        picture = photo.copy()
        under = photo.crop((left, top, right, bottom)).convert("L")
        fill = (20, 20, 20) if sum(under.histogram()[110:]) > under.width * under.height / 2 else (235, 235, 235)
        ImageDraw.Draw(picture).rectangle((left, top, right - 1, bottom - 1), fill=fill)
        content = picture.convert("RGBA").tobytes("raw", "BGRA")
        yield QImage(content, WIDTH, HEIGHT, QImage.Format.Format_RGB32).copy(), (left, top, right, bottom)


def error(at: Point, x: int, y: int) -> float:
    return max(abs(at.x * WIDTH - x), abs(at.y * HEIGHT - y))


def _middle(area: Rect) -> Point:
    return area.center


def aimed(keys: tuple[str, ...], snap: Snap = _middle) -> Point:
    """Where the keys put a corner on the whole picture."""
    aim, point = Aim(UNIT), None
    for key in keys:
        point = aim.press(key, snap)
    assert point is not None
    return point


def measure() -> tuple[Errors, Errors, Errors]:
    """By keys alone; with Space always; with Space where the cross is right. Two corners of every card."""
    plain, snapped, looked = [], [], []
    for name in PHOTOS:
        for image, (left, top, right, bottom) in cards(name):
            for x, y in ((left, top), (right, bottom)):
                keys = keys_to(UNIT, Point(x / WIDTH, y / HEIGHT))
                plain.append(error(aimed(keys), x, y))
                snapped.append(error(aimed((*keys[:3], "Space"), partial(strongest_corner, image)), x, y))
                looked.append(snapped[-1] if snapped[-1] <= MOST else plain[-1])
    return (
        Errors("Four keys a corner", tuple(plain)),
        Errors("Three keys and Space", tuple(snapped)),
        Errors("The same, the fourth key where the cross is off", tuple(looked)),
    )


def table(ways: tuple[Errors, ...]) -> str:
    """The errors as a table of the README."""
    rows = [
        "| corner by keys, 1920 x 1080 | corners | median px | p95 px | most px | within 3 px |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    rows += [
        f"| {one.way} | {len(one.values)} | {one.at(0.5):.1f} | {one.at(0.95):.1f} | {one.at(1):.1f} "
        f"| {100 * one.within / len(one.values):.0f} % |"
        for one in ways
    ]
    return "\n".join(rows)
