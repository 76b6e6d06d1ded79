"""A team whose server has 40 pictures."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.along.team import IMAGES, Team, draw_pictures, import_pictures


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the pictures, to be copied."""
    folder = tmp_path_factory.mktemp("team")
    draw_pictures(folder / "photos", IMAGES)
    import_pictures(folder / "data", folder / "photos")
    return folder / "data"


@pytest.fixture
async def team(filled: Path, tmp_path: Path) -> AsyncIterator[Team]:
    """The server, running."""
    shutil.copytree(filled, tmp_path / "team")
    team = await Team.serve(tmp_path / "team")
    yield team
    team.go()
