"""What the library shows: a filter as a value, and its text form.

The text form is a list of `field:value` terms, all of which must hold. Within one term, values
separated by commas are alternatives. A value with a space, comma or quote is quoted with double
quotes, a quote or backslash inside it escaped with a backslash.

    tag:night,day label:bolt after:2024-05-01 component:"/photos/line 2" dataset:ab12 untagged

`tag:a tag:b` (two terms) means images that have both, `without:a,b` those that have neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

from labeler.domain.errors import InvalidValue
from labeler.domain.image import Image


class Tagged(Enum):
    """Whether images must have tags at all."""

    ANY = "any"
    TAGGED = "tagged"
    UNTAGGED = "untagged"


class Order(Enum):
    """The order of a library. Services without an order by name use the newest first."""

    NEWEST = "newest"
    OLDEST = "oldest"
    NAME = "name"
    NAME_DESCENDING = "name descending"


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that an image must all meet; an empty one does not restrict.

    `start` is inclusive, `end` exclusive, both aware and tested against the time of capture. `tags` and
    `labels` are alternatives: an image needs one of each that is given. `all_tags` must all be there,
    beside one of `tags`, and none of `without_tags`. `dataset_id` is an id; titles are resolved before.
    """

    location_ids: tuple[str, ...] = ()
    robot_name: str = ""
    robot_id: str = ""
    part_name: str = ""
    part_id: str = ""
    component_type: str = ""
    component_name: str = ""
    method: str = ""
    mime_types: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    tagged: Tagged = Tagged.ANY
    tags: tuple[str, ...] = ()
    all_tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    dataset_id: str = ""

    def __bool__(self) -> bool:
        return self != EMPTY

    def keeps(self, image: Image) -> bool:
        """Whether the image meets every condition."""
        asked_one = {
            "robot_name": self.robot_name, "robot_id": self.robot_id, "part_name": self.part_name,
            "part_id": self.part_id, "component_type": self.component_type, "component_name": self.component_name,
            "method": self.method,
        }  # fmt: skip
        if any(wanted and getattr(image, name) != wanted for name, wanted in asked_one.items()):
            return False
        if self.location_ids and image.location_id not in self.location_ids:
            return False
        if self.mime_types and image.mime_type not in self.mime_types:
            return False
        time = image.time_requested
        if self.start and (time is None or time < self.start):
            return False
        if self.end and (time is None or time >= self.end):
            return False
        return self._keeps_labels_of(image)

    def _keeps_labels_of(self, image: Image) -> bool:
        if self.tagged is Tagged.TAGGED and not image.tags:
            return False
        if self.tagged is Tagged.UNTAGGED and image.tags:
            return False
        if self.tags and not set(self.tags) & set(image.tags):
            return False
        if not set(self.all_tags) <= set(image.tags) or set(self.without_tags) & set(image.tags):
            return False
        if self.labels and not {box.label for box in image.boxes} & set(self.labels):
            return False
        return not self.dataset_id or self.dataset_id in image.dataset_ids


EMPTY = Filter()

WORDS = {
    "location": "location_ids",
    "machine": "robot_name",
    "machine-id": "robot_id",
    "part": "part_name",
    "part-id": "part_id",
    "type": "component_type",
    "component": "component_name",
    "method": "method",
    "mime": "mime_types",
    "after": "start",
    "before": "end",
    "tag": "tags",
    "without": "without_tags",
    "label": "labels",
    "dataset": "dataset_id",
}
_MANY = {"location_ids", "mime_types", "tags", "without_tags", "labels"}
_TIMES = {"start", "end"}
_TERM = re.compile(r'\s*(?:(?P<word>[a-z-]+):)?(?P<values>(?:"(?:\\.|[^"\\])*"|[^\s"])*)')
_VALUE = re.compile(r'"((?:\\.|[^"\\])*)"|([^,"]+)')


def _values(text: str) -> tuple[str, ...]:
    found = []
    for quoted, plain in _VALUE.findall(text):
        found.append(plain if plain else re.sub(r"\\(.)", r"\1", quoted))
    return tuple(value for value in found if value)


