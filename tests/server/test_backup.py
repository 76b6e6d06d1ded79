"""`labeler backup` and `labeler restore` as processes, also beside a service and a window."""

from __future__ import annotations

import hashlib
import itertools
import json
import stat
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from labeler.client.outbox_rows import OutboxRows
from labeler.client.pending import Head
from labeler.domain.box import Box
from labeler.domain.edit import TagChange
from labeler.domain.filter import EMPTY, Order
from labeler.local import open_local
from labeler.server.accounts import Accounts
from labeler.server.catalog import FileReference, ImageRecord, NewImage, Source
from labeler.server.files import FileBlobs
from labeler.server.sqlite.catalog import SqliteCatalog
from tests.server.served import labeler, run_labeler

CONTENTS = (b"first", b"second", b"third")


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def fill(data: Path) -> str:
    """A data directory with three images, one of them deleted, and a key; returns the organization."""
    accounts = Accounts(data)
    organization = (await accounts.create_key()).organization_id
    accounts.close()
    catalog, blobs = SqliteCatalog(data / "catalog.db"), FileBlobs(data / "blobs")
    now = datetime.now(UTC)
    images = []
    for number, content in enumerate(CONTENTS):
        blob = await blobs.put(chunks(content))
        box = Box("", "bolt", 0.1, 0.2, 0.3, 0.4 + number / 10)
        images.append(
            NewImage(Source(), now, now, f"{number}.jpg", digest=blob.digest, tags=(f"t{number}",), boxes=(box,))
        )
    ids = await catalog.insert_images(organization, images)
    await catalog.delete_images(organization, ids[2:])
    await catalog.close()
    return organization


async def contents(data: Path, organization: str) -> tuple[tuple[ImageRecord, ...], list[bytes]]:
    """Everything, with what is brought back from the trash."""
    catalog, blobs = SqliteCatalog(data / "catalog.db"), FileBlobs(data / "blobs")
    await catalog.restore_images(organization, None)
    images = (await catalog.page(organization, EMPTY, Order.NAME, "", 10)).images
    found = [await blobs.read(one.digest) for one in images]
    await catalog.close()
    return images, found


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def blob(data: Path, content: bytes) -> Path:
    digest = hashlib.sha256(content).hexdigest()
    return data / "blobs" / digest[:2] / digest


