"""An edit of very many images is one step that never holds up the window, can be stopped, and is taken back whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from labeler.actions.labeling import toggle_tag
from labeler.client.outbox import Outbox
from labeler.domain.edit import TagChange
from labeler.domain.image import Image
from labeler.state.history import History
from labeler.state.mass import PART
from labeler.state.session import Session
from labeler.state.settings import Settings
from tests.memory_source import MemoryOutbox, MemorySource, make_session, no_export

COUNT = 3_000


@pytest_asyncio.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    """With all of its 3,000 images selected, every third of which is tagged "wet"."""
    session, _ = make_session(MemorySource(images()), tmp_path)
    session.start()
    await select_all(session)
    yield session
    await session.close()


def images() -> list[Image]:
    return [Image(f"image-{n:04}", f"{n}.png", tags=("wet",) if n % 3 == 0 else ()) for n in range(COUNT)]


async def select_all(session: Session) -> None:
    await session.library.load(0, COUNT - 1)
    session.grid.select([image.id for image in session.library.images])


def with_tag(session: Session, tag: str) -> int:
    return sum(tag in image.tags for image in session.library.images)


async def made(session: Session) -> None:
    """Return when no long work is left."""
    async with asyncio.timeout(30):
        while session.works:  # noqa: ASYNC110 - a turn of the loop is what is waited for
            await asyncio.sleep(0)


async def test_the_window_goes_on_while_thousands_are_tagged(session: Session) -> None:
    assert isinstance(session.outbox, MemoryOutbox)
    seen: set[int] = set()
    toggle_tag(session, "night")
    assert with_tag(session, "night") == 0
    (work,) = session.works
    assert (work.title, work.total) == (f"Tagged night, {COUNT:,} images", COUNT)
    while session.works:
        seen.add(with_tag(session, "night"))
        await asyncio.sleep(0)
    assert with_tag(session, "night") == COUNT
    assert len(seen) >= COUNT / PART, "the loop had no turn between the parts"
    assert max(len(edit.changes) for edit in session.outbox.edits) == PART
    assert len({edit.id for edit in session.outbox.edits}) == len(session.history.done) == 1


async def test_undo_takes_all_of_it_back_and_redo_makes_it_again(session: Session) -> None:
    toggle_tag(session, "wet")
    await made(session)
    assert with_tag(session, "wet") == COUNT
    session.undo()
    await made(session)
    assert with_tag(session, "wet") == COUNT / 3
    session.redo()
    await made(session)
    assert with_tag(session, "wet") == COUNT
    toggle_tag(session, "wet")
    await made(session)
    assert with_tag(session, "wet") == 0


async def test_what_is_asked_for_meanwhile_has_its_turn(session: Session) -> None:
    toggle_tag(session, "night")
    session.undo()
    toggle_tag(session, "day")
    session.undo()
    session.redo()
    await made(session)
    assert (with_tag(session, "night"), with_tag(session, "day")) == (0, COUNT)
    assert [edit.title for edit in session.history.done] == [f"Tagged day, {COUNT:,} images"]


async def test_stopping_takes_back_what_was_made(session: Session) -> None:
    toggle_tag(session, "wet")
    (work,) = session.works
    async with asyncio.timeout(30):
        while not work.done:  # noqa: ASYNC110 - a turn of the loop is what is waited for
            await asyncio.sleep(0)
    work.cancel()
    await made(session)
    assert 0 < work.done < COUNT
    assert with_tag(session, "wet") == COUNT / 3
    assert session.history.done[-1].title == f"Stopped: Tagged wet, {COUNT:,} images"


async def test_closing_meanwhile_loses_nothing(session: Session) -> None:
    toggle_tag(session, "night")
    await session.close()
    assert with_tag(session, "night") == COUNT


async def test_closing_in_the_middle_makes_the_rest(session: Session) -> None:
    toggle_tag(session, "night")
    (work,) = session.works
    async with asyncio.timeout(30):
        while not work.done:  # noqa: ASYNC110 - a turn of the loop is what is waited for
            await asyncio.sleep(0)
    assert 0 < with_tag(session, "night") < COUNT
    await session.close()
    assert with_tag(session, "night") == COUNT


async def test_an_edit_of_thousands_and_its_undo_survive_the_run(tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path / "outbox.db", "here")
    session = Session(
        MemorySource(images()), outbox, Settings(tmp_path / "s.toml", {}), no_export, History(file=outbox.session)
    )
    session.start()
    await select_all(session)
    toggle_tag(session, "night")
    await made(session)
    await session.close()
    await outbox.close()
    again = Outbox.open(tmp_path / "outbox.db", "here")
    assert {"night"} < {tag for image in images() for tag in again.overlay(image).tags}
    assert all("night" in again.overlay(image).tags for image in images())
    history = History(again.session)
    (edit,) = history.done
    assert edit.changes == tuple(TagChange(image.id, "night", True) for image in images())
    await again.close()
