"""A renamed label keeps its digit and colour, and no other's move."""

from __future__ import annotations

from labeler.state.names import Names


def test_a_renamed_name_keeps_its_place() -> None:
    names = Names(["bolt", "nut", "gear"])
    names.choose("nut")
    names.rename("nut", "washer")
    assert names.all == ("bolt", "washer", "gear")
    assert (names.digit_of("washer"), names.current) == ("2", "washer")


def test_merging_moves_nobody() -> None:
    names = Names(["bolt", "nut", "gear"])
    names.rename("bolt", "gear")
    assert names.all == ("bolt", "nut", "gear")
    assert names.current == "gear"
