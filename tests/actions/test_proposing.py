"""Proposals from images before and after and from models, accepted and rejected; hint letters; looking for images."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from labeler.actions.keymap import Keymap
from labeler.actions.table import ACTIONS
from labeler.domain.box import Box
from labeler.domain.geometry import Handle
from labeler.domain.image import Image
from labeler.state.hints import LETTERS, Hints, hint_letters
from labeler.state.session import Mode, Session
from tests.memory_source import MemorySource, make_session, settled

BOLT = Box("b1", "bolt", 0.2, 0.2, 0.3, 0.3)
NUT = Box("b2", "nut", 0.6, 0.6, 0.8, 0.8)
LATER_BOLT = Box("b3", "bolt", 0.4, 0.2, 0.5, 0.5)
GUESS = Box("g1", "bolt", 0.1, 0.1, 0.2, 0.2, 0.7)
KEYMAP = Keymap(ACTIONS)
START = datetime(2026, 3, 1, tzinfo=UTC)


def image(place: int, boxes: tuple[Box, ...] = (), camera: str = "front") -> Image:
    time = START + timedelta(seconds=place)
    return Image(f"image-{place}", f"{place:03}.png", time_requested=time, component_name=camera, boxes=boxes)


@pytest_asyncio.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    """In the editor of the second of 1,500 images. The first and the fifth have boxes, the 1,201st has a guess."""
    images = [image(place) for place in range(1500)]
    images[0] = image(0, (BOLT, NUT))
    images[4] = image(4, (LATER_BOLT,))
    images[1200] = image(1200, (GUESS,))
    session, _ = make_session(MemorySource(images), tmp_path)
    session.start()
    await session.library.loaded()
    await settled(session)
    session.go_to(1)
    session.set_mode(Mode.EDITOR)
    session.canvas.viewport.set_room(1048, 1048)
    session.canvas.viewport.set_picture_size(1000, 1000)
    yield session
    await session.close()


def press(session: Session, *keys: str) -> None:
    for key in keys:
        if session.canvas.take_key(key):
            continue
        action = KEYMAP.find(key, session)
        assert action is not None, f"{key} does nothing here"
        action.run(session)


def boxes(session: Session) -> list[tuple[str, float]]:
    assert session.current is not None
    return [(box.label, round(box.x_min, 6)) for box in session.current.boxes]


async def test_the_previous_images_boxes_are_proposed_and_nothing_is_added_before_they_are_accepted(
    session: Session,
) -> None:
    press(session, "c")
    await settled(session)
    assert [box.label for box in session.proposals.waiting] == ["bolt", "nut"]
    assert boxes(session) == []
    press(session, "y")
    assert boxes(session) == [("bolt", 0.2)]
    press(session, "n")
    assert boxes(session) == [("bolt", 0.2)]
    assert session.proposals.waiting == []
    session.undo()
    assert boxes(session) == []


async def test_all_proposals_are_accepted_as_one_edit(session: Session) -> None:
    press(session, "c")
    await settled(session)
    press(session, "Shift+Y")
    assert boxes(session) == [("bolt", 0.2), ("nut", 0.6)]
    session.undo()
    assert boxes(session) == []


async def test_accepting_and_going_on_is_one_key(session: Session) -> None:
    press(session, "c")
    await settled(session)
    press(session, "Ctrl+Enter")
    assert session.index == 2
    first = session.library.at(1)
    assert first is not None
    assert len(first.boxes) == 2


async def test_proposals_do_not_follow_to_another_image(session: Session) -> None:
    press(session, "c")
    await settled(session)
    press(session, "d")
    assert session.proposals.waiting == []


async def test_boxes_between_two_labeled_images_are_proposed_by_time(session: Session) -> None:
    press(session, "Shift+C")
    await settled(session)
    (found,) = session.proposals.waiting
    assert (found.label, found.x_min, found.y_max) == pytest.approx(("bolt", 0.25, 0.35))


async def test_between_images_of_another_camera_nothing_is_proposed(session: Session) -> None:
    source = session.source
    assert isinstance(source, MemorySource)
    source.list[4] = image(4, (LATER_BOLT,), camera="rear")
    press(session, "Shift+C")
    await settled(session)
    assert session.proposals.waiting == []


async def test_a_guess_of_a_model_is_accepted_or_rejected_where_it_is(session: Session) -> None:
    session.go_to(1200)
    await session.library.loaded()
    assert session.current is not None
    assert not session.current.is_labeled
    press(session, "y")
    assert session.current.boxes[0].confidence == 1
    assert not session.current.has_proposals
    session.undo()
    press(session, "n")
    assert session.current.boxes == ()


async def test_the_selected_proposal_is_the_one_that_is_decided(session: Session) -> None:
    source = session.source
    assert isinstance(source, MemorySource)
    other = Box("g2", "nut", 0.7, 0.7, 0.9, 0.9, 0.4)
    source.list[1200] = image(1200, (GUESS, other))
    session.go_to(1200)
    await session.library.loaded()
    session.canvas.select("g2")
    press(session, "n")
    assert session.current is not None
    assert session.current.boxes == (GUESS,)


async def test_the_next_image_with_proposals_is_found_though_it_is_not_loaded(session: Session) -> None:
    assert session.library.at(1200) is None
    press(session, "Shift+N")
    task = session.works[0].task
    assert task is not None
    await task
    assert session.index == 1200
    press(session, ">")
    await settled(session)
    assert session.index == 1200


async def test_the_previous_unlabeled_image_is_the_nearest(session: Session) -> None:
    session.go_to(5)
    press(session, "A" if KEYMAP.is_bound("A", session.mode) else "Shift+A")
    assert session.index == 3


async def test_a_box_is_selected_by_its_letters(session: Session) -> None:
    session.go_to(0)
    press(session, "f", LETTERS[1])
    assert session.canvas.selection.primary == "b2"
    assert session.canvas.hints is None


async def test_a_corner_is_chosen_by_its_letter_and_moved_on_both_axes(session: Session) -> None:
    session.go_to(0)
    session.canvas.select("b1")
    press(session, "Shift+F", "q", "Alt+Left", "Alt+Up")
    assert session.canvas.edge is Handle.TOP_LEFT
    assert session.current is not None
    found = session.current.boxes[0]
    assert (found.x_min, found.y_min, found.x_max) == pytest.approx((0.199, 0.199, 0.3))


async def test_letters_go_away_with_escape(session: Session) -> None:
    session.go_to(0)
    press(session, "f", "Esc")
    assert session.canvas.hints is None
    assert session.mode is Mode.EDITOR


@pytest.mark.parametrize(("count", "length"), [(1, 1), (26, 1), (27, 2), (676, 2), (2000, 3)])
def test_hint_words_are_different_and_as_short_as_they_can_be(count: int, length: int) -> None:
    words = hint_letters(count)
    assert len(set(words)) == count
    assert {len(word) for word in words} == {length}


def test_a_word_of_two_letters_can_be_taken_back_letter_by_letter() -> None:
    hints = Hints(str(number) for number in range(30))
    assert hints.press("j") == ""
    assert {word[0] for word, _ in hints.left()} == {"j"}
    assert hints.press("Backspace") == ""
    assert hints.press("1") is None
    assert hints.press("f") == ""
    assert hints.press("j") == "1"
