"""A data directory that must not be served: damaged, of a newer version, on a network, in use."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from labeler.domain.errors import LabelerError
from labeler.local import open_local
from labeler.server import network_disk
from labeler.server.accounts import Accounts
from labeler.server.data_directory import locked
from labeler.server.network_disk import refuse_network_disk
from labeler.server.sqlite.catalog import SqliteCatalog
from labeler.server.tabular.sqlite_store import SqliteTabularStore
from tests.server.served import run_labeler

MAKERS = {
    "accounts.db": lambda path: Accounts(path.parent).close(),
    "catalog.db": lambda path: SqliteCatalog(path)._database.close_now(),
    "readings.db": lambda path: SqliteTabularStore(path)._database.close_now(),
}
MOUNTS = r"""/dev/sda1 / ext4 rw 0 0
server:/share /share nfs4 rw,vers=4.2 0 0
/dev/sdb1 /share/own/disk ext4 rw 0 0
//nas/pictures /mnt/the\040nas cifs rw 0 0
/dev/sdc1 /mnt/both ext4 rw 0 0
me@there: /mnt/both fuse.sshfs rw 0 0
"""


def damage(path: Path) -> None:
    """Write over all pages but the first."""
    MAKERS[path.name](path)
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


@pytest.mark.parametrize("name", MAKERS)
async def test_a_damaged_database_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    damage(tmp_path / name)
    before = (tmp_path / name).read_bytes()
    code, out, err = run_labeler("serve", "--data", tmp_path)
    assert (code, out) == (1, "")
    for part in (f"{tmp_path / name} is damaged", "labeler doctor", "labeler restore"):
        assert part in err
    assert "Traceback" not in err
    with pytest.raises(LabelerError, match="is damaged"):
        async with open_local(tmp_path):
            pass
    assert (tmp_path / name).read_bytes() == before


@pytest.mark.parametrize("intact", [0, 4096], ids=["all of it", "all but the first page"])
def test_damaged_accounts_are_told_by_the_command_for_keys_too(tmp_path: Path, intact: int) -> None:
    damage(tmp_path / "accounts.db")
    content = (tmp_path / "accounts.db").read_bytes()
    (tmp_path / "accounts.db").write_bytes(content[:intact] + b"\xff" * (len(content) - intact))
    code, out, err = run_labeler("keys", "list", "--data", tmp_path)
    assert (code, out) == (1, "")
    assert err.startswith(f"labeler: {tmp_path / 'accounts.db'} is damaged")


@pytest.mark.parametrize("name", MAKERS)
def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    MAKERS[name](tmp_path / name)
    connection = apsw.Connection(str(tmp_path / name))
    connection.pragma("user_version", 99)
    connection.close()
    before = (tmp_path / name).read_bytes()
    code, out, err = run_labeler("serve", "--data", tmp_path)
    assert (code, out) == (1, "")
    assert f"{tmp_path / name} was written by a newer version" in err
    assert (tmp_path / name).read_bytes() == before


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/data", ""),
        ("/share/own/labeler", "nfs4 at /share"),
        ("/share/own/disk/labeler", ""),
        ("/shares", ""),
        ("/mnt/the nas/labeler", "cifs at /mnt/the nas"),
        ("/mnt/both/labeler", "fuse.sshfs at /mnt/both"),
    ],
)
def test_a_network_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, kind: str
) -> None:
    (tmp_path / "mounts").write_text(MOUNTS)
    monkeypatch.setattr(network_disk, "MOUNTS", tmp_path / "mounts")
    if not kind:
        refuse_network_disk(Path(path))
        return
    with pytest.raises(LabelerError) as refused:
        refuse_network_disk(Path(path))
    assert kind in str(refused.value)
    assert "labels" in str(refused.value)


def test_nothing_is_made_on_a_network_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mounts").write_text(f"server:/ {tmp_path / 'far'} nfs rw 0 0\n")
    monkeypatch.setattr(network_disk, "MOUNTS", tmp_path / "mounts")
    with pytest.raises(LabelerError, match="network file system"), locked(tmp_path / "far" / "data"):
        pass
    assert not (tmp_path / "far").exists()


def test_a_directory_in_use_is_told(tmp_path: Path) -> None:
    with locked(tmp_path):
        code, out, err = run_labeler("serve", "--data", tmp_path)
    assert (code, out) == (1, "")
    assert err == (
        f"labeler: Another labeler service already has the data directory {tmp_path} open. "
        "Stop it first, or use the address that it serves.\n"
    )
