"""Filters kept under names, with the order and the size of thumbnails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeler.domain.errors import InvalidValue
from labeler.domain.filter import Order, filter_text, parse_filter

if TYPE_CHECKING:
    from labeler.state.session import Session


class Views:
    """The views of one session's organization, in the order in which they were kept."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def _key(self) -> str:
        return f"{self._session.settings_key}.views"

    def _all(self) -> list[dict[str, object]]:
        return [view for view in self._session.settings.get(self._key, []) if isinstance(view, dict)]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(str(view.get("name", "")) for view in self._all())

    def save(self, name: str) -> None:
        """Keep what is shown under a name; a view of this name keeps its number."""
        session = self._session
        view: dict[str, object] = {
            "name": name,
            "filter": filter_text(session.library.filter),
            "order": session.library.order.value,
            "cell": session.grid.cell,
        }
        views = self._all()
        place = self.names.index(name) if name in self.names else len(views)
        self._write([*views[:place], view, *views[place + 1 :]])
        session.said.emit(f"Kept as {name}")

    def open(self, name: str) -> None:
        """Show a view; told where it cannot be."""
        session = self._session
        view = next((one for one in self._all() if one.get("name") == name), {})
        try:
            wanted, order = parse_filter(str(view.get("filter", ""))), Order(view.get("order", ""))
        except (InvalidValue, ValueError):
            session.failed.emit(f"The view {name} cannot be read; keep it again.")
            return
        session.show(wanted, order if order in session.source.orders else None)
        if isinstance(cell := view.get("cell"), int):
            session.grid.set_cell(cell)
        session.said.emit(name)

    def delete(self, name: str) -> None:
        self._write([view for view in self._all() if view.get("name") != name])
        self._session.said.emit(f"Forgot {name}")

    def _write(self, views: list[dict[str, object]]) -> None:
        self._session.settings.set(self._key, views)
        self._session.saver.save_soon()
