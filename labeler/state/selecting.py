"""Selecting images, also those that are not loaded yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from labeler.state.work import Work

if TYPE_CHECKING:
    from labeler.state.session import Session


def extend_to(session: Session, index: int) -> None:
    """Select from where the range began to an index; at once where all of it is loaded."""
    grid = session.grid
    first, last = grid.range_to(index)

    def select() -> None:
        grid.extend_to(index, [image.id for image in session.library.between(first, last)])

    _when_loaded(session, first, last, select)


def select_all(session: Session) -> None:
    """Select every image of the filter."""

    def select() -> None:
        session.grid.select([image.id for image in session.library.images])
        count = len(session.grid.selected)
        session.said.emit(f"Selected {count:,} image{'' if count == 1 else 's'}")

    last = max(session.library.size - 1, 0) if session.library.size_is_known else NO_END
    _when_loaded(session, 0, last, select)


NO_END = 2**62
"""An index beyond every list."""


def _when_loaded(session: Session, first: int, last: int, select: Callable[[], None]) -> None:
    library = session.library
    if library.is_loaded(first, last):
        select()
        return
    total = min(last + 1, library.size) - first
    work = Work("Selecting images", total=total)

    def grown() -> None:
        work.done = min(library.loaded_count, total)
        session.works_changed.emit()

    async def body() -> None:
        library.grown.connect(grown)
        try:
            wanted = library.filter, library.order
            await library.load(first, last)
        finally:
            library.grown.disconnect(grown)
        if wanted == (library.filter, library.order) and library.is_loaded(first, last):
            select()

    session.run(work, body())
