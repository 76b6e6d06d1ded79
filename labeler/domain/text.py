"""Text from outside: made fit to be shown, and checked before it is sent."""

from __future__ import annotations

import re

from labeler.domain.errors import InvalidValue

_ACTS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Control characters, line ends, marks that turn the direction of text around, and halves of characters."""


def _escaped(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode()


def one_line(text: str, most: int = 0) -> str:
    """The text on one line, with whatever would act instead of being seen written out, such as \\n or \\x1b.

    Longer than `most` characters, it is cut and ends in an ellipsis; 0 cuts nothing.
    """
    if not most:
        return _ACTS.sub(_escaped, text)
    shown = _ACTS.sub(_escaped, text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def storable(text: str) -> str:
    """The text without lone surrogates, which no file of text can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def readable(text: str) -> str:
    """As `one_line`, with the lines kept."""
    return "\n".join(map(one_line, text.split("\n")))


def is_text(value: object) -> bool:
    """Whether it is text that every service and file can hold: half a character (a lone surrogate) is none."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_text(field: str, text: str) -> None:
    """Raise InvalidValue, naming the field, for what is no text."""
    if not is_text(text):
        raise InvalidValue(f"{field}: {one_line(text, 100)} is not valid text (it has half a character)")
