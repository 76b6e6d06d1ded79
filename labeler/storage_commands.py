"""The commands that look after a data directory: their arguments, and which part does the work."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

NAMES = ("trash",)


def add_parsers(commands: Commands, add_data: Callable[[argparse.ArgumentParser], None]) -> None:
    trash = commands.add_parser("trash", help="list deleted images, bring them back or forget them for good")
    what = trash.add_subparsers(dest="what", required=True, metavar="list|restore|purge")
    listing = what.add_parser("list", help="what can still be brought back, the last deleted first")
    restore = what.add_parser("restore", help="bring images back with their boxes, tags and datasets")
    purge = what.add_parser("purge", help="forget deleted images for good")
    for parser in (listing, restore, purge):
        add_data(parser)
        parser.add_argument("--json", action="store_true", help="print JSON")
    for parser in (restore, purge):
        parser.add_argument("ids", nargs="*", metavar="ID")
        parser.add_argument("--all", action="store_true", help="all of the trash")


def run(arguments: argparse.Namespace) -> int:
    """Do what was parsed; returns the exit code."""
    from labeler.trash import trash_command

    return trash_command(arguments)
