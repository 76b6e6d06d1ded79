"""How much of a service one client, and all of them together, may have; each limit is an option of `labeler serve`."""

from __future__ import annotations

import argparse
import logging
from dataclasses import dataclass, field, fields

_MOST_OPEN_FILES = 65_536
_FILES_OF_THE_SERVICE = 256
"""Databases, blobs being read and written, workers of queries: open files that are not connections."""

logger = logging.getLogger(__name__)


def _limit(default: int, help_text: str) -> int:
    number: int = field(default=default, metadata={"help": help_text})
    return number


@dataclass(frozen=True, slots=True)
class Limits:
    """All at least 1."""

    max_connections: int = _limit(1_000, "connections open at the same time; more are closed as they come")
    max_calls: int = _limit(512, "calls under way at the same time; one key has at most a quarter of them")
    max_message_mib: int = _limit(64, "MiB of one message")
    max_upload_mib: int = _limit(4_096, "MiB of one upload")
    max_upload_minutes: int = _limit(60, "minutes that one upload may take")
    requests_per_second: int = _limit(1_000, "calls per second of one key, after ten seconds' worth at once")
    failed_sign_ins_per_minute: int = _limit(
        20, "wrong keys per minute of one address that are told so; the right key is let in all the same"
    )
    handshake_seconds: int = _limit(20, "seconds that a new connection has for TLS, and to say what it wants")


def add_options(parser: argparse.ArgumentParser) -> None:
    """One option for each limit."""
    group = parser.add_argument_group(
        "limits", "A client that asks for more is told to wait (RESOURCE_EXHAUSTED), and how long."
    )
    for one in fields(Limits):
        option = f"--{one.name.replace('_', '-')}"
        text = f"{one.metadata['help']} (default: {one.default:,})"
        group.add_argument(option, type=_at_least_one, default=one.default, metavar="N", help=text)


def limits_of(arguments: argparse.Namespace) -> Limits:
    """What was given for the options of `add_options`."""
    return Limits(**{one.name: getattr(arguments, one.name) for one in fields(Limits)})


def _at_least_one(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1000000")
    return number


def connections_allowed(wanted: int) -> int:
    """Raise the open files of this process as far as the system lets it; returns how many connections they allow.

    That is `wanted`, or less: gRPC, which runs out of files on a connection, serves nobody until some are closed.
    """
    try:
        import resource
    except ImportError:  # Windows counts handles, of which there are enough.
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
        except (OSError, ValueError):
            logger.warning("The limit of %d open files could not be raised", soft)
    if soft == resource.RLIM_INFINITY:
        return wanted
    # Images over HTTP have connections of their own, up to the same number.
    allowed = max((soft - _FILES_OF_THE_SERVICE) // 2, 16)
    if allowed < wanted:
        logger.warning("This process may open %d files only: at most %d connections are taken", soft, allowed)
    return min(wanted, allowed)
