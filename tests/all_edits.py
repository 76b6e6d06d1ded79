"""Everything that can be undone and redone, in memory or not."""

from __future__ import annotations

from labeler.client.session_rows import SessionRows
from labeler.domain.edit import Edit
from labeler.state.history import History


async def all_edits(history: History, rows: SessionRows) -> tuple[list[Edit], list[Edit]]:
    """The edits done and undone, each in the order in which they were made."""
    found = []
    for page, ahead in zip(history.around(1), (False, True), strict=True):
        steps = list(page.steps)
        while page.more:
            page = await rows.read(page.edge, ahead)
            steps += page.steps
        found.append([step.edit for step in steps])
    done, undone = found
    return done[::-1], undone
