"""What labeling costs a hand: flows done on the real window, their strokes counted as the events arrive there.

Seconds are by the Keystroke-Level Model (Card, Moran and Newell 1980): K a key, modifiers count as keys of their own;
P pointing 1.10; B a button down or up 0.1, so a click is 0.2; H a hand that changes between keyboard and mouse 0.40;
M a decision 1.35. K is 0.28 for an average hand that types without looking for words (0.20 in the figures that are
published for other programs: 4.15 s is M + 2 (P + click) + K with it, and 1.55 s is M + K). Both are computed; a bound
is compared with the seconds by the rule that it was made with, which is 0.28 for boxes by keyboard alone and 0.20 else:
M and one key take 1.63 s with 0.28. Where one act is about several, its seconds are those of each, with 0.28.

M is placed by their rules: one before each unit of thought (rules 0 and 2), none before a click that the pointing
announces (1), one before the Enter that ends a word of the person's choice (4), none before letters of that word.
A box by mouse is one unit, its digit belongs to it. A corner by keys is one unit; `w` belongs to the first, a digit
for the label to the second.

The right hand is where a flow says at its begin. While it is at the mouse, the left half of the keyboard costs no H.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.samples import SampleSet
from labeler.state.aim import keys_to
from labeler.state.session import Mode
from tests.walks.person import Person, at_work

AVERAGE, SKILLED = 0.28, 0.20
POINT, BUTTON, HAND, DECISION = 1.10, 0.1, 0.40, 1.35
BY_MOUSE, BY_KEYS, BY_ONE_KEY = 4.15, 5.5, 1.55
MOST_KEYS = 10
LEFT_HAND = frozenset(
    {ord(key) for key in "12345QWERTASDFGZXCVB"}
    | {key.value for key in (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt)}
    | {key.value for key in (Qt.Key.Key_Tab, Qt.Key.Key_Escape, Qt.Key.Key_Space)}
)


@dataclass
class Strokes:
    """What the hands did since the begin of a flow, written as operators in `order`."""

    at_mouse: bool
    order: list[str] = field(default_factory=list)
    place: object = None

    def count(self, operator: str) -> int:
        return self.order.count(operator)

    def seconds(self, key: float) -> float:
        each = {"K": key, "P": POINT, "B": BUTTON, "H": HAND, "M": DECISION}
        return round(sum(each[operator] for operator in self.order), 2)

    def formula(self) -> str:
        """The operators in their order, runs of them with their length: "M 2K P 2B"."""
        runs: list[tuple[str, int]] = []
        for operator in self.order:
            if runs and runs[-1][0] == operator:
                runs[-1] = (operator, runs[-1][1] + 1)
            else:
                runs.append((operator, 1))
        return " ".join(f"{count}{operator}" if count > 1 else operator for operator, count in runs)

    def key(self, key: int) -> None:
        if self.at_mouse and key not in LEFT_HAND:
            self.at_mouse = False
            self.order.append("H")
        self.order.append("K")

    def button(self, place: object) -> None:
        """A button went down or up at a place; one that it was not at before was pointed at."""
        self.point(place)
        self.order.append("B")

    def point(self, place: object) -> None:
        if not self.at_mouse:
            self.at_mouse = True
            self.order.append("H")
        if place != self.place:
            self.order.append("P")
            self.place = place


class Hands(QObject):
    """Sees every event on its way to the window, and counts those of the keyboard and of the buttons."""

    def __init__(self, person: Person) -> None:
        super().__init__()
        self._person = person
        self.strokes = Strokes(at_mouse=False)

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:  # noqa: N802
        window = self._person.window
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if receiver is (window.focusWidget() or window):
                self.strokes.key(event.key())
        elif (
            isinstance(event, QMouseEvent)
            and event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease)
            and receiver in (window.canvas, window.grid)
        ):
            self.strokes.button((receiver, event.position().toPoint().toTuple()))
        return False


@dataclass(frozen=True)
class Cost:
    """What one flow took, and what it may take."""

    flow: str
    strokes: Strokes
    bound: float | None
    key_of_bound: float
    of: int = 1
    """How many boxes or images it was about."""

    def seconds(self, key: float) -> float:
        """Of each of them."""
        return round(self.strokes.seconds(key) / self.of, 2)

    @property
    def is_met(self) -> bool:
        return self.bound is None or self.seconds(self.key_of_bound) <= self.bound


class Meter:
    """Counts the flows of one person."""

    def __init__(self, person: Person, hands: Hands) -> None:
        self.person, self._hands = person, hands
        self.costs: list[Cost] = []

    def decide(self) -> None:
        """A person decides."""
        self._hands.strokes.order.append("M")

    def point(self, place: object) -> None:
        """The pointer is moved to a place, without a click."""
        self._hands.strokes.point(place)

    async def measure(
        self,
        flow: str,
        steps: Callable[[], Awaitable[None]],
        bound: float | None = None,
        by_mouse: bool = False,
        key: float = SKILLED,
        of: int = 1,
    ) -> None:
        strokes = self._hands.strokes = Strokes(at_mouse=by_mouse)
        await steps()
        self._hands.strokes = Strokes(at_mouse=False)
        self.costs.append(Cost(f"{flow}; each of {of}" if of > 1 else flow, strokes, bound, key, of))


async def _corner(meter: Meter, target: Point, snaps: bool) -> None:
    """Aim at one corner, the keys being `w`'s: all four, or three and Space."""
    meter.decide()
    aim = meter.person.session.canvas.aim
    if aim is None:
        await meter.person.key("w")
        aim = meter.person.session.canvas.aim
    assert aim is not None
    keys = keys_to(aim.area, target)
    await meter.person.key(*keys[:3], "Space" if snaps else keys[3])


