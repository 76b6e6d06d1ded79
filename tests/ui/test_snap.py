"""Corners found by snapping on real photographs with rectangles whose place is known."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import skimage
from PIL import Image, ImageDraw
from PySide6.QtGui import QImage

from labeler.domain.geometry import Point, Rect
from labeler.ui.snap import strongest_corner

PHOTOS = ("astronaut.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")
FOLDER = Path(skimage.__file__).parent / "data"
WIDTH, HEIGHT = 1920, 1080
EACH = 25


def cards(name: str) -> Iterator[tuple[QImage, tuple[int, int, int, int]]]:
    """The photograph at full HD with one plain card on it, and the card's edges in px."""
    if not (FOLDER / name).exists():
        pytest.fail(f"{name} is not in the wheel of scikit-image")
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


@pytest.mark.parametrize("name", [name for name in PHOTOS if (FOLDER / name).exists()])
def test_snapped_corners_are_within_three_px(name: str) -> None:
    cell = Point(1 / 26 / 5, 1 / 26 / 5)
    errors = []
    for image, (left, top, right, bottom) in cards(name):
        for x, y in ((left, top), (right, bottom)):
            off_x, off_y = (x * 7 % 9 - 4) / WIDTH, (y * 5 % 7 - 3) / HEIGHT
            near = Point(x / WIDTH + off_x, y / HEIGHT + off_y)
            area = Rect(near.x - cell.x / 2, near.y - cell.y / 2, near.x + cell.x / 2, near.y + cell.y / 2)
            found = strongest_corner(image, area)
            errors.append(max(abs(found.x * WIDTH - x), abs(found.y * HEIGHT - y)))
    close = sum(error <= 3 for error in errors)
    assert close >= 0.95 * len(errors), f"{close} of {len(errors)} within 3 px, worst {max(errors):.1f}"


def test_without_room_the_middle_is_taken() -> None:
    image = QImage(2, 2, QImage.Format.Format_RGB32)
    image.fill(0)
    assert strongest_corner(image, Rect(0, 0, 1, 1)) == Point(0.5, 0.5)