def parse_time(text: str) -> datetime:
    """A time from `2024-05-01`, `2024-05-01T10:00` or RFC 3339; without an offset it is UTC."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValue(f"{text}: not a time; write it as 2024-05-01 or 2024-05-01T10:30") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _instead_of_twice(word: str, name: str) -> str:
    return f"write alternatives as {word}:one,other" if name in _MANY else "leave one out"


def parse_filter(text: str, dataset_id: Callable[[str], str | None] = lambda name: None) -> Filter:
    """The filter that the text says.

    `dataset_id` finds the id of a dataset's name; a name it does not know is taken for an id.
    Raises InvalidValue that names the term, for an unknown word, a value that is missing, a time that
    is none, and a condition that is given twice (but for `tag`, which then means both).
    """
    found: dict[str, object] = {}
    all_tags: list[str] = []
    position = 0
    while text[position:].strip():
        match = _TERM.match(text, position)
        if not match or text.startswith('"', match.end()):
            raise InvalidValue(f"{text[position:].strip()}: a quote is not closed")
        position = match.end()
        word, values = match["word"], _values(match["values"])
        if word is None and match["values"] in ("tagged", "untagged"):
            tagged = Tagged(match["values"])
            if found.setdefault("tagged", tagged) is not tagged:
                raise InvalidValue(f"{tagged.value}: no image is both tagged and untagged; leave one out")
            continue
        if word not in WORDS:
            raise InvalidValue(f"{match[0].strip()}: not a condition; known are {', '.join(WORDS)}, tagged, untagged")
        name = WORDS[word]
        if not values:
            raise InvalidValue(f"{word}: a value is missing after the colon")
        if name == "tags" and (name in found or all_tags):
            if len(values) > 1:
                raise InvalidValue("tag: only one term can list alternatives; write the others one by one")
            all_tags.extend(values)
        elif name in found:
            raise InvalidValue(f"{word}: given twice; " + _instead_of_twice(word, name))
        elif name in _MANY:
            found[name] = values
        elif len(values) > 1:
            raise InvalidValue(f"{word}: takes one value, not {len(values)}")
        elif name in _TIMES:
            found[name] = parse_time(values[0])
        elif name == "dataset_id":
            found[name] = dataset_id(values[0]) or values[0]
        else:
            found[name] = values[0]
    return replace(EMPTY, **found, all_tags=tuple(all_tags))  # type: ignore[arg-type]


def _quoted(value: str) -> str:
    if re.fullmatch(r'[^\s,"\\]+', value):
        return value
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def _time_text(time: datetime) -> str:
    time = time.astimezone(UTC)
    midnight = time == time.replace(hour=0, minute=0, second=0, microsecond=0)
    return time.date().isoformat() if midnight else time.isoformat().replace("+00:00", "Z")


def _terms(value: Filter, dataset_name: Callable[[str], str | None]) -> Iterator[str]:
    for word, name in WORDS.items():
        held = getattr(value, name)
        if not held:
            continue
        if name in _MANY:
            yield f"{word}:" + ",".join(_quoted(one) for one in held)
        elif name in _TIMES:
            yield f"{word}:{_quoted(_time_text(held))}"
        elif name == "dataset_id":
            yield f"{word}:{_quoted(dataset_name(held) or held)}"
        else:
            yield f"{word}:{_quoted(held)}"
        if name == "tags":
            yield from (f"tag:{_quoted(tag)}" for tag in value.all_tags)
    if value.tagged is not Tagged.ANY:
        yield value.tagged.value


def filter_text(value: Filter, dataset_name: Callable[[str], str | None] = lambda identifier: None) -> str:
    """The text form of a filter; `parse_filter` reads it back."""
    if value.all_tags and not value.tags:
        first, *others = value.all_tags
        value = replace(value, tags=(first,), all_tags=tuple(others))
    return " ".join(_terms(value, dataset_name))


def day(time: datetime) -> tuple[datetime, datetime]:
    """The start and end of the UTC day that the time is in."""
    start = time.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=1)


FILTER_FIELDS = tuple(one.name for one in fields(Filter))
