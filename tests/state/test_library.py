"""Which images of a library are in memory, and where."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from labeler.domain.image import Image
from labeler.state.library import AROUND, MOST
from labeler.state.loaded import Loaded
from labeler.state.session import Session
from tests.memory_source import MemorySource, make_session, settled

COUNT = 12_000
IMAGES = tuple(Image(f"image-{place}", f"{place}.png") for place in range(COUNT))


@pytest_asyncio.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    session, _ = make_session(MemorySource(IMAGES), tmp_path)
    session.start()
    await session.library.loaded()
    yield session
    await session.close()


def source(session: Session) -> MemorySource:
    assert isinstance(session.source, MemorySource)
    return session.source


@pytest.mark.parametrize("index", [0, 700, 6_000, COUNT - 1])
async def test_a_jump_loads_what_is_around_the_index_and_nothing_between(session: Session, index: int) -> None:
    session.go_to(index)
    await session.library.loaded()
    library = session.library
    around = range(max(index - AROUND, 0), min(index + AROUND, COUNT))
    assert all((image := library.at(place)) and image.id == f"image-{place}" for place in around)
    assert session.current is not None
    assert session.current.id == f"image-{index}"
    assert len(library.images) <= 2 * 2 * AROUND + 100


async def test_what_is_far_away_is_let_go_but_not_what_is_selected(session: Session) -> None:
    session.grid.select(["image-3"])
    for index in range(0, COUNT, AROUND):
        session.go_to(index)
        await session.library.loaded()
    assert len(session.library.images) <= MOST
    assert [image.id for image in session.targets()] == ["image-3"]
    assert session.library.at(4) is None


async def test_everything_can_be_selected_though_little_of_it_is_loaded(session: Session) -> None:
    from labeler.actions.moving import select_all

    select_all(session)
    assert [work.title for work in session.works] == ["Selecting images"]
    task = session.works[0].task
    assert task is not None
    await task
    assert len(session.grid.selected) == COUNT
    assert len(session.targets()) == COUNT


async def test_a_range_that_is_not_loaded_is_selected_whole_or_not_at_all(session: Session) -> None:
    session.go_to(10)
    session.go_to(9_000, extend=True)
    assert not session.grid.selected
    task = session.works[0].task
    assert task is not None
    await task
    assert len(session.grid.selected) == 9_000 - 10 + 1
    assert session.index == 9_000


async def test_a_list_that_became_shorter_meanwhile_ends_where_it_ends(session: Session) -> None:
    source(session).list = list(IMAGES[:11_100])
    session.go_to(11_000)
    await session.library.loaded()
    assert session.library.size == 11_100
    assert session.library.at(11_099) is not None


async def test_a_list_that_became_much_shorter_is_found_to_end_before_the_place_that_was_wanted(
    session: Session,
) -> None:
    source(session).list = list(IMAGES[:50])
    session.go_to(COUNT - 1)
    await settled(session)
    session.reload()
    await session.library.loaded()
    assert session.library.size == 50
    assert session.current is not None


async def test_a_source_that_cannot_jump_is_read_from_the_front_and_kept(tmp_path: Path) -> None:
    source = MemorySource(IMAGES[:3_000])
    source.can_jump = False
    session, _ = make_session(source, tmp_path)
    session.start()
    await session.library.loaded()
    session.go_to(2_500)
    await session.library.loaded()
    assert [image.id for image in session.library.images] == [f"image-{place}" for place in range(3_000)]
    await session.close()


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(0, 30), st.integers(0, 10)),
            st.tuples(st.just("remove"), st.integers(0, 40), st.integers(0, 5)),
            st.tuples(st.just("trim"), st.integers(0, 30), st.integers(0, 20)),
        )
    )
)
def test_loaded_images_agree_with_a_list_that_has_holes(done: list[tuple[str, int, int]]) -> None:
    everything = [f"image-{number}" for number in range(40)]
    loaded = Loaded()
    for what, place, number in done:
        if what == "put":
            loaded.put(place, [Image(name, "") for name in everything[place : place + number]])
        elif what == "remove":
            gone = everything[place : place + number]
            if all(loaded.place_of(name) is not None for name in gone):
                assert [image.id for _, image in loaded.remove(gone)] == gone
                everything = [name for name in everything if name not in gone]
        else:
            kept = everything[place : place + 2]
            loaded.trim(number, place, kept.__contains__)
            assert len(loaded) <= number + len(kept)
        for index, name in enumerate(everything):
            image = loaded.at(index)
            assert image is None or image.id == name
            assert loaded.place_of(name) == (None if image is None else index)
        assert [image.id for image in loaded] == [name for name in everything if loaded.place_of(name) is not None]
        assert loaded.first_gap(0, len(everything) - 1) == next(
            (index for index in range(len(everything)) if loaded.at(index) is None), None
        )
