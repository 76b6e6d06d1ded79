"""Going to numbers, percents and dates; views kept under names; images that are done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from labeler.actions.jumping import done_and_next, go_to_place, mark_done, open_view, place_in, save_view
from labeler.actions.keymap import Keymap
from labeler.actions.table import ACTIONS
from labeler.domain.errors import InvalidValue
from labeler.domain.filter import Order
from labeler.domain.image import Image
from labeler.state.prompts import Prompt
from labeler.state.session import Session
from tests.memory_source import MemorySource, make_session, settled

START = datetime(2026, 3, 1, tzinfo=UTC)
COUNT = 3000


@pytest_asyncio.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    """3,000 images, one each minute, oldest first."""
    images = [
        Image(f"image-{place}", f"{place:04}.png", time_requested=START + timedelta(minutes=place))
        for place in range(COUNT)
    ]
    source = MemorySource(images)
    source.orders = (Order.OLDEST,)
    session, _ = make_session(source, tmp_path)
    session.start()
    await session.library.loaded()
    yield session
    await session.close()


def answer(session: Session, action: object, text: str) -> None:
    """Run an action that asks for a line, and type it."""
    prompts: list[Prompt] = []
    session.prompted.connect(prompts.append)
    action(session)  # type: ignore[operator]
    session.prompted.disconnect(prompts.append)
    (prompt,) = prompts
    assert prompt.check(text) == ""
    prompt.accept(text)


@pytest.mark.parametrize(
    ("text", "index"), [("1", 0), ("3,000", 2999), ("", 2999), ("0%", 0), ("50 %", 1500), ("100%", 2999)]
)
async def test_numbers_and_percents(session: Session, text: str, index: int) -> None:
    answer(session, go_to_place, text)
    await session.library.loaded()
    assert session.index == index
    assert session.current is not None
    assert session.current.id == f"image-{index}"


async def test_a_date_is_where_its_first_image_is(session: Session) -> None:
    answer(session, go_to_place, "2026-03-02")
    await settled(session)
    assert session.index == 24 * 60


@pytest.mark.parametrize("text", ["0", "3001", "101%", "tomorrow", "-5"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        place_in(text, COUNT)


async def test_a_view_keeps_filter_order_and_size_under_a_number(session: Session, tmp_path: Path) -> None:
    session.show_text("tag:night")
    session.grid.set_cell(320)
    answer(session, save_view, "nights")
    session.show_text("")
    session.grid.set_cell(96)
    action = Keymap(ACTIONS).find("Ctrl+1", session)
    assert action is not None
    action.run(session)
    assert (session.filter_text, session.grid.cell) == ("tag:night", 320)
    session.show_text("")
    answer(session, open_view, "nights")
    assert session.filter_text == "tag:night"
    await settled(session)


async def test_a_view_of_the_same_name_keeps_its_number(session: Session) -> None:
    for text, name in (("tag:a", "one"), ("tag:b", "two"), ("tag:c", "one")):
        session.show_text(text)
        session.views.save(name)
    assert list(session.views.names) == ["one", "two"]
    session.views.open("one")
    assert session.filter_text == "tag:c"
    session.views.delete("one")
    assert list(session.views.names) == ["two"]
    await settled(session)


async def test_done_and_next_goes_to_the_next_image_without_labels(session: Session) -> None:
    session.go_to(1)
    mark_done(session)
    session.go_to(0)
    done_and_next(session)
    assert session.index == 2
    first = session.library.at(0)
    assert first is not None
    assert first.tags == ("done",)


async def test_the_tag_for_done_images_is_chosen(session: Session) -> None:
    session.set_done_tag("checked")
    mark_done(session)
    assert session.current is not None
    assert session.current.tags == ("checked",)
