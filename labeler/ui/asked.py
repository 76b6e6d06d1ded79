"""The dialogs that actions ask for. Imported with the first of them: together they take long to load."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog

from labeler.actions.keymap import Keymap
from labeler.state.connect_choice import ConnectChoice
from labeler.state.prompts import Request
from labeler.ui.along import AlongDialog
from labeler.ui.box_chart import BoxChartDialog
from labeler.ui.crops import CropsDialog
from labeler.ui.dialogs import ConnectDialog, DatasetsDialog, ExportDialog
from labeler.ui.keys_dialog import KeysDialog
from labeler.ui.meter import MeterDialog
from labeler.ui.readiness import ReadinessDialog
from labeler.ui.review import ReviewDialog
from labeler.ui.thumbs import small_picture
from labeler.ui.trash import TrashDialog

if TYPE_CHECKING:
    from labeler.ui.window import Window


def dialog(window: Window, request: Request, keymap: Keymap, on_connect: Callable[[ConnectChoice], None]) -> QDialog:
    """The dialog of a request, not open yet. Raises KeyError where the request is for something else."""
    session, thumbnails = window.session, window.thumbnails
    makes: dict[Request, Callable[[], QDialog]] = {
        Request.EXPORT: lambda: ExportDialog(window, session),
        Request.CONNECT: lambda: ConnectDialog(window, on_connect, session.settings),
        Request.DATASETS: lambda: DatasetsDialog(window, session),
        Request.PENDING: lambda: ReviewDialog(window, session),
        Request.TRASH: lambda: TrashDialog(window, session, partial(small_picture, thumbnails)),
        Request.CROPS: lambda: CropsDialog(window, session, thumbnails),
        Request.TAKEN_ALONG: lambda: AlongDialog(window, session),
        Request.READINESS: lambda: ReadinessDialog(window, session),
        Request.BOX_CHART: lambda: BoxChartDialog(window, session),
        Request.METER: lambda: MeterDialog(window, session.meter),
        Request.CHANGE_KEYS: lambda: KeysDialog(window, session, keymap),
    }
    return makes[request]()
