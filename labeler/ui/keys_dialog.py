"""The dialog in which every key can be changed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QSizePolicy, QWidget

from labeler.actions import palette
from labeler.actions.action import Action, Where
from labeler.actions.key_choices import KeyChoices
from labeler.actions.keymap import Keymap
from labeler.actions.presets import PRESETS
from labeler.domain.errors import InvalidValue
from labeler.state.session import Session
from labeler.ui.choices import ChoicesDialog
from labeler.ui.holding import CHOICES, HOLD, NEVER
from labeler.ui.keyboard import MODIFIERS
from labeler.ui.keys import key_text
from labeler.ui.plain import PlainLabel, row_text
from labeler.ui.prompt import Row

_MOVES = {"Down": 1, "Up": -1, "PageDown": 10, "PageUp": -10}


class KeyCatcher(PlainLabel):
    """Takes the next key, whatever it is; Esc gives up. `caught` has the key as it is written."""

    caught = Signal(str)
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__(wraps=True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            self._take(event)
            return True
        return super().event(event)

    def _take(self, event: QKeyEvent) -> None:
        event.accept()
        key = key_text(event)
        if key == "Esc":
            self.given_up.emit()
        elif key:
            self.caught.emit(key)
        elif Qt.Key(event.key()) not in MODIFIERS:
            self.setText("This key cannot be used. Press another; Esc gives up.")


class KeysDialog(ChoicesDialog):
    """All actions with their keys; typing finds, arrows choose, Enter asks for the new key."""

    def __init__(self, parent: QWidget, session: Session, keymap: Keymap) -> None:
        super().__init__(parent, "Keys", {})
        self._session, self._keymap = session, keymap
        self._choices_of_keys = KeyChoices(keymap, session.settings, session.saver.save_soon)
        self._changing, self._adds, self._clashing = "", False, ""
        self.resize(720, 560)
        self.preset, self.hold = QComboBox(), QComboBox()
        self._make_options()
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Find an action by name, help or key")
        self.filter.setAccessibleName("Find an action by name, help or key")
        self.filter.textEdited.connect(lambda text: self._fill())
        self.filter.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Actions and their keys")
        self.list.setItemDelegate(Row(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMinimumSize(QSize(200, 120))
        self.list.itemActivated.connect(lambda item: self._change())
        self.list.currentRowChanged.connect(lambda row: self._describe())
        self.take_keys_of(self.list)
        self.says = KeyCatcher()
        self.says.caught.connect(self._caught)
        self.says.given_up.connect(lambda: self._end("Nothing was changed."))
        for widget in (self.filter, self.list, self.says):
            self.body.addWidget(widget)
        self.add_choices(
            ("Enter", "Change", self._change),
            ("Insert", "Add a key", lambda: self._change(also=True)),
            ("Ctrl+Delete", "No key", self._take_all),
        )
        self.add_choices(("F8", "Reset", self._reset), ("Shift+F8", "Reset all", self._reset_all))
        self._fill()
        self.filter.setFocus()

    def _make_options(self) -> None:
        row = QHBoxLayout()
        for name, preset in PRESETS.items():
            self.preset.addItem(preset.title, name)
        self.preset.setCurrentIndex(self.preset.findData(self._choices_of_keys.preset))
        self.preset.setAccessibleName("Keys of which program")
        self.preset.activated.connect(lambda place: self._use_preset(self.preset.itemData(place)))
        for choice in CHOICES:
            self.hold.addItem("Never" if choice == NEVER else f"While {choice} is held", choice)
        self.hold.setCurrentIndex(max(self.hold.findData(self._session.settings.get(HOLD, CHOICES[0])), 0))
        self.hold.setAccessibleName("When to show the keyboard")
        self.hold.activated.connect(lambda place: self._use_hold(self.hold.itemData(place)))
        for title, box in (("Keys of", self.preset), ("Show the keyboard", self.hold)):
            label = PlainLabel(title)
            label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
            row.addWidget(label)
            row.addWidget(box, 1)
        self.body.addLayout(row)

    # The list.

    def _fill(self) -> None:
        chosen = self.current()
        typed = self.filter.text().strip()
        found = [one.action for one in palette.search(typed, self._keymap.actions)] if typed else self._keymap.actions
        by_key = [one for one in self._keymap.actions if typed in self._keymap.keys_of(one.name)]
        self.list.clear()
        for action in dict.fromkeys((*by_key, *found)):
            item = QListWidgetItem(row_text(self._row(action)))
            item.setData(Qt.ItemDataRole.UserRole, action.name)
            self.list.addItem(item)
            if chosen and not typed and action.name == chosen.name:
                self.list.setCurrentItem(item)
        if self.list.currentRow() < 0:
            self.list.setCurrentRow(0)

    def _row(self, action: Action) -> str:
        where = "" if action.where is Where.ANYWHERE else f" ({action.where.value})"
        own = "  changed" if self._choices_of_keys.is_own(action.name) else ""
        return f"{action.title}{where}   {'  '.join(self._keymap.keys_of(action.name)) or 'no key'}{own}"

    def current(self) -> Action | None:
        """The action that the choices are about."""
        item = self.list.currentItem()
        return self._keymap.action(str(item.data(Qt.ItemDataRole.UserRole))) if item else None

    def _describe(self) -> None:
        action = self.current()
        self.says.setText(f"{action.help}  ({action.name})" if action else "No action fits")

    # The choices.

    def _change(self, also: bool = False) -> None:
        if action := self.current():
            self._changing, self._adds, self._clashing = action.name, also, ""
            what = "another key" if also else "the new key"
            self.says.setText(f"Press {what} for {action.title}. Esc gives up.")
            self.says.setFocus()

    def _caught(self, key: str) -> None:
        try:
            rivals = self._keymap.rivals(self._changing, key)
            if rivals and key != self._clashing:
                self._clashing = key
                names = " and ".join(f"{one.title} ({one.name})" for one in rivals)
                self.says.setText(
                    f"{key} means {names} already. Press {key} again to take it from there, or another key; "
                    "Esc gives up."
                )
                return
            self._choices_of_keys.give(self._changing, key, also=self._adds)
        except InvalidValue as error:
            self.says.setText(f"{error}. Press another; Esc gives up.")
            return
        lost = [one.title for one in rivals if not self._keymap.keys_of(one.name)]
        without = f" {' and '.join(lost)}: no key is left." if lost else ""
        self._end(f"{self._keymap.action(self._changing).title}: {key}.{without}")

    def _end(self, says: str) -> None:
        self._changing = ""
        self._fill()
        self.says.setText(says)
        self.filter.setFocus()

    def _take_all(self) -> None:
        if action := self.current():
            self._choices_of_keys.take_all(action.name)
            self._end(f"{action.title} has no key now; Ctrl+K still finds it.")

    def _reset(self) -> None:
        if not (action := self.current()):
            return
        if rivals := self._choices_of_keys.reset(action.name):
            names = " and ".join(f"{one.title} ({one.name})" for one in rivals)
            self._end(f"The keys of {action.title} belong to {names} now. Reset that first.")
        else:
            self._end(f"{action.title} has its keys again.")

    def _reset_all(self) -> None:
        self._choices_of_keys.reset_all()
        self._end(f"All actions have the keys of {self.preset.currentText()}.")

    def _use_preset(self, name: str) -> None:
        dropped = self._choices_of_keys.use_preset(name)
        self._fill()
        kept = f" Your own keys clashed and were dropped: {', '.join(dropped)}." if dropped else ""
        self.says.setText(f"Keys of {PRESETS[name].title}.{kept}")

    def _use_hold(self, choice: str) -> None:
        self._session.settings.set(HOLD, choice)
        self._session.saver.save_soon()

    # Keys.

    def _take_key(self, key: str) -> bool:
        if self.filter.hasFocus() and key in _MOVES:
            row = self.list.currentRow() + _MOVES[key]
            self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
            return True
        return super()._take_key(key)
