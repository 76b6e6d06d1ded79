"""The names that an organization labels with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NameOrder:
    """Labels and tags, each in the order on which their digits and colours hang.

    `renamed` are labels that gave their place away, and to which name.
    """

    labels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)

    def without(self, other: NameOrder) -> NameOrder:
        """The names that the other has not."""
        labels, tags = set(other.labels), set(other.tags)
        return NameOrder(
            tuple(name for name in self.labels if name not in labels),
            tuple(name for name in self.tags if name not in tags),
        )

    def plus(self, other: NameOrder) -> NameOrder:
        """These, and those that only the other has behind them."""
        new = other.without(self)
        renamed = {old: name for old, name in {**self.renamed, **other.renamed}.items() if old not in new.labels}
        return NameOrder((*self.labels, *new.labels), (*self.tags, *new.tags), renamed)

    def __bool__(self) -> bool:
        return bool(self.labels or self.tags)
