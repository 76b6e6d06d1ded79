"""The command line: parses arguments and hands them to the part that does the work.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 something is missing on this machine, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from labeler import __version__, preflight, storage_commands
from labeler.domain.errors import LabelerError
from labeler.domain.text import check_text, one_line
from labeler.server import limits
from labeler.terminal import complain

SUBCOMMANDS = ("serve", "keys", "import", "export", "samples", *storage_commands.NAMES)


def default_data_directory() -> Path:
    from platformdirs import user_data_path

    return user_data_path("labeler", appauthor=False)


class _Parser(argparse.ArgumentParser):
    """Repeats what was typed without obeying it."""

    def error(self, message: str) -> NoReturn:
        super().error(one_line(message))


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="DIR", help="data directory (default: this user's)")


def _subcommand_parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = _Parser(prog="labeler")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve a data directory over gRPC")
    _add_data(serve)
    serve.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="port 0 picks a free one")
    serve.add_argument("--insecure", action="store_true", help="plaintext instead of TLS")
    serve.add_argument("--embedded", action="store_true", help=argparse.SUPPRESS)
    limits.add_options(serve)

    keys = commands.add_parser("keys", help="create, list and revoke API keys")
    what = keys.add_subparsers(dest="what", required=True, metavar="create|list|revoke")
    create = what.add_parser("create", help="create a key; the organization too, where there is none")
    create.add_argument("--organization", metavar="NAME", default="")
    listing = what.add_parser("list", help="list keys, without their secrets")
    revoke = what.add_parser("revoke", help="make a key invalid")
    revoke.add_argument("key_id", metavar="KEY_ID")
    for parser_of_keys in (create, listing, revoke):
        _add_data(parser_of_keys)
        parser_of_keys.add_argument("--json", action="store_true", help="print JSON")

    importing = commands.add_parser("import", help="take images from files and folders")
    importing.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    importing.add_argument("--copy", action="store_true", help="copy the bytes instead of referring to the files")
    _add_data(importing)

    exporting = commands.add_parser("export", help="write images with what is on them")
    exporting.add_argument("out", type=Path, metavar="OUT", help="folder to write, new or empty")
    exporting.add_argument("--format", choices=("coco", "viam"), required=True)
    exporting.add_argument("--dataset", metavar="NAME", default="", help="only this dataset")
    exporting.add_argument("--filter", metavar="TEXT", default="", help="only what the filter shows")
    _add_data(exporting)

    storage_commands.add_parsers(commands, _add_data)

    samples = commands.add_parser("samples", help="draw the sample images with their known boxes")
    samples.add_argument("out", type=Path, metavar="OUT")
    return parser


def _desktop_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="labeler",
        description="Label images by keyboard.",
        epilog="Other commands: " + ", ".join(f"labeler {name}" for name in SUBCOMMANDS) + "; each has --help. "
        "A folder of such a name is opened with ./ before it.",
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="images and folders to open")
    _add_data(parser)
    parser.add_argument("--copy", action="store_true", help="copy the images into the data directory")
    parser.add_argument("--theme", choices=("system", "light", "dark"), default=None)
    parser.add_argument("--version", action="version", version=f"labeler {__version__}")
    return parser


def _parse_for_desktop(argv: Sequence[str]) -> argparse.Namespace:
    parser = _desktop_parser()
    arguments = parser.parse_args(argv)
    for path in arguments.paths:
        if not path.exists():
            parser.error(f"{path}: there is no such file, folder or command")
    return arguments


def _run_subcommand(arguments: argparse.Namespace) -> int:
    if hasattr(arguments, "data") and arguments.data is None:
        arguments.data = default_data_directory()
    if arguments.command == "serve":
        # gRPC, which reads it as it is imported, says a line else for each connection that fails.
        os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
        from labeler.server.serve import serve

        return serve(
            arguments.data,
            arguments.listen,
            insecure=arguments.insecure,
            embedded=arguments.embedded,
            limits=limits.limits_of(arguments),
        )
    if arguments.command == "keys":
        from labeler.server.keys import run_keys_command

        return run_keys_command(arguments)
    if arguments.command == "import":
        from labeler.transfer.commands import import_command

        return import_command(arguments.data, arguments.paths, copy=arguments.copy)
    if arguments.command == "export":
        from labeler.transfer.commands import export_command

        return export_command(
            arguments.data, arguments.out, arguments.format, dataset=arguments.dataset, filter_text=arguments.filter
        )
    if arguments.command in storage_commands.NAMES:
        return storage_commands.run(arguments)
    from labeler.samples import write_samples

    write_samples(arguments.out)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else list(argv)
    try:
        for argument in argv:
            check_text("argument", argument)
        if argv and argv[0] in SUBCOMMANDS:
            return _run_subcommand(_subcommand_parser().parse_args(argv))
        arguments = _parse_for_desktop(argv)
        obstacle = preflight.missing_for_desktop(os.environ.get("QT_QPA_PLATFORM", ""))
        if obstacle:
            complain(obstacle)
            return preflight.EXIT_CODE
        from labeler.app import run_desktop

        return run_desktop(
            arguments.data or default_data_directory(), arguments.paths, copy=arguments.copy, theme=arguments.theme
        )
    except LabelerError as error:
        complain(error)
        return 1
    except OSError as error:
        complain(f"{error.filename or 'This command'} failed: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
