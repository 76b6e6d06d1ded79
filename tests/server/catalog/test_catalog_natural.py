"""Natural order as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from natsort import natsort_keygen, ns

from labeler.natural import natural_key

names = st.text(st.sampled_from("ab 01.9-"), max_size=8)
NATSORT = natsort_keygen(alg=ns.IGNORECASE)


@given(one=names, other=names)
def test_the_order_of_names_is_natsorts(one: str, other: str) -> None:
    assert (natural_key(one) < natural_key(other)) == (NATSORT(one) < NATSORT(other))


@pytest.mark.parametrize(
    "ordered",
    [
        ["img1.jpg", "img2.jpg", "img10.jpg", "img0011.jpg"],
        ["a/x10.jpg", "a/y1.jpg", "a b/x1.jpg", "b/x1.jpg"],
        ["day 2/img 3.jpg", "day 10/img 1.jpg"],
        ["IMG1.jpg", "img2.JPG", "Img3.jpg"],
        ["", "a"],
    ],
)
def test_numbers_count_case_does_not_and_folders_stay_together(ordered: list[str]) -> None:
    assert sorted(ordered, key=natural_key) == ordered


def test_long_names_and_control_characters_have_a_key() -> None:
    assert len(natural_key("x" * 5_000 + "1" * 5_000)) == 512
    assert "\x00" not in natural_key("a\x00b/\x01")
