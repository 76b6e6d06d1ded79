"""Organizations, parts and keys in their file."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from labeler.domain.errors import Missing
from labeler.server.accounts import PEPPER_FILE, Accounts, Caller


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "data"


def contents_of(directory: Path) -> list[bytes]:
    return [file.read_bytes() for file in directory.iterdir()]


def mode_of(file: Path) -> int:
    return file.stat().st_mode


async def test_a_key_makes_all_that_an_upload_needs(directory: Path) -> None:
    accounts = Accounts(directory)
    key = await accounts.create_key("Acme")
    part = await accounts.part(key.part_id)
    assert part is not None
    assert (part.organization_id, part.location_id, part.robot_id) == (
        key.organization_id,
        key.location_id,
        key.robot_id,
    )
    assert [one.name for one in accounts.organizations()] == ["Acme"]
    assert len(key.location_id) == 10
    assert accounts.owner_of("robot", key.robot_id) == key.organization_id
    accounts.close()


async def test_keys_of_one_name_share_the_organization(directory: Path) -> None:
    accounts = Accounts(directory)
    keys = [await accounts.create_key(name) for name in ("Acme", "Acme", "Other", "")]
    owners = [key.organization_id for key in keys]
    assert owners[0] == owners[1] == owners[3] != owners[2]
    assert len({key.api_key for key in keys}) == 4
    accounts.close()


async def test_only_the_right_secret_of_a_valid_key_is_taken(directory: Path) -> None:
    accounts = Accounts(directory)
    key, other = await accounts.create_key("Acme"), await accounts.create_key("Other")
    assert accounts.check_key(key.api_key_id, key.api_key) == Caller(key.organization_id, key.api_key_id)
    for key_id, secret in ((key.api_key_id, other.api_key), (key.api_key_id, ""), ("", ""), ("no key", key.api_key)):
        assert accounts.check_key(key_id, secret) is None
    accounts.close()


async def test_what_another_process_changes_holds_at_the_next_question(directory: Path) -> None:
    service, command = Accounts(directory), Accounts(directory)
    assert service.check_key("none", "yet") is None
    key = await command.create_key()
    assert service.check_key(key.api_key_id, key.api_key) is not None
    assert await service.part(key.part_id) is not None
    await command.revoke_key(key.api_key_id)
    assert service.check_key(key.api_key_id, key.api_key) is None
    assert service.caller_of_key(key.api_key_id) is None
    (record,) = service.all_keys()
    assert record.revoked is not None
    service.close()
    command.close()


async def test_revoking_what_is_no_valid_key_says_so(directory: Path) -> None:
    accounts = Accounts(directory)
    key = await accounts.create_key()
    await accounts.revoke_key(key.api_key_id)
    for key_id in (key.api_key_id, "unknown"):
        with pytest.raises(Missing, match=key_id):
            await accounts.revoke_key(key_id)
    accounts.close()


async def test_no_file_holds_a_secret_and_the_pepper_is_private(directory: Path) -> None:
    accounts = Accounts(directory)
    key = await accounts.create_key()
    accounts.close()
    assert all(key.api_key.encode() not in content for content in contents_of(directory))
    if sys.platform != "win32":
        assert stat.S_IMODE(mode_of(directory / PEPPER_FILE)) == 0o600


async def test_keys_survive_a_restart(directory: Path) -> None:
    accounts = Accounts(directory)
    key = await accounts.create_key()
    accounts.close()
    again = Accounts(directory)
    assert again.check_key(key.api_key_id, key.api_key) is not None
    assert again.derived_secret("one") != again.derived_secret("two")
    again.close()


async def test_this_machines_user_gets_the_first_organization(directory: Path) -> None:
    accounts = Accounts(directory)
    made = accounts.first_organization_id()
    assert [one.name for one in accounts.organizations()] == ["My images"]
    assert accounts.first_organization_id() == made
    assert [part.part_name for part in accounts.parts(made)] == ["this computer"]
    accounts.close()


def test_settings_that_keep_what_was_confirmed(directory: Path) -> None:
    accounts = Accounts(directory)
    with accounts._handle.transaction("BEGIN") as connection:
        asked = [connection.pragma(name) for name in ("journal_mode", "synchronous", "foreign_keys")]
    accounts.close()
    assert asked == ["wal", 2, 1]
