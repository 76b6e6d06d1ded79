"""What helps while labeling, by keys: proposals, letters on boxes, several boxes, hiding and locking, extreme points,
tones, jumps, views, the done mark and the history."""

from __future__ import annotations

from pathlib import Path

import pytest

from labeler.domain.geometry import Point
from labeler.domain.image import Image
from labeler.robot import until
from labeler.samples import SampleSet
from labeler.state.session import Mode
from labeler.state.tones import Tones
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work, values

LEFT, RIGHT = (Point(0.1, 0.1), Point(0.3, 0.3)), (Point(0.6, 0.1), Point(0.8, 0.3))


def edges_of(image: Image) -> list[float]:
    """The edges of all boxes, one after the other."""
    return [edge for _, edges in values(image.boxes) for edge in edges]


async def two_boxes(person: Person) -> None:
    """A bolt on the left and a nut on the right of the image in front; none selected."""
    await person.edit()
    for label, (start, end) in (("bolt", LEFT), ("nut", RIGHT)):
        await person.open_prompt("l", label)
        await person.draw(start, end)
        await person.key("Esc")


async def propose(person: Person, key: str, count: int) -> None:
    await person.editor_ready()
    await person.key(key)
    await until(lambda: len(person.session.proposals.waiting) == count, f"{count} proposals")