async def _boxes_by_mouse(meter: Meter) -> None:
    person = meter.person

    async def draw(at: float, by_clicks: bool = True) -> None:
        meter.decide()
        await person.draw(Point(at, 0.1), Point(at + 0.1, 0.3), by_clicks)

    async def another_before() -> None:
        meter.decide()
        await person.key("2")
        await person.draw(Point(0.5, 0.1), Point(0.6, 0.3), by_clicks=True)

    async def another_after() -> None:
        await draw(0.7)
        await person.key("1")

    await meter.measure("Box, current label, two clicks", lambda: draw(0.1), BY_MOUSE, by_mouse=True)
    await meter.measure("Box, current label, drag", lambda: draw(0.3, by_clicks=False), BY_MOUSE, by_mouse=True)
    await person.key("Esc")
    await meter.measure("Box, digit of another label before", another_before, BY_MOUSE, by_mouse=True)
    await meter.measure("Box, digit of another label after", another_after, BY_MOUSE, by_mouse=True)
    assert person.labels == ["bolt", "bolt", "nut", "bolt"]


async def _boxes_by_keys(meter: Meter) -> None:
    person = meter.person

    async def aim(top: float, snaps: bool) -> None:
        await _corner(meter, Point(0.2, top), snaps)
        await _corner(meter, Point(0.4, top + 0.2), snaps)

    async def another() -> None:
        await aim(0.7, snaps=False)
        await person.key("2")

    before = len(person.image.boxes)
    await meter.measure("Box by keys alone", lambda: aim(0.4, snaps=False), BY_KEYS, key=AVERAGE)
    await meter.measure("Box by keys alone, snapped", lambda: aim(0.55, snaps=True), BY_KEYS, key=AVERAGE)
    await meter.measure("Box by keys alone, another label", another, BY_KEYS, key=AVERAGE)
    assert person.labels[before:] == ["bolt", "bolt", "nut"]


async def _press(meter: Meter, *keys: str) -> None:
    meter.decide()
    await meter.person.key(*keys)


async def _word(meter: Meter, key: str, letters: str) -> None:
    """A key that asks, the first letters of the answer, and Enter."""
    await _press(meter, key)
    await until(lambda: meter.person.window.prompt.is_open, "the prompt")
    await meter.person.type(letters)
    await _press(meter, "Enter")


