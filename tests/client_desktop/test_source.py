"""A service seen as a library: our own with what labeler.v1 adds, any other through Viam's API alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from labeler.client.channel import Connection
from labeler.client.source import ServiceSource
from labeler.domain.box import Box
from labeler.domain.errors import Missing, Refused
from labeler.domain.filter import Filter, Order, Tagged
from labeler.domain.image import Choice, Image
from labeler.domain.library import OpenProgress
from tests.client_desktop.data_api import ORGANIZATION, DataApi, LabelerApi
from tests.making import make_dataset


@pytest.fixture
def api() -> DataApi:
    return DataApi(*(f"image-{number}" for number in range(1, 8)))


@pytest.fixture
def our_api() -> LabelerApi:
    return LabelerApi("image-2", "image-10", "image-1")


@pytest.fixture
async def ours(our_api: LabelerApi, address: str) -> AsyncIterator[ServiceSource]:
    async with our_api.connected(address) as open_connection:
        yield await ServiceSource.open(open_connection)


async def all_images(source: ServiceSource, wanted: Filter, order: Order, limit: int) -> list[Image]:
    """The images of all pages."""
    images: list[Image] = []
    after = ""
    while True:
        page = await source.page(wanted, order, after, limit)
        assert len(page.images) <= limit
        images.extend(page.images)
        after = page.next
        if not after:
            return images


async def test_a_plain_service_is_known_by_its_key(connection: Connection) -> None:
    source = await ServiceSource.open(connection)
    assert (source.organization_id, source.opens_paths) == (ORGANIZATION, False)
    assert source.title.endswith(", Acme")
    assert source.orders == (Order.NEWEST, Order.OLDEST)


async def test_a_key_of_several_organizations_asks_which(api: DataApi, connection: Connection) -> None:
    api.organizations["other"] = "Umbrella"
    with pytest.raises(Refused, match="Acme, Umbrella"):
        await ServiceSource.open(connection)
    source = await ServiceSource.open(connection, "other")
    assert (source.organization_id, source.title.rpartition(", ")[2]) == ("other", "Umbrella")


@pytest.mark.parametrize("limit", [1, 2, 7, 1000])
async def test_paging_a_plain_service_gives_each_image_once(connection: Connection, api: DataApi, limit: int) -> None:
    source = await ServiceSource.open(connection)
    oldest = await all_images(source, Filter(), Order.OLDEST, limit)
    assert [image.id for image in oldest] == list(api.images)
    newest = await all_images(source, Filter(), Order.NEWEST, limit)
    assert [image.id for image in newest] == list(reversed(api.images))


async def test_every_request_is_for_the_organization_and_without_bytes(connection: Connection, api: DataApi) -> None:
    source = await ServiceSource.open(connection)
    api.calls.clear()
    await source.page(Filter(), Order.NEWEST, "", 10)
    await source.count(Filter())
    for _, request in api.calls:
        assert list(request.data_request.filter.organization_ids) == [ORGANIZATION]
        assert not request.include_binary


async def test_what_the_wire_cannot_say_is_finished_here(connection: Connection, api: DataApi) -> None:
    api.images["image-1"].tags = ["night", "rain"]
    api.images["image-2"].tags = ["night"]
    api.images["image-3"].tags = ["rain", "day"]
    source = await ServiceSource.open(connection)
    both = Filter(all_tags=("night", "rain"))
    assert [image.id for image in await all_images(source, both, Order.OLDEST, 2)] == ["image-1"]
    assert await source.count(both) is None
    without = Filter(tags=("night", "rain"), without_tags=("day", "snow"))
    assert [image.id for image in await all_images(source, without, Order.OLDEST, 2)] == ["image-1", "image-2"]
    assert await source.count(without) is None
    either = Filter(tags=("night", "rain"))
    assert [image.id for image in await all_images(source, either, Order.OLDEST, 2)] == [
        "image-1",
        "image-2",
        "image-3",
    ]
    assert await source.count(either) == 3
    assert await source.count(Filter(tagged=Tagged.UNTAGGED, tags=("night",))) is None


async def test_images_come_in_the_order_asked_and_a_missing_one_is_named(connection: Connection, api: DataApi) -> None:
    api.images |= DataApi(*(f"more-{number}" for number in range(250))).images
    source = await ServiceSource.open(connection)
    ids = list(reversed(api.images))
    assert [image.id for image in await source.images(ids)] == ids
    with pytest.raises(Missing, match="no-such"):
        await source.images(["image-1", "no-such"])
    api.skips_unknown = True
    with pytest.raises(Missing, match="no-such"):
        await source.images(["image-1", "no-such"])


async def test_bytes_come_or_a_reason_to_show(connection: Connection, api: DataApi) -> None:
    source = await ServiceSource.open(connection)
    assert await source.image_bytes("image-1") == b"picture"
    api.fail_before["BinaryDataByIDs"].append(grpc.StatusCode.RESOURCE_EXHAUSTED)
    with pytest.raises(Refused, match="too large"):
        await source.image_bytes("image-1")
    api.images["image-2"].content = b""
    with pytest.raises(Refused, match="no bytes"):
        await source.image_bytes("image-2")
    with pytest.raises(Missing, match="no-such"):
        await source.image_bytes("no-such")
    api.skips_unknown = True
    with pytest.raises(Missing, match="no-such"):
        await source.image_bytes("no-such")


async def test_choices_of_a_plain_service(connection: Connection, api: DataApi) -> None:
    api.images["image-1"].tags = ["night"]
    api.images["image-1"].boxes["box"] = Box("box", "bolt", 0, 0, 1, 1)
    source = await ServiceSource.open(connection)
    choices = await source.choices(Filter())
    assert choices["tags"] == (Choice("night", "night"),)
    assert choices["labels"] == (Choice("bolt", "bolt"),)
    assert choices["location_ids"] == (Choice("loc", "Hall 1"),)
    assert choices["robot_id"] == (Choice("rob", "Press"),)
    assert choices["part_id"] == ()
    assert (await source.choices(Filter(robot_id="rob")))["part_id"] == (Choice("part", "Press-main"),)
    await source.choices(Filter(robot_id="rob"))
    asked = api.names_called()
    assert [asked.count(name) for name in ("ListLocations", "ListRobots", "GetRobotParts")] == [1, 1, 1]


async def test_a_key_that_may_not_list_machines_still_has_tags(connection: Connection, api: DataApi) -> None:
    api.fail_before["ListLocations"].append(grpc.StatusCode.PERMISSION_DENIED)
    api.images["image-1"].tags = ["night"]
    source = await ServiceSource.open(connection)
    choices = await source.choices(Filter())
    assert (choices["tags"], choices["location_ids"]) == ((Choice("night", "night"),), ())


async def test_datasets_are_listed_by_name_and_counted(connection: Connection, api: DataApi) -> None:
    source = await ServiceSource.open(connection)
    second, first = await make_dataset(source, "b"), await make_dataset(source, "A")
    api.images["image-1"].datasets = [first]
    assert [(one.id, one.name, one.images) for one in await source.datasets()] == [(first, "A", 1), (second, "b", 0)]


async def test_our_service_has_names_choices_and_paths(
    ours: ServiceSource, our_api: LabelerApi, tmp_path: Path
) -> None:
    assert (ours.title, ours.opens_paths, ours.organization_id) == ("This computer", True, ORGANIZATION)
    assert ours.orders == (Order.NAME, Order.NAME_DESCENDING, Order.NEWEST, Order.OLDEST)
    by_name = await all_images(ours, Filter(), Order.NAME, 2)
    assert [image.id for image in by_name] == ["image-1", "image-10", "image-2"]
    our_api.images["image-10"].problem = "The file is gone."
    assert (await ours.page(Filter(), Order.NAME, "", 3)).images[1].problem == "The file is gone."
    assert await ours.choices(Filter()) == {
        "tags": (Choice("night", "night", 3), Choice("day", "day", 1)),
        "dataset_id": (Choice("set-1", "Bolts", 2),),
    }
    progress = [one async for one in ours.open_paths([tmp_path], copy=False)]
    assert progress == [
        OpenProgress(found=1, refused=((str(tmp_path), "told to refuse"),)),
        OpenProgress(found=2, opened=2, digested=2, listed=True, component_names=(str(tmp_path),)),
    ]


async def test_our_service_finishes_two_tags_here_too(ours: ServiceSource, our_api: LabelerApi) -> None:
    our_api.images["image-1"].tags = ["night", "rain"]
    our_api.images["image-2"].tags = ["night"]
    images = await all_images(ours, Filter(all_tags=("night", "rain")), Order.NAME, 1)
    assert images == [replace(images[0], id="image-1")]
