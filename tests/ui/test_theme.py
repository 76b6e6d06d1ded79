"""Colours that can be read, in both themes."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from labeler.ui import icons, theme
from tests.ui.color_difference import difference, seen

THEMES = (theme.DARK, theme.LIGHT)


def test_contrast_is_that_of_wcag() -> None:
    assert theme.contrast(QColor("#000000"), QColor("#ffffff")) == pytest.approx(21)
    assert theme.contrast(QColor("#777777"), QColor("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colors", THEMES, ids=["dark", "light"])
def test_text_can_be_read_on_everything_it_is_written_on(colors: theme.Colors) -> None:
    pairs = [
        *((ink, ground) for ink in ("text", "quiet") for ground in ("window", "panel", "field", "cell")),
        ("text", "selection"), ("on_accent", "accent"), ("on_canvas", "canvas"), ("quiet_on_canvas", "canvas"),
        ("quiet", "selection"), ("accent_on_canvas", "canvas"),
        *(("accent", ground) for ground in ("window", "panel", "field", "cell")),
        *(("warning", ground) for ground in ("window", "panel", "field", "cell")),
    ]  # fmt: skip
    ratios = {pair: theme.contrast(getattr(colors, pair[0]), getattr(colors, pair[1])) for pair in pairs}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("colors", THEMES, ids=["dark", "light"])
def test_controls_and_focus_can_be_seen(colors: theme.Colors) -> None:
    pairs = [
        *((ink, ground) for ink in ("control", "accent", "warning") for ground in ("window", "panel", "cell")),
        ("accent_on_canvas", "canvas"), ("quiet", "selection"),
    ]  # fmt: skip
    ratios = {pair: theme.contrast(getattr(colors, pair[0]), getattr(colors, pair[1])) for pair in pairs}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 3} == {}


@pytest.mark.parametrize("colors", THEMES, ids=["dark", "light"])
def test_what_surrounds_pictures_is_neutral(colors: theme.Colors) -> None:
    for name in ("window", "panel", "field", "cell", "canvas", "selection", "border"):
        assert getattr(colors, name).saturation() == 0, name


def test_each_label_color_reads_and_shows() -> None:
    for place in range(-1, len(theme.LABEL_COLORS)):
        color = theme.label_color(place)
        assert theme.contrast(theme.text_on(color), color) >= 4.5
        assert theme.contrast(color, theme.DARK.canvas) >= 3
        assert theme.contrast(theme.label_color(place, dark=False), theme.LIGHT.window) >= 3


def test_the_measure_of_difference_is_that_of_ciede2000() -> None:
    pairs = [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ]
    for one, other, published in pairs:
        assert difference(one, other) == pytest.approx(published, abs=1e-4)


@pytest.mark.parametrize(("vision", "least"), [("all cones", 20), ("no red", 14), ("no green", 14), ("no blue", 14)])
def test_label_colors_are_told_apart_by_the_color_blind_too(vision: str, least: float) -> None:
    colors = [seen(QColor(color), vision) for color in theme.LABEL_COLORS]
    assert len(colors) == 10
    assert min(difference(one, other) for one, other in combinations(colors, 2)) >= least


def test_a_place_keeps_its_color_and_neighbours_differ() -> None:
    count = len(theme.LABEL_COLORS)
    assert len({theme.label_color(place).name() for place in range(count)}) == count
    assert theme.label_color(3) == theme.label_color(3 + count)


def test_a_theme_dresses_the_program(qapp: QApplication) -> None:
    for name, colors in (("light", theme.LIGHT), ("dark", theme.DARK)):
        assert theme.apply_theme(qapp, name) is colors
        assert theme.colors() is colors
        assert qapp.palette().color(QPalette.ColorRole.Window) == colors.window
        assert qapp.font().pixelSize() == theme.BODY_PX


def test_every_icon_is_drawn_in_the_color_asked_for(qapp: QApplication) -> None:
    red = QColor("#ff0000")
    assert len(icons.names()) >= 20
    for name in icons.names():
        image = icons.pixmap(name, red, 2).toImage()
        assert image.width() == 2 * theme.ICON
        seen = {
            image.pixelColor(x, y).name()
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y).alpha() == 255
        }
        assert seen == {"#ff0000"}, name
