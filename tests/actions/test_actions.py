"""What actions do to a session, run as the keys run them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from labeler.actions.keymap import Keymap
from labeler.actions.table import ACTIONS, BY_NAME
from labeler.domain.box import Box
from labeler.domain.edit import DeletionChange, OnImage, TagChange
from labeler.domain.image import Image
from labeler.state.prompts import Prompt, Question
from labeler.state.selecting import NO_END
from labeler.state.session import Mode, Session
from tests.memory_source import MemoryOutbox, MemorySource, make_session

BOX = Box("bolt-1", "bolt", 0.25, 0.25, 0.5, 0.5)


@dataclass
class Hand:
    """A person who presses keys, and what they are asked and told."""

    source: MemorySource
    session: Session
    outbox: MemoryOutbox
    keymap: Keymap
    prompts: list[Prompt]
    questions: list[Question]
    said: list[str]

    def press(self, *keys: str) -> None:
        for key in keys:
            action = self.keymap.find(key, self.session)
            assert action is not None, f"{key} does nothing here"
            action.run(self.session)

    def image(self, index: int) -> Image:
        image = self.session.library.at(index)
        assert image is not None
        return image


@pytest_asyncio.fixture
async def hand(tmp_path: Path) -> AsyncIterator[Hand]:
    images = [Image(f"image-{place}", f"{place}.png") for place in range(12)]
    images[0] = Image("image-0", "0.png", tags=("night",), boxes=(BOX,))
    source = MemorySource(images)
    session, outbox = make_session(source, tmp_path)
    hand = Hand(source, session, outbox, Keymap(ACTIONS), [], [], [])
    session.prompted.connect(hand.prompts.append)
    session.asked.connect(hand.questions.append)
    session.said.connect(hand.said.append)
    session.start()
    session.vocabulary.labels.add(["bolt", "nut"])
    session.vocabulary.tags.add(["night", "blurred"])
    await session.library.load(0, NO_END)
    session.grid.columns = 4
    session.canvas.viewport.set_room(848, 648)
    session.canvas.viewport.set_picture_size(400, 300)
    yield hand
    await session.close()


def test_every_action_has_a_name_a_title_and_help_of_its_own() -> None:
    assert len(BY_NAME) == len(ACTIONS)
    assert all(action.title and action.help and action.run.__doc__ for action in ACTIONS)


def test_every_action_can_be_reached_by_key_or_menu() -> None:
    assert [action.name for action in ACTIONS if not action.keys and not action.menu] == []


@pytest.mark.parametrize(
    ("keys", "index"),
    [
        (["d", "d", "a"], 1), (["Right", "l", "h"], 1), (["Down"], 4), (["j", "j", "k"], 4), (["End"], 11),
        (["End", "Home"], 0), (["Shift+D"], 1), (["End", "Shift+A"], 10), (["Left"], 0), (["End", "Down"], 11),
    ],
)  # fmt: skip
async def test_moving_in_the_grid(hand: Hand, keys: list[str], index: int) -> None:
    hand.press(*keys)
    assert hand.session.index == index


async def test_ranges_are_selected_by_shift_and_by_visual_mode(hand: Hand) -> None:
    hand.press("Right", "Shift+Right", "Shift+Right")
    assert hand.session.grid.selected == {"image-1", "image-2", "image-3"}
    hand.press("Esc", "v", "Down")
    assert hand.session.grid.selected == {f"image-{place}" for place in range(3, 8)}


async def test_a_digit_tags_and_goes_on_and_undo_takes_it_back(hand: Hand) -> None:
    hand.press("Right", "2")
    assert (hand.image(1).tags, hand.session.index) == (("blurred",), 2)
    hand.press("Ctrl+Z")
    assert hand.image(1).tags == ()
    hand.press("Ctrl+Shift+Z")
    assert hand.image(1).tags == ("blurred",)
    assert [edit.title for edit in hand.outbox.edits] == [
        "Tagged blurred, 1 image", "Undid: Tagged blurred, 1 image", "Redid: Tagged blurred, 1 image",
    ]  # fmt: skip


async def test_typing_a_tag_tags_all_selected_images_as_one_step(hand: Hand) -> None:
    hand.press("Shift+Right", "Shift+Right", "t")
    prompt = hand.prompts[-1]
    assert prompt.check(" ") == "Type a tag"
    prompt.accept("night")
    assert [hand.image(place).tags for place in range(3)] == [("night",)] * 3
    assert hand.said[-1] == "Tagged night, 3 images"
    hand.press("t")
    hand.prompts[-1].accept("night")
    assert [hand.image(place).tags for place in range(3)] == [()] * 3
    hand.press("Ctrl+Z", "Ctrl+Z")
    assert [hand.image(place).tags for place in range(3)] == [("night",), (), ()]


async def test_a_new_dataset_is_made_with_the_image_in_it(hand: Hand) -> None:
    hand.press("b")
    hand.prompts[-1].accept("first run")
    (dataset,) = hand.session.vocabulary.datasets
    assert dataset.name == "first run"
    assert hand.image(0).dataset_ids == (dataset.id,)
    hand.press("Ctrl+Z", "Ctrl+Z")
    assert hand.said[-1] == "Undid: Created dataset first run"
    assert (hand.session.vocabulary.datasets, hand.image(0).dataset_ids) == ((), ())
    hand.press("Ctrl+Shift+Z", "Ctrl+Shift+Z")
    assert [one.name for one in hand.session.vocabulary.datasets] == ["first run"]
    assert hand.image(0).dataset_ids == (dataset.id,)


async def test_deleting_images_asks_first_and_says_what_it_means(hand: Hand) -> None:
    hand.press("Shift+Right", "Delete")
    question = hand.questions[-1]
    assert (question.title, question.yes, question.danger) == ("Delete 2 images?", "Delete 2 images", False)
    assert question.text == (
        "2 images are deleted at This computer with all boxes, tags and datasets, and stay in its trash for 30 days. "
        "Undo or the trash brings them back. Files that were opened from a folder stay where they are."
    )
    assert hand.session.library.size == 12
    hand.press("Esc", "Delete")
    assert hand.questions[-1].text.startswith("The image is deleted at This computer")


async def test_deleting_for_good_says_so_and_is_not_undone(hand: Hand) -> None:
    hand.source.keeps_trash = hand.source.opens_paths = False
    hand.session.edit("Tagged new, 1 image", [TagChange("image-0", "new", True)])
    hand.session.edit("Tagged new, 1 image", [TagChange("image-5", "new", True)])
    hand.press("Delete")
    question = hand.questions[-1]
    assert question.danger
    assert question.text == (
        "The image is deleted at This computer for good, with all boxes and tags. This computer has no trash: "
        "this cannot be undone, and nobody can restore it."
    )
    question.accept()
    assert (hand.image(0).id, hand.session.library.size) == ("image-1", 11)
    (change,) = hand.outbox.edits[-1].changes
    assert isinstance(change, DeletionChange)
    assert change.seen == OnImage((BOX,), ("night", "new"))
    hand.press("Ctrl+Z")
    assert (hand.session.library.size, hand.image(4).tags) == (11, ())
    hand.press("Ctrl+Z")
    assert hand.said[-1] == "Nothing to undo"
    assert hand.keymap.find("Ctrl+T", hand.session) is None


async def test_boxes_are_selected_moved_resized_relabeled_and_deleted_by_key(hand: Hand) -> None:
    hand.press("e", "Tab")
    assert hand.session.mode is Mode.EDITOR
    hand.press("Right", "Shift+Down", "Alt+Right", "2")
    (box,) = hand.image(0).boxes
    assert (box.x_min * 400, box.y_min * 300) == pytest.approx((101, 85))
    assert (box.x_max * 400, box.y_max * 300) == pytest.approx((202, 160))
    assert box.label == "nut"
    hand.press("x")
    assert hand.image(0).boxes == ()
    hand.press(*["Ctrl+Z"] * 4)
    (box,) = hand.image(0).boxes
    assert box.same_value(BOX)


async def test_a_held_arrow_is_one_step_back(hand: Hand) -> None:
    hand.press("e", "Tab", *["Right"] * 20, "Ctrl+Z")
    assert hand.image(0).boxes == (BOX,)


async def test_arrows_change_the_image_where_no_box_is_selected(hand: Hand) -> None:
    hand.press("e", "Right")
    assert hand.session.index == 1
    hand.press("Left", "Tab", "Right")
    assert hand.session.index == 0


async def test_escape_deselects_then_leaves_the_editor(hand: Hand) -> None:
    hand.press("e", "Tab", "Esc")
    assert (hand.session.canvas.selection.primary, hand.session.mode) == ("", Mode.EDITOR)
    hand.press("Esc")
    assert hand.session.mode is Mode.GRID


async def test_a_digit_without_a_name_says_how_to_make_one(hand: Hand) -> None:
    hand.press("9")
    assert hand.said[-1] == "No tag has the number 9 yet; t makes one"
    hand.press("e", "9")
    assert hand.said[-1] == "No label has the number 9 yet; l makes one"


async def test_the_filter_line_refuses_what_it_cannot_read(hand: Hand) -> None:
    hand.press("/")
    prompt = hand.prompts[-1]
    assert prompt.check("tag:night") == ""
    assert "not a condition" in prompt.check("colour:red")
    prompt.accept("tag:night")
    await hand.session.library.loaded()
    assert [image.id for image in hand.session.library.images] == ["image-0"]
