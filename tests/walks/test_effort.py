"""What labeling costs a hand is within what is promised, and the README says what it costs today."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from labeler.samples import SampleSet
from tests.walks.conftest import Walk
from tests.walks.effort import BY_KEYS, MOST_KEYS, measure, table

README = Path(__file__).parents[2] / "README.md"


def test_every_flow_is_as_short_as_promised(
    walk: Walk, library: Path, samples: SampleSet, record_property: Callable[[str, object], None]
) -> None:
    async def steps() -> None:
        costs = await measure(library, samples)
        text = table(costs)
        record_property("effort", text)
        late = [f"{cost.flow}: {cost.strokes.formula()}" for cost in costs if not cost.is_met]
        assert late == []
        by_keys = [cost.strokes for cost in costs if cost.bound == BY_KEYS]
        assert all(strokes.count("K") <= MOST_KEYS and strokes.count("B") == 0 for strokes in by_keys)
        assert not any(cost.strokes.count("H") for cost in costs)
        assert text in README.read_text(encoding="utf-8"), "run packaging/generate_effort.py"

    walk(steps())
