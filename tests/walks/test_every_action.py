"""Every row of the table of actions: described, reachable, and run by its key wherever a person may press it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from labeler.actions.action import Action, Where
from labeler.actions.table import ACTIONS
from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.samples import SampleSet
from labeler.state.session import Mode
from tests.walks.conftest import Walk
from tests.walks.person import Person, at_work

ENDS = "program.quit"


@pytest.mark.parametrize("action", ACTIONS, ids=[action.name for action in ACTIONS])
def test_an_action_is_described(action: Action) -> None:
    assert action.name.count(".") == 1
    assert action.title[0].isupper()
    assert action.run.__doc__
    assert action.help != action.title
    assert action.help.endswith(".")


async def leave(person: Person) -> None:
    """Close what an action opened."""
    while dialog := QApplication.activeModalWidget():
        await person.do(dialog.close)
    person.window.prompt.dismiss()
    person.window.help.dismiss()


async def press_all(person: Person, mode: Mode, prepare: Callable[[Person], object]) -> set[str]:
    """Press the first key of every action of a mode, each time in the same state; returns the actions pressed."""
    pressed = set()
    for action in ACTIONS:
        if action.keys and action.where.includes(mode) and action.name != ENDS:
            prepare(person)
            assert person.session.mode is mode, action.name
            await person.hold(action.keys[0])
            await person.let_go(action.keys[0])
            await leave(person)
            pressed.add(action.name)
    await until(lambda: person.session.library.complete, "the library")
    return pressed


def in_grid(person: Person) -> None:
    person.session.set_mode(Mode.GRID)
    person.window.grid.setFocus()


def in_editor(person: Person, box: bool) -> None:
    session = person.session
    session.set_mode(Mode.EDITOR)
    person.window.canvas.setFocus()
    boxes = session.canvas.boxes
    session.canvas.select(boxes[0].id if box and boxes else "")


async def draw_on_all(person: Person) -> None:
    await person.key("e")
    for _ in range(6):
        await person.editor_ready()
        await person.draw(Point(0.3, 0.3), Point(0.6, 0.6))
        await person.draw(Point(0.7, 0.3), Point(0.9, 0.6))
        await person.key("d")
    await person.key("g", "Home")
    await person.saved()


def test_every_key_works_on_images(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await press_all(person, Mode.GRID, in_grid)
            person.session.show_text("")
            await person.shown(6)
            await press_all(person, Mode.EDITOR, lambda one: in_editor(one, box=False))

    walk(steps())


def test_every_key_works_on_boxes(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def steps() -> None:
        async with at_work(library, samples.folder, 6) as person:
            await draw_on_all(person)
            in_grid(person)
            pressed = await press_all(person, Mode.GRID, in_grid)
            person.session.show_text("")
            await person.shown(6)
            pressed |= await press_all(person, Mode.EDITOR, lambda one: in_editor(one, box=True))
            without = {action.name for action in ACTIONS} - pressed
            in_palette = {action.name for action in ACTIONS if action.where is Where.ANYWHERE and not action.keys}
            assert without == {ENDS} | in_palette

    walk(steps())


def test_every_key_works_where_there_is_nothing(walk: Walk, library: Path) -> None:
    async def steps() -> None:
        async with at_work(library) as person:
            await press_all(person, Mode.GRID, in_grid)

    walk(steps())
