"""Several labelers on the same images: they end with the same, and nothing of anybody is overwritten in silence."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from PIL import Image as Pillow

from labeler.client import ViamClient
from labeler.client.channel import Connection
from labeler.client.endpoint import PLAINTEXT, Endpoint
from labeler.client.recent import KEPT_SECONDS
from labeler.client.source import ServiceSource
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, Change, MembershipChange, TagChange, new_id
from labeler.domain.filter import Filter
from labeler.domain.image import Image
from labeler.server.accounts import Accounts
from tests.faults.labelers import Labeler
from tests.faults.proxy import Proxy
from tests.server.served import Served

STEPS = 40
"""Of one example."""
IMAGES = 2
ROUNDS = 30
"""In which everybody delivers and decides, at most, until nothing is left to do."""

WHO = st.integers(0, 3)
WHERE = st.integers(0, IMAGES - 1)
EDGES = st.tuples(st.floats(0, 0.4), st.floats(0, 0.4), st.floats(0.5, 1), st.floats(0.5, 1))
CHOICE = st.integers(0, 5)
BOX_CHANGES = st.sampled_from(("draw", "move", "relabel", "delete"))
Edges = tuple[float, float, float, float]
NAMES = st.sampled_from(("bolt", "nut", "washer"))


class Team:
    """The service that all examples use, a network of its own for each labeler, and the event loop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runner = asyncio.Runner()
        self.done: Counter[str] = Counter()
        self.conflicts = self.examples = 0
        data = folder / "data"
        self.served = Served(data, "--insecure", "--listen", "127.0.0.1:0")
        self.key = self.run(self.served.new_key())
        accounts = Accounts(data)
        self.part_id = accounts.parts(accounts.first_organization_id())[0].part_id
        accounts.close()
        self.proxies = [Proxy(self.served.address, random.Random(number)).__enter__() for number in range(4)]
        self.connection = self.run(Connection.open(self.endpoint(self.served.address)))
        self.source = self.run(ServiceSource.open(self.connection))
        self.viam = self.run(ViamClient.connect(self.endpoint(self.served.address)))
        self.dataset = self.run(self.viam.data_client.create_dataset("Parts", accounts.first_organization_id()))

    def endpoint(self, address: str) -> Endpoint:
        return Endpoint(address, PLAINTEXT, self.key["api_key_id"], self.key["api_key"])

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(coroutine)

    def close(self) -> None:
        self.viam.close()
        self.connection.close()
        for proxy in self.proxies:
            proxy.__exit__()
        self.runner.close()
        self.served.stop()

    async def images(self, name: str) -> None:
        """Upload images of a component of this name."""
        for number in range(IMAGES):
            picture = BytesIO()
            Pillow.new("RGB", (8, 8), (self.examples % 256, self.examples // 256 % 256, number)).save(picture, "PNG")
            await self.viam.data_client.file_upload(
                self.part_id, picture.getvalue(), component_name=name, file_name=f"{number}.png", file_extension=".png"
            )


class Labelers(RuleBasedStateMachine):
    """Two to four people; who is asked for is taken modulo their number."""

    team: ClassVar[Team]

    def __init__(self) -> None:
        super().__init__()
        self.people: list[Labeler] = []

    @initialize(number=st.integers(2, 4))
    def begin(self, number: int) -> None:
        team = self.team
        team.examples += 1
        self.name = f"example-{team.examples}"
        self.run(team.images(self.name))
        for each in range(number):
            folder = team.folder / self.name / str(each)
            folder.mkdir(parents=True)
            wanted = Filter(component_name=self.name)
            self.people.append(Labeler(folder, team.endpoint(team.proxies[each].address), wanted))
            self.run(self.people[-1].open())
        for where in range(IMAGES):
            for edges in ((0.1, 0.1, 0.5, 0.5), (0.2, 0.3, 0.9, 0.8)):
                self.change_box(0, where, "draw", 0, "bolt", edges)
        self.run(self.people[0].deliver(team.source))
        for person in self.people:
            self.run(person.refresh(2 * KEPT_SECONDS))

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.team.run(coroutine)

    def edit(self, who: int, what: str, change: Change) -> None:
        person = self.people[who % len(self.people)]
        self.team.done[what] += 1

        async def edit() -> None:
            person.session.edit(what, [change])
            await asyncio.sleep(0)

        self.run(edit())
        person.note()

    def image(self, who: int, where: int) -> Image:
        return self.people[who % len(self.people)].images[where]

    @rule(who=WHO, where=WHERE, what=BOX_CHANGES, choice=CHOICE, label=NAMES, edges=EDGES)
    def change_box(self, who: int, where: int, what: str, choice: int, label: str, edges: Edges) -> None:
        image = self.image(who, where)
        box = image.boxes[choice % len(image.boxes)] if image.boxes else None
        left, top, right, bottom = edges
        if box is None or what == "draw":
            self.edit(who, "draw", BoxChange(image.id, None, Box(new_id(), label, *edges)))
        elif what == "move":
            moved = replace(box, x_min=left, y_min=top, x_max=right, y_max=bottom)
            self.edit(who, "move", BoxChange(image.id, box, moved))
        elif what == "relabel" and box.label != label:
            self.edit(who, "relabel", BoxChange(image.id, box, replace(box, label=label)))
        elif what == "delete":
            self.edit(who, "delete", BoxChange(image.id, box, None))

    @rule(who=WHO, where=WHERE, tag=NAMES)
    def tag(self, who: int, where: int, tag: str) -> None:
        image = self.image(who, where)
        self.edit(who, "untag" if tag in image.tags else "tag", TagChange(image.id, tag, tag not in image.tags))

    @rule(who=WHO, where=WHERE)
    def dataset(self, who: int, where: int) -> None:
        image, dataset = self.image(who, where), self.team.dataset
        self.edit(who, "dataset", MembershipChange(image.id, dataset, dataset not in image.dataset_ids))

    @rule(who=WHO, redo=st.booleans())
    def undo(self, who: int, redo: bool) -> None:
        person = self.people[who % len(self.people)]
        self.team.done["redo" if redo else "undo"] += 1

        async def again() -> None:
            (person.session.redo if redo else person.session.undo)()
            await asyncio.sleep(0)

        self.run(again())
        person.note()

    @rule(who=WHO)
    def restart(self, who: int) -> None:
        self.team.done["restart"] += 1
        self.run(self.people[who % len(self.people)].restart())

    @rule(who=WHO, later=st.booleans())
    def refresh(self, who: int, later: bool) -> None:
        self.team.done["refresh"] += 1
        self.run(self.people[who % len(self.people)].refresh(2 * KEPT_SECONDS if later else 0))

    @rule(who=WHO, where=WHERE, one=BOX_CHANGES, other=BOX_CHANGES, choice=CHOICE, label=NAMES, edges=EDGES)
    def clash(self, who: int, where: int, one: str, other: str, choice: int, label: str, edges: Edges) -> None:
        """Two people change what may be the same box, and deliver it."""
        for person, what in ((who, one), (who + 1, other)):
            self.change_box(person, where, what, choice, label, edges)
            self.deliver(person, cut=False)

    @rule(who=WHO, cut=st.booleans())
    def deliver(self, who: int, cut: bool) -> None:
        """Deliver all, maybe with the network broken."""
        who %= len(self.people)
        self.team.done["cut" if cut else "deliver"] += 1
        proxy = self.team.proxies[who]
        proxy.share = 0.3 if cut else 0.0
        try:
            self.run(self.people[who].deliver(self.team.source))
        finally:
            proxy.share = 0.0

    @rule(who=WHO, turns=st.integers(0, 40))
    def go_offline(self, who: int, turns: int) -> None:
        """In the middle of delivering, so that the rest is for later."""
        self.team.done["go offline"] += 1
        self.run(self.people[who % len(self.people)].deliver_a_little(turns))

    @rule(who=WHO, mine=st.booleans())
    def decide(self, who: int, mine: bool) -> None:
        person = self.people[who % len(self.people)]
        for held in person.outbox.held[:1]:
            self.team.done["keep mine" if mine else "take theirs"] += 1
            self.run((person.keep_mine if mine else person.take_theirs)(held))

    def teardown(self) -> None:
        try:
            if self.people:
                self.converge()
        finally:
            for person in self.people:
                self.team.conflicts += person.conflicts
                self.run(person.close())

    def converge(self) -> None:
        """All deliver and decide until nothing is left; then all must see what the service has."""
        for round_ in range(ROUNDS):
            for each, person in enumerate(self.people):
                self.run(person.deliver(self.team.source))
                while held := person.outbox.held:
                    self.run((person.keep_mine if (each + round_) % 2 else person.take_theirs)(held[0]))
            if not any(person.chains for person in self.people):
                break
        ids = [image.id for image in self.people[0].images]
        wanted = [_shown(image) for image in self.run(self.team.source.images(ids))]
        for person in self.people:
            assert not person.outbox.held
            self.run(person.refresh(2 * KEPT_SECONDS))
            assert [_shown(image) for image in person.images] == wanted


def _edges(box: Box) -> list[float]:
    return [round(edge, 6) for edge in (box.x_min, box.y_min, box.x_max, box.y_max)]


def _shown(image: Image) -> tuple[object, ...]:
    boxes = {(box.id, box.label, *_edges(box)) for box in image.boxes}
    return image.id, boxes, set(image.tags), set(image.dataset_ids)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    found = Team(tmp_path)
    yield found
    found.close()


@pytest.mark.parametrize("steps", [1_000, pytest.param(50_000, marks=pytest.mark.long)])
def test_labelers_converge_and_overwrite_nothing_in_silence(team: Team, steps: int) -> None:
    class Machine(Labelers):
        pass

    Machine.team = team
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=steps // STEPS + 5,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=True,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    made = team.done.total()
    print(f"{made} steps {dict(team.done)} in {team.examples} examples, {team.conflicts} conflicts, all told")  # noqa: T201
    assert made >= steps
    assert team.conflicts >= steps // 100
