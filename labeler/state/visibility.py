"""Which boxes are shown, and which cannot be changed."""

from __future__ import annotations

from collections.abc import Iterable

from labeler.domain.box import Box


class Visibility:
    """What a person has hidden or locked: single boxes by id, all boxes of a label, all but one label."""

    def __init__(self) -> None:
        self.is_off = False
        """Whether no box is shown, as while a key is held."""
        self.only_label = ""
        self.hidden_labels: set[str] = set()
        self.hidden: set[str] = set()
        self.locked: set[str] = set()

    def shows(self, box: Box) -> bool:
        if self.is_off or box.id in self.hidden or box.label in self.hidden_labels:
            return False
        return not self.only_label or box.label == self.only_label

    def shown(self, boxes: tuple[Box, ...]) -> tuple[Box, ...]:
        if not (self.is_off or self.only_label or self.hidden_labels or self.hidden):
            return boxes
        return tuple(box for box in boxes if self.shows(box))

    def show_all(self) -> None:
        self.is_off, self.only_label = False, ""
        self.hidden_labels.clear()
        self.hidden.clear()

    def rename(self, names: dict[str, str]) -> None:
        """Boxes have other ids from now on."""
        self.hidden = {names.get(one, one) for one in self.hidden}
        self.locked = {names.get(one, one) for one in self.locked}

    def toggle_hidden(self, boxes: Iterable[Box]) -> None:
        self.hidden ^= {box.id for box in boxes}

    def toggle_locked(self, boxes: Iterable[Box]) -> None:
        """Lock the boxes, or unlock them where all of them are locked."""
        ids = {box.id for box in boxes}
        self.locked = self.locked - ids if ids <= self.locked else self.locked | ids
