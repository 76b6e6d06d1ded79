"""What is painted by hand, told to screen readers as the items of a list: images of the grid, boxes of the canvas.

Only what is seen is told, as a library has any number of images; the item with the focus is always seen.
Qt's null pointers are None here, which its type annotations leave out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast, runtime_checkable
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface, QColor, QWindow
from PySide6.QtWidgets import QAccessibleWidget, QWidget

from labeler.ui import theme


@dataclass(frozen=True, slots=True)
class Item:
    """One painted thing: its name, where it is in the widget, whether it is selected, whether keys act on it."""

    name: str
    place: QRect
    is_selected: bool
    has_focus: bool


@runtime_checkable
class Painted(Protocol):
    """A widget that paints items itself."""

    def accessible_items(self) -> Sequence[Item]:
        """Those that are seen now, in the order of reading."""
        ...


def tell_focus(widget: QWidget) -> None:
    """Tell screen readers, where there are any, that another item has the focus."""
    if not QAccessible.isActive() or not widget.hasFocus():
        return
    place = next((n for n, item in enumerate(_items(widget)) if item.has_focus), None)
    event = QAccessibleEvent(widget, QAccessible.Event.Focus if place is not None else QAccessible.Event.NameChanged)
    if place is not None:
        event.setChild(place)
    QAccessible.updateAccessibility(event)


def install() -> None:
    """Have painted widgets told with their items; once for the program."""
    global _is_installed
    if not _is_installed:
        QAccessible.installFactory(_make)
        _is_installed = True


def _items(widget: object) -> Sequence[Item]:
    return widget.accessible_items() if isinstance(widget, Painted) else ()


class _List(QAccessibleWidget):
    """A widget as a list of its items."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget, QAccessible.Role.List)
        self._made: list[_ListItem] = []

    def childCount(self) -> int:
        return len(_items(self.object()))

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        if not 0 <= index < self.childCount():
            return None
        while len(self._made) <= index:
            item = _ListItem(cast(QWidget, self.object()), len(self._made))
            QAccessible.registerAccessibleInterface(item)
            self._made.append(item)
        return self._made[index]

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return child.place if isinstance(child, _ListItem) else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        at = cast(QWidget, self.object()).mapFromGlobal(QPoint(x, y))
        found = [n for n, item in enumerate(_items(self.object())) if item.place.contains(at)]
        return self.child(found[-1]) if found else None

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        found = [n for n, item in enumerate(_items(self.object())) if item.has_focus]
        return self.child(found[0]) if found else None


class _ListItem(QAccessibleInterface):
    """What is at a place among the items that are seen."""

    def __init__(self, widget: QWidget, place: int) -> None:
        super().__init__()
        self._widget, self.place = widget, place

    def _item(self) -> Item | None:
        items = _items(self._widget)
        return items[self.place] if self.place < len(items) else None

    def isValid(self) -> bool:
        return self._item() is not None

    def text(self, which: QAccessible.Text) -> str:
        item = self._item()
        return item.name if item and which == QAccessible.Text.Name else ""

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        state, item = QAccessible.State(), self._item()
        state.focusable = state.selectable = state.multiSelectable = True
        if item is None:
            state.invalid = True
        else:
            state.selected, state.focused = item.is_selected, item.has_focus
        return state

    def rect(self) -> QRect:
        item = self._item()
        return QRect(self._widget.mapToGlobal(item.place.topLeft()), item.place.size()) if item else QRect()

    def parent(self) -> QAccessibleInterface:
        return QAccessible.queryAccessibleInterface(self._widget)

    def window(self) -> QWindow | None:  # type: ignore[override]
        return self._widget.window().windowHandle()

    def object(self) -> QObject | None:  # type: ignore[override]
        return None

    def setText(self, which: QAccessible.Text, text: str) -> None:
        """Names are not changed from outside."""

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def childCount(self) -> int:
        return 0

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def foregroundColor(self) -> QColor:
        return theme.colors().text

    def backgroundColor(self) -> QColor:
        return theme.colors().cell


_is_installed = False
_lists: WeakKeyDictionary[QWidget, _List] = WeakKeyDictionary()
"""Qt has no references of its own to what Python made."""


def _make(class_name: str, made_for: QObject) -> QAccessibleInterface | None:
    if not isinstance(made_for, QWidget) or not isinstance(made_for, Painted):
        return None
    if made_for not in _lists:
        _lists[made_for] = _List(made_for)
    return _lists[made_for]
