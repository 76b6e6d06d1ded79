"""Keys of services are kept where only the user can read them, and never without a word."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from labeler import credentials
from labeler.domain.errors import LabelerError

ADDRESS = "labels.example:8443"


class MemoryKeyring(KeyringBackend):
    """A keyring as systems have it."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


@pytest.fixture
def use() -> Iterator[object]:
    former = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(former)


@pytest.mark.usefixtures("use")
def test_a_key_is_kept_by_the_keyring() -> None:
    keyring.set_keyring(MemoryKeyring())
    assert credentials.stored_key(ADDRESS) is None
    assert credentials.store_key(ADDRESS, "id", "secret") == ""
    assert credentials.stored_key(ADDRESS) == ("id", "secret")
    assert credentials.stored_key("elsewhere:1") is None


@pytest.mark.usefixtures("use")
def test_without_a_keyring_the_user_is_told() -> None:
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    assert "kept until the program ends" in credentials.store_key(ADDRESS, "id", "secret")
    assert credentials.stored_key(ADDRESS) is None


def test_the_file_is_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"
    credentials.store_key_in_file(path, ADDRESS, "id", "secret")
    credentials.store_key_in_file(path, "other:1", "id2", "secret2")
    assert credentials.key_in_file(path, ADDRESS) == ("id", "secret")
    assert credentials.key_in_file(path, "other:1") == ("id2", "secret2")
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_file_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(LabelerError, match="Move it away"):
        credentials.key_in_file(path, ADDRESS)
    with pytest.raises(LabelerError, match="Move it away"):
        credentials.store_key_in_file(path, ADDRESS, "id", "secret")
    assert path.read_text(encoding="utf-8") == "{"
