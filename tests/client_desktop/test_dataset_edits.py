"""Datasets are made, renamed and deleted through the outbox: offline, once each, and never over what others did."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest

from labeler.client.channel import Connection
from labeler.domain.edit import Change, DatasetChange, Edit, MembershipChange, new_id
from labeler.domain.image import Dataset
from labeler.domain.saving import SaveState
from tests.client_desktop.conftest import Watched, watched
from tests.client_desktop.data_api import DataApi

ORG = "acme"
DUSK = {"old": "dusk"}


@pytest.fixture
def api() -> DataApi:
    return DataApi("a", "b", "c")


def put(one: Watched, *changes: Change) -> Edit:
    edit = Edit("Changed datasets", changes)
    one.outbox.put(edit)
    return edit


def names(one: Watched, *known: Dataset) -> list[str]:
    return [dataset.name for dataset in one.outbox.datasets(known, ORG)]


def made(name: str) -> DatasetChange:
    return DatasetChange(new_id(), None, name)


async def test_a_dataset_and_what_is_put_into_it_offline_arrive_in_a_later_run(
    api: DataApi, connection: Connection, outbox_path: Path
) -> None:
    night = made("night")
    async with watched(outbox_path) as one:
        put(one, night)
        put(one, *(MembershipChange(image, night.dataset_id, True) for image in "abc"))
        put(one, MembershipChange("b", night.dataset_id, False))
        assert names(one) == ["night"]
        assert one.outbox.members_of(night.dataset_id) == {"a": True, "b": False, "c": True}
    async with watched(outbox_path) as one:
        assert names(one) == ["night"]
        await one.outbox.start(connection, ORG)
        await one.delivered()
        ((given, name),) = api.dataset_names.items()
        assert (name, one.names) == ("night", {night.dataset_id: given})
        assert [image.datasets for image in api.images.values()] == [[given], [], [given]]
        assert one.outbox.dataset_id_now(night.dataset_id) == given
    async with watched(outbox_path) as one:
        assert one.outbox.dataset_id_now(night.dataset_id) == given
        await one.outbox.start(connection, ORG)
        put(one, MembershipChange("b", night.dataset_id, True))
        await one.delivered()
        assert api.images["b"].datasets == [given]


async def test_its_rows_are_under_the_services_name_after_a_kill(
    api: DataApi, connection: Connection, outbox_path: Path
) -> None:
    night = made("night")
    async with watched(outbox_path) as one:
        put(one, night, MembershipChange("a", night.dataset_id, True))
        api.fail_before["AddBinaryDataToDatasetByIDs"].append(grpc.StatusCode.UNAVAILABLE)
        one.pauses.immediate = False
        await one.outbox.start(connection, ORG)
        await one.pauses.begun()
    async with watched(outbox_path) as one:
        await one.outbox.start(connection, ORG)
        await one.delivered()
    ((given, _),) = api.dataset_names.items()
    assert api.images["a"].datasets == [given]
    assert api.names_called().count("CreateDataset") == 1


async def test_deleting_is_undone_with_all_that_was_in_it(api: DataApi, connection: Connection, one: Watched) -> None:
    api.dataset_names["old"] = "night"
    for image in api.images.values():
        image.datasets = ["old"]
    await one.outbox.start(connection, ORG)
    emptying = (MembershipChange(image, "old", False) for image in "abc")
    deletion = put(one, *emptying, DatasetChange("old", "night", None))
    assert names(one, Dataset("old", "night")) == []
    await one.delivered()
    assert api.dataset_names == {}
    one.outbox.put(deletion.inverse())
    assert names(one) == ["night"]
    await one.delivered()
    ((given, name),) = api.dataset_names.items()
    assert name == "night"
    assert given != "old"
    assert [image.datasets for image in api.images.values()] == [[given]] * 3
    again = deletion.inverse().inverse()
    one.outbox.put(again)
    await one.delivered()
    assert api.dataset_names == {}
    assert [image.datasets for image in api.images.values()] == [[], [], []]


async def test_undone_and_redone_before_anything_arrived_it_is_there_once(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    night = made("night")
    creation = put(one, night)
    member = put(one, MembershipChange("a", night.dataset_id, True))
    for edit in (member, creation):
        one.outbox.put(edit.inverse())
    assert names(one) == []
    for edit in (creation, member):
        one.outbox.put(edit.inverse().inverse())
    assert names(one) == ["night"]
    await one.outbox.start(connection, ORG)
    await one.delivered()
    ((given, name),) = api.dataset_names.items()
    assert (name, api.images["a"].datasets) == ("night", [given])
    assert names(one, Dataset(given, "night")) == ["night"]


async def test_names_are_swapped_in_the_order_in_which_they_were_given(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    api.dataset_names |= {"1": "a", "2": "b"}
    put(one, DatasetChange("1", "a", "c"))
    put(one, DatasetChange("2", "b", "a"))
    put(one, DatasetChange("1", "c", "b"))
    assert names(one, Dataset("1", "a"), Dataset("2", "b")) == ["a", "b"]
    await one.outbox.start(connection, ORG)
    await one.delivered()
    assert api.dataset_names == {"1": "b", "2": "a"}
    assert one.outbox.held == ()


@pytest.mark.parametrize(
    ("rpc", "change", "after"),
    [
        ("CreateDataset", made("day"), {"old": "night", "dataset-1": "day"}),
        ("RenameDataset", DatasetChange("old", "night", "day"), {"old": "day"}),
        ("DeleteDataset", DatasetChange("old", "night", None), {}),
    ],
)
async def test_a_lost_reply_does_nothing_twice(
    api: DataApi, connection: Connection, one: Watched, rpc: str, change: DatasetChange, after: dict[str, str]
) -> None:
    api.dataset_names["old"] = "night"
    api.fail_after[rpc].append(grpc.StatusCode.UNAVAILABLE)
    put(one, change)
    await one.outbox.start(connection, ORG)
    await one.delivered()
    assert (api.dataset_names, one.outbox.held) == (after, ())
    assert api.names_called().count(rpc) == 1


async def test_a_deletion_waits_until_its_images_are_out(api: DataApi, connection: Connection, one: Watched) -> None:
    api.dataset_names["old"] = "night"
    api.images["a"].datasets = ["old"]
    api.fail_before["RemoveBinaryDataFromDatasetByIDs"].extend([grpc.StatusCode.UNAVAILABLE] * 3)
    put(one, MembershipChange("a", "old", False), DatasetChange("old", "night", None))
    await one.outbox.start(connection, ORG)
    await one.delivered()
    assert api.names_called()[-1] == "DeleteDataset"
    assert (api.dataset_names, one.outbox.held) == ({}, ())


async def test_what_others_put_into_it_meanwhile_keeps_it(api: DataApi, connection: Connection, one: Watched) -> None:
    api.dataset_names["old"] = "night"
    api.images["a"].datasets = ["old"]
    put(one, DatasetChange("old", "night", None))
    await one.outbox.start(connection, ORG)
    await one.until(lambda counts: counts.conflicts == 1)
    (held,) = one.outbox.held
    assert held.problem == "Somebody else put 1 image into the dataset \u201cnight\u201d, which you deleted."
    assert api.dataset_names == {"old": "night"}
    one.outbox.keep_mine(held, None)
    await one.delivered()
    assert (api.dataset_names, api.images["a"].datasets) == ({}, [])


@pytest.mark.parametrize(
    ("now", "change", "problem"),
    [
        (
            DUSK,
            DatasetChange("old", "night", "day"),
            "renamed the dataset \u201cnight\u201d to \u201cdusk\u201d.",
        ),
        (
            DUSK,
            DatasetChange("old", "night", None),
            "renamed the dataset \u201cnight\u201d to \u201cdusk\u201d.",
        ),
        ({}, DatasetChange("old", "night", "day"), "deleted the dataset \u201cnight\u201d, which you renamed."),
    ],
)
async def test_what_others_did_to_its_name_is_a_conflict(
    api: DataApi, connection: Connection, one: Watched, now: dict[str, str], change: DatasetChange, problem: str
) -> None:
    api.dataset_names = dict(now)
    put(one, change)
    await one.outbox.start(connection, ORG)
    await one.until(lambda counts: counts.conflicts == 1)
    (held,) = one.outbox.held
    assert held.problem == f"Somebody else {problem}"
    assert held.state is SaveState.CONFLICT
    assert api.dataset_names == now
    one.outbox.discard(held)
    assert (one.outbox.held, one.outbox.counts.conflicts) == ((), 0)


async def test_a_name_that_is_taken_is_refused_and_holds_nothing_else_up(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    api.dataset_names |= {"1": "night", "2": "day"}
    put(one, DatasetChange("1", "night", "day"))
    put(one, made("dusk"))
    await one.outbox.start(connection, ORG)
    await one.delivered()
    assert set(api.dataset_names.values()) == {"night", "day", "dusk"}
    (held,) = one.outbox.held
    assert "the name is taken" in held.problem
    put(one, DatasetChange("1", "day", "noon"))
    await one.delivered()
    assert (api.dataset_names["1"], one.outbox.held) == ("noon", ())


async def test_one_that_cannot_be_made_and_is_deleted_never_was(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    night = made("night")
    api.fail_before["CreateDataset"].append(grpc.StatusCode.PERMISSION_DENIED)
    put(one, night)
    await one.outbox.start(connection, ORG)
    await one.until(lambda counts: counts.refused == 1)
    put(one, MembershipChange("a", night.dataset_id, True))
    put(one, night.inverse())
    await one.delivered()
    assert (api.dataset_names, one.outbox.held, api.images["a"].datasets) == ({}, (), [])
    assert one.outbox.counts.refused == 0


async def test_one_that_cannot_be_made_is_given_up_with_what_was_put_into_it(
    api: DataApi, connection: Connection, one: Watched
) -> None:
    night = made("night")
    api.fail_before["CreateDataset"].append(grpc.StatusCode.PERMISSION_DENIED)
    put(one, night)
    put(one, MembershipChange("a", night.dataset_id, True))
    await one.outbox.start(connection, ORG)
    await one.until(lambda counts: counts.refused == 1)
    assert one.outbox.state_of("a") is SaveState.SAVED_HERE
    (held,) = one.outbox.held
    one.outbox.discard(held)
    await one.delivered()
    assert one.outbox.counts.refused == 0
    assert (api.dataset_names, api.images["a"].datasets) == ({}, [])
    assert one.outbox.state_of("a") is SaveState.DELIVERED