async def _hints_and_stamps(meter: Meter) -> None:
    person = meter.person

    async def stamp() -> None:
        meter.decide()
        place = person.on_canvas(Point(0.8, 0.8))
        await person.do(lambda: QTest.mouseMove(person.window.canvas, place))
        meter.point(place)
        await person.key("r")

    async def by_hint(*then: str) -> None:
        meter.decide()
        await person.key("f")
        hints = person.session.canvas.hints
        assert hints is not None
        word = next(iter(hints.words))
        await person.key(*word, *then)
        assert person.box.id == hints.words[word]

    count = len(person.image.boxes)
    await meter.measure("Stamp a box of the last size", stamp, by_mouse=True)
    assert len(person.image.boxes) == count + 1
    await person.key("Esc")
    await meter.measure("Select a box by its letter", by_hint)
    await person.key("Esc")
    await meter.measure("Select by letter and relabel", lambda: by_hint("2"))


async def _proposals(meter: Meter) -> None:
    person = meter.person
    count = len(person.image.boxes)
    await person.key("Esc", "Ctrl+C")
    await meter.measure("Next image", lambda: _press(meter, "d"), BY_ONE_KEY)
    await person.editor_ready()
    await person.key("c")
    await until(lambda: len(person.session.proposals.waiting) == count, "the proposals")
    await meter.measure("Accept a proposal", lambda: _press(meter, "y"), BY_ONE_KEY)
    assert len(person.image.boxes) == 1
    left = len(person.session.proposals.waiting)
    rest = partial(_press, meter, "Ctrl+Enter")
    await meter.measure("Accept all, next image", rest, BY_ONE_KEY, key=AVERAGE, of=left)
    assert len(person.session.library.images[1].boxes) == count
    await person.editor_ready()
    await meter.measure("Paste boxes", lambda: _press(meter, "Ctrl+V"))
    assert len(person.image.boxes) == count


async def _tags(meter: Meter) -> None:
    person = meter.person

    async def select_and_tag() -> None:
        await _press(meter, "Shift+Right", "Shift+Right")
        await _press(meter, "1")

    await person.key("g")
    assert person.session.mode is Mode.GRID
    await person.open_prompt("t", "night")
    await person.open_prompt("b", "parts")
    await until(lambda: bool(person.image.dataset_ids), "the dataset")
    await person.key("Home")
    await meter.measure("Tag by digit in the grid, go on", lambda: _press(meter, "1"), BY_ONE_KEY)
    assert person.session.library.images[0].tags == ("night",)
    assert person.session.index == 1
    await person.key("Home")
    await meter.measure("Tag selected images by digit", select_and_tag, BY_ONE_KEY, key=AVERAGE, of=3)
    assert [image.tags for image in person.session.library.images[:3]] == [("night",)] * 3
    await person.key("Esc", "End")
    await meter.measure("Tag by its first letter", lambda: _word(meter, "t", "n"))
    assert person.image.tags == ("night",)
    await meter.measure("Add to a dataset", lambda: _word(meter, "b", "p"))
    assert len(person.image.dataset_ids) == 1


@asynccontextmanager
async def _counted(library: Path, folder: Path) -> AsyncIterator[Meter]:
    async with at_work(library, folder, 6) as person:
        hands = Hands(person)
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(hands)
        try:
            yield Meter(person, hands)
        finally:
            application.removeEventFilter(hands)


async def measure(library: Path, samples: SampleSet) -> list[Cost]:
    """Do every flow once, from a new data directory and the samples."""
    async with _counted(library, samples.folder) as meter:
        person = meter.person
        await person.edit()
        for label in ("bolt", "nut"):
            await person.open_prompt("l", label)
        await person.key("1")
        await _boxes_by_mouse(meter)
        await _boxes_by_keys(meter)
        await _hints_and_stamps(meter)
        await _proposals(meter)
        await _tags(meter)
        return meter.costs


def table(costs: list[Cost]) -> str:
    """The costs as a table of the README."""
    rows = [
        "| flow | operators | keys | clicks | hand changes | s at K 0.28 | s at K 0.20 | at most |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for cost in costs:
        strokes = cost.strokes
        bound = f"{cost.bound} at K {cost.key_of_bound:.2f}" if cost.bound else ""
        rows.append(
            f"| {cost.flow} | {strokes.formula()} | {strokes.count('K')} | {strokes.count('B') // 2} "
            f"| {strokes.count('H')} | {cost.seconds(AVERAGE):.2f} | {cost.seconds(SKILLED):.2f} | {bound} |"
        )
    return "\n".join(rows)
