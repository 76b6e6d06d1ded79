"""What is written is whole or not there, and readable by whom it is for."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from labeler.disk import make_data_directory, make_folder, replacing, sync, write_private
from labeler.domain.errors import LabelerError

posix_only = pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_replaced_when_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("there", [True, False])
def test_an_error_leaves_what_was_there_and_nothing_else(tmp_path: Path, there: bool) -> None:
    path = tmp_path / "settings.toml"
    if there:
        path.write_bytes(b"old")

    def break_off() -> None:
        with replacing(path) as file:
            file.write(b"half")
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="power"):
        break_off()
    assert [found.read_bytes() for found in tmp_path.iterdir()] == [b"old"] * there


@posix_only
def test_what_takes_the_place_of_a_file_is_on_disk_first_and_its_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[int, bool]] = []
    real, path = os.fsync, tmp_path / "settings.toml"

    def fsync(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_ino, path.exists()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with replacing(path) as file:
        file.write(b"new")
    assert synced == [(path.stat().st_ino, False), (tmp_path.stat().st_ino, True)]


@posix_only
def test_permissions(tmp_path: Path) -> None:
    shared, secret = tmp_path / "shared", tmp_path / "secret"
    shared.write_bytes(b"")
    shared.chmod(0o640)
    secret.write_bytes(b"")
    secret.chmod(0o644)
    with replacing(shared), replacing(secret, private=True):
        pass
    write_private(tmp_path / "new", b"")
    make_data_directory(tmp_path / "data")
    modes = {path.name: mode(path) for path in tmp_path.iterdir()}
    assert modes == {"shared": 0o640, "secret": 0o600, "new": 0o600, "data": 0o700}


def test_a_secret_is_not_written_over(tmp_path: Path) -> None:
    write_private(tmp_path / "secret", b"one")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "secret", b"other")
    assert (tmp_path / "secret").read_bytes() == b"one"


@pytest.mark.parametrize("folder", ["data", "new/data"])
def test_a_name_that_is_a_file_is_no_data_directory(tmp_path: Path, folder: str) -> None:
    make_data_directory(tmp_path / folder)
    make_data_directory(tmp_path / folder)
    (tmp_path / "file").touch()
    with pytest.raises(LabelerError, match=r"file cannot be used: .*exists.* Choose another with --data"):
        make_data_directory(tmp_path / "file")


def test_each_new_folder_is_written_into_the_one_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    make_folder(tmp_path / "a" / "b" / "c")
    wanted = [tmp_path / "a" / "b", tmp_path / "a", tmp_path] if os.name == "posix" else []
    assert sorted(synced) == sorted(path.stat().st_ino for path in wanted)


def test_files_and_folders_can_be_synced(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    sync(tmp_path / "file")
    sync(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync(tmp_path / "none")
