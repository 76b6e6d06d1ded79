"""Opening files and folders of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labeler.domain.filter import Filter, Order
from labeler.domain.library import OpenProgress
from labeler.state.work import Work

if TYPE_CHECKING:
    from labeler.state.session import Session


async def open_paths(session: Session, work: Work, paths: Sequence[Path], copy: bool) -> None:
    """Take in paths and show them while they are still being read; tells at the end what was not taken."""
    with session.following.not_telling_of_new():
        await _take_in(session, work, paths, copy)


async def _take_in(session: Session, work: Work, paths: Sequence[Path], copy: bool) -> None:
    last, shown = OpenProgress(), 0
    refused: list[tuple[str, str]] = []
    async for progress in session.source.open_paths(paths, copy):
        refused.extend(progress.refused)
        if not last.component_names and progress.component_names:
            names = set(progress.component_names)
            only = names.pop() if len(names) == 1 else ""
            session.show(Filter(component_name=only), Order.NAME if Order.NAME in session.source.orders else None)
            shown = progress.opened
        elif progress.opened >= 2 * shown + 100 or (progress.listed and not last.listed):
            shown = progress.opened
            session.library.reload(session.source)
        work.done, work.total = progress.digested, progress.found
        last = progress
        session.works_changed.emit()
    if last.already_there and not last.opened and await session.source.count(session.library.filter) == 0:
        # Their content is known from elsewhere, so the filter of this folder shows nothing.
        session.show(Filter())
    else:
        session.reload()
    session.said.emit(_opened_text(last))
    if refused:
        path, reason = refused[0]
        more = f" (and {len(refused) - 1:,} more)" if len(refused) > 1 else ""
        session.failed.emit(f"Not opened: {path}: {reason.rstrip('.')}{more}.")


def _opened_text(progress: OpenProgress) -> str:
    parts = ["Opened 1 new image" if progress.opened == 1 else f"Opened {progress.opened:,} new images"]
    if progress.already_there:
        parts.append(f"{progress.already_there:,} were there already, by name or by content")
    return ", ".join(parts)
