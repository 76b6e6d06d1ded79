"""Labels and tags to choose from: an order that never changes, a colour and a digit each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from labeler.state.signal import Signal

DIGITS = "1234567890"


class Names:
    """Names in the order that the organization has, or else in which they were first seen or chosen here.

    New names go to the end, and none moves when others are added, so that a digit and a colour keep
    their meaning. Signals: `changed` when a name was added, or another order was taken over.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.changed: Signal[()] = Signal()
        self._names = list(dict.fromkeys(names))
        self.current = self._names[0] if self._names else ""

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(self._names)

    def add(self, names: Iterable[str]) -> None:
        """Add those that are new, at the end, in the order given."""
        fresh = [name for name in dict.fromkeys(names) if name and name not in self._names]
        if fresh:
            self._names.extend(fresh)
            if not self.current:
                self.current = self._names[0]
            self.changed.emit()

    def follow(self, order: Sequence[str]) -> None:
        """Take over an order that was agreed on; the names that are only here stay behind it."""
        names = list(dict.fromkeys((*order, *self._names)))
        if names != self._names:
            self._names = names
            self.current = self.current or names[0]
            self.changed.emit()

    def rename(self, old: str, new: str) -> None:
        """Give a name's place, and so its digit and colour, to a new one; one that is here already keeps its own."""
        if new not in self._names:
            self._names = [new if name == old else name for name in self._names]
        if self.current == old:
            self.current = new
        self.changed.emit()

    def drop(self, names: Collection[str]) -> None:
        """Forget names that nothing has any more."""
        if any(name in names for name in self._names):
            self._names = [name for name in self._names if name not in names]
            if self.current in names:
                self.current = self._names[0] if self._names else ""
            self.changed.emit()

    def meant_by(self, text: str) -> str:
        """The name that a person chose, or the one that they typed, without the blanks around it."""
        return text if text in self._names else text.strip()

    def choose(self, name: str) -> None:
        """Make the name the current one; a new one is added."""
        self.add([name])
        if self.current != name:
            self.current = name
            self.changed.emit()

    def of_digit(self, digit: str) -> str | None:
        """The name that a digit key means, "1" the first and "0" the tenth; None where there is none."""
        place = DIGITS.index(digit)
        return self._names[place] if place < len(self._names) else None

    def digit_of(self, name: str) -> str:
        """The digit key of a name; empty from the eleventh on."""
        place = self.place_of(name)
        return DIGITS[place] if 0 <= place < len(DIGITS) else ""

    def place_of(self, name: str) -> int:
        """The place of a name in the order, for its colour; -1 for one that is not here."""
        return self._names.index(name) if name in self._names else -1

    def code_of(self, name: str) -> str:
        """At most three letters that stand for the name, for those who cannot tell its colour."""
        words = [word for word in name.replace("-", " ").replace("_", " ").split() if word]
        return ("".join(word[0] for word in words[:3]) if len(words) > 1 else name[:2]).upper()

    def starting_with(self, prefix: str) -> tuple[str, ...]:
        """Names that start with the prefix, upper and lower case alike, then those that contain it."""
        wanted = prefix.casefold()
        start = [name for name in self._names if name.casefold().startswith(wanted)]
        inside = [name for name in self._names if wanted in name.casefold() and name not in start]
        return (*start, *inside)
