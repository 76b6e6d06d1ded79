"""Our window and those of rivals on the same pictures, in turns."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.bench import Bench
from tests.bench.figures import Side
from tests.bench.rivals import NotInstalledError, Rival
from tests.bench.timing import DidNotRunError, measured

DRIVERS = Path(__file__).parent / "drivers"
FLOOR = "bare PySide6 + grpcio"


class Turns:
    """So many steps through a folder by each program, `pause` ms between two; one process per turn."""

    def __init__(
        self, bench: Bench, rivals: Sequence[Rival], folder: Path, steps: int, pause: float, *, with_floor: bool = False
    ) -> None:
        self._bench, self._folder, self._steps, self._pause, self._with_floor = bench, folder, steps, pause, with_floor
        self._data = bench.run / f"data-{folder.name}-{len(list(folder.iterdir()))}"
        self._ours: list[dict[str, Any]] = []
        self._floor: list[float] = []
        self._theirs: dict[Rival, list[dict[str, Any]]] = {rival: [] for rival in rivals}
        self._why_not: dict[Rival, str] = {}

    def take(self, turns: int) -> None:
        """One run of each program after another, so many times."""
        if not self._data.exists():
            self._run_ours(str(self._folder), 0)
        for _ in range(turns):
            self._ours.append(self._run_ours("", self._steps))
            if self._with_floor:
                self._floor.append(float(self._run(sys.executable, "bare_window.py")["window"]))
            for rival in self._theirs:
                self._run_rival(rival)

    def _run_ours(self, folder: str, steps: int) -> dict[str, Any]:
        return self._run(sys.executable, "viewer.py", self._data, folder, steps, self._pause)

    def _run_rival(self, rival: Rival) -> None:
        if rival in self._why_not:
            return
        try:
            python = self._bench.rivals.python(rival)
            found = self._run(str(python), "rival_viewer.py", rival.name, self._folder, self._steps, self._pause)
            self._theirs[rival].append(found)
        except (NotInstalledError, DidNotRunError) as error:
            self._why_not[rival] = str(error)

    def _run(self, python: str, driver: str, *arguments: object) -> dict[str, Any]:
        home = self._bench.run / "home" / Path(driver).stem / Path(python).parent.parent.name
        found: dict[str, Any] = measured(python, DRIVERS / driver, *arguments, home=home)
        return found

    def ours(self, figure: str) -> Side:
        return Side("labeler", _all(self._ours, figure))

    def theirs(self, figure: str) -> tuple[Side, ...]:
        return tuple(
            Side(rival.name, _all(found, figure), self._why_not.get(rival, "")) for rival, found in self._theirs.items()
        )

    @property
    def floor(self) -> Side:
        return Side(FLOOR, self._floor)


def _all(found: Sequence[dict[str, Any]], figure: str) -> list[float]:
    """The figure of all turns; samples of a list one by one."""
    return [
        float(value) for one in found for value in (one[figure] if isinstance(one[figure], list) else [one[figure]])
    ]
