"""What is labeled, as the service counts it, is what one finds by reading every image."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest

from labeler.client.channel import Connection
from labeler.client.source import ServiceSource
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Edit, MembershipChange, TagChange, new_id
from labeler.domain.filter import Filter, Order, Tagged
from labeler.local import open_local
from labeler.state.progress import Progress, progress_of
from labeler.state.readiness import Purpose, counts_of
from tests.client_desktop.conftest import watched
from tests.making import make_dataset

PICTURES = 40


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(PICTURES):
        PIL.Image.new("RGB", (32, 24), (number * 6, 0, 0)).save(folder / f"{number:02}.png")
    return folder


async def test_counts_are_those_of_every_image(tmp_path: Path, pictures: Path, outbox_path: Path) -> None:
    dice = random.Random(7)
    async with open_local(tmp_path / "data") as service, await Connection.open(service.endpoint) as connection:
        source = await ServiceSource.open(connection)
        async for _ in source.open_paths([pictures], copy=False):
            pass
        images = (await source.page(Filter(), Order.NAME, "", PICTURES)).images
        dataset = await make_dataset(source, "half")
        async with watched(outbox_path) as one:
            await one.outbox.start(connection)
            for image in images:
                for label in dice.sample(["bolt", "nut", "pin"], dice.choice([0, 0, 1, 2])):
                    one.put(BoxChange(image.id, None, Box(new_id(), label, 0.1, 0.2, 0.3, 0.4)))
                if dice.random() < 0.4:
                    one.outbox.put(Edit("Tagged", (TagChange(image.id, dice.choice(["night", "done"]), True),)))
                if dice.random() < 0.5:
                    one.outbox.put(Edit("Added", (MembershipChange(image.id, dataset, True),)))
            await one.delivered()
        images = (await source.page(Filter(), Order.NAME, "", PICTURES)).images
        scopes = [Filter(), Filter(dataset_id=dataset), Filter(dataset_id=dataset, labels=("nut",))]
        scopes += [replace(scope, tagged=tagged) for scope in scopes for tagged in (Tagged.TAGGED, Tagged.UNTAGGED)]
        for scope in [*scopes, Filter(tags=("night",))]:
            kept = [image for image in images if scope.keeps(image)]
            labels = [choice.value for choice in (await source.choices(scope))["labels"]]
            expected = Progress(sum(image.is_labeled for image in kept), len(kept))
            assert await progress_of(source, scope, labels) == expected, scope
        found = await counts_of(source, Filter(dataset_id=dataset), Purpose.BOXES, "done")
        inside = [image for image in images if dataset in image.dataset_ids]
        with_label = {
            one.value: sum(one.value in {box.label for box in image.boxes} for image in inside) for one in found.names
        }
        assert {one.value: one.count for one in found.names} == with_label
        drawn = {label: sum(box.label == label for image in inside for box in image.boxes) for label in found.boxes}
        assert found.boxes == drawn
        assert drawn
