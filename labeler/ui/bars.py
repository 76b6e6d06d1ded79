"""The mode bar above the pictures and the status bar below them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QToolButton, QWidget

from labeler.actions.action import Action
from labeler.actions.keymap import Keymap
from labeler.domain.saving import OutboxCounts
from labeler.state.pointer import Tool
from labeler.state.prompts import Request
from labeler.state.session import Mode, Session
from labeler.ui import icons, theme
from labeler.ui.plain import PlainLabel, menu_text

TOOLS = {
    "mode.grid": "Grid", "mode.editor": "Editor", "tool.draw": "Draw", "tool.select": "Select",
    "label.choose": "Label", "image.tag": "Tag", "image.add_to_dataset": "Dataset", "filter.text": "Filter",
    "file.export": "Export", "help.palette": "Commands", "help.keys": "Help",
}  # fmt: skip
"""The tools by action, with their short titles; the icon has the title's name."""


ROOMY = 1240
"""From this width in px on the tools have icons."""


class ModeBar(QWidget):
    """The few tools, each with its key beside it."""

    def __init__(self, session: Session, keymap: Keymap) -> None:
        super().__init__()
        self._session, self._keymap = session, keymap
        self._buttons: dict[str, QToolButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(4)
        rows = {action.name: action for action in keymap.actions}
        for name in TOOLS:
            action = rows[name]
            button = QToolButton()
            button.setAccessibleName(action.title)
            button.setAutoRaise(True)
            button.setIconSize(QSize(theme.ICON, theme.ICON))
            button.setCheckable(name.startswith(("mode.", "tool.")))
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setMinimumHeight(28)
            button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            button.clicked.connect(partial(self._run, action))
            self._buttons[name] = button
            layout.addWidget(button)
        layout.addStretch(1)
        for signal in (session.mode_changed, session.current_changed, session.canvas.changed, session.pace.rested):
            signal.connect(self.refresh)
        self._actions = {name: rows[name] for name in TOOLS}
        keymap.changed.connect(self._name_keys)
        self._name_keys()
        self.refresh()
        self._dress()

    def button(self, name: str) -> QToolButton:
        """The tool of an action."""
        return self._buttons[name]

    def _name_keys(self) -> None:
        for name, button in self._buttons.items():
            keys = self._keymap.keys_of(name)
            shown = (keys[0].upper() if len(keys[0]) == 1 else keys[0]) if keys else ""
            button.setText(menu_text(f"{TOOLS[name]}  {shown}".rstrip()))

    def _dress(self) -> None:
        for name, button in self._buttons.items():
            button.setIcon(icons.icon(TOOLS[name].lower()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_buttons"):
            self._dress()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Icons give way to the keys where there is not room for both."""
        super().resizeEvent(event)
        beside, alone = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonTextOnly
        for button in self._buttons.values():
            button.setToolButtonStyle(beside if event.size().width() >= ROOMY else alone)

    def _run(self, action: Action, checked: bool = False) -> None:
        action.run(self._session)
        self._session.done_by_mouse.emit(action.name)
        self.refresh()

    def refresh(self) -> None:
        session = self._session
        if not session.pace.is_resting:
            return
        checked = {
            "mode.grid": session.mode is Mode.GRID,
            "mode.editor": session.mode is Mode.EDITOR,
            "tool.draw": session.canvas.pointer.tool is Tool.DRAW,
            "tool.select": session.canvas.pointer.tool is Tool.SELECT,
        }
        for name, button in self._buttons.items():
            enabled = self._actions[name].enabled(session)
            if button.isEnabled() != enabled:
                button.setEnabled(enabled)
            if name in checked and button.isChecked() != checked[name]:
                button.setChecked(checked[name])


class StatusBar(QWidget):
    """What was just done, long work with a way to stop it, where edits are, and which image this is."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._message = PlainLabel()
        self._message.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._progress = QProgressBar()
        self._progress.setFixedWidth(160)
        self._progress.setTextVisible(False)
        self._work = PlainLabel()
        self._work.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._stop = QToolButton()
        self._stop.setText("Stop")
        self._stop.setAccessibleName("Stop the work in progress")
        self._place, self._service = PlainLabel(), PlainLabel()
        self.saving = QToolButton()
        self.saving.setAutoRaise(True)
        self.saving.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.saving.clicked.connect(self._show_pending)
        for label in (self._place, self._service):
            label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 4)
        layout.setSpacing(12)
        for widget in (self._message, self._work, self._progress, self._stop, self.saving, self._place, self._service):
            layout.addWidget(widget)
        self._clear = QTimer(self)
        self._clear.setSingleShot(True)
        self._clear.setInterval(6000)
        self._clear.timeout.connect(lambda: self._message.setText(""))
        self._stop.clicked.connect(self._cancel)
        session.said.connect(self.say)
        session.works_changed.connect(self._show_works)
        session.saving_changed.connect(self.refresh)
        session.current_changed.connect(self.refresh)
        session.pace.rested.connect(self.refresh)
        session.library.grown.connect(self.refresh)
        session.library.reset.connect(self.refresh)
        session.grid.moved.connect(self.refresh)
        self._show_works()
        self.refresh()

    def _show_pending(self) -> None:
        self._session.requested.emit(Request.PENDING)
        self._session.done_by_mouse.emit("file.pending")

    def say(self, text: str) -> None:
        self._message.setText(text)
        self._clear.start()

    def refresh(self) -> None:
        session = self._session
        if not session.pace.is_resting:
            return
        counts = session.outbox.counts
        text = saving_text(counts.saving, counts.waiting, counts.refused + counts.conflicts, counts.problem)
        self.saving.setText(menu_text(text))
        self.saving.setAccessibleName(text)
        size = session.library.size
        more = "" if session.library.size_is_known else "+"
        chosen = f"{len(session.grid.selected):,} selected   " if session.grid.selected else ""
        self._place.setText(f"{chosen}{min(session.index + 1, size):,} of {size:,}{more}" if size else "No images")
        self._service.setText(", ".join(filter(None, (session.source.title, session.along.offline))))
        self._message.setAccessibleName(self._message.text())

    def _show_works(self) -> None:
        works = self._session.works
        for widget in (self._work, self._progress, self._stop):
            widget.setVisible(bool(works))
        if works:
            work = works[-1]
            self._work.setText(work.text)
            self._progress.setRange(0, work.total)
            self._progress.setValue(work.done)

    def _cancel(self) -> None:
        works: Sequence[object] = self._session.works
        if works:
            self._session.works[-1].cancel()
            self._session.done_by_mouse.emit("work.stop")


def saving_text(saving: int, waiting: int, refused: int, problem: str) -> str:
    """Where the edits are, in one phrase."""
    parts = []
    if refused:
        parts.append(f"{refused:,} not accepted")
    if saving:
        parts.append(f"saving {saving:,}")
    elif waiting:
        parts.append(f"saved here, {waiting:,} to be delivered")
    if problem:
        parts.append(problem)
    return "; ".join(parts) if parts else "Saved"


def undelivered_text(counts: OutboxCounts) -> str:
    """What a person should know who quits now; empty where everything is delivered or about to be."""
    if not counts.problem or not counts.waiting:
        return ""
    edits = "1 edit is" if counts.waiting == 1 else f"{counts.waiting:,} edits are"
    return (
        f"{edits} saved on this computer but not delivered ({counts.problem}). "
        "They will be delivered when the labeler runs again and the service can be reached. "
        "Nothing is lost by quitting."
    )
