"""`labeler trash`: deleted images of a data directory, through its service, started if nobody has it open."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator

from labeler.client.channel import Connection
from labeler.domain.errors import LabelerError
from labeler.local import open_local
from labeler.rpc.convert import time_from
from labeler.rpc.errors import NotFoundError
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.terminal import say, say_json

_SERVICE = "/labeler.v1.LabelerService/"
_PAGE = 1_000
_LONG_SECONDS = 600.0
"""Of a call that may move a million images."""


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
        if arguments.what == "list":
            await _list(connection, arguments.json)
        elif arguments.what == "restore":
            request = labeler_pb2.RestoreImagesRequest(binary_data_ids=arguments.ids, all=arguments.all)
            restored = await connection.unary(
                _SERVICE + "RestoreImages", request, labeler_pb2.RestoreImagesResponse, timeout=_LONG_SECONDS
            )
            _tell("restored", "Restored", restored.restored, arguments.json)
        else:
            forgetting = labeler_pb2.PurgeImagesRequest(binary_data_ids=arguments.ids, all=arguments.all)
            purged = await connection.unary(
                _SERVICE + "PurgeImages", forgetting, labeler_pb2.PurgeImagesResponse, timeout=_LONG_SECONDS
            )
            _tell("purged", "Removed for good", purged.purged, arguments.json)
    return 0


async def _list(connection: Connection, as_json: bool) -> None:
    rows = [
        {
            "id": one.binary_data_id,
            "file_name": one.file_name,
            "size_bytes": one.size_bytes,
            "deleted": time_from(one.deleted).isoformat(timespec="seconds"),
            "expires": time_from(one.expires).isoformat(timespec="seconds"),
            "boxes": one.boxes,
            "tags": one.tags,
        }
        async for one in _trashed(connection)
    ]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        say(f'{row["id"]}  deleted {row["deleted"]}  boxes {row["boxes"]}  tags {row["tags"]}  "{row["file_name"]}"')
    if not rows:
        say("The trash is empty.")


async def _trashed(connection: Connection) -> AsyncIterator[labeler_pb2.TrashedImage]:
    """All deleted images, the last deleted first."""
    token = ""
    while True:
        request = labeler_pb2.ListTrashRequest(limit=_PAGE, page_token=token)
        page = await connection.unary(_SERVICE + "ListTrash", request, labeler_pb2.ListTrashResponse)
        for one in page.images:
            yield one
        token = page.next_page_token
        if not token:
            return


def _tell(key: str, verb: str, count: int, as_json: bool) -> None:
    if as_json:
        say_json({key: count})
    else:
        say(f"{verb}: {count:,} {'image' if count == 1 else 'images'}.")
