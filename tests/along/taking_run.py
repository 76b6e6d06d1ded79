"""A run that takes everything along until it is killed, and says how far it is.

python -m tests.along.taking_run LAPTOP TEAM ADDRESS KEY_ID KEY
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.along.team import EVERYTHING, Team, kept, laptop


async def run(data: Path, team: Team) -> None:
    async with laptop(data, team) as place:
        async for one in kept(place).take(EVERYTHING, "All images"):
            sys.stdout.write(f"{one.images} {one.of_images}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    laptop_data, team_data, address, key_id, key = sys.argv[1:]
    asyncio.run(run(Path(laptop_data), Team(Path(team_data), address, {"api_key_id": key_id, "api_key": key})))
