"""`labeler doctor` as a person runs it: what it finds, what it repairs, and what it leaves alone."""

from __future__ import annotations

import asyncio
import hashlib
import stat
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from labeler.local import open_local
from labeler.server.accounts import Accounts
from labeler.server.catalog import FileReference, NewImage, Source
from labeler.server.files import FileBlobs
from labeler.server.sqlite.catalog import SqliteCatalog
from tests.server.served import run_labeler

CONTENTS = (b"first", b"second")


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """A data directory with two images, one of them in the trash."""
    folder = tmp_path / "data"
    accounts = Accounts(folder)
    organization = (await accounts.create_key()).organization_id
    accounts.close()
    catalog, blobs = SqliteCatalog(folder / "catalog.db"), FileBlobs(folder / "blobs")
    now = datetime.now(UTC)
    images = [
        NewImage(Source(), now, now, f"{number}.jpg", digest=(await blobs.put(chunks(content))).digest)
        for number, content in enumerate(CONTENTS)
    ]
    ids = await catalog.insert_images(organization, images)
    await catalog.delete_images(organization, ids[1:])
    await catalog.close()
    return folder


def blob(data: Path, content: bytes) -> Path:
    return data / "blobs" / digest_of(content)[:2] / digest_of(content)


def doctor(data: Path, *more: str) -> tuple[int, str]:
    code, out, err = run_labeler("doctor", "--data", data, *more)
    assert err == ""
    return code, out


def all_files(data: Path) -> dict[str, bytes]:
    passing = ("service.lock", "-wal", "-shm")
    return {
        str(path): path.read_bytes() for path in data.rglob("*") if path.is_file() and not str(path).endswith(passing)
    }


def test_a_sound_directory_is_clean(data: Path) -> None:
    before = all_files(data)
    code, out = doctor(data)
    assert (code, out) == (0, "Read 2 databases and 2 image files (0.0 MB): nothing is wrong.\n")
    assert doctor(data, "--repair")[0] == 0
    assert all_files(data) == before


@pytest.mark.parametrize("content", CONTENTS, ids=["shown", "in the trash"])
def test_a_damaged_image_file_is_named_and_put_aside(data: Path, content: bytes) -> None:
    path = blob(data, content)
    path.write_bytes(content.upper())
    before = all_files(data)
    code, out = doctor(data)
    assert code == 1
    name = f"{CONTENTS.index(content)}.jpg"
    assert f"{path.name} is damaged; it is that of '{name}'." in out
    assert "1 found, 0 repaired, 1 left" in out
    assert all_files(data) == before
    code, out = doctor(data, "--repair")
    assert (code, path.exists()) == (1, False)
    assert (data / "damaged" / path.name).read_bytes() == content.upper()
    assert f"{path.name} is gone" in doctor(data)[1]


async def test_bytes_come_back_from_a_file_that_has_them(data: Path, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(CONTENTS[0])
    catalog = SqliteCatalog(data / "catalog.db")
    organization = apsw.Connection(str(data / "catalog.db"), flags=apsw.SQLITE_OPEN_READONLY)
    (name,) = organization.execute("SELECT id FROM organization").fetchall()[0]
    organization.close()
    status = await asyncio.to_thread(photo.stat)
    by_file = FileReference(str(photo), status.st_size, status.st_mtime_ns)
    now = datetime.now(UTC)
    digest = digest_of(CONTENTS[0])
    await catalog.insert_images(str(name), [NewImage(Source(), now, now, digest=digest, reference=by_file)])
    await catalog.close()
    blob(data, CONTENTS[0]).unlink()
    assert doctor(data)[0] == 1
    code, out = doctor(data, "--repair")
    assert code == 0
    assert f"Copied again from {photo}." in out
    assert blob(data, CONTENTS[0]).read_bytes() == CONTENTS[0]
    assert doctor(data)[0] == 0


async def test_what_nothing_needs_is_told_and_removed_by_repair_alone(data: Path) -> None:
    unused = (await FileBlobs(data / "blobs").put(chunks(b"nobody's"))).digest
    (data / "blobs" / "0011.part").write_bytes(b"half")
    (data / ".pepper.0123456789abcdef").write_bytes(b"half")
    kept = {path for path in all_files(data) if not path.endswith((unused, "0011.part", ".0123456789abcdef"))}
    before = all_files(data)
    code, out = doctor(data)
    assert code == 1
    assert "1 image files that no image has" in out
    assert "2 temporary files" in out
    assert all_files(data) == before
    code, out = doctor(data, "--repair")
    assert (code, out.count("Removed.")) == (0, 2)
    assert set(all_files(data)) == kept
    assert doctor(data)[0] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such modes")
def test_secrets_that_others_can_read_are_closed(data: Path) -> None:
    (data / "pepper").chmod(0o644)
    code, out = doctor(data)
    assert (code, "is a secret that others can read (mode 644)" in out) == (1, True)
    assert stat.S_IMODE((data / "pepper").stat().st_mode) == 0o644
    assert doctor(data, "--repair")[0] == 0
    assert stat.S_IMODE((data / "pepper").stat().st_mode) == 0o600


def test_a_broken_index_is_made_anew(data: Path) -> None:
    connection = apsw.Connection(str(data / "catalog.db"))
    sql = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'image_time'").get
    connection.execute("PRAGMA writable_schema = ON").fetchall()
    # The same index on another column: what it holds no longer fits what it is said to hold.
    other = str(sql).replace("time_us", "received_us + 1")
    connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'image_time'", (other,)).fetchall()
    connection.close()
    code, out = doctor(data)
    assert (code, f"{data / 'catalog.db'} is damaged" in out) == (1, True)
    code, out = doctor(data, "--repair")
    assert (code, "Its indices were made anew" in out) == (0, True)
    assert doctor(data)[0] == 0


def test_a_reference_to_nothing_is_found(data: Path) -> None:
    connection = apsw.Connection(str(data / "catalog.db"))
    connection.execute("UPDATE image SET source = 77").fetchall()
    connection.close()
    code, out = doctor(data, "--repair")
    assert code == 1
    assert "of image refers to a row of source that is not there" in out
    assert "labeler restore" in out


def test_a_destroyed_database_is_left_as_it_is(data: Path) -> None:
    content = (data / "accounts.db").read_bytes()
    (data / "accounts.db").write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    before = all_files(data)
    for more in ((), ("--repair",)):
        code, out = doctor(data, *more)
        assert (code, "accounts.db is damaged" in out, "labeler restore" in out) == (1, True, True)
    assert all_files(data) == before


async def test_beside_a_service_it_reads_and_does_not_repair(data: Path) -> None:
    blob(data, CONTENTS[0]).unlink()
    part = data / "blobs" / "0011.part"
    async with open_local(data):
        part.write_bytes(b"an upload under way")
        code, out = doctor(data)
        assert code == 1
        assert "is gone" in out
        assert "temporary" not in out
        code, _, err = run_labeler("doctor", "--data", data, "--repair")
        assert (code, "close the window or stop the service" in err) == (1, True)
        assert part.exists()


def test_what_is_no_data_directory_is_told_and_not_made(tmp_path: Path) -> None:
    code, _, err = run_labeler("doctor", "--data", tmp_path / "nothing")
    assert (code, "no data directory" in err) == (1, True)
    assert not (tmp_path / "nothing").exists()
