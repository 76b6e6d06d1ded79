"""What a person is asked: a line of text with suggestions, or yes or no; and what the window is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from labeler.domain.image import Choice


def _always_fine(text: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A line to type, shown without a dialog.

    `accept(text)` is called with what was typed or chosen. `check(text)` says what is wrong with a
    text, or nothing; a wrong one is not accepted. `suggest` gives choices for what is typed so far.
    `only_choices`: what is typed must be completed to a choice.
    """

    title: str
    accept: Callable[[str], None]
    suggest: Callable[[str], tuple[Choice, ...]] = lambda text: ()
    check: Callable[[str], str] = _always_fine
    text: str = ""
    hint: str = ""
    only_choices: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A yes or no; `danger` marks what cannot easily be taken back."""

    title: str
    text: str
    yes: str
    accept: Callable[[], None]
    danger: bool = False


class Request(Enum):
    """What an action asks the window to show or do."""

    PALETTE = "palette"
    HELP = "help"
    OPEN_FOLDER = "open folder"
    OPEN_FILES = "open files"
    EXPORT = "export"
    CONNECT = "connect"
    DATASETS = "datasets"
    PENDING = "pending"
    TAKEN_ALONG = "taken along"
    TRASH = "trash"
    CROPS = "crops"
    LIKE_THIS = "like this"
    DUPLICATES = "duplicates"
    CHECK_PICTURES = "check pictures"
    READINESS = "readiness"
    METER = "meter"
    BOX_CHART = "box chart"
    TOGGLE_FILTER = "toggle filter"
    TOGGLE_INSPECTOR = "toggle inspector"
    TOGGLE_FILMSTRIP = "toggle filmstrip"
    THEME = "theme"
    FULL_SCREEN = "full screen"
    NEXT_PANEL = "next panel"
    KEYBOARD = "keyboard"
    CHANGE_KEYS = "change keys"
    SHOW_LOG = "show log"
    QUIT = "quit"
