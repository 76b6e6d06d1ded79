"""Finding actions by a few letters of their title or help."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labeler.actions.action import Action


def score(typed: str, text: str) -> int | None:
    """How well the letters typed fit a text: lower is better, None where they do not occur in order.

    Letters that follow each other or begin a word cost less than those scattered inside.
    """
    typed, text = typed.casefold().replace(" ", ""), text.casefold()
    cost, position = 0, -1
    for letter in typed:
        found = text.find(letter, position + 1)
        word = text.find(" " + letter, max(position, 0))
        if word >= 0 and (found < 0 or word + 1 <= found + 8) and found != position + 1:
            found = word + 1
            cost -= 1
        if found < 0:
            return None
        cost += 0 if found == position + 1 else 1 + (found - position) // 4
        position = found
    return cost


def _fits_words(typed: str, text: str) -> bool:
    """Whether each word typed is within a word of the text, letters left out but not its first ("brghtns")."""
    words = text.casefold().replace(",", " ").replace(".", " ").split()

    def fits(part: str, word: str) -> bool:
        letters = iter(word)
        return part in word or (part[0] == word[0] and all(letter in letters for letter in part))

    return all(any(fits(part, word) for word in words) for part in typed.casefold().split())


@dataclass(frozen=True, slots=True)
class Found:
    """An action that fits, and whether only its help does."""

    action: Action
    by_help: bool = False


def search(typed: str, actions: Iterable[Action], recent: tuple[str, ...] = ()) -> list[Found]:
    """The actions that fit, best first: by title, then by help; used lately (newest first) before others as good."""

    def rank(action: Action) -> tuple[int, int, int] | None:
        lately = recent.index(action.name) if action.name in recent else len(recent)
        by_title = score(typed, action.title)
        if by_title is not None:
            return (0, by_title - (lately < len(recent)), lately)
        if typed.casefold().strip() in action.help.casefold():
            return (1, 0, lately)
        return (2, 0, lately) if _fits_words(typed, f"{action.title} {action.help}") else None

    ranked = [(place, action) for action in actions if (place := rank(action)) is not None]
    return [Found(action, place[0] > 0) for place, action in sorted(ranked, key=lambda one: one[0])]
