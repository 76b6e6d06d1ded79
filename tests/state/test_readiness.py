"""The gate before training: each condition at its edge, and the images that are missing behind it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from labeler.domain.box import Box
from labeler.domain.filter import Filter, Tagged
from labeler.domain.image import Choice, Image
from labeler.state.progress import Progress
from labeler.state.readiness import Counts, Purpose, Readiness, checks_of, counts_of
from tests.memory_source import MemorySource, make_session, settled


def boxes(*labels: str, confidence: float | None = None) -> tuple[Box, ...]:
    return tuple(
        Box(f"{number}", label, 0.1, 0.1, 0.2, 0.2, confidence=confidence) for number, label in enumerate(labels)
    )


def images(labels: Iterable[tuple[str, ...]], tags: tuple[str, ...] = ()) -> list[Image]:
    return [Image(f"image-{n}", f"{n}.png", boxes=boxes(*each), tags=tags) for n, each in enumerate(labels)]


def verdicts(counts: Counts, purpose: Purpose = Purpose.BOXES) -> list[bool]:
    return [check.holds for check in checks_of(counts, Filter(), purpose)]


def counts(labeled: int, total: int, **names: int) -> Counts:
    return Counts(Progress(labeled, total), tuple(Choice(name, name, count) for name, count in names.items()), {})


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (counts(80, 100, a=30, b=10), [True, True, True, True, True, True]),
        (counts(79, 100, a=30, b=10), [False, True, True, True, True, True]),
        (counts(14, 14, a=30, b=10), [True, False, True, True, True, True]),
        (counts(15, 15, a=30), [True, True, False, True]),
        (counts(80, 100, a=27, b=9), [True, True, True, True, False, True]),
        (counts(80, 100, a=31, b=10), [True, True, True, True, True, False]),
        (counts(0, 0), [False, False, False]),
    ],
)
def test_every_condition_at_its_edge(found: Counts, wanted: list[bool]) -> None:
    assert verdicts(found) == wanted
    without_amount = [wanted[0], *wanted[2:]]
    assert verdicts(found, Purpose.TAGS) == without_amount


async def test_boxes_of_rare_labels_are_counted_one_by_one() -> None:
    source = MemorySource(images([("bolt",)] * 15 + [("nut",) * 5, ("nut",) * 5, ("nut", "bolt")]))
    source.list.append(Image("guess", "guess.png", boxes=boxes("nut", confidence=0.4)))
    found = await counts_of(source, Filter(), Purpose.BOXES, "done")
    assert found.boxes == {"nut": 11}
    by_title = {check.title: check for check in checks_of(found, Filter(), Purpose.BOXES)}
    assert by_title["nut: at least 10 boxes"].found == "11 boxes"
    assert by_title["nut: at least 10 boxes"].holds
    assert by_title["bolt: at least 10 boxes"].found == "boxes on 16 images"
    balance = by_title["No label on more than 3 times the images of another"]
    assert (balance.holds, balance.missing) == (False, Filter(labels=("nut",)))


async def test_tags_without_the_mark_of_done_images() -> None:
    source = MemorySource(images([()] * 12, tags=("night", "done")))
    found = await counts_of(source, Filter(), Purpose.TAGS, "done")
    assert [name.value for name in found.names] == ["night"]


async def test_names_are_counted_where_the_service_does_not(tmp_path: Path) -> None:
    class Uncounted(MemorySource):
        async def choices(self, wanted: Filter) -> dict[str, tuple[Choice, ...]]:
            return {"labels": (Choice("bolt", "bolt"), Choice("gone", "gone"))}

    found = await counts_of(Uncounted(images([("bolt",)] * 12)), Filter(), Purpose.BOXES, "done")
    assert found.names == (Choice("bolt", "bolt", 12),)


async def test_what_is_missing_is_opened_at_the_first_without_a_label(tmp_path: Path) -> None:
    source = MemorySource(images([("bolt",)] * 3 + [()] * 5 + [("nut",)]))
    session, _ = make_session(source, tmp_path)
    session.start(Filter(labels=("bolt",)))
    await settled(session)
    readiness = Readiness(session)
    await settled(session)
    assert readiness.checks is not None
    assert not readiness.is_ready
    readiness.open_missing(readiness.checks[0])
    await settled(session)
    assert session.library.filter == Filter(tagged=Tagged.UNTAGGED)
    assert session.current is not None
    assert session.current.id == "image-3"
    readiness.close()
    await session.close()


async def test_a_service_that_does_not_count_is_said_to(tmp_path: Path) -> None:
    source = MemorySource(images([("bolt",)] * 3))
    source.counts_known = False
    session, _ = make_session(source, tmp_path)
    session.start()
    readiness = Readiness(session)
    await settled(session)
    assert readiness.problem == "This computer does not count the images of this filter."
    readiness.close()
    await session.close()
