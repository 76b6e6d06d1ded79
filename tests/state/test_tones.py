"""Brightness, contrast and gamma for looking."""

from __future__ import annotations

import pytest

from labeler.state.tones import MOST, Tones


def test_neutral_tones_show_each_value_as_it_is() -> None:
    assert Tones().table() == tuple(range(256))


@pytest.mark.parametrize("name", ["brightness", "contrast", "gamma"])
def test_steps_end_at_the_most_and_never_turn_the_picture_around(name: str) -> None:
    tones = Tones()
    for _ in range(MOST + 5):
        tones = tones.changed(name, 1)
        table = tones.table()
        assert list(table) == sorted(table)
        assert (min(table) >= 0, max(table) <= 255) == (True, True)
    assert getattr(tones, name) == MOST


def test_more_of_each_makes_a_dark_grey_brighter_or_with_contrast_darker() -> None:
    dark = 64
    assert Tones(brightness=2).table()[dark] > dark
    assert Tones(gamma=2).table()[dark] > dark
    assert Tones(contrast=2).table()[dark] < dark
