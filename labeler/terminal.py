"""What commands write to the terminal: text from outside cannot move its cursor, colour it or add lines."""

from __future__ import annotations

import json
import sys

from labeler.domain.text import one_line


def say(text: str) -> None:
    """Write one line to standard output."""
    sys.stdout.write(one_line(text) + "\n")


def say_json(value: object) -> None:
    """Write a value as one line of JSON to standard output."""
    # The one control character that JSON does not escape.
    sys.stdout.write(json.dumps(value).replace("\x7f", "\\u007f") + "\n")


def complain(text: object) -> None:
    """Write what is wrong as one line to standard error."""
    sys.stderr.write(f"labeler: {one_line(str(text))}\n")
