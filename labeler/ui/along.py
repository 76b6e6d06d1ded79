"""The list of what was taken along, each set with what can be done about it by one key."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QListWidget, QWidget

from labeler.domain.along import TakenAlong
from labeler.state.along import set_text
from labeler.state.prompts import Question
from labeler.state.session import Session
from labeler.ui.choices import ChoicesDialog
from labeler.ui.dialogs import QuestionDialog
from labeler.ui.plain import PlainLabel, row_text


class AlongDialog(ChoicesDialog):
    """What is on this computer, how old it is, and whether all of it is there."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent, "Taken along", {"Delete": "x"})
        self._session = session
        self._sets: tuple[TakenAlong, ...] = ()
        self.resize(560, 320)
        self.list = QListWidget()
        self.list.setAccessibleName("Images taken along")
        self.list.itemActivated.connect(lambda item: self._show_images())
        self.take_keys_of(self.list)
        self.about = PlainLabel(wraps=True)
        self.body.addWidget(self.list)
        self.body.addWidget(self.about)
        self.add_choices(("g", "Show", self._show_images), ("r", "Refresh", self._refresh), ("x", "Remove", self._drop))
        session.along.changed.connect(self._fill)
        self.finished.connect(lambda result: session.along.changed.disconnect(self._fill))
        self._fill()
        self.list.setFocus()

    def current(self) -> TakenAlong | None:
        """The set that the choices are about."""
        row = self.list.currentRow()
        return self._sets[row] if 0 <= row < len(self._sets) else None

    def _fill(self) -> None:
        row = max(self.list.currentRow(), 0)
        self._sets = self._session.along.sets
        self.list.clear()
        self.list.addItems([row_text(set_text(one)) for one in self._sets])
        self.list.setCurrentRow(min(row, len(self._sets) - 1))
        offline = self._session.along.offline
        if not self._sets:
            self.about.setText("Nothing was taken along. The key F7 takes the images of the filter along.")
        else:
            self.about.setText(f"The service is {offline}." if offline else "Refresh reads what is new and goes on.")
        self.enable_choices(lambda key: bool(self._sets) and not (key == "r" and offline))

    def _show_images(self) -> None:
        if one := self.current():
            self._session.show(one.wanted)
            self.accept()

    def _refresh(self) -> None:
        if one := self.current():
            self._session.along.refresh(one)
            self.accept()

    def _drop(self) -> None:
        if one := self.current():
            text = f"{one.name} is removed from this computer. At the service nothing changes, and edits stay."
            drop = partial(self._session.along.drop, one)
            QuestionDialog(self, Question("Remove from this computer?", text, "Remove", drop)).open()
