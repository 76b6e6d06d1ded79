"""Corners aimed at by keys, and snapped, on real photographs with rectangles whose place is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QImage

from labeler.domain.geometry import Point, Rect
from labeler.ui.snap import strongest_corner
from tests.walks.accuracy import EACH, FOLDER, HEIGHT, MOST, PHOTOS, WIDTH, cards, error, measure, table

README = Path(__file__).parents[2] / "README.md"


def test_corners_by_keys_are_within_three_px(record_property: Callable[[str, object], None]) -> None:
    assert all((FOLDER / name).exists() for name in PHOTOS), "in the wheel of scikit-image"
    plain, snapped, looked = ways = measure()
    text = table(ways)
    record_property("corners", text)
    assert len(plain.values) == len(snapped.values) == len(looked.values) == 2 * EACH * len(PHOTOS)
    assert plain.at(1) <= MOST
    assert looked.at(1) <= MOST
    assert snapped.within >= 0.98 * len(snapped.values), text
    assert snapped.at(0.95) <= 1, "what is snapped is exact, not only near"
    assert text in README.read_text(encoding="utf-8"), "run packaging/generate_effort.py"


def test_a_rough_aim_is_snapped_within_three_px() -> None:
    """Where the middle of the part is off by as much as half of it."""
    wide, high = 1 / 26 / 5, 1 / 26 / 5
    errors = []
    for image, (left, top, right, bottom) in (card for name in PHOTOS for card in cards(name)):
        for x, y in ((left, top), (right, bottom)):
            near = Point((x + x * 7 % 9 - 4) / WIDTH, (y + y * 5 % 7 - 3) / HEIGHT)
            area = Rect(near.x - wide / 2, near.y - high / 2, near.x + wide / 2, near.y + high / 2)
            errors.append(error(strongest_corner(image, area), x, y))
    close = sum(one <= MOST for one in errors)
    assert close >= 0.95 * len(errors), f"{close} of {len(errors)} within 3 px, worst {max(errors):.1f}"


def test_without_room_the_middle_is_taken() -> None:
    image = QImage(2, 2, QImage.Format.Format_RGB32)
    image.fill(0)
    assert strongest_corner(image, Rect(0, 0, 1, 1)) == Point(0.5, 0.5)
