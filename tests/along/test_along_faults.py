"""What goes wrong while images are taken along or wait on the disk costs a fetch, and never what was there."""

from __future__ import annotations

import asyncio
import contextlib
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from labeler.client import reach
from labeler.client.channel import Connection
from labeler.client.endpoint import PLAINTEXT, Endpoint
from labeler.client.kept_source import KeptSource
from labeler.client.picture_cache import PictureCache
from labeler.client.reach import Reach
from labeler.client.source import ServiceSource
from labeler.domain.errors import StorageFailed, Unreachable
from labeler.domain.filter import Filter, Order
from labeler.robot import until
from tests.along.team import EVERYTHING, IMAGES, Team, delivered, kept, label, laptop, listed, take
from tests.conftest import ROOT
from tests.faults.conftest import require

KILLS = 6


async def contents_of(service: ServiceSource | KeptSource) -> dict[str, bytes]:
    images = await listed(service, EVERYTHING, Order.NAME)
    return {image.id: await service.image_bytes(image.id) for image in images}


async def found_again(source: KeptSource) -> None:
    """Return when the server, which has just come back, is found."""
    with contextlib.suppress(Unreachable):
        await source.count(EVERYTHING)
    await until(lambda: not source.offline, "the server")


async def all_here(data: Path, team: Team, contents: dict[str, bytes]) -> None:
    """Everything can be seen while the server is away, byte for byte."""
    team.go()
    async with laptop(data, team) as place:
        images = await listed(kept(place), EVERYTHING, Order.NAME)
        assert {image.id: await kept(place).image_bytes(image.id) for image in images} == contents


async def killed_at(lines: int, data: Path, team: Team) -> int:
    """Take along in a process that is killed after it said so many lines; returns how many images it had then."""
    arguments = (data, team.data, team.address, team.key["api_key_id"], team.key["api_key"])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.along.taking_run", *map(str, arguments), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    said = b""
    async with asyncio.timeout(60):
        for _ in range(lines):
            said = await process.stdout.readline() or said
    if process.returncode is None:
        process.kill()
    await process.communicate()
    return int(said.split()[0])


async def test_killed_while_taking_along_goes_on_where_it_was(team: Team, tmp_path: Path) -> None:
    data, chance, had = tmp_path / "laptop", random.Random(1), 0
    async with team.seen() as service:
        contents = await contents_of(service)
    for kill in range(KILLS):
        there = await killed_at(2 if kill == 0 else chance.randint(1, 9), data, team)
        if kill:
            async with laptop(data, team) as place:
                (one,) = kept(place).sets
                assert one.here >= had
                had = one.here
        assert there <= IMAGES
    async with laptop(data, team) as place:
        before = kept(place).sets[0].here
        progress = [one async for one in kept(place).take(EVERYTHING, "All images") if one.of_images]
        assert progress[0].images == before
        assert (kept(place).sets[0].here, kept(place).sets[0].is_complete) == (IMAGES, True)
    print(f"{KILLS} kills, {before} of {IMAGES} pictures there before the last run")  # noqa: T201
    await all_here(data, team, contents)


