"""Deleted images are gone from the list at once and come back to their places; the trash is read by page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from labeler.domain.edit import DeletionChange
from labeler.domain.errors import Unreachable
from labeler.domain.filter import Filter
from labeler.domain.image import Image
from labeler.domain.saving import SaveState
from labeler.state.deleting import delete_images
from labeler.state.hidden import Hidden
from labeler.state.loaded import Loaded
from labeler.state.mass import PART
from labeler.state.session import Session
from labeler.state.trash import Trash
from labeler.state.work import Work
from tests.memory_source import MemoryOutbox, MemorySource, make_session, settled

NAMES = [f"image-{number}" for number in range(12)]


@given(st.lists(st.tuples(st.booleans(), st.sets(st.sampled_from(NAMES), min_size=1)), max_size=8))
def test_what_is_hidden_comes_back_to_its_place(steps: list[tuple[bool, set[str]]]) -> None:
    loaded, hidden = Loaded(), Hidden()
    loaded.put(0, [Image(name) for name in NAMES])
    listed = set(NAMES)
    for hides, names in steps:
        if hides:
            hidden.hide(loaded.remove(names))
            listed -= names
        else:
            loaded.insert(hidden.take(names))
            listed |= names
        assert [image.id for image in loaded] == [name for name in NAMES if name in listed]
        assert loaded.end == len(listed)
        assert all(loaded.place_of(image.id) == place for place, image in enumerate(loaded))
        assert {name for name in NAMES if name in hidden} == set(NAMES) - listed


@given(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_what_others_delete_moves_the_places_of_what_is_hidden(mine: set[str], theirs: set[str]) -> None:
    loaded, hidden = Loaded(), Hidden()
    loaded.put(0, [Image(name) for name in NAMES])
    hidden.hide(loaded.remove(mine))
    hidden.moved_up(loaded.remove(theirs))
    loaded.insert(hidden.take(mine))
    assert [image.id for image in loaded] == [name for name in NAMES if name in mine or name not in theirs]


@given(st.sets(st.integers(0, 29), min_size=1), st.lists(st.tuples(st.integers(0, 29), st.integers(1, 8))))
def test_places_that_are_not_loaded_count(gone: set[int], pages: list[tuple[int, int]]) -> None:
    loaded, hidden = Loaded(), Hidden()
    loaded.end = 30
    for place, length in pages:
        loaded.put(place, [Image(f"image-{number}") for number in range(place, min(place + length, 30))])
    before = {image.id: loaded.place_of(image.id) for image in loaded}
    names = {f"image-{number}" for number in gone}
    hidden.hide(loaded.remove(names))
    loaded.insert(hidden.take(names))
    assert {image.id: loaded.place_of(image.id) for image in loaded} == before
    assert loaded.end == max(30, loaded.end)


@pytest_asyncio.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    """Started over 2,500 images, of which the first pages are loaded."""
    images = [
        Image(f"image-{place}", f"{place}.png", tags=("even",) if place % 2 == 0 else ()) for place in range(2500)
    ]
    session, _ = make_session(MemorySource(images), tmp_path)
    session.start()
    await session.library.loaded()
    await settled(session)
    yield session
    await session.close()


def outbox(session: Session) -> MemoryOutbox:
    assert isinstance(session.outbox, MemoryOutbox)
    return session.outbox


def source(session: Session) -> MemorySource:
    assert isinstance(session.source, MemorySource)
    return session.source


def places(session: Session, *indexes: int) -> list[Image]:
    found = [session.library.at(index) for index in indexes]
    assert None not in found
    return [image for image in found if image is not None]


def shown(session: Session, count: int) -> list[str]:
    return [image.id for image in places(session, *range(count))]


async def test_images_are_gone_at_once_and_undo_brings_them_to_their_places(session: Session) -> None:
    session.go_to(5)
    session.grid.select(["image-2", "image-3", "image-5"])
    delete_images(session, places(session, 2, 3, 5))
    assert session.library.size == 2497
    assert shown(session, 4) == ["image-0", "image-1", "image-4", "image-6"]
    assert (session.current, session.grid.selected) == (places(session, 3)[0], set())
    outbox(session).deliver()
    assert len(source(session).list) == 2497
    session.go_to(40)
    session.undo()
    assert (session.library.size, session.index) == (2500, 2)
    assert shown(session, 7) == [f"image-{number}" for number in range(7)]
    assert places(session, 2)[0].tags == ("even",)
    session.redo()
    assert shown(session, 4) == ["image-0", "image-1", "image-4", "image-6"]


async def test_another_filter_hides_what_is_to_be_deleted(session: Session) -> None:
    delete_images(session, places(session, 0, 2, 3))
    session.show(Filter(tags=("even",)))
    await session.library.loaded()
    await settled(session)
    assert shown(session, 2) == ["image-4", "image-6"]
    assert session.library.size == 1248
    session.undo()
    assert shown(session, 3) == ["image-0", "image-2", "image-4"]
    assert session.library.size == 1250


async def test_reading_again_hides_what_is_to_be_deleted(session: Session) -> None:
    delete_images(session, places(session, 0, 2))
    session.reload()
    await session.library.loaded()
    await settled(session)
    assert shown(session, 2) == ["image-1", "image-3"]
    outbox(session).deliver()
    await settled(session)
    session.reload()
    await session.library.loaded()
    await settled(session)
    assert (shown(session, 2), session.library.size) == (["image-1", "image-3"], 2498)


async def test_what_is_not_known_any_more_comes_back_when_it_is_delivered(session: Session) -> None:
    delete_images(session, places(session, 1))
    outbox(session).deliver()
    session.show(Filter())
    await session.library.loaded()
    session.undo()
    assert shown(session, 2) == ["image-0", "image-2"]
    outbox(session).deliver()
    await session.library.loaded()
    await settled(session)
    assert shown(session, 2) == ["image-0", "image-1"]


async def test_an_image_on_its_way_back_is_not_taken_for_deleted_by_others(session: Session) -> None:
    delete_images(session, places(session, 1, 2))
    outbox(session).deliver()
    session.undo()
    session.library.remove(["image-1", "image-3"])
    assert shown(session, 4) == ["image-0", "image-1", "image-2", "image-4"]


COUNT = 2_500


async def all_deleted(session: Session) -> Work:
    """Delete all; the work, of which one part is made."""
    session.library.want(COUNT)
    await session.library.load(0, COUNT - 1)
    delete_images(session, places(session, *range(COUNT)))
    (work,) = session.works
    assert (work.title, work.done, work.total) == ("Deleted 2,500 images", 0, COUNT)
    await until(lambda: work.done)
    return work


async def until(seen: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not seen():  # noqa: ASYNC110 - a turn of the loop is what is waited for
            await asyncio.sleep(0)


async def test_all_that_match_are_deleted_in_parts_with_the_list_ahead_of_them(session: Session) -> None:
    work = await all_deleted(session)
    assert work.done == PART
    assert (session.library.size, session.current) == (0, None)
    assert len(outbox(session).edits) == 1
    await until(lambda: work not in session.works)
    assert sum(len(edit.changes) for edit in outbox(session).edits) == COUNT
    outbox(session).deliver()
    await until(lambda: not session.works)
    assert len(session.history.done) == 1
    session.undo()
    await until(lambda: session.library.size == COUNT)
    assert shown(session, COUNT) == [f"image-{number}" for number in range(COUNT)]
    assert session.index == 0
    session.redo()
    await until(lambda: session.library.size == 0 and not session.mass.busy)


async def test_stopping_in_between_brings_all_back(session: Session) -> None:
    work = await all_deleted(session)
    work.cancel()
    await until(lambda: not session.mass.busy)
    assert session.library.size == COUNT
    assert shown(session, COUNT) == [f"image-{number}" for number in range(COUNT)]
    assert session.history.done[-1].title == "Stopped: Deleted 2,500 images"
    outbox(session).deliver()
    await until(lambda: not session.works)
    assert (len(source(session).list), session.library.size) == (COUNT, COUNT)


async def test_stopping_while_it_is_delivered_leaves_the_rest(session: Session) -> None:
    put = await all_deleted(session)
    await until(lambda: put not in session.works)
    (work,) = session.works
    for number in range(600):
        outbox(session).set_state(f"image-{number}", SaveState.DELIVERED)
    await until(lambda: work.done == 600)
    work.cancel()
    await until(lambda: not session.mass.busy and session.library.size == 1900)
    assert session.history.done[-1].title == "Stopped: Deleted 2,500 images"
    session.undo()
    await until(lambda: not session.mass.busy and session.library.size == 0)
    outbox(session).deliver()
    await until(lambda: not session.works)
    session.undo()
    await until(lambda: not session.mass.busy and session.library.size == COUNT)


async def test_what_is_deleted_for_good_is_brought_back_only_where_it_is_not_delivered(session: Session) -> None:
    source(session).keeps_trash = False
    work = await all_deleted(session)
    made = outbox(session).edits[0].image_ids
    outbox(session).states[made[0]] = SaveState.DELIVERED
    work.cancel()
    await until(lambda: not session.mass.busy)
    assert made[0] not in shown(session, COUNT - 1)
    assert session.library.size == COUNT - 1
    assert session.history.done == []


async def test_a_list_that_is_changed_while_it_is_made_anew_is_made_again(session: Session) -> None:
    session.library.want(COUNT)
    await session.library.load(0, COUNT - 1)
    images = places(session, *range(COUNT))
    moving = asyncio.ensure_future(session.library.begin_moving([image.id for image in images[:-2]], True))
    await asyncio.sleep(0)
    session.library.update([replace(images[-1], file_name="other")])
    await moving
    session.library.end_moving(image.id for image in images)
    assert [image.file_name for image in places(session, 0, 1)] == [images[-2].file_name, "other"]


async def test_the_trash_is_read_by_page_without_what_is_on_its_way_back(session: Session) -> None:
    source(session).trash_page = 2
    delete_images(session, places(session, 0, 1, 2, 3, 4))
    outbox(session).deliver()
    trash = Trash(session)
    await settled(session)
    assert ([image.id for image in trash.images], trash.complete) == (["image-4", "image-3"], False)
    trash.more()
    await settled(session)
    assert len(trash.images) == 4
    trash.restore(trash.images[:1])
    assert [image.id for image in trash.images] == ["image-3", "image-2", "image-1"]
    trash.restore_all()
    await settled(session)
    assert (trash.images, trash.complete) == ([], True)
    assert shown(session, 3) == ["image-0", "image-1", "image-2"]
    outbox(session).deliver()
    await settled(session)
    assert source(session).deleted == []
    session.undo()
    assert outbox(session).edits[-1].title == "Undid: Restored 4 images"
    outbox(session).deliver()
    await settled(session)
    assert [image.id for image in trash.images] == ["image-3", "image-2"], "read again by itself"
    trash.close()


async def test_what_is_removed_for_good_is_not_undone(session: Session) -> None:
    delete_images(session, places(session, 0, 1, 2))
    outbox(session).deliver()
    trash = Trash(session)
    await settled(session)
    trash.purge(trash.images[:1])
    await settled(session)
    assert ([image.id for image in trash.images], len(source(session).deleted)) == (["image-1", "image-0"], 2)
    session.undo()
    assert outbox(session).edits[-1].changes == (DeletionChange("image-1", False), DeletionChange("image-0", False))
    session.redo()
    outbox(session).deliver()
    await settled(session)
    trash.purge_all()
    await settled(session)
    assert (trash.images, source(session).deleted, session.history.done) == ([], [], [])
    trash.close()


async def test_a_trash_that_cannot_be_read_says_why(session: Session) -> None:
    source(session).unreachable = Unreachable("The service is off.")
    trash = Trash(session)
    await settled(session)
    assert (trash.problem, trash.images) == ("The service is off.", [])
    trash.close()
