"""The window: filter, pictures and inspector side by side, bars above and below, prompts on top."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QMimeData, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from labeler.actions.action import Action
from labeler.actions.keymap import Keymap
from labeler.actions.tips import Tips
from labeler.domain.amounts import count_text
from labeler.domain.image import Image
from labeler.state.alike import Hashes
from labeler.state.checking import check_pictures
from labeler.state.connect_choice import ConnectChoice
from labeler.state.duplicates import Duplicates
from labeler.state.pictures import Pictures
from labeler.state.prompts import Question, Request
from labeler.state.session import Mode, Session
from labeler.ui.bars import ModeBar, StatusBar, undelivered_text
from labeler.ui.canvas import CanvasView
from labeler.ui.commands import commands
from labeler.ui.decode import Decoded
from labeler.ui.filmstrip import Filmstrip
from labeler.ui.filter_panel import FilterPanel
from labeler.ui.focus_ring import FocusFollower
from labeler.ui.grid import GridView
from labeler.ui.help import HelpOverlay
from labeler.ui.holding import Holding
from labeler.ui.inspector import Inspector
from labeler.ui.keyboard import Keyboard
from labeler.ui.keys import KeyFilter
from labeler.ui.menus import Menus
from labeler.ui.next_keys import NextKeys
from labeler.ui.notice import Notice, Trouble
from labeler.ui.plain import title_text
from labeler.ui.prompt import PromptLine
from labeler.ui.theme import apply_theme

if TYPE_CHECKING:
    from labeler.ui.dialogs import ExportDialog

THEMES = ("system", "light", "dark")
NARROW = 1200
"""Below this width in px the filter panel starts hidden, so that pictures have room."""


class Window(QMainWindow):
    """The one window of a session.

    `on_close` is called once when the person closes it; the window is hidden by the caller when all
    edits are on disk. `on_connect` is called with a choice of the connect dialog.
    """

    def __init__(
        self,
        session: Session,
        keymap: Keymap,
        thumbnails: Pictures[Decoded],
        pictures: Pictures[Decoded],
        on_close: Callable[[], None],
        on_connect: Callable[[ConnectChoice], None],
        log_path: Path,
        hashes: Hashes,
    ) -> None:
        super().__init__()
        self.session, self._keymap = session, keymap
        self.thumbnails, self.pictures = thumbnails, pictures
        self._hashes, self.duplicates = hashes, Duplicates(session, hashes)
        self.duplicates.found.connect(self._tell_of_duplicates)
        self._on_close, self._on_connect, self._log_path = on_close, on_connect, log_path
        self._may_close = False
        self.setWindowTitle("Labeler")
        self.setAcceptDrops(True)
        self.setMinimumSize(640, 420)
        self.resize(1400, 900)

        self.grid = GridView(session, thumbnails)
        self.canvas = CanvasView(session, pictures, thumbnails)
        self.filmstrip = Filmstrip(session, thumbnails)
        self.filter = FilterPanel(session)
        self.inspector = Inspector(session)
        self.mode_bar = ModeBar(session, keymap)
        self.status = StatusBar(session)
        self.notice, self.trouble = Notice(session), Trouble(session)
        central = self._place_widgets()
        self.prompt = PromptLine(central)
        self.help = HelpOverlay(central)
        self.keyboard = Keyboard(central, session, keymap)
        for overlay in (self.prompt, self.help, self.keyboard):
            overlay.closed.connect(self._focus_pictures)
        self.next_keys = NextKeys(self._stack, session, keymap)
        session.meter.watch(pictures)
        for each in (thumbnails, pictures):
            each.broken.connect(session.broken.add)
        self._menus = Menus(self.menuBar(), session, keymap, self._run)
        self._tips, self._ring = Tips(session, keymap), FocusFollower(self)

        session.prompted.connect(self.prompt.ask)
        session.asked.connect(self._ask)
        session.requested.connect(self._requested)
        session.mode_changed.connect(self._mode_changed)
        session.filter_changed.connect(self._title)
        application = QApplication.instance()
        if isinstance(application, QGuiApplication):
            application.applicationStateChanged.connect(self._follow_others)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._restore()
        self._mode_changed()
        self._title()
        # Last, as each sees every event of the program from then on.
        self.keys = KeyFilter(self, session, keymap, self._keys_are_taken)
        self.holding = Holding(self, self.keyboard, session.settings, self._keys_are_taken)

    def _place_widgets(self) -> QWidget:
        self._stack = QStackedWidget()
        editor = QWidget()
        column = QVBoxLayout(editor)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.filmstrip)
        self._stack.addWidget(self.grid)
        self._stack.addWidget(editor)
        central = QWidget()
        rows = QVBoxLayout(central)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.mode_bar)
        rows.addWidget(self.trouble)
        rows.addWidget(self.notice)
        across = QHBoxLayout()
        across.setSpacing(0)
        across.addWidget(self.filter)
        across.addWidget(self._stack, 1)
        across.addWidget(self.inspector)
        rows.addLayout(across, 1)
        rows.addWidget(self.status)
        self.setCentralWidget(central)
        return central

    def _run(self, action: Action) -> None:
        if action.enabled(self.session):
            action.run(self.session)
            if self.keys.pointer_was_last:
                self.session.done_by_mouse.emit(action.name)

    def _keys_are_taken(self) -> bool:
        return self.prompt.is_open or self.help.isVisible() or self.keyboard.stays

    # What actions ask for.

    def _requested(self, request: Request) -> None:
        shows: dict[Request, Callable[[], object]] = {
            Request.PALETTE: lambda: self.prompt.ask(commands(self.session, self._keymap, self._run)),
            Request.HELP: lambda: self.help.show_keys(self._keymap, self.session.mode),
            Request.OPEN_FOLDER: lambda: self._choose_paths(QFileDialog.FileMode.Directory, "Open folder"),
            Request.OPEN_FILES: lambda: self._choose_paths(QFileDialog.FileMode.ExistingFiles, "Open files"),
            Request.LIKE_THIS: lambda: self._show_duplicates(self.session.current),
            Request.DUPLICATES: self._show_duplicates,
            Request.CHECK_PICTURES: lambda: check_pictures(self.session, self._hashes),
            Request.TOGGLE_FILTER: lambda: self._toggle(self.filter, "filter"),
            Request.TOGGLE_INSPECTOR: lambda: self._toggle(self.inspector, "inspector"),
            Request.TOGGLE_FILMSTRIP: lambda: self._toggle(self.filmstrip, "filmstrip"),
            Request.THEME: self._next_theme,
            Request.FULL_SCREEN: lambda: self.showNormal() if self.isFullScreen() else self.showFullScreen(),
            Request.NEXT_PANEL: self._next_panel,
            Request.KEYBOARD: self.keyboard.stay,
            Request.SHOW_LOG: lambda: self.session.failed.emit(f"The log file is {self._log_path}"),
            Request.QUIT: self._quit,
        }
        if request in shows:
            shows[request]()
        else:
            self._dialog(request).open()

    def _dialog(self, request: Request) -> QDialog:
        from labeler.ui import asked  # rarely needed, and would hold up the start

        return asked.dialog(self, request, self._keymap, self._on_connect)

    def _show_duplicates(self, like: Image | None = None) -> None:
        self.duplicates.find(like)
        from labeler.ui.duplicates import DuplicatesDialog  # as in _dialog

        DuplicatesDialog(self, self.session, self.duplicates, self.thumbnails).open()

    def _tell_of_duplicates(self) -> None:
        """Say what was found where nobody looks on."""
        from labeler.ui.duplicates import DuplicatesDialog  # as in _dialog

        if self.findChild(DuplicatesDialog) is None:
            groups = count_text(len(self.duplicates.groups), "group")
            key = next(iter(self._keymap.keys_of("alike.all")), "")
            self.session.said.emit(f"Found {groups} of images that look alike" + (f"; {key} shows them" if key else ""))

    def _ask(self, question: Question) -> None:
        from labeler.ui.dialogs import QuestionDialog  # as in _dialog

        QuestionDialog(self, question).open()

    def _choose_paths(self, mode: QFileDialog.FileMode, title: str) -> None:
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(mode)
        dialog.filesSelected.connect(lambda names: self.session.open_paths([Path(name) for name in names]))
        dialog.open()

    def export_dialog(self) -> ExportDialog | None:
        """The export dialog while it is open."""
        from labeler.ui.dialogs import ExportDialog  # as in _dialog

        return self.findChild(ExportDialog)

    def _toggle(self, panel: QWidget, name: str) -> None:
        panel.setVisible(panel.isHidden())
        self.session.settings.set(f"window.{name}", not panel.isHidden())
        self.session.saver.save_soon()
        self._focus_pictures()

    def _next_theme(self) -> None:
        settings = self.session.settings
        theme = THEMES[(THEMES.index(settings.get("window.theme", "system")) + 1) % len(THEMES)]
        settings.set("window.theme", theme)
        self.session.saver.save_soon()
        self.set_theme(theme)
        self.session.said.emit(f"Theme: {theme}")

    def set_theme(self, theme: str) -> None:
        """Dress the program in "system", "light" or "dark"."""
        application = QApplication.instance()
        if isinstance(application, QApplication):
            apply_theme(application, theme)

    def _follow_system(self) -> None:
        if self.session.settings.get("window.theme", "system") == "system":
            self.set_theme("system")

    def _next_panel(self) -> None:
        """Give the keyboard to the next of pictures, filter and inspector that is shown and can take it."""
        pictures = self.canvas if self.session.mode is Mode.EDITOR else self.grid
        panels = [(pictures, pictures), (self.filter, self.filter.text), (self.inspector, self.inspector.boxes)]
        shown = [(panel, target) for panel, target in panels if target.isVisible()]
        focus = self.focusWidget()
        place = next((n for n, (panel, _) in enumerate(shown) if focus and panel.isAncestorOf(focus)), 0)
        shown[(place + 1) % len(shown)][1].setFocus()

    # The window itself.

    def _mode_changed(self) -> None:
        self._stack.setCurrentIndex(1 if self.session.mode is Mode.EDITOR else 0)
        self._focus_pictures()

    def _focus_pictures(self) -> None:
        (self.canvas if self.session.mode is Mode.EDITOR else self.grid).setFocus()

    def _title(self) -> None:
        shown = self.session.filter_text
        self.setWindowTitle(f"{title_text(shown)} - Labeler" if shown else "Labeler")

    def _restore(self) -> None:
        settings = self.session.settings
        geometry = settings.get("window.geometry", "")
        if geometry:
            self.restoreGeometry(QByteArray.fromBase64(QByteArray(geometry.encode())))
        self.filter.setVisible(bool(settings.get("window.filter", self.width() >= NARROW)))
        self.inspector.setVisible(bool(settings.get("window.inspector", True)))
        self.filmstrip.setVisible(bool(settings.get("window.filmstrip", True)))
        self.session.grid.set_cell(int(settings.get("window.cell", self.session.grid.cell)))

    def fit_screen(self) -> None:
        """Take the whole screen where the window has no room on it."""
        room, settings = self.screen().availableSize(), self.session.settings
        if self.width() > room.width() or self.height() > room.height():
            self.setWindowState(Qt.WindowState.WindowMaximized)
            self.filter.setVisible(bool(settings.get("window.filter", room.width() >= NARROW)))

    def remember(self) -> None:
        """Put the window's place and sizes into the settings."""
        settings = self.session.settings
        settings.set("window.geometry", bytes(self.saveGeometry().toBase64().data()).decode())
        settings.set("window.cell", self.session.grid.cell)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.prompt.place()
        for overlay in (self.help, self.keyboard):
            overlay.dismiss()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "inspector"):
            self.inspector.refresh()

    def _follow_others(self) -> None:
        """Follow what others change while the program has the person's attention."""
        is_active = QGuiApplication.applicationState() is Qt.ApplicationState.ApplicationActive
        self.session.following.set_active(is_active and self.isVisible())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow_others()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = dropped_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.session.open_paths(paths)

    def _quit(self) -> None:
        """Close, at once or after the person knows what is not delivered yet."""
        text = undelivered_text(self.session.outbox.counts)
        if text:
            self._ask(Question("Quit before everything is delivered?", text, "Quit", self._close))
        else:
            self.close()

    def _close(self) -> None:
        self.close()

    def stay(self) -> None:
        """Take back a closing that could not be carried out."""
        self._may_close = False

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
            return
        event.ignore()
        if event.spontaneous() and undelivered_text(self.session.outbox.counts):
            self._quit()
            return
        self._may_close = True
        self._on_close()


def dropped_paths(data: QMimeData) -> list[Path]:
    """The files and folders of this machine in what was dropped."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
