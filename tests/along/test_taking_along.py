"""Images are taken along from a real service, labeled while it is away over restarts, and delivered once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, DatasetChange, Edit, MembershipChange, new_id
from labeler.domain.errors import Unreachable
from labeler.domain.filter import Filter, Order
from labeler.domain.saving import SaveState
from labeler.robot import until
from tests.along.team import EVERYTHING, IMAGES, Team, delivered, kept, label, laptop, listed, take

RUNS = 5


async def test_labeled_offline_over_restarts_and_delivered_once(team: Team, tmp_path: Path) -> None:
    data = tmp_path / "laptop"
    async with laptop(data, team) as place:
        online = await listed(kept(place), EVERYTHING, Order.NAME)
        need = await kept(place).need(EVERYTHING)
        assert (need.images, need.size_bytes) == (IMAGES, sum(image.size_bytes for image in online))
        await take(kept(place))
        (one,) = kept(place).sets
        assert (one.images, one.here, one.size_bytes, one.is_complete) == (IMAGES, IMAGES, need.size_bytes, True)
        contents = {image.id: await kept(place).image_bytes(image.id) for image in online}
    team.go()
    for run in range(RUNS):
        async with laptop(data, team) as place:
            source = kept(place)
            here = await listed(source, EVERYTHING, Order.NAME)
            assert [image.id for image in here] == [image.id for image in online]
            assert source.offline == f"offline, {IMAGES} images taken along"
            assert await source.image_bytes(here[run].id) == contents[here[run].id]
            for earlier in range(run):
                (image,) = await listed(source, Filter(tags=(f"run {earlier}",)), Order.NAME)
                assert [box.label for box in place.outbox.overlay(image).boxes] == [f"run {earlier}"]
            await label(place, here[run].id, f"run {run}")
            assert await source.count(Filter(labels=(f"run {run}",))) == 1
            assert place.outbox.counts.waiting == run + 1
    team.come()
    async with laptop(data, team) as place:
        await delivered(place)
    theirs = await team.images()
    assert [[box.label for box in image.boxes] for image in theirs[:RUNS]] == [[f"run {run}"] for run in range(RUNS)]
    assert [image.tags for image in theirs[:RUNS]] == [(f"run {run}",) for run in range(RUNS)]
    assert not any(image.is_labeled for image in theirs[RUNS:])


async def test_what_was_delivered_is_there_offline_again(team: Team, tmp_path: Path) -> None:
    """A station with a network between two tunnels: nothing that was delivered looks lost."""
    data = tmp_path / "laptop"
    async with laptop(data, team) as place:
        await take(kept(place))
        first, second = (await listed(kept(place), EVERYTHING, Order.NAME))[:2]
        await label(place, first.id, "bolt")
        await delivered(place)
    team.go()
    async with laptop(data, team) as place:
        await label(place, second.id, "nut")
        (image,) = await listed(kept(place), Filter(tags=("bolt",)), Order.NAME)
        assert [box.label for box in image.boxes] == ["bolt"]
        team.come()
        await delivered(place)
        await until(lambda: not kept(place).offline, "the service")
    team.go()
    async with laptop(data, team) as place:
        found = await listed(kept(place), Filter(labels=("bolt", "nut")), Order.NAME)
        assert [[box.label for box in image.boxes] for image in found] == [["bolt"], ["nut"]]
        assert place.outbox.state_of(second.id) is SaveState.DELIVERED


async def test_changes_of_others_come_with_the_next_refresh_and_conflicts_as_always(team: Team, tmp_path: Path) -> None:
    data = tmp_path / "laptop"
    async with laptop(data, team) as place:
        first = (await listed(kept(place), EVERYTHING, Order.NAME))[0]
        await label(place, first.id, "bolt")
        await delivered(place)
        await take(kept(place))
        (image,) = await kept(place).images([first.id])
    (box,) = image.boxes
    async with laptop(tmp_path / "colleague", team) as other:
        other.outbox.put(Edit("Moved", (BoxChange(first.id, box, Box(box.id, "bolt", 0.1, 0.1, 0.2, 0.2)),)))
        await delivered(other)
    team.go()
    async with laptop(data, team) as place:
        (image,) = (await listed(kept(place), EVERYTHING, Order.NAME))[:1]
        mine = Box(box.id, "washer", box.x_min, box.y_min, box.x_max, box.y_max)
        place.outbox.put(Edit("Relabeled", (BoxChange(first.id, image.boxes[0], mine),)))
        await place.outbox.drained()
        team.come()
        await until(lambda: place.outbox.counts.conflicts == 1, "the conflict")
        await until(lambda: not kept(place).offline, "the service")
        await take(kept(place))
        assert len(kept(place).sets) == 1
    team.go()
    async with laptop(data, team) as place:
        (theirs,) = await kept(place).images([first.id])
        assert [(one.label, one.x_min) for one in theirs.boxes] == [("bolt", 0.1)]
        assert [one.state for one in place.outbox.held] == [SaveState.CONFLICT]


async def test_a_dataset_is_made_offline_with_images_in_it(team: Team, tmp_path: Path) -> None:
    data, night = tmp_path / "laptop", DatasetChange(new_id(), None, "night")
    wanted = Filter(dataset_id=night.dataset_id)
    async with laptop(data, team) as place:
        await take(kept(place))
        first, second = (await listed(kept(place), EVERYTHING, Order.NAME))[:2]
    team.go()
    async with laptop(data, team) as place:
        place.outbox.put(Edit("Created dataset night", (night,)))
        members = (MembershipChange(image.id, night.dataset_id, True) for image in (second, first))
        place.outbox.put(Edit("Added 2 images", tuple(members)))
        await place.outbox.drained()
        source = kept(place)
        assert [image.id for image in await listed(source, wanted, Order.NAME)] == [first.id, second.id]
        assert await source.count(wanted) == 2
        assert (await source.choices(wanted))["component_name"][0].count == 2
    async with laptop(data, team) as place:
        assert [one.name for one in place.outbox.datasets((), place.source.organization_id)] == ["night"]
        team.come()
        await delivered(place)
        given = place.outbox.dataset_id_now(night.dataset_id)
        await until(lambda: not kept(place).offline, "the service")
        (made,) = await kept(place).datasets()
        assert (made.id, made.name, made.images) == (given, "night", 2)
        found = await listed(kept(place), Filter(dataset_id=given), Order.NAME)
        assert [image.id for image in found] == [first.id, second.id]


async def test_what_only_the_service_can_do_is_refused_offline(team: Team, tmp_path: Path) -> None:
    data = tmp_path / "laptop"
    async with laptop(data, team) as place:
        place.outbox.put(Edit("Created dataset Bolts", (DatasetChange(new_id(), None, "Bolts"),)))
        await until(lambda: not place.outbox.counts.waiting + place.outbox.counts.saving, "the dataset")
        await take(kept(place), Filter(), "All images")
        images = await listed(kept(place), EVERYTHING, Order.NAME)
    team.go()
    async with laptop(data, team) as place:
        source = kept(place)
        assert [(one.name, one.images) for one in await source.datasets()] == [("Bolts", 0)]
        with pytest.raises(Unreachable, match="cannot be done offline"):
            await source.purge_images([images[0].id])
        with pytest.raises(Unreachable, match="Nothing can be taken along now"):
            await take(source)
        with pytest.raises(Unreachable, match="cannot be reached"):
            await source.images([images[0].id, "unknown"])


async def test_only_what_is_new_is_fetched_again_and_dropping_frees_the_disk(team: Team, tmp_path: Path) -> None:
    data = tmp_path / "laptop"
    async with laptop(data, team) as place:
        images = await listed(kept(place), EVERYTHING, Order.NAME)
        for image in images[:3]:
            await label(place, image.id, "few")
        await delivered(place)
        await take(kept(place), Filter(tags=("few",)), "few")
        assert [(one.images, one.here) for one in kept(place).sets] == [(3, 3)]
        progress = [one async for one in kept(place).take(EVERYTHING, "All images") if one.of_images]
        assert (progress[0].images, progress[-1].images) == (3, IMAGES)
        again = [one async for one in kept(place).take(EVERYTHING, "All images") if one.of_images]
        assert [one.of_bytes for one in again] == [0]
        few, everything = kept(place).sets
        await kept(place).drop(everything.number)
        assert [(one.name, one.images, one.here) for one in kept(place).sets] == [("few", 3, 3)]
        (pictures,) = data.glob("along-*/pictures")
        assert len(list(pictures.glob("??/*"))) == 3
        await kept(place).drop(few.number)
        assert list(pictures.glob("??/*")) == []


async def test_a_list_that_the_service_began_is_not_gone_on_with_from_another(team: Team, tmp_path: Path) -> None:
    """Else the same image would be in two places of what a person looks at."""
    async with laptop(tmp_path / "laptop", team) as place:
        source = kept(place)
        images = await listed(source, EVERYTHING, Order.NAME)
        for image in images[::4]:
            await label(place, image.id, "few")
        await delivered(place)
        await take(source, Filter(tags=("few",)), "few")
        assert source.jumps(EVERYTHING)
        first = await source.page_at(EVERYTHING, Order.NAME, 0, 7)
        page = await source.page(EVERYTHING, Order.NAME, "", 7)
        team.go()
        with pytest.raises(Unreachable):
            await source.page_at(EVERYTHING, Order.NAME, 7, 7)
        with pytest.raises(Unreachable):
            await source.page(EVERYTHING, Order.NAME, page.next, 7)
        assert [image.id for image in first.images] == [image.id for image in images[:7]]
        assert await source.count(EVERYTHING) == 10
        rest = await source.page_at(EVERYTHING, Order.NAME, 7, 7)
        assert [image.id for image in rest.images] == [image.id for image in images[::4][7:]]
        team.come()
        await until(lambda: not source.offline, "the server")
        again = await source.page_at(EVERYTHING, Order.NAME, 7, 7)
        assert [image.id for image in again.images] == [image.id for image in images[7:14]]


async def test_what_the_service_is_by_now_is_known_at_the_next_start(team: Team, tmp_path: Path) -> None:
    data = tmp_path / "laptop"
    async with laptop(data, team):
        pass
    (path,) = data.glob("along-*/service.json")
    today = path.read_text()
    path.write_text(today.replace(f'"described": {json.dumps(json.loads(today)["described"])}', '"described": null'))
    async with laptop(data, team) as place:
        assert kept(place).orders == (Order.NEWEST, Order.OLDEST)
        await until(lambda: path.read_text() == today, "the description of today")
    async with laptop(data, team) as place:
        assert Order.NAME in kept(place).orders
