"""Which boxes of the image are selected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from labeler.domain.box import Box


class BoxSelection:
    """The selected boxes by id: one that single keys are about, and others with it."""

    def __init__(self) -> None:
        self.primary = ""
        self._others: set[str] = set()

    def __contains__(self, box_id: str) -> bool:
        return bool(box_id) and (box_id == self.primary or box_id in self._others)

    def __len__(self) -> int:
        return len(self._others) + bool(self.primary)

    @property
    def ids(self) -> set[str]:
        return self._others | {self.primary} if self.primary else set()

    def choose(self, box_id: str) -> None:
        """Select one box alone; none for an empty id."""
        self.primary, self._others = box_id, set()

    def choose_all(self, ids: Iterable[str]) -> None:
        every = list(dict.fromkeys(ids))
        primary = self.primary if self.primary in every else (every[0] if every else "")
        self.primary, self._others = primary, set(every) - {primary}

    def toggle(self, box_id: str) -> None:
        """Add a box to the selection or take it out; what is added becomes the primary one."""
        if box_id == self.primary:
            self.primary = next(iter(sorted(self._others)), "")
            self._others.discard(self.primary)
        elif box_id in self._others:
            self._others.remove(box_id)
        else:
            if self.primary:
                self._others.add(self.primary)
            self.primary = box_id

    def keep(self, boxes: Iterable[Box]) -> None:
        """Forget boxes that are not among these."""
        ids = {box.id for box in boxes}
        self._others &= ids
        if self.primary not in ids:
            self.primary = next(iter(sorted(self._others)), "")
            self._others.discard(self.primary)

    def rename(self, names: Mapping[str, str]) -> None:
        """Boxes have other ids from now on."""
        self.primary = names.get(self.primary, self.primary)
        self._others = {names.get(one, one) for one in self._others}
