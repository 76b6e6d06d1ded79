"""Finding actions by a few letters of their title or help."""

from __future__ import annotations

from collections.abc import Iterable

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


def search(typed: str, actions: Iterable[Action], recent: tuple[str, ...] = ()) -> list[Action]:
    """The actions that fit, best first: by title, then by help; used lately before others."""

    def rank(action: Action) -> tuple[int, int, int] | None:
        lately = recent.index(action.name) if action.name in recent else len(recent)
        by_title = score(typed, action.title)
        if by_title is not None:
            return (0, by_title, lately)
        by_help = score(typed, action.help) if typed.casefold() in action.help.casefold() else None
        return None if by_help is None else (1, by_help, lately)

    ranked = [(place, action) for action in actions if (place := rank(action)) is not None]
    return [action for _, action in sorted(ranked, key=lambda one: one[0])]
