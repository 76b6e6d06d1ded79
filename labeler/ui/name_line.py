"""A line below a view that asks for a label or a tag now and then."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

from labeler.state.names import Names


class NameLine(QLineEdit):
    """Hidden until it asks; then it completes the names that there are, and gives the keyboard back to `view`."""

    def __init__(self, title: str, names: Callable[[], Names], accept: Callable[[str], None], view: QWidget) -> None:
        super().__init__()
        self._names, self._accept, self._view = names, accept, view
        self.setAccessibleName(title)
        self.setPlaceholderText(f"{title}; Enter takes it")
        self.hide()

    def ask(self, text: str = "") -> None:
        """Ask for a name, beginning with a text."""
        self.setCompleter(QCompleter(list(self._names().all), self))
        self.setText(text)
        self.show()
        self.selectAll()
        self.setFocus()

    def take_key(self, key: str) -> bool:
        """Whether a key that it did not use itself is for it, as all are while it asks."""
        if not self.isVisible():
            return False
        if key in ("Esc", "Enter"):
            self.hide()
            self._view.setFocus()
            if key == "Enter" and (name := self._names().meant_by(self.text())):
                self._accept(name)
        return True
