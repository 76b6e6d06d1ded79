"""Each edit reaches the service once, in order, whatever the network does; nothing of others is overwritten."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import apsw
import grpc
import pytest

from labeler.client import ledger
from labeler.client.channel import Connection
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit, MembershipChange, TagChange, new_id
from labeler.domain.image import Image
from labeler.domain.saving import OutboxCounts, SaveState
from tests.client_desktop.conftest import Watched, watched
from tests.client_desktop.data_api import DataApi
from tests.failing_disk import Disk

ADD, UPDATE, REMOVE = "AddBoundingBoxToImageByID", "UpdateBoundingBox", "RemoveBoundingBoxFromImageByID"
READ = "BinaryDataByIDs"
AMBIGUOUS = [
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
]
THEIRS = Box("box-1", "bolt", 0.1, 0.1, 0.3, 0.3)


@pytest.fixture
def api() -> DataApi:
    return DataApi("a", "b", "c")


async def test_a_box_arrives_within_a_billionth_and_gets_the_services_name(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    await one.outbox.start(connection)
    box = replace(one.put_box("a", at=0.0), confidence=None)
    await one.delivered()
    (arrived,) = api.boxes("a")
    assert arrived.label == "bolt"
    assert (arrived.x_min, arrived.y_min, arrived.x_max, arrived.y_max) == pytest.approx(
        (0.0, 0.25, 0.75, 0.75), abs=1e-9
    )
    assert one.names == {box.id: arrived.id}
    assert one.outbox.state_of("a") is SaveState.DELIVERED
    assert one.outbox.counts == OutboxCounts()


async def test_twins_differ_and_stay_inside_the_image(api: DataApi, connection: Connection, one: Watched) -> None:
    await one.outbox.start(connection)
    for _ in range(20):
        one.put(BoxChange("a", None, Box(new_id(), "bolt", 0.0, 0.0, 1.0, 1.0)))
    await one.delivered()
    boxes = api.boxes("a")
    assert len({box.rect for box in boxes}) == 20
    assert all(0 <= box.x_min < box.x_max <= 1 and 0 <= box.y_min < box.y_max <= 1 for box in boxes)


async def test_what_was_put_while_nobody_answered_is_delivered_after_a_restart(
    api: DataApi, connection: Connection, outbox_path: Path
) -> None:
    async with watched(outbox_path) as one:
        box = one.put_box("a")
        one.put(BoxChange("a", box, replace(box, x_min=0.5)))
    async with watched(outbox_path) as one:
        assert one.outbox.counts == OutboxCounts(waiting=2)
        await one.outbox.start(connection)
        await one.delivered()
    assert [round(box.x_min, 6) for box in api.boxes("a")] == [0.5]
    async with watched(outbox_path) as one:
        assert one.outbox.counts == OutboxCounts()


async def test_a_box_that_was_undone_before_delivery_is_never_sent(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    first, second = one.put_box("a"), one.put_box("a", at=0.4)
    one.put(BoxChange("a", first, replace(first, x_min=0.3)))
    one.put(BoxChange("a", replace(first, x_min=0.3), None))
    one.put(BoxChange("a", second, None))
    await one.outbox.drained()
    await one.outbox.start(connection)
    await one.delivered()
    assert api.calls == []
    assert one.outbox.overlay(Image("a")).boxes == ()


async def test_changes_of_an_image_arrive_in_order(api: DataApi, connection: Connection, one: Watched) -> None:
    box = one.put_box("a")
    one.outbox.put(Edit("Tagged", (TagChange("a", "night", True),)))
    one.outbox.put(Edit("Added to a dataset", (MembershipChange("a", "set", True),)))
    other = one.put_box("a", "nut")
    await one.outbox.start(connection)
    await one.delivered()
    assert api.names_called(READ) == [ADD, "AddTagsToBinaryDataByIDs", "AddBinaryDataToDatasetByIDs", ADD]
    assert set(one.names) == {box.id, other.id}
    one.outbox.put(Edit("Untagged", (TagChange("a", "night", False),)))
    one.outbox.put(Edit("Taken out", (MembershipChange("a", "set", False),)))
    await one.delivered()
    assert (api.images["a"].tags, api.images["a"].datasets) == ([], [])


async def test_edits_that_still_speak_of_the_old_name_reach_the_box(
    api: DataApi, connection: Connection, outbox_path: Path
) -> None:
    """Between the reply and what the window makes of it, and in an undo of a later session."""
    async with watched(outbox_path) as one:
        await one.outbox.start(connection)
        box = one.put_box("a")
        await one.delivered()
        one.put(BoxChange("a", box, replace(box, label="nut")))
        await one.delivered()
    assert [found.label for found in api.boxes("a")] == ["nut"]
    async with watched(outbox_path) as one:
        await one.outbox.start(connection)
        one.put(BoxChange("a", replace(box, label="nut"), None))
        await one.delivered()
    assert api.boxes("a") == []


async def test_old_names_reach_the_box_after_very_many_others(
    api: DataApi, connection: Connection, one: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When only the file knows them."""
    monkeypatch.setattr(ledger, "NAMES", 2)
    await one.outbox.start(connection)
    boxes = [one.put_box("a", f"bolt {number}", at=number / 10) for number in range(5)]
    await one.delivered()
    one.put(BoxChange("a", boxes[0], replace(boxes[0], label="nut")))
    one.put(BoxChange("a", boxes[1], None))
    await one.delivered()
    assert one.outbox.counts == OutboxCounts()
    assert sorted(box.label for box in api.boxes("a")) == ["bolt 2", "bolt 3", "bolt 4", "nut"]


