"""Pictures in memory: what is wanted first comes first, and memory is bounded."""

from __future__ import annotations

import asyncio

import pytest

from labeler.domain.errors import Missing, Unreachable
from labeler.state.pictures import IN_FLIGHT, Pictures, Wanted
from labeler.state.tasks import Tasks


class Gate:
    """Loads that end when they are let through."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.events: dict[str, asyncio.Event] = {}

    async def load(self, wanted: Wanted) -> str:
        self.begun.append(wanted.image_id)
        await self.events.setdefault(wanted.image_id, asyncio.Event()).wait()
        if wanted.image_id.startswith("bad"):
            raise Missing(f"{wanted.image_id}: gone")
        return wanted.image_id * 10

    def let(self, *names: str) -> None:
        for name in names:
            self.events.setdefault(name, asyncio.Event()).set()


async def turns() -> None:
    """Let everything that can go on go on."""
    for _ in range(10):
        await asyncio.sleep(0)


def wanted(*names: str) -> list[Wanted]:
    return [Wanted(name) for name in names]


@pytest.fixture
def gate() -> Gate:
    return Gate()


async def test_the_first_wanted_are_begun_first_and_only_so_many_at_once(gate: Gate) -> None:
    tasks = Tasks()
    pictures = Pictures(tasks, gate.load, len, 1000)
    pictures.want(wanted(*"abcdefgh"))
    await turns()
    assert gate.begun == list("abcdefgh"[:IN_FLIGHT])
    gate.let("b")
    await turns()
    assert gate.begun == list("abcdefgh"[: IN_FLIGHT + 1])
    assert pictures.get(Wanted("b")) == "b" * 10
    await tasks.close()
    await turns()
    assert len(gate.begun) == IN_FLIGHT + 1


async def test_what_is_no_longer_wanted_makes_room(gate: Gate) -> None:
    tasks = Tasks()
    pictures = Pictures(tasks, gate.load, len, 1000)
    pictures.want(wanted(*"abcd"))
    await turns()
    pictures.want(wanted("x", "y"))
    await turns()
    assert gate.begun[4:] == ["x", "y"]
    await tasks.close()


async def test_the_least_recently_used_go_when_memory_is_full(gate: Gate) -> None:
    tasks = Tasks()
    pictures = Pictures(tasks, gate.load, len, 25)
    gate.let(*"abc")
    pictures.want(wanted("a", "b"))
    await turns()
    assert pictures.get(Wanted("a"))
    pictures.want(wanted("c"))
    await turns()
    held = [name for name in "abc" if pictures.get(Wanted(name))]
    assert held == ["a", "c"]
    await tasks.close()


async def test_what_is_wanted_now_stays_though_it_is_more_than_memory_is_for(gate: Gate) -> None:
    tasks = Tasks()
    pictures = Pictures(tasks, gate.load, len, 25)
    gate.let(*"abcde")
    pictures.want(wanted("a"))
    await turns()
    pictures.want(wanted(*"bcde"))
    await turns()
    assert [name for name in "abcde" if pictures.get(Wanted(name))] == list("bcde")
    pictures.want(wanted("a", "e"))
    await turns()
    assert [name for name in "abcde" if pictures.get(Wanted(name))] == ["a", "e"]
    await tasks.close()


async def test_a_picture_that_fails_says_why_and_is_not_asked_again_until_forgotten(gate: Gate) -> None:
    tasks = Tasks()
    pictures = Pictures(tasks, gate.load, len, 1000)
    ready: list[Wanted] = []
    pictures.ready.connect(ready.append)
    gate.let("bad")
    pictures.want(wanted("bad"))
    await turns()
    pictures.want(wanted("bad"))
    await turns()
    assert (pictures.problem(Wanted("bad")), ready, gate.begun) == ("bad: gone", wanted("bad"), ["bad"])
    pictures.forget("bad")
    pictures.want(wanted("bad"))
    await turns()
    assert gate.begun == ["bad", "bad"]
    await tasks.close()


async def test_what_nobody_answered_for_is_asked_for_again(gate: Gate) -> None:
    answers = [Unreachable("nobody there"), Unreachable("nobody there")]

    async def load(one: Wanted) -> str:
        if answers:
            raise answers.pop()
        return await gate.load(one)

    tasks, told = Tasks(), list[str]()
    pictures = Pictures(tasks, load, len, 1000, again_seconds=0)
    pictures.ready.connect(lambda one: told.append(pictures.get(one) or pictures.problem(one)))
    gate.let("a")
    pictures.want(wanted("a"))
    await turns()
    assert told[0] == "nobody there"
    assert told[-1] == "a" * 10
    assert gate.begun == ["a"]
    await tasks.close()


async def test_problems_that_are_forgotten_are_looked_into_again(gate: Gate) -> None:
    tasks = Tasks()
    pictures = Pictures(tasks, gate.load, len, 1000)
    gate.let("bad")
    pictures.want(wanted("bad"))
    await turns()
    pictures.forget_problems()
    assert pictures.problem(Wanted("bad")) == ""
    await turns()
    assert (gate.begun, pictures.problem(Wanted("bad"))) == (["bad", "bad"], "bad: gone")
    await tasks.close()
