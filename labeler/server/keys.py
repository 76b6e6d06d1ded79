"""`labeler keys`: API keys of a data directory, also while a service runs on it."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping
from dataclasses import asdict

import apsw

from labeler.server.accounts import ACCOUNTS_FILE, Accounts
from labeler.server.sqlite.upkeep import Damaged
from labeler.terminal import say, say_json


def run_keys_command(arguments: argparse.Namespace) -> int:
    """Create, list or revoke as parsed; prints to standard output. Returns the exit code."""
    try:
        accounts = Accounts(arguments.data)
        try:
            return _COMMANDS[arguments.what](accounts, arguments)
        finally:
            accounts.close()
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise Damaged(arguments.data / ACCOUNTS_FILE, str(error)) from error


def _create(accounts: Accounts, arguments: argparse.Namespace) -> int:
    created = asdict(asyncio.run(accounts.create_key(arguments.organization)))
    if arguments.json:
        say_json(created)
    else:
        _print_fields(created)
        say("Keep the key now: it is not shown again.")
    return 0


def _list(accounts: Accounts, arguments: argparse.Namespace) -> int:
    rows = [
        {
            "api_key_id": key.id,
            "organization_id": key.organization_id,
            "organization": key.organization_name,
            "created": key.created.isoformat(timespec="seconds"),
            "revoked": key.revoked.isoformat(timespec="seconds") if key.revoked else None,
        }
        for key in accounts.all_keys()
    ]
    if arguments.json:
        say_json(rows)
    elif not rows:
        say("There are no keys. `labeler keys create` makes one.")
    for row in [] if arguments.json else rows:
        state = f"revoked {row['revoked']}" if row["revoked"] else f"created {row['created']}"
        say(f"{row['api_key_id']}  {row['organization']}  {state}")
    return 0


def _revoke(accounts: Accounts, arguments: argparse.Namespace) -> int:
    asyncio.run(accounts.revoke_key(arguments.key_id))
    if arguments.json:
        say_json({"revoked": arguments.key_id})
    else:
        say(f"Revoked {arguments.key_id}.")
    return 0


_COMMANDS = {"create": _create, "list": _list, "revoke": _revoke}


def _print_fields(fields: Mapping[str, str]) -> None:
    width = max(map(len, fields))
    for name, value in fields.items():
        say(f"{name:<{width}}  {value}")
