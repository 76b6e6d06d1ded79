"""Where a person was: the filter, the order, the image in front and the mode, from one run to the next."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from labeler.domain.errors import InvalidValue
from labeler.domain.filter import EMPTY, Order, filter_text, parse_filter
from labeler.state.settings import Settings

if TYPE_CHECKING:
    from labeler.state.session import Session

REST_SECONDS = 1.0
"""Moving on is written down when the person rests this long on an image."""


class Place:
    """Keeps the place of one session in the settings, and goes back to it."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self._session, self._settings = session, settings
        self._target: tuple[int, str, str] | None = None
        self._is_restoring = False
        self._noting: asyncio.Task[None] | None = None
        session.current_changed.connect(self._moved)
        session.mode_changed.connect(self._moved)
        session.filter_changed.connect(self._shown)
        session.library.grown.connect(self._arrive)

    @property
    def _key(self) -> str:
        return f"{self._session.settings_key}.place"

    def restore(self) -> None:
        """Show what was shown last at this organization; everything, where nothing was."""
        held = self._settings.get(self._key, {})
        session = self._session
        try:
            wanted, order = parse_filter(held.get("filter", "")), Order(held.get("order", ""))
        except (InvalidValue, ValueError):
            wanted, order = EMPTY, session.source.orders[0]
        self._is_restoring = True
        session.show(wanted, order if order in session.source.orders else None)
        self._is_restoring = False
        index = int(held.get("index", 0))
        self._target = (index, str(held.get("image", "")), str(held.get("mode", "")))
        session.library.want(index)

    def note(self) -> None:
        """Put the place into the settings; they are written by whoever writes settings next."""
        session = self._session
        place = {
            "filter": filter_text(session.library.filter),
            "order": session.library.order.value,
            "index": session.index,
            "image": session.current.id if session.current else "",
            "mode": session.mode.value,
        }
        self._settings.set(self._key, place)

    def _shown(self) -> None:
        if not self._is_restoring:
            self._target = None
        self._moved()

    def _arrive(self) -> None:
        if self._target is None:
            return
        index, image_id, mode = self._target
        library = self._session.library
        if not library.complete and len(library.images) <= index:
            return
        self._target = None
        found = library.index_of(image_id)
        if library.images and self._session.index == 0:
            self._session.go_to(index if found is None else found)
            modes = {one.value: one for one in type(self._session.mode)}
            self._session.set_mode(modes.get(mode, self._session.mode))

    def _moved(self) -> None:
        if self._target is None and (self._noting is None or self._noting.done()):
            self._noting = self._session.tasks.start(self._note_soon())

    async def _note_soon(self) -> None:
        await asyncio.sleep(REST_SECONDS)
        self.note()
        self._session.saver.save_soon()
