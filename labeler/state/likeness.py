"""Groups of pictures that look alike, from their hashes. Takes seconds for many: not for the event loop's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    _Words = NDArray[np.uint64]
    _Places = NDArray[np.intp]

BITS = 128
"""Of a hash."""
_ROWS, _COLUMNS = 64, 4096
"""Pairs that are compared at once: what they take stays in the processor's cache."""


def group(hashes: Sequence[bytes], most: int, told: Callable[[int], None] = lambda done: None) -> list[list[int]]:
    """The groups of two and more, as indexes in order.

    From the first on, each picture that is in no group takes those after it that are in none and differ from it in
    at most `most` bits; so that all of a group are near its first one, and a slow pan is not one group.
    `told` gets the number of pictures that are dealt with now and then, and ends it by raising.
    """
    import numpy as np

    words = np.frombuffer(b"".join(hashes), dtype=np.uint64).reshape(-1, 2)
    _, firsts, kinds = np.unique(words, axis=0, return_index=True, return_inverse=True)
    in_order = np.argsort(firsts)
    leaders = np.empty(len(firsts), dtype=np.intp)
    leaders[in_order] = _leaders(words[firsts[in_order]], most, told)
    leader_of = firsts[in_order][leaders[kinds.reshape(-1)]]
    by_leader = np.argsort(leader_of, kind="stable")
    starts = np.flatnonzero(np.diff(leader_of[by_leader], prepend=-1))
    return [members.tolist() for members in np.split(by_leader, starts[1:]) if len(members) > 1]


def near(hashes: Sequence[bytes], index: int, most: int) -> list[int]:
    """The others that differ from the one at the index in at most `most` bits, the nearest first."""
    import numpy as np

    words = np.frombuffer(b"".join(hashes), dtype=np.uint64).reshape(-1, 2)
    apart = np.bitwise_count(words ^ words[index]).sum(axis=1)
    found = np.flatnonzero(apart <= most)
    by_distance: list[int] = found[np.argsort(apart[found], kind="stable")].tolist()
    return [one for one in by_distance if one != index]


def _leaders(words: _Words, most: int, told: Callable[[int], None]) -> _Places:
    """Of each hash the index of the first of its group; no two hashes are equal."""
    import numpy as np

    leader_of = np.arange(len(words))
    is_free = np.ones(len(words), dtype=bool)
    left = np.arange(len(words))
    while len(left):
        told(len(words) - len(left))
        rows = left[:_ROWS]
        for row, near_it in _near_each(words, rows, left, most):
            if is_free[row]:
                taken = near_it[is_free[near_it]]
                leader_of[taken] = row
                is_free[taken] = False
        is_free[rows] = False
        left = left[_ROWS:]
        left = left[is_free[left]]
    return leader_of


def _near_each(words: _Words, rows: _Places, others: _Places, most: int) -> list[tuple[int, _Places]]:
    """Those of the rows that any of the others is near, with these, in order."""
    import numpy as np

    found_rows, found_others = [], []
    for start in range(0, len(others), _COLUMNS):
        part = others[start : start + _COLUMNS]
        # Half of the bits say of nearly all pairs that they are apart.
        row, other = np.nonzero(np.bitwise_count(words[rows, 0, None] ^ words[None, part, 0]) <= most)
        apart = np.bitwise_count(words[rows[row]] ^ words[part[other]]).sum(axis=1)
        is_near = (apart <= most) & (rows[row] != part[other])
        found_rows.append(rows[row[is_near]])
        found_others.append(part[other[is_near]])
    row, other = np.concatenate(found_rows), np.concatenate(found_others)
    by_row = np.argsort(row, kind="stable")
    row, other = row[by_row], other[by_row]
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    return [(int(row[start]), near_it) for start, near_it in zip(starts, np.split(other, starts[1:]), strict=False)]
