"""Access tokens: how long they hold, and that nobody else can make them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labeler.server.accounts import Accounts, Caller
from labeler.server.errors import RpcError
from labeler.server.tokens import TOKEN_SECONDS, Tokens, sign


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    made = Accounts(tmp_path)
    yield made
    made.close()


async def test_a_token_ends_by_itself(accounts: Accounts) -> None:
    clock = Clock()
    tokens = Tokens(accounts, clock=clock)
    key = await accounts.create_key()
    token = tokens.give(key.api_key_id, key.api_key)
    assert token is not None
    clock.now += TOKEN_SECONDS - 1
    assert tokens.caller_of(token) == Caller(key.organization_id, key.api_key_id)
    clock.now += 2
    assert tokens.caller_of(token) is None


async def test_a_token_made_elsewhere_or_changed_is_not_taken(accounts: Accounts) -> None:
    tokens = Tokens(accounts)
    key = await accounts.create_key()
    token = tokens.give(key.api_key_id, key.api_key)
    assert token is not None
    body, _, seal = token.partition(".")
    forged = sign(b"another secret", {"key": key.api_key_id, "exp": 9_999_999_999})
    another = sign(accounts.derived_secret("signed URL"), {"key": key.api_key_id, "exp": 9_999_999_999})
    for wrong in (forged, another, body, f".{seal}", f"{forged.partition('.')[0]}.{seal}", "", "é"):
        assert tokens.caller_of(wrong) is None
    assert tokens.give(key.api_key_id, "wrong") is None


async def test_the_local_token_stands_for_the_user_of_this_machine(accounts: Accounts) -> None:
    tokens = Tokens(accounts, ("local", "other"))
    for token in ("local", "other"):
        caller = tokens.authenticate({"authorization": f"bearer {token}"})
        assert caller.opens_paths
        assert caller.organization_id == accounts.organizations()[0].id
    assert tokens.caller_of("loca") is None
    with pytest.raises(RpcError, match="authentication required"):
        tokens.authenticate({})
