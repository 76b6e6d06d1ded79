"""Reading all pictures of a filter, so that those that cannot be shown are found before somebody comes to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeler.domain.amounts import count_text
from labeler.state.alike import Hashes, Scope, look
from labeler.state.finding import go_to_next, has_problem
from labeler.state.work import Work

if TYPE_CHECKING:
    from labeler.state.session import Session


def check_pictures(session: Session, hashes: Hashes) -> None:
    """Read the pictures of the filter in the background; tell how many are broken, and go to the next of them."""
    work = Work("Checking pictures")
    session.run(work, _check(session, hashes, work))


async def _check(session: Session, hashes: Hashes, work: Work) -> None:
    library = session.library
    scope = Scope(session.source, library.filter, library.order)
    looked, broken = await look(session, hashes, scope, work)
    checked = f"Checked {count_text(len(looked) + len(broken), 'picture')}"
    if not broken:
        session.said.emit(f"{checked}: all can be shown")
        return
    session.said.emit(f"{checked}: {len(broken):,} cannot be shown")
    if (scope.source, scope.wanted) == (session.source, library.filter):
        go_to_next(session, 1, has_problem, "image with a problem")
