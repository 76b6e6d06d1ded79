"""Whatever bit or end of a data directory is not what was written: `labeler doctor` notices, and does no harm."""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labeler.client.outbox import Outbox
from labeler.domain.box import Box
from labeler.domain.edit import Edit, TagChange
from labeler.server.accounts import Accounts
from labeler.server.catalog import NewImage, Source
from labeler.server.doctor import examine
from labeler.server.files import FileBlobs
from labeler.server.sqlite.catalog import SqliteCatalog

IMAGES = 12


async def fill(folder: Path) -> tuple[SqliteCatalog, Accounts, Outbox]:
    """A data directory with images, boxes and edits on their way, in use."""
    accounts = Accounts(folder)
    organization = (await accounts.create_key()).organization_id
    catalog, blobs = SqliteCatalog(folder / "catalog.db"), FileBlobs(folder / "blobs")
    outbox = Outbox.open(folder / "outbox.db", "test")
    now = datetime.now(UTC)
    for number in range(IMAGES):

        async def chunks(content: bytes = b"%d " % number * 500) -> AsyncIterator[bytes]:
            yield content

        digest = (await blobs.put(chunks())).digest
        boxes = (Box("", f"label {number}", 0.125, 0.25, 0.5, 0.75),)
        image = NewImage(Source(), now, now, f"{number}.jpg", digest=digest, boxes=boxes, tags=("night",))
        await catalog.insert_images(organization, [image])
        outbox.put(Edit("Tagged", (TagChange(f"image {number}", "day", True),)))
        await outbox.drained()
    return catalog, accounts, outbox


@pytest.fixture
async def directories(tmp_path: Path) -> dict[str, Path]:
    """A directory as it is after closing, and after the power ended."""
    closed, cut = tmp_path / "closed", tmp_path / "cut"
    catalog, accounts, outbox = await fill(closed)
    shutil.copytree(closed, cut)
    for shared in cut.glob("*-shm"):
        shared.unlink()
    await catalog.close()
    accounts.close()
    await outbox.close()
    return {"closed": closed, "cut": cut}


def flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def truncate(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])


def remove(path: Path, chance: random.Random) -> None:
    path.unlink()


KINDS = (
    ("closed", "*.db", flip), ("closed", "*.db", truncate), ("cut", "*.db-wal", flip), ("cut", "*.db-wal", truncate),
    ("closed", "blobs/??/*", flip), ("closed", "blobs/??/*", truncate), ("closed", "blobs/??/*", remove),
)  # fmt: skip


def damage(original: Path, copy: Path, pattern: str, how: int, chance: random.Random) -> Path:
    """Damage a file of a copy as a disk does, which leaves the time of the last change."""
    shutil.copytree(original, copy)
    path = chance.choice(sorted(copy.glob(pattern)))
    status = path.stat()
    KINDS[how][2](path, chance)
    if path.exists():
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return path


@pytest.mark.parametrize("times", [28, pytest.param(105, marks=pytest.mark.long)])
async def test_every_damage_is_noticed(directories: dict[str, Path], tmp_path: Path, times: int) -> None:
    for directory in directories.values():
        shutil.copytree(directory, tmp_path / "sound")
        assert examine(tmp_path / "sound", repair=False).findings == []
        shutil.rmtree(tmp_path / "sound")
    chance = random.Random(1)
    seen, missed, left = Counter[str](), [], Counter[str]()
    for number in range(times):
        how = number % len(KINDS)
        state, pattern, change = KINDS[how]
        name = f"{change.__name__} {pattern} {state}"
        copy = tmp_path / str(number)
        path = damage(directories[state], copy, pattern, how, chance)
        shutil.copytree(copy, tmp_path / "again")
        if examine(copy, repair=False).findings:
            seen[name] += 1
        else:
            missed.append(f"{number}: {name} {path.name}")
        report = examine(tmp_path / "again", repair=True)
        left[name] += bool(report.left)
        if not report.left:
            assert examine(tmp_path / "again", repair=False).findings == []
        for done in (copy, tmp_path / "again"):
            shutil.rmtree(done)
    print(f"{times} damages, {sum(seen.values())} noticed {dict(seen)}, not mended {dict(left)}")  # noqa: T201
    assert missed == []
