"""Edits do what they say, are undone by their inverse, and come back from their text as they were."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.domain.box import Box
from labeler.domain.edit import (
    BoxChange,
    Change,
    DatasetChange,
    DeletionChange,
    Edit,
    MembershipChange,
    OnImage,
    TagChange,
    apply_changes,
    is_local,
    merge_edits,
    new_id,
    rename_boxes,
)
from labeler.domain.edit_json import change_from_json, change_to_json, edit_from_json, edit_to_json
from labeler.domain.errors import InvalidValue
from labeler.domain.image import Image
from tests.strategies import boxes, changes, edits, images

BOX = Box("1", "bolt", 0.1, 0.2, 0.3, 0.4)


def contents(image: Image) -> tuple[object, ...]:
    """What is on the image; the order in which it came there does not count."""
    return {box.id: box for box in image.boxes}, set(image.tags), set(image.dataset_ids)


@st.composite
def edited(draw: st.DrawFn) -> tuple[Image, Edit]:
    """An image and an edit of it that was made by looking at it: every change finds what it changes."""
    image = shown = draw(images())
    made: list[Change] = []
    for kind in draw(st.lists(st.sampled_from(["add", "change", "remove", "tag", "dataset"]), max_size=5)):
        change: Change
        if kind == "tag":
            tag = draw(st.sampled_from(["day", "night", "new"]))
            change = TagChange(image.id, tag, tag not in shown.tags)
        elif kind == "dataset":
            dataset = draw(st.sampled_from(["first", "new"]))
            change = MembershipChange(image.id, dataset, dataset not in shown.dataset_ids)
        elif kind == "add" or not shown.boxes:
            change = BoxChange(image.id, None, draw(boxes(st.just(new_id()))))
        else:
            before = draw(st.sampled_from(shown.boxes))
            change = BoxChange(image.id, before, draw(boxes(st.just(before.id))) if kind == "change" else None)
        made.append(change)
        shown = change.apply(shown)
    return image, Edit("Did it", tuple(made))


@given(edited())
def test_the_inverse_undoes_all_of_an_edit(case: tuple[Image, Edit]) -> None:
    image, edit = case
    after = apply_changes(image, edit.changes)
    assert contents(apply_changes(after, edit.inverse().changes)) == contents(image)


@given(edited())
def test_undo_of_undo_does_it_again(case: tuple[Image, Edit]) -> None:
    image, edit = case
    assert edit.inverse().inverse().changes == edit.changes
    again = apply_changes(apply_changes(image, edit.changes), edit.inverse().changes)
    assert contents(apply_changes(again, edit.changes)) == contents(apply_changes(image, edit.changes))


@given(images(), changes)
def test_a_change_made_twice_is_made_once(image: Image, change: Change) -> None:
    once = change.apply(image)
    assert change.apply(once) == once


@given(images(), changes)
def test_a_change_touches_what_it_names_alone(image: Image, change: Change) -> None:
    after = change.apply(image)
    if isinstance(change, BoxChange):
        named = (change.after or change.before or BOX).id
        assert [box for box in after.boxes if box.id != named] == [box for box in image.boxes if box.id != named]
        assert after.box(named) == change.after
        assert replace(after, boxes=image.boxes) == image
    elif isinstance(change, TagChange):
        assert (change.tag in after.tags) is change.after
        assert set(after.tags) - {change.tag} == set(image.tags) - {change.tag}
        assert replace(after, tags=image.tags) == image
    elif isinstance(change, DeletionChange | DatasetChange):
        assert after == image
    else:
        assert (change.dataset_id in after.dataset_ids) is change.after
        assert set(after.dataset_ids) - {change.dataset_id} == set(image.dataset_ids) - {change.dataset_id}
        assert replace(after, dataset_ids=image.dataset_ids) == image


def test_a_changed_box_keeps_its_place() -> None:
    image = Image("image", boxes=(BOX, replace(BOX, id="2"), replace(BOX, id="3")))
    moved = replace(BOX, id="2", label="nut")
    assert BoxChange("image", image.boxes[1], moved).apply(image).boxes == (BOX, moved, image.boxes[2])


@given(images())
def test_changes_of_other_images_leave_an_image_alone(image: Image) -> None:
    assert apply_changes(image, [TagChange("other", "new", after=True), BoxChange("other", None, BOX)]) == image


def test_an_edit_names_each_image_once_in_order() -> None:
    edit = Edit("Tagged 2 images", tuple(TagChange(name, "night", after=True) for name in ("b", "a", "b")))
    assert edit.image_ids == ("b", "a")
    assert [change.image_id for change in edit.inverse().changes] == ["b", "a", "b"]
    assert edit.inverse().title == "Undid: Tagged 2 images"


def test_a_deletion_is_undone_by_bringing_back() -> None:
    edit = Edit("Deleted 2 images", (DeletionChange("a", after=True), DeletionChange("b", after=True)))
    back = edit.inverse().changes
    assert back == (DeletionChange("b", after=False), DeletionChange("a", after=False))
    image = Image("a", boxes=(BOX,), tags=("night",), dataset_ids=("first",))
    assert OnImage.of(image) == OnImage((BOX,), ("night",), ("first",))


def test_edits_and_boxes_get_ids_that_are_told_from_a_services() -> None:
    assert len({new_id() for _ in range(100)}) == 100
    assert is_local(new_id())
    assert not is_local("65f1a0c2b7e4d3a2f1908765")
    assert Edit("Did it", ()).id != Edit("Did it", ()).id


@given(st.lists(boxes(st.just("1")), min_size=3, max_size=8))
def test_merged_edits_are_one_step(held: list[Box]) -> None:
    image = Image("image", boxes=(held[0],))
    steps = [
        Edit(f"Moved to {number}", (BoxChange("image", before, after),), merge="move 1")
        for number, (before, after) in enumerate(pairwise(held))
    ]
    merged = steps[0]
    for step in steps[1:]:
        merged = merge_edits(merged, step)
    assert merged.changes == (BoxChange("image", held[0], held[-1]),)
    assert (merged.id, merged.title, merged.at) == (steps[0].id, steps[-1].title, steps[-1].at)
    assert apply_changes(apply_changes(image, merged.changes), merged.inverse().changes) == image


def test_local_ids_become_those_that_the_service_gave() -> None:
    local = replace(BOX, id="local-1")
    made: tuple[Change, ...] = (
        BoxChange("image", None, local),
        BoxChange("image", local, replace(local, label="nut")),
        BoxChange("image", BOX, None),
        TagChange("image", "local-1", after=True),
    )
    given_names = rename_boxes(made, {"local-1": "65f1"})
    named = replace(BOX, id="65f1")
    assert given_names == (
        BoxChange("image", None, named),
        BoxChange("image", named, replace(named, label="nut")),
        *made[2:],
    )


@given(changes)
def test_changes_come_back_from_their_text(change: Change) -> None:
    assert change_from_json(change_to_json(change)) == change


@given(edits)
def test_edits_come_back_from_their_text(edit: Edit) -> None:
    assert edit_from_json(edit_to_json(edit)) == edit


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "[]",
        "7",
        '"tag"',
        "{}",
        '{"image": "a"}',
        '{"image": "a", "tag": "x"}',
        '{"image": 7, "tag": "x", "after": true}',
        '{"image": "a", "tag": 7, "after": true}',
        '{"image": "a", "tag": "x", "after": "yes"}',
        '{"image": "a", "dataset": null, "after": true}',
        '{"image": "a", "before": null, "after": null}',
        '{"image": "a", "deleted": 1, "seen": null}',
        '{"image": "a", "deleted": true, "seen": [[], []]}',
        '{"image": "a", "deleted": true, "seen": [[], ["tag"], [7]]}',
        '{"image": "a", "deleted": true, "seen": [[["1", "bolt"]], [], []]}',
        '{"image": "a", "before": null, "after": ["1", "bolt"]}',
        '{"image": "a", "before": null, "after": "1bolt12"}',
        '{"image": "a", "before": null, "after": ["1", "bolt", 0, "0.5", 1, 1, null]}',
        '{"image": "a", "before": null, "after": ["1", "bolt", 0, 0, 1, 1, "sure"]}',
        '{"image": "a", "before": null, "after": [1, "bolt", 0, 0, 1, 1, null]}',
    ],
)
def test_what_is_no_change_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="not a change"):
        change_from_json(text)


WHOLE = json.loads(edit_to_json(Edit("Did it", (TagChange("image", "night", after=True),))))


@pytest.mark.parametrize("text", ["", "[]", "7", "{}", "null", '{"version": 1}'])
def test_what_is_no_edit_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="not an edit"):
        edit_from_json(text)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("at", "yesterday", "not an edit"),
        ("at", 7, "not an edit"),
        ("title", None, "not an edit"),
        ("id", 7, "not an edit"),
        ("merge", [], "not an edit"),
        ("changes", 7, "not an edit"),
        ("changes", ["{}"], "not a change"),
        ("version", 2, "an edit of version 2; this program knows version 1"),
    ],
)
def test_an_edit_with_a_part_that_is_wrong_is_refused(field: str, value: object, told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        edit_from_json(json.dumps({**WHOLE, field: value}))


@given(edits, st.data())
def test_an_edit_that_was_cut_short_is_refused(edit: Edit, data: st.DataObject) -> None:
    text = edit_to_json(edit)
    with pytest.raises(InvalidValue):
        edit_from_json(text[: data.draw(st.integers(0, len(text) - 1))])