async def test_what_is_restored_is_what_was_backed_up(tmp_path: Path) -> None:
    data, out, new = tmp_path / "data", tmp_path / "backup", tmp_path / "new"
    organization = await fill(data)
    code, text, err = run_labeler("backup", "--data", data, out)
    assert (code, err) == (0, "")
    assert text == f"Backed up 2 images (3 files, 0.0 MB, all read and checked) to {out}\n"
    code, text, err = run_labeler("restore", "--data", new, out)
    assert (code, err) == (0, "")
    assert text == f"Restored 2 images (3 files, 0.0 MB, all read and checked) to {new}\n"
    images, found = await contents(data, organization)
    assert await contents(new, organization) == (images, found)
    assert found == list(CONTENTS)
    assert (new / "pepper").read_bytes() == (data / "pepper").read_bytes()
    async with open_local(new) as service:
        assert service.started_here


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such modes")
async def test_only_this_user_can_read_a_backup(tmp_path: Path) -> None:
    await fill(tmp_path / "data")
    run_labeler("backup", "--data", tmp_path / "data", tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").glob("*.db")} == {0o600}
    assert stat.S_IMODE((tmp_path / "out" / "pepper").stat().st_mode) == 0o600


async def test_copies_do_not_share_their_bytes_with_the_original(tmp_path: Path) -> None:
    await fill(tmp_path / "data")
    run_labeler("backup", "--data", tmp_path / "data", tmp_path / "linked")
    run_labeler("backup", "--data", tmp_path / "data", tmp_path / "copied", "--copy")
    original = blob(tmp_path / "data", CONTENTS[0])
    assert blob(tmp_path / "linked", CONTENTS[0]).samefile(original)
    assert not blob(tmp_path / "copied", CONTENTS[0]).samefile(original)


async def test_a_backup_beside_a_service_and_a_window_holds_what_they_have_saved(tmp_path: Path) -> None:
    data, out, new = tmp_path / "data", tmp_path / "backup", tmp_path / "new"
    organization = await fill(data)
    async with open_local(data) as service:
        assert service.started_here
        outbox = OutboxRows(data / "outbox.db", "target", print)
        numbers = itertools.count(1)

        async def save() -> int:
            number = next(numbers)
            head = Head(number, str(number), "Tag" * 500, datetime.now(UTC), "")
            await outbox.add(head, [TagChange("image", f"t{number}", True)])
            return number

        # Enough that the log is moved into the file now and then.
        before = [await save() for _ in range(300)]
        backup = labeler("backup", "--data", data, out)
        while backup.poll() is None:
            await save()
        assert (backup.returncode, backup.communicate()[1]) == (0, "")
        await outbox.close()
    assert run_labeler("restore", "--data", new, out)[0] == 0
    assert not [name for name in names_in(new) if name.startswith("service") or name.endswith("-wal")]
    restored = OutboxRows(new / "outbox.db", "target", print)
    kept = [row.change for row in restored.loaded.rows]
    assert kept[: len(before)] == [TagChange("image", f"t{number}", True) for number in before]
    await restored.close()
    assert (await contents(new, organization))[1] == list(CONTENTS)


async def test_damaged_and_missing_bytes_are_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "backup"
    await fill(data)
    blob(data, CONTENTS[0]).write_bytes(b"First")
    blob(data, CONTENTS[1]).unlink()
    code, text, err = run_labeler("backup", "--data", data, out)
    assert code == 1
    assert "(1 file," in text
    lines = sorted(line.split(":")[1].strip() for line in err.splitlines())
    assert lines == sorted(
        [f"Blob {blob(data, CONTENTS[0]).name} is damaged", f"Blob {blob(data, CONTENTS[1]).name} is gone"]
    )
    blob(out, CONTENTS[2]).write_bytes(b"Third")
    code, _, err = run_labeler("restore", "--data", tmp_path / "new", out)
    assert code == 1
    assert f"{blob(out, CONTENTS[2]).name} is damaged" in err


async def test_images_read_from_files_elsewhere_are_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    organization = await fill(data)
    catalog = SqliteCatalog(data / "catalog.db")
    now = datetime.now(UTC)
    by_file = FileReference("/photos/1.jpg", 5, 7)
    await catalog.insert_images(organization, [NewImage(Source(), now, now, reference=by_file)])
    await catalog.close()
    code, text, _ = run_labeler("backup", "--data", data, tmp_path / "out")
    assert code == 0
    assert "1 of them are read from your own files" in text


@pytest.mark.parametrize("name", ["catalog.db", "pepper", "accounts.db"])
async def test_a_changed_backup_is_refused_and_nothing_is_left(tmp_path: Path, name: str) -> None:
    await fill(tmp_path / "data")
    run_labeler("backup", "--data", tmp_path / "data", tmp_path / "out")
    content = bytearray((tmp_path / "out" / name).read_bytes())
    content[-1] ^= 1
    (tmp_path / "out" / name).write_bytes(content)
    code, _, err = run_labeler("restore", "--data", tmp_path / "new", tmp_path / "out")
    assert code == 1
    assert f"{name} is not as it was" in err
    assert names_in(tmp_path) == ["data", "out"]


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    await fill(tmp_path / "data")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious").touch()
    code, _, err = run_labeler("backup", "--data", tmp_path / "data", tmp_path / "out")
    assert (code, err) == (1, f"labeler: {tmp_path / 'out'} is not empty; choose a new or empty folder.\n")
    run_labeler("backup", "--data", tmp_path / "data", tmp_path / "backup")
    code, _, err = run_labeler("restore", "--data", tmp_path / "data", tmp_path / "backup")
    assert (code, "is not empty" in err) == (1, True)
    (tmp_path / "empty").mkdir()
    assert run_labeler("restore", "--data", tmp_path / "empty", tmp_path / "backup")[0] == 0


def test_what_is_no_data_directory_or_no_backup_is_told(tmp_path: Path) -> None:
    assert "no data directory" in run_labeler("backup", "--data", tmp_path, tmp_path / "out")[2]
    assert "no whole backup" in run_labeler("restore", "--data", tmp_path / "new", tmp_path)[2]
    names = {"catalog.db": {"sha256": "", "rows": {}}, "../evil.db": {"sha256": "", "rows": {}}}
    (tmp_path / "backup.json").write_text(json.dumps({"format": 1, "databases": names, "files": {}}))
    assert "is not what a backup" in run_labeler("restore", "--data", tmp_path / "new", tmp_path)[2]
    assert not (tmp_path / "new").exists()


async def test_a_damaged_catalog_is_not_backed_up(tmp_path: Path) -> None:
    await fill(tmp_path / "data")
    connection = apsw.Connection(str(tmp_path / "data" / "catalog.db"))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    content = bytearray((tmp_path / "data" / "catalog.db").read_bytes())
    content[4096:8192] = b"\xff" * 4096
    (tmp_path / "data" / "catalog.db").write_bytes(content)
    code, _, err = run_labeler("backup", "--data", tmp_path / "data", tmp_path / "out")
    assert code == 1
    assert "catalog.db is damaged" in err
    assert names_in(tmp_path) == ["data"]
