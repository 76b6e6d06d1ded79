"""Labeling on a server over TCP by keys, while somebody else changes the same images there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from labeler.client.endpoint import PLAINTEXT, Endpoint
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, TagChange
from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.samples import SampleSet
from labeler.state.aim import keys_to
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work
from tests.walks.somebody_else import Other, contradict, draw_bolt, somebody_else
from tests.walks.test_connecting import Team, connected, fill_in

pytestmark = pytest.mark.process


@asynccontextmanager
async def on_a_server(library: Path, folder: Path, samples: SampleSet) -> AsyncIterator[tuple[Person, Other]]:
    """A person connected by the dialog, and somebody else with a key of their own."""
    team = Team.start(folder / "team", samples, "--insecure")
    try:
        address, mine, theirs = team.served.address, await team.served.new_key(), await team.served.new_key()
        endpoint = Endpoint(address, PLAINTEXT, theirs["api_key_id"], theirs["api_key"])
        async with at_work(library) as person:
            await fill_in(person, address, mine["api_key_id"], mine["api_key"], plaintext=True)
            await connected(person, address)
            await person.grid_ready(6)
            async with somebody_else(person, folder, endpoint) as other:
                yield person, other
    finally:
        team.served.stop()


async def corner(person: Person, target: Point) -> None:
    aim = person.session.canvas.aim
    assert aim is not None
    await person.key(*keys_to(aim.area, target))


def test_the_loop_of_labeling_works_on_a_server(walk: Walk, library: Path, samples: SampleSet, tmp_path: Path) -> None:
    async def steps() -> None:
        async with on_a_server(library, tmp_path, samples) as (person, other):
            await person.edit()
            await person.open_prompt("l", "bolt")
            await person.key("w")
            await corner(person, Point(0.2, 0.2))
            await corner(person, Point(0.4, 0.4))
            await person.key("d", "c")
            await until(lambda: len(person.session.proposals.waiting) == 1, "the proposal")
            await person.key("y")
            await person.open_prompt("t", "night")
            await person.open_prompt("b", "parts")
            await until(lambda: bool(person.image.dataset_ids), "the dataset")
            await person.key("m")
            await person.saved()
            ids = [image.id for image in person.session.library.images[:2]]
            first, second = await other.source.images(ids)
            assert [box.label for box in first.boxes] == ["bolt"]
            assert [box.label for box in second.boxes] == ["bolt"]
            assert second.boxes[0].x_min == pytest.approx(first.boxes[0].x_min)
            assert set(second.tags) == {"night", person.session.done_tag}
            assert len(second.dataset_ids) == 1
            assert person.session.index == 2
            await person.key("Ctrl+Z", "Ctrl+Z")
            await person.saved()
            (second,) = await other.source.images(ids[1:])
            assert second.tags == ("night",)
            assert second.dataset_ids == ()

    walk(steps())


def test_what_the_other_does_is_seen_without_a_key(
    walk: Walk, library: Path, samples: SampleSet, tmp_path: Path
) -> None:
    async def steps() -> None:
        async with on_a_server(library, tmp_path, samples) as (person, other):
            await person.edit()
            image_id = person.image.id
            await other.change(TagChange(image_id, "rain", True))
            await until(lambda: person.image.tags == ("rain",), "the other's tag")
            assert "rain" in " ".join(person.texts(person.window.inspector))
            await other.change(BoxChange(image_id, None, Box("local-1", "nut", 0.1, 0.1, 0.2, 0.2)))
            await until(lambda: person.labels == ["nut"], "the other's box")

    walk(steps())


@pytest.mark.parametrize("key", ["m", "t"])
def test_the_same_box_moved_by_both_is_decided_by_one_key(
    walk: Walk, library: Path, samples: SampleSet, tmp_path: Path, key: str
) -> None:
    async def steps() -> None:
        async with on_a_server(library, tmp_path, samples) as (person, other):
            box = await draw_bolt(person)
            theirs = replace(box, x_max=0.75)
            mine = await contradict(person, other, theirs)
            assert "1 not accepted" in person.window.status.saving.text()
            await person.key("Ctrl+J", key, "Esc")
            await person.saved()
            assert person.session.review.items == ()
            await until(lambda: person.image.boxes == (mine if key == "m" else theirs,), "the box decided")
            (image,) = await other.source.images([person.image.id])
            assert image.boxes == (mine if key == "m" else theirs,)
            assert person.window.status.saving.text() == "Saved"

    walk(steps())
