"""Letters on what can be chosen, typed to choose it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from labeler.domain.geometry import Handle

LETTERS = "fjdkslaghrueiwoqptyvmcnbxz"
"""Those under the fingers first."""
OF_HANDLES = {
    "q": Handle.TOP_LEFT, "w": Handle.TOP, "e": Handle.TOP_RIGHT, "a": Handle.LEFT, "d": Handle.RIGHT,
    "z": Handle.BOTTOM_LEFT, "x": Handle.BOTTOM, "c": Handle.BOTTOM_RIGHT,
}  # fmt: skip
"""The edges and corners of a box, as their keys lie around `s`."""


def hint_letters(count: int) -> list[str]:
    """As many different words of letters, all of one length and that as short as it can be."""
    length = 1
    while len(LETTERS) ** length < count:
        length += 1
    words = ("".join(letters) for letters in product(LETTERS, repeat=length))
    return [word for word, _ in zip(words, range(count), strict=False)]


class Hints:
    """Words of letters for things by id, and what of a word has been typed."""

    def __init__(self, ids: Iterable[str]) -> None:
        every = list(ids)
        self.words = dict(zip(hint_letters(len(every)), every, strict=True))
        self.typed = ""

    def press(self, key: str) -> str | None:
        """Take a key; returns the id that is chosen, "" while letters are missing, None for a key that fits nothing."""
        typed = self.typed[:-1] if key == "Backspace" else self.typed + key
        if not any(word.startswith(typed) for word in self.words):
            return None
        self.typed = typed
        return self.words.get(typed, "")

    def left(self) -> Sequence[tuple[str, str]]:
        """The words that are still possible, each with its id."""
        return [(word, one) for word, one in self.words.items() if word.startswith(self.typed)]
