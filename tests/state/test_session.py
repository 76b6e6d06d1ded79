"""A person's session: what is shown, changed, undone and told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, TagChange, is_local
from labeler.domain.errors import Unreachable
from labeler.domain.filter import Filter
from labeler.domain.image import Image
from labeler.domain.saving import SaveState
from labeler.state.session import Mode, Session
from labeler.state.settings import Settings
from tests.memory_source import MemoryOutbox, MemorySource, make_session

BOX = Box("bolt-1", "bolt", 0.25, 0.25, 0.5, 0.5)


@pytest_asyncio.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    """Started over 2,500 images, of which the first pages are loaded."""
    source = MemorySource([Image(f"image-{place}", f"{place}.png") for place in range(2500)])
    session, _ = make_session(source, tmp_path)
    session.start()
    await session.library.loaded()
    yield session
    await session.close()


def outbox(session: Session) -> MemoryOutbox:
    assert isinstance(session.outbox, MemoryOutbox)
    return session.outbox


def source(session: Session) -> MemorySource:
    assert isinstance(session.source, MemorySource)
    return session.source


def box_of(session: Session, index: int = 0) -> Box:
    image = session.library.at(index)
    assert image is not None
    return image.boxes[0]


async def test_the_size_is_known_long_before_all_images_are_loaded(session: Session) -> None:
    session.library.want(150)
    await session.library.loaded()
    assert session.library.size == 2500
    assert len(session.library.images) < 2500
    session.go_to(2400)
    await session.library.loaded()
    assert session.current is not None
    assert session.current.id == "image-2400"


async def test_an_edit_is_in_the_outbox_before_it_is_on_the_screen(session: Session) -> None:
    order: list[str] = []
    session.library.replaced.connect(lambda index: order.append(f"{len(outbox(session).edits)} put, {index} shown"))
    session.edit("Tagged night, 1 image", [TagChange("image-3", "night", True)])
    assert order == ["1 put, 3 shown"]


async def test_undo_in_the_editor_goes_to_the_image_it_changes(session: Session) -> None:
    session.set_mode(Mode.EDITOR)
    session.edit("Drew bolt", [BoxChange("image-0", None, BOX)])
    session.go_to(5)
    session.undo()
    assert session.index == 0
    image = session.library.at(0)
    assert image is not None
    assert image.boxes == ()


async def test_undo_and_redo_of_a_delivered_box_use_the_services_name_and_then_a_new_one(session: Session) -> None:
    local = replace(BOX, id="local-1")
    session.edit("Drew bolt", [BoxChange("image-0", None, local)])
    session.canvas.select("local-1")
    outbox(session).deliver({"local-1": "served-1"})
    assert box_of(session).id == "served-1"
    assert session.canvas.selection.primary == "served-1"
    session.undo()
    (change,) = outbox(session).edits[-1].changes
    assert isinstance(change, BoxChange)
    assert change.before is not None
    assert change.before.id == "served-1"
    session.redo()
    again = box_of(session)
    assert is_local(again.id)
    assert again.same_value(BOX)
    session.undo()
    (change,) = outbox(session).edits[-1].changes
    assert isinstance(change, BoxChange)
    assert change.before is not None
    assert change.before.id == again.id


async def test_pending_edits_are_made_on_pages_read_again(session: Session) -> None:
    session.edit("Tagged night, 1 image", [TagChange("image-1", "night", True)])
    session.reload()
    await session.library.loaded()
    image = session.library.at(1)
    assert image is not None
    assert image.tags == ("night",)


async def test_reading_again_keeps_the_cursor_on_its_image(session: Session) -> None:
    session.go_to(3)
    source(session).list.insert(0, Image("new", "new.png"))
    session.reload()
    await session.library.loaded()
    assert session.index == 4
    assert session.current is not None
    assert session.current.id == "image-3"


async def test_the_targets_are_the_selection_in_the_grid_and_the_one_image_in_the_editor(session: Session) -> None:
    session.grid.select(["image-2", "image-1"])
    assert [image.id for image in session.targets()] == ["image-1", "image-2"]
    session.set_mode(Mode.EDITOR)
    assert [image.id for image in session.targets()] == ["image-0"]


async def test_ends_of_the_library_are_told(session: Session) -> None:
    said: list[str] = []
    session.said.connect(said.append)
    session.step(-1)
    session.go_to(10**9)
    session.step(1)
    assert (said, session.index) == (["The first image", "The last image"], 2499)


async def test_another_filter_begins_at_its_first_image_without_a_selection(session: Session) -> None:
    session.go_to(7)
    session.grid.toggle("image-7")
    session.show(Filter(tags=("nothing",)))
    await session.library.loaded()
    assert (session.index, session.grid.selected, session.current) == (0, set(), None)


async def test_what_fails_in_the_background_is_told(session: Session) -> None:
    failed: list[str] = []
    session.failed.connect(failed.append)
    source(session).unreachable = Unreachable("The service at example does not answer. Try again.")
    session.reload()
    work = session.library._loading
    assert work is not None
    await asyncio.wait([work])
    await asyncio.sleep(0)
    assert "The service at example does not answer. Try again." in failed


async def test_labels_keep_their_places_for_the_next_run(session: Session, tmp_path: Path) -> None:
    session.vocabulary.labels.add(["bolt", "nut"])
    session.vocabulary.labels.add(["apple", "bolt"])
    task = session.saver._task
    assert task is not None
    await task
    kept = Settings.read(tmp_path / "settings.toml").get("organizations.acme.labels")
    assert kept == ["bolt", "nut", "apple"]
    assert (session.vocabulary.labels.of_digit("3"), session.vocabulary.labels.digit_of("bolt")) == ("apple", "1")


async def test_a_changed_save_state_is_told_for_its_image(session: Session) -> None:
    told: list[tuple[str, ...]] = []
    session.images_changed.connect(told.append)
    outbox(session).set_state("image-4", SaveState.CONFLICT)
    assert told == [("image-4",)]


async def test_closing_waits_for_the_disk(session: Session) -> None:
    await session.close()
    assert outbox(session).is_drained
