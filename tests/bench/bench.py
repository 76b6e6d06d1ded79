"""What parts of the bench share: sizes, folders, rivals."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.bench.rivals import Rivals

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bench:
    """`work` keeps photographs and environments from run to run; `run` is empty at the start and goes at the end.

    `largest` is the number of images of the largest catalog.
    """

    quick: bool
    largest: int
    work: Path
    run: Path
    rivals: Rivals

    def either(self, full: T, quick: T) -> T:
        """The size of something, in a run that counts or in one that only shows that it runs."""
        return quick if self.quick else full

    def sizes(self, *sizes: int) -> list[int]:
        """Those of the sizes that are to be measured."""
        return [size for size in sizes if size <= self.largest]
