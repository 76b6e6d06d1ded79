"""Tell others that something changed, without knowing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVarTuple

Values = TypeVarTuple("Values")


class Signal(Generic[*Values]):
    """A list of functions to call with what changed, in the order they were connected."""

    def __init__(self) -> None:
        self._slots: list[Callable[[*Values], object]] = []

    def connect(self, slot: Callable[[*Values], object]) -> None:
        self._slots.append(slot)

    def disconnect(self, slot: Callable[[*Values], object]) -> None:
        self._slots.remove(slot)

    def emit(self, *values: *Values) -> None:
        for slot in tuple(self._slots):
            slot(*values)
