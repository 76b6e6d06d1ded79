"""Going back and forth in the history as a list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from labeler.actions.undoing import MOST_SHOWN, show_history
from labeler.client.outbox import Outbox
from labeler.domain.edit import Edit, TagChange
from labeler.domain.image import Image
from labeler.state.history import History
from labeler.state.prompts import Prompt
from labeler.state.session import Session
from labeler.state.settings import Settings
from tests.memory_source import MemorySource, make_session, no_export


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


def rows_of(session: Session, wanted: str, prompts: list[Prompt]) -> tuple[str, ...]:
    """Choose the row of the last list that has the words; returns all rows of that list."""
    rows = prompts[-1].suggest("")
    (chosen,) = [row for row in rows if wanted in row.title]
    prompts[-1].accept(chosen.value)
    return tuple(row.title.partition("   ")[2] or row.title for row in rows)


async def test_changes_of_long_ago_are_reached_page_by_page_and_gone_back_to(tmp_path: Path) -> None:
    """Also those that are in the file alone, and those that were taken back."""
    count = 3 * MOST_SHOWN
    outbox = Outbox.open(tmp_path / "outbox.db", "here")
    history = History(outbox.session)
    for number in range(count):
        history.push(Edit(f"Tagged {number}.", (TagChange("a", str(number), True),)))
        outbox.put(Edit(f"Tagged {number}.", (TagChange("a", str(number), True),)))
    await outbox.close()
    outbox = Outbox.open(tmp_path / "outbox.db", "here")
    source, settings = MemorySource([Image("a", "a.png")]), Settings(tmp_path / "settings.toml", {})
    session = Session(source, outbox, settings, no_export, History(outbox.session))
    session.start()
    await session.library.loaded()
    prompts: list[Prompt] = []
    session.prompted.connect(prompts.append)

    async def chosen(wanted: str) -> tuple[str, ...]:
        rows = rows_of(session, wanted, prompts)
        while session.works:
            await asyncio.gather(*(work.task for work in session.works if work.task))
        return rows

    show_history(session)
    assert len(await chosen("Older changes")) == MOST_SHOWN + 1
    assert (await chosen("Older changes"))[0] == f"Tagged {count - MOST_SHOWN - 1}."
    assert (await chosen("Tagged 9."))[-2:] == ("Tagged 0.", "Before all changes")
    assert set(tags(session)) == {str(number) for number in range(10)}

    show_history(session)
    assert (await chosen("Later changes"))[-2:] == ("Tagged 0.", "Before all changes")
    assert (await chosen("Later changes"))[-1] == f"Tagged {10 + MOST_SHOWN}.   (taken back)"
    assert (await chosen(f"Tagged {count - 1}."))[0] == f"Tagged {count - 1}.   (taken back)"
    assert set(tags(session)) == {str(number) for number in range(count)}
    await session.close()
    await outbox.close()
