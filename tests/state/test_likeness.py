"""Groups that look alike are those that comparing every picture with every other gives."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.state.likeness import group, near

_BITS = st.integers(0, 24)


def _apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def _one_by_one(hashes: list[bytes], most: int) -> list[list[int]]:
    groups, taken = [], set[int]()
    for first in range(len(hashes)):
        if first not in taken:
            after = [one for one in range(first + 1, len(hashes)) if one not in taken]
            members = [first, *(one for one in after if _apart(hashes[first], hashes[one]) <= most)]
            taken.update(members)
            groups += [members] if len(members) > 1 else []
    return groups


@st.composite
def _families(draw: st.DrawFn) -> list[bytes]:
    """Hashes of a few scenes, each with some of its bits turned over; more than are compared at once."""
    dice = random.Random(draw(st.integers(0, 2**32)))
    scenes = [dice.getrandbits(128) for _ in range(draw(st.integers(1, 6)))]
    most = draw(st.integers(0, 14))
    found = []
    for _ in range(draw(st.integers(0, 150))):
        one = dice.choice(scenes)
        for _ in range(dice.randint(0, most)):
            one ^= 1 << dice.randrange(128)
        found.append(one.to_bytes(16))
    return found


@given(_families(), _BITS)
def test_groups_are_those_of_comparing_one_by_one(hashes: list[bytes], most: int) -> None:
    assert group(hashes, most) == _one_by_one(hashes, most)


@given(_families().filter(bool), _BITS, st.data())
def test_those_like_one_are_the_near_ones_nearest_first(hashes: list[bytes], most: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(hashes) - 1))
    found = near(hashes, index, most)
    distances = [_apart(hashes[index], hashes[one]) for one in found]
    assert distances == sorted(distances)
    assert set(found) == {
        one for one in range(len(hashes)) if one != index and _apart(hashes[index], hashes[one]) <= most
    }


def test_more_than_are_compared_at_once_and_none_alike() -> None:
    dice = random.Random(1)
    hashes = [dice.randbytes(16) for _ in range(5_000)]
    hashes += [hashes[4_999], hashes[0]]
    assert group(hashes, 8) == [[0, 5_001], [4_999, 5_000]]


def test_each_of_many_finds_its_twin() -> None:
    dice = random.Random(2)
    hashes = [dice.getrandbits(128) for _ in range(300)]
    twins = [one ^ 1 << place % 128 for place, one in enumerate(hashes)]
    assert group([one.to_bytes(16) for one in hashes + twins], 1) == [[place, 300 + place] for place in range(300)]


def test_many_that_are_all_alike_are_one_group() -> None:
    hashes = [(1 << place).to_bytes(16) for place in range(128)] * 100
    assert group(hashes, 2) == [list(range(12_800))]


def test_it_tells_how_far_it_is_and_can_be_ended_from_there() -> None:
    dice, told = random.Random(1), list[int]()

    def tell(done: int) -> None:
        told.append(done)
        if done > 200:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        group([dice.randbytes(16) for _ in range(1_000)], 8, tell)
    assert told[0] == 0
    assert told == sorted(told)
    assert len(told) < 6
