"""Natural order of file names as text, so that an index can hold it. The service sorts by it, and a client offline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

_LONGEST = 512
_END_OF_WORDS = "\x01"
_END_OF_FOLDER = "\x02"
_BELOW_TEXT = dict.fromkeys(range(3), 3)


FOLDER_TYPE = "folder"
"""The component type of images that were opened from a folder; `component_name` is its absolute path."""


def name_key(component_type: str, component_name: str, file_name: str) -> str:
    """The key of an image in the order by name, in which a folder's files stay together."""
    return natural_key(f"{component_name}/{file_name}" if component_type == FOLDER_TYPE else file_name)


def natural_key(path: str) -> str:
    """A text whose order by code points is the natural order of paths with forward slashes.

    Numbers count by their value, case does not count, a folder's files stay together. At most 512
    characters are kept.
    """
    return "".join(_encoded(path))[:_LONGEST]


@cache
def _parts() -> Callable[[str], Iterable[object]]:
    from natsort import natsort_keygen, ns  # only where names are put in order

    return natsort_keygen(alg=ns.IGNORECASE)


def _encoded(path: str) -> Iterator[str]:
    for place, name in enumerate(path.split("/")):
        if place:
            yield _END_OF_FOLDER
        # natsort alternates words and numbers, beginning with a word.
        for part in _parts()(name):
            if isinstance(part, str):
                yield part.translate(_BELOW_TEXT) + _END_OF_WORDS
            else:
                digits = str(part)
                yield f"{len(digits):04d}{digits}"