def test_the_previous_images_boxes_are_accepted_and_rejected(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await two_boxes(person)
            await person.key("d")
            await propose(person, "c", 2)
            assert (await person.at_service(1))[0].boxes == ()
            await person.key("y", "n")
            assert person.labels == ["bolt"]
            assert person.session.proposals.waiting == []
            await person.key("Ctrl+Z")
            await propose(person, "c", 2)
            await person.key("Shift+Y")
            assert person.labels == ["bolt", "nut"]

            await person.key("d")
            await propose(person, "c", 2)
            await person.key("Ctrl+Enter")
            assert person.session.index == 3
            one, other, third = await person.at_service(0, 1, 2)
            for copy in (other, third):
                assert edges_of(copy) == pytest.approx(edges_of(one))

    walk(steps())


def test_boxes_are_selected_by_their_letters(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await two_boxes(person)
            await person.key("f", "j")
            assert person.box.label == "nut"
            await person.key("f", "f")
            assert person.box.label == "bolt"
            await person.key("f", "9")
            assert "No box has the letters" in person.heard[-1]
            await person.key("Esc")
            before = person.box
            await person.key("Shift+F", "a", "Alt+Shift+Right")
            assert person.box.x_min == pytest.approx(before.x_min + 10 / 1280)
            assert person.box.x_max == before.x_max

    walk(steps())


def test_several_boxes_are_moved_copied_and_deleted_together(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await two_boxes(person)
            before = [box.x_min for box in person.image.boxes]
            await person.key("Ctrl+A", "Shift+Right")
            assert [box.x_min for box in person.image.boxes] == pytest.approx([one + 10 / 1280 for one in before])
            await person.key("Ctrl+Z")
            assert [box.x_min for box in person.image.boxes] == pytest.approx(before)
            await person.key("Ctrl+A", "1")
            assert person.labels == ["bolt", "bolt"]
            await person.key("Shift+R")
            assert len(person.image.boxes) == 4
            await person.key("x")
            assert len(person.image.boxes) == 2
            await person.key("Esc", "Ctrl+C", "d")
            await person.editor_ready()
            await person.key("Ctrl+V")
            one, other = await person.at_service(0, 1)
            assert [box.label for box in other.boxes] == ["bolt", "bolt"]
            assert edges_of(other) == pytest.approx(edges_of(one))

    walk(steps())


def test_boxes_are_hidden_shown_and_locked(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await two_boxes(person)
            canvas = person.session.canvas
            await person.key("Tab", "h")
            assert [box.label for box in canvas.boxes] == ["nut"]
            await person.key("Shift+H")
            assert len(canvas.boxes) == 2
            await person.key("Tab", "i")
            assert [box.label for box in canvas.boxes] == ["bolt"]
            await person.key("i")
            assert len(canvas.boxes) == 2

            before = edges_of(person.image)
            await person.key("Shift+L", "Right", "2", "x")
            assert edges_of(person.image) == pytest.approx(before)
            assert person.labels == ["bolt", "nut"]
            await person.key("Shift+L", "Right")
            assert person.box.x_min == pytest.approx(before[0] + 1 / 1280)
            assert len((await person.at_service())[0].boxes) == 2

    walk(steps())


def test_a_box_is_drawn_by_its_four_extreme_points(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            await person.open_prompt("l", "bolt")
            await person.key("Shift+Q")
            for point in (Point(0.5, 0.2), Point(0.7, 0.4), Point(0.45, 0.6), Point(0.3, 0.35)):
                assert person.image.boxes == ()
                await person.click(person.window.canvas, person.on_canvas(point))
            ((label, edges),) = values(person.image.boxes)
            assert label == "bolt"
            assert edges == pytest.approx([0.3, 0.2, 0.7, 0.6], abs=0.004)

    walk(steps())


def test_tones_change_what_is_seen_and_not_the_file(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.edit()
            viewport, spot = person.session.canvas.viewport, person.on_canvas(Point(0.5, 0.5))
            content = samples.images[0].path.read_bytes()
            plain = person.window.canvas.grab().toImage().pixelColor(spot).lightness()
            await person.key(".", ".", "Alt+.", "Ctrl+Alt+,")
            assert viewport.tones == Tones(brightness=2, contrast=1, gamma=-1)
            await person.key("Ctrl+Alt+.", "Alt+,")
            assert person.window.canvas.grab().toImage().pixelColor(spot).lightness() > plain
            await person.key("d")
            assert viewport.tones == Tones(brightness=2)
            await person.key("a", "F12")
            assert viewport.tones.is_neutral
            assert person.window.canvas.grab().toImage().pixelColor(spot).lightness() == plain
            assert samples.images[0].path.read_bytes() == content

    walk(steps())


def test_going_to_a_number_a_percent_and_a_date(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            session = person.session
            await person.open_prompt("Shift+G", "3")
            assert session.index == 2
            await person.open_prompt("Shift+G", "50%")
            assert session.index == 3
            await person.open_prompt("Shift+G", "")
            assert session.index == 5
            times = sorted(image.time_requested for image in session.library.images if image.time_requested)
            await person.open_prompt("Shift+G", f"{times[2]:%Y-%m-%dT%H:%M:%S}")
            await until(lambda: any(": image 3 of 6" in one for one in person.heard), "the date")
            assert person.image.time_requested == times[2]
            await person.key("Shift+G")
            await person.type("700%")
            await person.key("Enter")
            assert person.window.prompt.is_open
            await person.key("Esc")
            assert session.index == 2

    walk(steps())


def test_views_are_kept_and_opened_by_their_keys(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await person.open_prompt("t", "night")
            await person.open_prompt("/", "tag:night")
            await person.shown(1)
            await person.open_prompt("Ctrl+Shift+S", "At night")
            await person.key("Ctrl+Shift+F")
            await person.shown(6)
            await person.key("Ctrl+1")
            await person.shown(1)
            await person.key("Ctrl+2")
            assert "No view has the number 2" in person.heard[-1]
            await person.key("Ctrl+Shift+F")
            await person.shown(6)
            await person.open_prompt("Ctrl+Shift+V", "At night")
            await person.shown(1)

    walk(steps())


def test_done_and_the_next_unlabeled_is_one_key(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            done = person.session.done_tag
            await person.key("Right")
            await two_boxes(person)
            await person.key("g", "Home", "m")
            assert person.session.index == 2
            await person.key("Shift+M")
            first, third = await person.at_service(0, 2)
            assert first.tags == third.tags == (done,)
            await person.key("Shift+M")
            assert (await person.at_service(2))[0].tags == ()

    walk(steps())


def test_the_history_is_a_list_to_go_back_in(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await two_boxes(person)
            await person.open_prompt("t", "night")
            await person.key("Ctrl+H")
            await until(lambda: person.window.prompt.is_open, "the history")
            rows = person.window.prompt.list
            titles = [rows.item(row).text() for row in range(rows.count())]
            assert [one for one in titles if "Drew bolt" in one]
            assert "Before all changes" in titles[-1]
            await person.type("Drew bolt")
            await person.key("Enter")
            (image,) = await person.at_service()
            assert [box.label for box in image.boxes] == ["bolt"]
            assert image.tags == ()
            await person.key("Ctrl+H")
            await until(lambda: person.window.prompt.is_open, "the history")
            assert "taken back" in rows.item(0).text()
            await person.key("Enter")
            (image,) = await person.at_service()
            assert image.tags == ("night",)
            assert len(image.boxes) == 2
            assert person.session.mode is Mode.EDITOR

    walk(steps())
