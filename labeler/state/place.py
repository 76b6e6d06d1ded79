"""Where a person was: the filter, the order, the image in front and the mode, from one run to the next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from labeler.domain.errors import InvalidValue
from labeler.domain.filter import EMPTY, Order, filter_text, parse_filter

if TYPE_CHECKING:
    from labeler.state.session import Session


class Place:
    """Keeps the place of one session with its edits, so that a run that ends at any moment is gone on with there."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._target: tuple[int, str, str] | None = None
        self._is_away = True
        session.current_changed.connect(self._moved)
        session.mode_changed.connect(self._moved)
        session.filter_changed.connect(self._shown)
        session.library.grown.connect(self._arrive)
        session.library.reset.connect(self._arrive)

    def leave(self) -> None:
        """Keep no more places until there is one to go back to, as while another service is connected."""
        self._is_away, self._target = True, None

    def begin(self) -> None:
        """Keep places from now on, without going back to one."""
        self._is_away = False

    @property
    def is_reached(self) -> bool:
        """Whether the person is where they were, or has gone elsewhere meanwhile."""
        return self._target is None and not self._is_away

    def restore(self) -> None:
        """Show what was shown last at this organization; everything, where nothing was."""
        held, session = self._held(), self._session
        try:
            wanted, order = parse_filter(str(held.get("filter", ""))), Order(held.get("order", ""))
        except (InvalidValue, ValueError):
            wanted, order = EMPTY, session.source.orders[0]
        self._is_away = True
        session.show(wanted, order if order in session.source.orders else None)
        index = held.get("index", 0)
        index = index if isinstance(index, int) else 0
        self._target = (index, str(held.get("image", "")), str(held.get("mode", "")))
        self._is_away = False
        session.library.want(index)

    def _held(self) -> dict[str, object]:
        try:
            held = json.loads(self._session.outbox.place or "{}")
        except ValueError:
            return {}
        return held if isinstance(held, dict) else {}

    def _keep(self) -> None:
        session = self._session
        place = {
            "filter": filter_text(session.library.filter),
            "order": session.library.order.value,
            "index": session.index,
            "image": session.current.id if session.current else "",
            "mode": session.mode.value,
        }
        session.outbox.keep_place(json.dumps(place))

    def _shown(self) -> None:
        if not self._is_away:
            self._target = None
        self._moved()

    def _arrive(self) -> None:
        if self._target is None:
            return
        index, image_id, mode = self._target
        library = self._session.library
        if library.at(index) is None and not (library.size_is_known and index >= library.size):
            return
        self._target = None
        found = library.index_of(image_id)
        if library.size and self._session.index == 0:
            self._session.go_to(index if found is None else found)
            modes = {one.value: one for one in type(self._session.mode)}
            self._session.set_mode(modes.get(mode, self._session.mode))

    def _moved(self) -> None:
        if self._target is None and not self._is_away:
            self._keep()
