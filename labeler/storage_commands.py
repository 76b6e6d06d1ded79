"""The commands that look after a data directory: their arguments, and which part does the work."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from labeler.terminal import complain, say

if TYPE_CHECKING:
    from labeler.server.backup import Copied
    from labeler.server.doctor import Report

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

NAMES = ("trash", "backup", "restore", "doctor")


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

    backup = commands.add_parser("backup", help="copy a data directory, also while it is in use")
    add_data(backup)
    backup.add_argument("out", type=Path, metavar="OUT", help="folder to write, new or empty; it will hold your keys")
    backup.add_argument("--copy", action="store_true", help="copy images on the same disk too, instead of linking them")
    restoring = commands.add_parser("restore", help="make a data directory of a backup")
    restoring.add_argument("--data", type=Path, metavar="NEWDIR", required=True, help="new or empty")
    restoring.add_argument("backup", type=Path, metavar="BACKUP")
    doctor = commands.add_parser("doctor", help="read all of a data directory and say what is wrong; 1 if anything is")
    add_data(doctor)
    doctor.add_argument("--repair", action="store_true", help="repair what can be repaired")


def run(arguments: argparse.Namespace) -> int:
    """Do what was parsed; returns the exit code."""
    if arguments.command == "trash":
        from labeler.trash import trash_command

        return trash_command(arguments)
    if arguments.command == "doctor":
        from labeler.server.doctor import examine

        return _diagnose(examine(arguments.data, arguments.repair), arguments.repair)
    from labeler.server.backup import back_up, restore

    if arguments.command == "backup":
        copied = back_up(arguments.data, arguments.out, link=not arguments.copy)
        return _tell("Backed up", copied, arguments.out)
    return _tell("Restored", restore(arguments.backup, arguments.data), arguments.data)


def _diagnose(report: Report, repaired: bool) -> int:
    for finding in report.findings:
        say(f"{finding.problem}{' ' + finding.done if finding.done else ''}")
    for note in report.notes:
        say(note)
    files = _count(report.blobs, "image file")
    read = f"Read {_count(report.databases, 'database')} and {files} ({report.size_bytes / 1e6:,.1f} MB)"
    if not report.findings:
        say(f"{read}: nothing is wrong.")
        return 0
    fixed = len(report.findings) - report.left
    hint = "" if repaired else " `labeler doctor --repair` repairs what can be."
    say(f"{read}: {len(report.findings)} found, {fixed} repaired, {report.left} left.{hint}")
    return 1 if report.left else 0


def _tell(done: str, copied: Copied, to: Path) -> int:
    for problem in copied.problems:
        complain(problem)
    files = f"{_count(copied.blobs, 'file')}, {copied.size_bytes / 1e6:,.1f} MB, all read and checked"
    what = f"{_count(copied.images, 'image')} ({files})"
    say(f"{done} {what} to {to}")
    if copied.elsewhere:
        say(f"{copied.elsewhere:,} of them are read from your own files, which are not in the backup.")
    return 1 if copied.problems else 0


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
