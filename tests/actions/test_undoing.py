"""Going back and forth in the history as a list."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from labeler.actions.undoing import show_history
from labeler.domain.edit import TagChange
from labeler.domain.image import Image
from labeler.state.prompts import Prompt
from labeler.state.session import Session
from tests.memory_source import MemorySource, make_session


@pytest_asyncio.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    """One image, tagged a, b and c, one after the other."""
    session, _ = make_session(MemorySource([Image("a", "a.png")]), tmp_path)
    session.start()
    await session.library.loaded()
    for tag in "abc":
        session.edit(f"Tagged {tag}", [TagChange("a", tag, True)])
    yield session
    await session.close()


def choose(session: Session, wanted: str) -> list[str]:
    """Open the list, choose the row that has the words, and return all rows."""
    prompts: list[Prompt] = []
    session.prompted.connect(prompts.append)
    show_history(session)
    session.prompted.disconnect(prompts.append)
    rows = prompts[0].suggest("")
    (chosen,) = [row for row in rows if wanted in row.title]
    assert prompts[0].check(chosen.value) == ""
    prompts[0].accept(chosen.value)
    return [row.title.partition("   ")[2] or row.title for row in rows]


def tags(session: Session) -> tuple[str, ...]:
    image = session.library.at(0)
    assert image is not None
    return image.tags


async def test_the_list_goes_back_and_forward_again(session: Session) -> None:
    assert choose(session, "Tagged a") == ["Tagged c   (now)", "Tagged b", "Tagged a", "Before all changes"]
    assert tags(session) == ("a",)
    rows = choose(session, "Tagged c")
    assert rows == ["Tagged c   (taken back)", "Tagged b   (taken back)", "Tagged a   (now)", "Before all changes"]
    assert tags(session) == ("a", "b", "c")


async def test_everything_can_be_taken_back_at_once(session: Session) -> None:
    choose(session, "Before all changes")
    assert tags(session) == ()
    assert session.history.done == []


async def test_the_rows_are_found_by_their_words(session: Session) -> None:
    prompts: list[Prompt] = []
    session.prompted.connect(prompts.append)
    show_history(session)
    assert [row.title.partition("   ")[2] for row in prompts[0].suggest("tagged B")] == ["Tagged b"]
