"""`labeler keys`: API keys of a data directory, also while a service runs on it."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict

import apsw

from labeler.server.accounts import ACCOUNTS_FILE, Accounts
from labeler.server.sqlite.upkeep import Damaged


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
        _print(json.dumps(created))
    else:
        _print_fields(created)
        _print("Keep the key now: it is not shown again.")
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
        _print(json.dumps(rows))
    elif not rows:
        _print("There are no keys. `labeler keys create` makes one.")
    for row in [] if arguments.json else rows:
        state = f"revoked {row['revoked']}" if row["revoked"] else f"created {row['created']}"
        _print(f"{row['api_key_id']}  {row['organization']}  {state}")
    return 0


def _revoke(accounts: Accounts, arguments: argparse.Namespace) -> int:
    asyncio.run(accounts.revoke_key(arguments.key_id))
    _print(json.dumps({"revoked": arguments.key_id}) if arguments.json else f"Revoked {arguments.key_id}.")
    return 0


_COMMANDS = {"create": _create, "list": _list, "revoke": _revoke}


def _print_fields(fields: Mapping[str, str]) -> None:
    width = max(map(len, fields))
    for name, value in fields.items():
        _print(f"{name:<{width}}  {value}")


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