async def test_a_change_made_while_the_box_is_being_added_follows_it(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    box = Box(new_id(), "bolt", 0.25, 0.25, 0.75, 0.75)

    def change_it(_: object) -> None:
        one.put(BoxChange("a", box, replace(box, label="nut")))

    api.on_call[ADD].append(change_it)
    await one.outbox.start(connection)
    one.put(BoxChange("a", None, box))
    await one.until(lambda _: bool(one.names))
    await one.delivered()
    assert [(found.id, found.label) for found in api.boxes("a")] == [(one.names[box.id], "nut")]


async def test_undoing_the_removal_of_a_delivered_box_brings_it_back_under_a_new_name(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    api.images["a"].boxes["old"] = box = Box("old", "bolt", 0.1, 0.2, 0.3, 0.4)
    await one.outbox.start(connection)
    for before, after in ((box, None), (None, box), (box, None), (None, box)):
        one.put(BoxChange("a", before, after))
        await one.delivered()
    (back,) = api.boxes("a")
    assert one.outbox.counts == OutboxCounts()
    assert back.id not in ("old", "box-1")
    assert (back.label, round(back.x_min, 6)) == ("bolt", 0.1)


async def test_a_box_that_was_brought_back_twice_is_still_known_by_its_first_name(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    """As a history does that was written before the names came."""
    await one.outbox.start(connection)
    box = one.put_box("a")
    await one.delivered()
    for _ in range(2):
        one.put(BoxChange("a", box, None))
        await one.delivered()
        one.put(BoxChange("a", None, box))
        await one.delivered()
    one.put(BoxChange("a", box, replace(box, label="nut")))
    await one.delivered()
    assert one.outbox.counts == OutboxCounts()
    assert [found.label for found in api.boxes("a")] == ["nut"]


async def test_removing_what_is_gone_already_is_done(api: DataApi, connection: Connection, one: Watched) -> None:
    """Gone with its image before it is read, and gone between reading and removing."""
    api.images["a"].boxes[THEIRS.id] = THEIRS
    api.on_call[REMOVE].append(lambda _: api.images["a"].boxes.clear())
    await one.outbox.start(connection)
    one.put(BoxChange("a", THEIRS, None))
    one.put(BoxChange("no such image", THEIRS, None))
    await one.delivered()
    assert one.outbox.counts == OutboxCounts()
    assert api.names_called(READ) == [REMOVE]


@pytest.mark.parametrize("status", AMBIGUOUS)
async def test_a_lost_reply_adds_one_box(
    api: DataApi, connection: Connection, one: Watched, status: grpc.StatusCode
) -> None:
    api.fail_after[ADD].append(status)
    await one.outbox.start(connection)
    first, twin = one.put_box("a"), one.put_box("a")
    await one.delivered()
    assert len(api.boxes("a")) == 2
    assert sorted(one.names) == sorted([first.id, twin.id])
    assert len(one.pauses.seconds) == 1


@pytest.mark.parametrize("status", AMBIGUOUS)
async def test_a_lost_request_is_sent_again(
    api: DataApi, connection: Connection, one: Watched, status: grpc.StatusCode
) -> None:
    api.fail_before[ADD].append(status)
    await one.outbox.start(connection)
    one.put_box("a")
    await one.delivered()
    assert len(api.boxes("a")) == 1
    assert api.names_called() == [READ, ADD, READ, ADD, READ]


@pytest.mark.logs("The disk of .* fails")
async def test_nothing_is_sent_before_it_is_on_disk_that_it_may_be(
    api: DataApi, connection: Connection, outbox_path: Path, disk: Disk
) -> None:
    async with watched(outbox_path, vfs=disk.name) as one:
        one.put_box("a")
        await one.outbox.drained()
        disk.failing = apsw.IOError
        opened = disk.opened
        await one.outbox.start(connection)
        async with asyncio.timeout(60):
            while disk.opened < opened + 100:  # noqa: ASYNC110 - the writer tries again and again, and nobody tells
                await asyncio.sleep(0)
        assert ADD not in api.names_called()
        disk.failing = None
        await one.delivered()
        assert len(api.boxes("a")) == 1


async def test_a_reply_lost_by_the_end_of_the_program_adds_one_box(
    api: DataApi, connection: Connection, outbox_path: Path
) -> None:
    api.fail_after[ADD].append(grpc.StatusCode.UNAVAILABLE)
    async with watched(outbox_path) as one:
        one.pauses.immediate = False
        await one.outbox.start(connection)
        box = one.put_box("a")
        await one.pauses.begun()
    async with watched(outbox_path) as one:
        one.put(BoxChange("a", box, None))
        await one.outbox.start(connection)
        await one.delivered()
    assert api.boxes("a") == []
    assert api.names_called(READ) == [ADD, REMOVE]


@pytest.mark.parametrize("rpc", [UPDATE, REMOVE])
async def test_a_lost_reply_to_a_change_is_no_conflict(
    api: DataApi, connection: Connection, one: Watched, rpc: str
) -> None:
    api.images["a"].boxes[THEIRS.id] = THEIRS
    api.fail_after[rpc].append(grpc.StatusCode.UNAVAILABLE)
    await one.outbox.start(connection)
    after = replace(THEIRS, label="nut", x_min=0.2)
    one.put(BoxChange("a", THEIRS, after if rpc == UPDATE else None))
    await one.delivered()
    assert one.outbox.counts == OutboxCounts()
    assert api.boxes("a") == ([after] if rpc == UPDATE else [])
    assert api.names_called(READ) == [rpc]


async def test_a_box_shows_once_when_it_is_read_before_its_reply_came(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    api.fail_after[ADD].append(grpc.StatusCode.UNAVAILABLE)
    one.pauses.immediate = False
    await one.outbox.start(connection)
    box = one.put_box("a")
    await one.pauses.begun()
    assert [shown.id for shown in one.outbox.overlay(Image("a", boxes=tuple(api.boxes("a")))).boxes] == [box.id]


async def test_a_page_that_was_read_before_a_delivery_and_comes_after_it_shows_it(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    api.images["a"].boxes["old"] = old = replace(THEIRS, id="old")
    stale = Image("a", boxes=(old,), tags=("day",))
    moved_by_others = replace(stale, boxes=(replace(old, x_max=0.9),))
    await one.outbox.start(connection)
    box = one.put_box("a")
    one.put(BoxChange("a", old, None))
    one.outbox.put(Edit("Tagged", (TagChange("a", "night", True),)))
    await one.until(lambda counts: counts == OutboxCounts() and bool(one.names))
    now = one.outbox.overlay(stale)
    assert [shown.id for shown in now.boxes] == [one.names[box.id]]
    assert now.tags == ("day", "night")
    assert one.outbox.overlay(moved_by_others).boxes[0] == moved_by_others.boxes[0]
    one.pauses.now += 11
    assert one.outbox.overlay(stale) == stale


async def test_twins_differ_also_when_they_were_moved_before_delivery(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    for _ in range(2):
        box = one.put_box("a")
        one.put(BoxChange("a", box, replace(box, x_min=0.5)))
    await one.outbox.drained()
    await one.outbox.start(connection)
    await one.delivered()
    assert api.names_called(READ) == [ADD, ADD]
    assert len({box.x_min for box in api.boxes("a")}) == 2


async def test_a_box_too_thin_for_a_fingerprint_is_not_taken_for_its_delivered_twin(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    await one.outbox.start(connection)
    one.put(BoxChange("a", None, Box(new_id(), "line", 0.5, 0.1, 0.5 + 1e-12, 0.9)))
    await one.delivered()
    api.fail_before[ADD].append(grpc.StatusCode.UNAVAILABLE)
    one.put(BoxChange("a", None, Box(new_id(), "line", 0.5, 0.1, 0.5 + 1e-12, 0.9)))
    await one.delivered()
    assert len(api.boxes("a")) == 2


async def test_a_change_that_waits_speaks_of_the_new_name_after_a_restart_too(
    api: DataApi, connection: Connection, outbox_path: Path
) -> None:
    async with watched(outbox_path) as one:
        await one.outbox.start(connection)
        one.pauses.immediate = False
        # What is read around the first box succeeds: a new service is looked at.
        api.fail_before[READ].extend([None, None, grpc.StatusCode.UNAVAILABLE])
        box = Box(new_id(), "bolt", 0.25, 0.25, 0.75, 0.75)
        api.on_call[ADD].append(lambda _: one.put(BoxChange("a", box, replace(box, label="nut"))))
        one.put(BoxChange("a", None, box))
        await one.pauses.begun()
    async with watched(outbox_path) as one:
        (found,) = api.boxes("a")
        shown = one.outbox.overlay(Image("a", boxes=(found,)))
        assert [(one_box.id, one_box.label) for one_box in shown.boxes] == [(found.id, "nut")]
        await one.outbox.start(connection)
        await one.delivered()
        assert one.outbox.counts == OutboxCounts()
    assert [found.label for found in api.boxes("a")] == ["nut"]


async def test_pauses_double_up_to_a_minute_and_begin_anew_after_success(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    api.fail_before[READ].extend([grpc.StatusCode.UNAVAILABLE] * 10)
    api.images["a"].boxes[THEIRS.id] = THEIRS
    await one.outbox.start(connection)
    one.put(BoxChange("a", THEIRS, None))
    await one.delivered()
    assert one.pauses.seconds == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    api.fail_before[ADD].append(grpc.StatusCode.UNAVAILABLE)
    one.put_box("a")
    await one.delivered()
    assert one.pauses.seconds[10:] == [0.5]


@pytest.mark.parametrize(
    ("status", "problem"),
    [(grpc.StatusCode.UNAVAILABLE, "offline"), (grpc.StatusCode.UNAUTHENTICATED, "key not accepted")],
)
async def test_while_the_service_takes_nothing_everything_is_kept_and_it_says_why(
    api: DataApi, connection: Connection, one: Watched, status: grpc.StatusCode, problem: str
) -> None:
    api.down = status
    one.pauses.immediate = False
    await one.outbox.start(connection)
    for image_id in "abc":
        one.put_box(image_id)
    await one.until(lambda counts: counts == OutboxCounts(waiting=3, problem=problem))
    assert one.outbox.state_of("a") is SaveState.SAVED_HERE
    api.down = None
    one.pauses.immediate = True
    await one.pauses.begun()
    one.outbox.hurry()
    await one.delivered()
    assert [len(api.boxes(image_id)) for image_id in "abc"] == [1, 1, 1]
    await one.until(lambda counts: counts == OutboxCounts())


async def test_what_is_refused_is_kept_and_the_rest_goes_on(
    api: DataApi, connection: Connection, outbox_path: Path
) -> None:
    async with watched(outbox_path) as one:
        await one.outbox.start(connection)
        refused = one.put_box("a", label="")
        one.put_box("a", label="nut")
        one.put_box("b")
        await one.delivered()
        assert one.outbox.counts == OutboxCounts(refused=1)
        assert one.outbox.state_of("a") is SaveState.REFUSED
        assert [box.label for box in api.boxes("a")] == ["nut"]
    async with watched(outbox_path) as one:
        await one.outbox.start(connection)
        (held,) = one.outbox.held
        assert "label: is empty" in held.problem
        assert one.outbox.overlay(Image("a")).boxes[0].id == refused.id
        one.put(BoxChange("a", refused, replace(refused, label="bolt")))
        await one.delivered()
        assert one.outbox.counts == OutboxCounts()
    assert sorted(box.label for box in api.boxes("a")) == ["bolt", "nut"]


async def test_undoing_what_was_refused_ends_it(api: DataApi, connection: Connection, one: Watched) -> None:
    await one.outbox.start(connection)
    refused = one.put_box("a", label="")
    await one.delivered()
    one.put(BoxChange("a", refused, None))
    await one.until(lambda counts: counts == OutboxCounts())
    assert api.names_called(READ) == [ADD]


async def test_what_was_refused_can_be_tried_again_or_given_up(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    api.fail_before[ADD].extend([grpc.StatusCode.PERMISSION_DENIED] * 2)
    await one.outbox.start(connection)
    one.put_box("a", "bolt")
    one.put_box("b", "nut")
    await one.until(lambda counts: counts.refused == 2)
    first, second = one.outbox.held
    one.outbox.retry(first)
    one.outbox.discard(second)
    await one.delivered()
    assert one.outbox.counts == OutboxCounts()
    assert [[box.label for box in api.boxes(image_id)] for image_id in "ab"] == [["bolt"], []]


async def test_a_service_that_always_fails_at_one_change_does_not_stop_the_others(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    api.fail_before[ADD].extend([grpc.StatusCode.INTERNAL] * 5)
    await one.outbox.start(connection)
    one.put_box("a")
    await one.until(lambda counts: counts.refused == 1)
    one.put_box("b")
    await one.delivered()
    assert len(api.boxes("b")) == 1
    one.outbox.retry(one.outbox.held[0])
    await one.delivered()
    assert len(api.boxes("a")) == 1


@pytest.mark.parametrize("theirs", [replace(THEIRS, label="washer"), replace(THEIRS, x_max=0.35), None])
@pytest.mark.parametrize("mine", [replace(THEIRS, x_min=0.15), None])
async def test_what_somebody_else_changed_is_not_overwritten(
    api: DataApi, connection: Connection, one: Watched, mine: Box | None, theirs: Box | None
) -> None:
    if theirs is not None:
        api.images["a"].boxes[THEIRS.id] = theirs
    await one.outbox.start(connection)
    one.put(BoxChange("a", THEIRS, mine))
    await one.delivered()
    assert api.boxes("a") == ([theirs] if theirs else [])
    if mine is None and theirs is None:
        assert one.outbox.counts == OutboxCounts()
        return
    assert one.outbox.counts == OutboxCounts(conflicts=1)
    assert one.outbox.state_of("a") is SaveState.CONFLICT
    assert "Somebody else" in one.outbox.held[0].problem
    assert UPDATE not in api.names_called()


@pytest.mark.parametrize("theirs", [replace(THEIRS, label="washer"), None])
async def test_a_conflict_outlives_a_restart_and_can_be_decided(
    api: DataApi, connection: Connection, outbox_path: Path, theirs: Box | None
) -> None:
    mine = replace(THEIRS, x_min=0.15)
    if theirs is not None:
        api.images["a"].boxes[THEIRS.id] = theirs
    async with watched(outbox_path) as one:
        await one.outbox.start(connection)
        one.put(BoxChange("a", THEIRS, mine))
        await one.delivered()
    async with watched(outbox_path) as one:
        await one.outbox.start(connection)
        assert one.outbox.state_of("a") is SaveState.CONFLICT
        one.outbox.keep_mine(one.outbox.held[0], theirs)
        await one.delivered()
        assert one.outbox.counts == OutboxCounts()
    assert [(box.label, round(box.x_min, 6)) for box in api.boxes("a")] == [("bolt", 0.15)]


async def test_a_deletion_is_kept_of_a_box_that_somebody_else_changed_and_then_deleted(
    api: DataApi, connection: Connection, outbox_path: Path
) -> None:
    api.images["a"].boxes[THEIRS.id] = replace(THEIRS, label="washer")
    async with watched(outbox_path) as one:
        await one.outbox.start(connection)
        one.put(BoxChange("a", THEIRS, None))
        await one.delivered()
        del api.images["a"].boxes[THEIRS.id]
        one.outbox.keep_mine(one.outbox.held[0], None)
        one.put_box("a")
        await one.delivered()
        assert one.outbox.counts == OutboxCounts()
    async with watched(outbox_path) as one:
        assert one.outbox.counts == OutboxCounts()
    assert len(api.boxes("a")) == 1


async def test_steps_that_meet_one_conflict_are_one_decision(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    """They went as one: the person sees where the box was when they began and where they left it."""
    api.images["a"].boxes[THEIRS.id] = replace(THEIRS, label="washer")
    moved, left = replace(THEIRS, x_min=0.15), replace(THEIRS, x_min=0.2)
    one.put(BoxChange("a", THEIRS, moved))
    one.put(BoxChange("a", moved, left))
    await one.outbox.start(connection)
    await one.delivered()
    (held,) = one.outbox.held
    assert held.change == BoxChange("a", THEIRS, left)
    one.outbox.keep_mine(held, api.images["a"].boxes[THEIRS.id])
    one.outbox.keep_mine(held, None)  # of what is not held any more
    await one.delivered()
    assert (one.outbox.held, api.boxes("a")) == ((), [left])


async def test_what_was_added_deleted_and_given_up_is_one_decision_too(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    api.fail_before[ADD].extend([grpc.StatusCode.INTERNAL] * 5)
    one.pauses.immediate = False
    await one.outbox.start(connection)
    box = one.put_box("a")
    await one.pauses.begun()
    one.put(BoxChange("a", box, None))
    one.pauses.immediate = True
    one.pauses.end()
    await one.until(lambda counts: counts.refused == 2)
    (held,) = one.outbox.held
    assert isinstance(held.change, BoxChange)
    assert held.change.after is None
    one.outbox.retry(held)
    await one.until(lambda counts: counts == OutboxCounts())
    assert api.boxes("a") == []


async def test_a_conflict_can_be_given_up(api: DataApi, connection: Connection, one: Watched) -> None:
    api.images["a"].boxes[THEIRS.id] = theirs = replace(THEIRS, label="washer")
    await one.outbox.start(connection)
    one.put(BoxChange("a", THEIRS, None))
    await one.delivered()
    one.outbox.discard(one.outbox.held[0])
    assert one.outbox.state_of("a") is SaveState.DELIVERED
    assert api.boxes("a") == [theirs]


async def test_one_tag_on_1200_images_is_three_calls(connection: Connection, api: DataApi, one: Watched) -> None:
    ids = [f"image-{number}" for number in range(1200)]
    api.images |= {image.id: image for image in DataApi(*ids).images.values()}
    await one.outbox.start(connection)
    one.outbox.put(Edit("Tagged night, 1,200 images", tuple(TagChange(image_id, "night", True) for image_id in ids)))
    await one.delivered()
    assert sorted(len(request.binary_data_ids) for _, request in api.calls) == [200, 500, 500]
    assert all(api.images[image_id].tags == ["night"] for image_id in ids)


async def test_an_image_that_is_gone_does_not_keep_others_from_their_tag(
    connection: Connection, api: DataApi, one: Watched
) -> None:
    ids = [f"image-{number}" for number in range(20)]
    api.images |= {image.id: image for image in DataApi(*ids).images.values()}
    del api.images["image-7"]
    await one.outbox.start(connection)
    one.outbox.put(Edit("Tagged", tuple(TagChange(image_id, "night", True) for image_id in ids)))
    await one.delivered()
    assert one.outbox.counts == OutboxCounts(refused=1)
    assert [held.change.image_id for held in one.outbox.held] == ["image-7"]
    assert [image_id for image_id in ids if image_id in api.images and api.images[image_id].tags != ["night"]] == []


@pytest.mark.logs("could not be delivered")
async def test_a_text_that_cannot_be_sent_is_kept_and_the_rest_goes_on(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    await one.outbox.start(connection)
    one.put_box("a", label="\ud800")
    one.put_box("a", label="nut")
    await one.delivered()
    assert one.outbox.counts == OutboxCounts(refused=1)
    assert [box.label for box in api.boxes("a")] == ["nut"]


async def test_delivery_goes_over_another_connection_when_told(api: DataApi, address: str, one: Watched) -> None:
    async with api.connected(address) as first:
        await one.outbox.start(first)
        one.put_box("a")
        await one.delivered()
    other = DataApi("a")
    async with other.connected(address + "2") as second:
        await one.outbox.start(second)
        one.put_box("a")
        await one.delivered()
        await one.outbox.stop()
    assert (len(api.boxes("a")), len(other.boxes("a"))) == (1, 1)


async def test_images_do_not_wait_for_each_other(api: DataApi, connection: Connection, one: Watched) -> None:
    """Three adds are under way at once: the first is answered only when the last has come."""
    arrived: list[str] = []
    all_there = asyncio.Event()

    def note(request: object) -> None:
        arrived.append(str(request))
        if len(arrived) == 3:
            all_there.set()

    api.on_call[ADD].append(note)
    api.hold_until[ADD] = all_there
    for image_id in "abc":
        one.put_box(image_id)
    await one.outbox.drained()
    await one.outbox.start(connection)
    await one.delivered()
    assert len(arrived) == 3


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_fails_the_service_ends_with_what_was_made(
    api: DataApi, connection: Connection, outbox_path: Path, seed: int
) -> None:
    """A hundred edits in three sittings while half of all calls fail, before or after they are done."""
    chance = random.Random(seed)
    for rpc in (ADD, UPDATE, REMOVE, READ, "AddTagsToBinaryDataByIDs", "RemoveTagsFromBinaryDataByIDs"):
        for failing in (api.fail_before[rpc], api.fail_after[rpc]):
            failing.extend(chance.choice([*AMBIGUOUS, *[None] * 12]) for _ in range(200))
    model = {image_id: Image(image_id) for image_id in "abc"}
    for _ in range(3):
        async with watched(outbox_path) as one:
            await one.outbox.start(connection)
            for _ in range(33):
                change = _some_change(chance, chance.choice(list(model.values())))
                model[change.image_id] = change.apply(model[change.image_id])
                one.outbox.put(Edit("Changed", (change,)))
                if chance.random() < 0.3:
                    await one.outbox.drained()
                if chance.random() < 0.1:
                    await one.delivered()
    api.fail_before.clear()
    api.fail_after.clear()
    async with watched(outbox_path) as one:
        await one.outbox.start(connection)
        for held in one.outbox.held:
            one.outbox.retry(held)
        await one.delivered()
        assert one.outbox.counts == OutboxCounts()
    for image_id, image in model.items():
        assert sorted(api.images[image_id].tags) == sorted(image.tags)
        assert sorted(map(_said, api.boxes(image_id))) == sorted(map(_said, image.boxes))


def _some_change(chance: random.Random, image: Image) -> BoxChange | TagChange:
    kind = chance.choice(["add", "add", "change", "remove", "tag"])
    if kind == "tag":
        return TagChange(image.id, chance.choice(["day", "night"]), chance.random() < 0.6)
    if kind == "add" or not image.boxes:
        return BoxChange(image.id, None, Box(new_id(), "bolt", chance.choice([0.1, 0.2]), 0.1, 0.9, 0.9))
    box = chance.choice(image.boxes)
    return BoxChange(image.id, box, replace(box, label=f"nut {chance.random()}") if kind == "change" else None)


def _said(box: Box) -> tuple[str, float]:
    return box.label, round(box.x_min, 6)
