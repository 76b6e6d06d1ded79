"""`labeler trash`: deleted images of a data directory, through its service, started if nobody has it open."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator

from labeler.client.channel import Connection
from labeler.client.trash import LONG_SECONDS, Trash
from labeler.domain.errors import LabelerError
from labeler.domain.trash import TrashedImage
from labeler.local import open_local
from labeler.rpc.errors import NotFoundError
from labeler.terminal import say, say_json


def trash_command(arguments: argparse.Namespace) -> int:
    """List, restore or purge as parsed; prints to standard output. Returns the exit code."""
    if arguments.what != "list" and bool(arguments.ids) == arguments.all:
        raise LabelerError(f"labeler trash {arguments.what} takes either ids, as `labeler trash list` shows, or --all.")
    try:
        return asyncio.run(_run(arguments))
    except NotFoundError as error:
        raise LabelerError(error.message) from error


async def _run(arguments: argparse.Namespace) -> int:
    async with open_local(arguments.data) as local, await Connection.open(local.endpoint) as connection:
        trash = Trash(connection)
        if arguments.what == "list":
            await _list(trash, arguments.json)
            return 0
        ids = None if arguments.all else arguments.ids
        if arguments.what == "restore":
            _tell("restored", "Restored", await trash.restore(ids, LONG_SECONDS), arguments.json)
        else:
            _tell("purged", "Removed for good", await trash.purge(ids, LONG_SECONDS), arguments.json)
    return 0


async def _list(trash: Trash, as_json: bool) -> None:
    rows = [
        {
            "id": one.id,
            "file_name": one.file_name,
            "size_bytes": one.size_bytes,
            "deleted": one.deleted.isoformat(timespec="seconds"),
            "expires": one.expires.isoformat(timespec="seconds"),
            "boxes": one.boxes,
            "tags": one.tags,
        }
        async for one in _trashed(trash)
    ]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        say(f'{row["id"]}  deleted {row["deleted"]}  boxes {row["boxes"]}  tags {row["tags"]}  "{row["file_name"]}"')
    if not rows:
        say("The trash is empty.")


async def _trashed(trash: Trash) -> AsyncIterator[TrashedImage]:
    """All deleted images, the last deleted first."""
    token = ""
    while True:
        page = await trash.page(token)
        for one in page.images:
            yield one
        token = page.next
        if not token:
            return


def _tell(key: str, verb: str, count: int, as_json: bool) -> None:
    if as_json:
        say_json({key: count})
    else:
        say(f"{verb}: {count:,} {'image' if count == 1 else 'images'}.")