async def test_cancelled_it_keeps_what_it_has_and_goes_on(team: Team, tmp_path: Path) -> None:
    async with laptop(tmp_path / "laptop", team) as place:
        taking = kept(place).take(EVERYTHING, "All images")
        async for one in taking:
            if one.images == 5:
                break
        await taking.aclose()
        (one_set,) = kept(place).sets
        assert 5 <= one_set.here < IMAGES
        assert not one_set.is_complete
        progress = [one async for one in kept(place).take(EVERYTHING, "All images") if one.of_images]
        assert progress[0].images == one_set.here
        assert kept(place).sets[0].is_complete


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB."""
    require("mount")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


async def test_a_full_disk_says_so_and_leaves_the_rest(team: Team, small_disk: Path) -> None:
    async with laptop(small_disk / "laptop", team, reserve=1 << 30) as place:
        with pytest.raises(StorageFailed, match=r"needed.*to stay free.*has .* take fewer"):
            await take(kept(place))
    filler = small_disk / "filler"
    async with laptop(small_disk / "laptop", team) as place:
        images = await listed(kept(place), EVERYTHING, Order.NAME)
        with pytest.raises(StorageFailed, match="full: free some space"):
            await take_and_fill(kept(place), filler)
        (one_set,) = kept(place).sets
        assert (one_set.images, one_set.is_complete) == (IMAGES, False)
        assert 7 <= one_set.here < IMAGES
        assert len(await listed(kept(place), EVERYTHING, Order.NAME)) == IMAGES
        filler.unlink()
        await label(place, images[0].id, "bolt")
        await delivered(place)
        await take(kept(place))
        assert kept(place).sets[0].here == IMAGES
    team.go()
    async with laptop(small_disk / "laptop", team) as place:
        assert [len(image.boxes) for image in await listed(kept(place), Filter(labels=("bolt",)), Order.NAME)] == [1]


async def take_and_fill(source: KeptSource, filler: Path) -> None:
    """Take along, on a disk that somebody else fills meanwhile."""
    async for one in source.take(EVERYTHING, "All images"):
        if one.images == 7:
            await asyncio.to_thread(fill, filler)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


@pytest.mark.logs("cannot be read")
@pytest.mark.parametrize("damage", ["garbage", "cut", "zeros"])
async def test_a_broken_list_is_reported_and_its_pictures_stay(team: Team, tmp_path: Path, damage: str) -> None:
    data = tmp_path / "laptop"
    async with laptop(data, team) as place:
        await take(kept(place))
    (path,) = data.glob("along-*/along.db")
    held = path.read_bytes()
    middle = len(held) // 2
    path.write_bytes({"garbage": b"x" * len(held), "cut": held[:middle], "zeros": held[:4096] + bytes(middle)}[damage])
    async with laptop(data, team) as place:
        assert "was begun anew" in kept(place).trouble
        assert kept(place).sets == ()
        progress = [one async for one in kept(place).take(EVERYTHING, "All images") if one.of_images]
        assert (progress[0].images, progress[0].of_bytes) == (IMAGES, 0)
    assert path.with_name("along.db.unreadable").exists()


async def test_a_broken_picture_is_fetched_again(team: Team, tmp_path: Path) -> None:
    data = tmp_path / "laptop"
    async with laptop(data, team) as place:
        await take(kept(place))
        contents = await contents_of(kept(place))
    pictures = sorted(data.glob("along-*/pictures/??/*"))
    pictures[0].write_bytes(pictures[0].read_bytes()[:-10])
    pictures[1].write_bytes(b"")
    pictures[2].unlink()
    async with laptop(data, team) as place:
        images = await listed(kept(place), EVERYTHING, Order.NAME)
        assert {image.id: await kept(place).image_bytes(image.id) for image in images} == contents
        await take(kept(place))
    await all_here(data, team, contents)


@pytest.mark.logs("thrown away")
async def test_a_broken_cache_is_thrown_away(team: Team, tmp_path: Path) -> None:
    data = tmp_path / "laptop"
    async with laptop(data, team) as place:
        images = await listed(kept(place), EVERYTHING, Order.NAME)
        content = await kept(place).image_bytes(images[0].id)
    (folder,) = data.glob("pictures-*")
    team.go()
    async with laptop(data, team) as place:
        assert await kept(place).image_bytes(images[0].id) == content
        with pytest.raises(Unreachable, match="not on this computer"):
            await kept(place).image_bytes(images[1].id)
    (picture,) = folder.glob("??/*")
    picture.unlink()
    picture.parent.rmdir()
    folder.rmdir()
    folder.write_bytes(b"no folder")
    team.come()
    async with laptop(data, team) as place:
        await found_again(kept(place))
        assert await kept(place).image_bytes(images[0].id) == content


async def test_a_picture_is_fetched_once_and_the_cache_has_a_limit(tmp_path: Path) -> None:
    asked: list[str] = []

    def fetch(name: str) -> bytes:
        asked.append(name)
        return name.encode() * 100

    async def fetched(cache: PictureCache, name: str) -> bytes:
        async def later() -> bytes:
            await asyncio.sleep(0)
            return fetch(name)

        return await cache.fetched(name, later)

    cache = PictureCache(tmp_path / "cache", limit=350, keep_free=0)
    assert await asyncio.gather(*(fetched(cache, "a") for _ in range(5))) == [b"a" * 100] * 5
    for name in "bcad":
        assert await fetched(cache, name) == name.encode() * 100
    again = PictureCache(tmp_path / "cache", limit=350, keep_free=0)
    assert [await again.read(name) for name in "abcd"] == [b"a" * 100, None, b"c" * 100, b"d" * 100]
    assert asked == ["a", "b", "c", "d"]
    without_room = PictureCache(tmp_path / "other", limit=350, keep_free=1 << 60)
    await fetched(without_room, "e")
    assert await without_room.read("e") is None


async def test_a_call_that_is_never_answered_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that swallows everything while the connection seems to stand."""
    monkeypatch.setattr(reach, "PATIENCE", 0.05)
    async with await Connection.open(Endpoint("127.0.0.1:1", PLAINTEXT, token="t")) as connection:
        changes: list[str] = []
        found = Reach(connection, lambda: changes.append(found.reason))
        async with asyncio.timeout(20):
            with pytest.raises(Unreachable):
                await found.call(asyncio.Event().wait)
        assert found.is_offline
        assert changes == [found.reason]
        with pytest.raises(Unreachable):
            await found.call(asyncio.Event().wait)
        await found.close()


async def test_one_failing_call_is_not_offline(team: Team, tmp_path: Path) -> None:
    async with laptop(tmp_path / "laptop", team) as place:
        found = Reach(place.connection, lambda: None)

        async def broken() -> None:
            raise Unreachable("broken off")

        with pytest.raises(Unreachable, match="broken off"):
            await found.call(broken)
        assert not found.is_offline
        await found.close()
