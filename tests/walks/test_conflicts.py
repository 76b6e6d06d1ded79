"""Two people on the same images: changes are seen, and what contradicts is shown with both versions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, DeletionChange, TagChange
from labeler.domain.saving import SaveState
from labeler.robot import until
from labeler.samples import SampleSet
from labeler.ui.review import ReviewDialog
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work
from tests.walks.somebody_else import contradict, draw_bolt, somebody_else


async def review(person: Person) -> ReviewDialog:
    await person.key("Ctrl+J")
    dialog = person.dialog()
    assert isinstance(dialog, ReviewDialog)
    return dialog


def test_what_others_change_is_seen(walk: Walk, library: Path, samples: SampleSet, tmp_path: Path) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person, somebody_else(person, tmp_path) as other:
            following = person.session.following
            following.seconds = 3600.0  # what is seen is told by the service, not asked for
            following.set_active(False)
            following.set_active(True)
            first, last = person.session.library.images[0].id, person.session.library.images[5].id
            await other.change(TagChange(first, "night", True), TagChange(last, "rain", True))
            await until(lambda: person.image.tags == ("night",), "the other's tag")
            await until(lambda: person.session.library.images[5].tags == ("rain",), "the other's other tag")

            await person.open_prompt("t", "mine")
            await other.change(BoxChange(first, None, Box("local-1", "nut", 0.1, 0.1, 0.2, 0.2)))
            await until(lambda: person.labels == ["nut"], "the other's box")
            assert set(person.image.tags) == {"night", "mine"}
            await other.change(DeletionChange(last, True))
            await person.shown(5)

    walk(steps())


def test_mine_is_kept(walk: Walk, library: Path, samples: SampleSet, tmp_path: Path) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person, somebody_else(person, tmp_path) as other:
            box = await draw_bolt(person)
            theirs = replace(box, label="nut", x_max=0.75)
            mine = await contradict(person, other, theirs)
            session = person.session
            assert session.outbox.state_of(person.image.id) is SaveState.CONFLICT
            assert "1 not accepted" in person.window.status.saving.text()
            assert any("Somebody else changed the box" in text for text in person.texts(person.window.inspector))
            assert session.review.boxes_of_others(person.image.id) == (theirs,)

            dialog = await review(person)
            assert "bolt changed" in dialog.list.item(0).text()
            assert dialog.mine.text().startswith("Mine: bolt   left 330, top 180, 320 x 180 px")
            assert dialog.theirs.text() == "Theirs: nut   left 320, top 180, 640 x 180 px"
            await person.key("m")
            await person.saved()
            assert person.session.review.items == ()
            assert dialog.list.count() == 0
            await person.key("Esc")
            (image,) = await person.at_service()
            assert image.boxes == (mine,)
            assert person.window.status.saving.text() == "Saved"

    walk(steps())


def test_theirs_is_kept(walk: Walk, library: Path, samples: SampleSet, tmp_path: Path) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person, somebody_else(person, tmp_path) as other:
            box = await draw_bolt(person)
            theirs = replace(box, label="nut")
            await contradict(person, other, theirs)
            await person.click(person.window.status.saving, person.window.status.saving.rect().center())
            assert isinstance(person.dialog(), ReviewDialog)
            await person.key("t", "Esc")
            assert person.image.boxes == (theirs,)
            (image,) = await person.at_service()
            assert image.boxes == (theirs,)

    walk(steps())


def test_both_are_kept(walk: Walk, library: Path, samples: SampleSet, tmp_path: Path) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person, somebody_else(person, tmp_path) as other:
            box = await draw_bolt(person)
            theirs = replace(box, label="nut")
            mine = await contradict(person, other, theirs)
            await review(person)
            await person.key("b", "Esc")
            (image,) = await person.at_service()
            assert [one.label for one in image.boxes] == ["nut", "bolt"]
            assert image.boxes[0] == theirs
            assert abs(image.boxes[1].x_min - mine.x_min) < 1e-8

    walk(steps())


def test_a_box_that_another_deleted(walk: Walk, library: Path, samples: SampleSet, tmp_path: Path) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person, somebody_else(person, tmp_path) as other:
            await draw_bolt(person)
            await contradict(person, other, None)
            await person.key("g", "End")
            dialog = await review(person)
            assert dialog.theirs.text() == "Theirs: deleted"
            await person.key("b")
            assert dialog.list.count() == 1
            await person.key("g")
            assert person.session.index == 0

            out = tmp_path / "list.json"
            await review(person)
            await person.key("e")
            chooser = person.dialog()
            assert isinstance(chooser, QFileDialog)
            await person.do(lambda: chooser.fileSelected.emit(str(out)))
            await person.do(chooser.close)
            await until(out.exists, "the list")
            (record,) = json.loads(out.read_text(encoding="utf-8"))
            assert record["state"] == "conflict"
            assert record["theirs_known"]
            assert record["theirs"] is None
            assert record["change"]["after"][1] == "bolt"

            await person.key("x", "Esc")
            assert len(person.session.review.items) == 1
            await person.key("x", "Enter")
            await until(lambda: not person.session.review.items, "the change given up")
            await until(lambda: person.image.boxes == (), "the box gone")
            await person.key("Esc")

    walk(steps())
