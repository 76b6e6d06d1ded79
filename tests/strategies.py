"""Values of the domain, made by hypothesis: every one that a service or a person could come up with."""

from __future__ import annotations

import string
from datetime import UTC, datetime

from hypothesis import strategies as st

from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, DatasetChange, DeletionChange, Edit, MembershipChange, OnImage, TagChange
from labeler.domain.filter import Filter, Tagged
from labeler.domain.geometry import Point, Rect
from labeler.domain.image import Image

fractions = st.floats(0, 1)
names = st.text("abT2é☂:,-'\"\\ \t\n\u2003", min_size=1, max_size=6).filter(str.strip)
"""Not blank, with all the signs that mean something somewhere."""
identifiers = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=6)
confidences = st.none() | fractions
times = st.datetimes(timezones=st.just(UTC), min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30))
points = st.builds(Point, fractions, fractions)


@st.composite
def rects(draw: st.DrawFn) -> Rect:
    """Rectangles inside the unit square, some of them thinner than a pixel."""
    left, right = sorted(draw(st.lists(fractions, min_size=2, max_size=2, unique=True)))
    top, bottom = sorted(draw(st.lists(fractions, min_size=2, max_size=2, unique=True)))
    return Rect(left, top, right, bottom)


@st.composite
def boxes(draw: st.DrawFn, ids: st.SearchStrategy[str] = identifiers) -> Box:
    """Boxes that every service takes."""
    rect = draw(rects())
    return Box(draw(ids), draw(names), rect.left, rect.top, rect.right, rect.bottom, confidence=draw(confidences))


def some(values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    """Up to three of the values, each once."""
    return st.lists(values, max_size=3, unique=True).map(tuple)


@st.composite
def images(draw: st.DrawFn, image_id: str = "image") -> Image:
    """Images with boxes of different ids, tags and datasets, few enough of each that changes meet them."""
    return Image(
        image_id,
        mime_type=draw(st.sampled_from(["", "image/jpeg", "image/png"])),
        time_requested=draw(st.none() | times),
        location_id=draw(st.sampled_from(["", "here", "there"])),
        component_name=draw(st.sampled_from(["", "cam", "line 2"])),
        tags=draw(some(st.sampled_from(["day", "night", "wet road"]))),
        boxes=tuple(draw(st.lists(boxes(), max_size=3, unique_by=lambda box: box.id))),
        dataset_ids=draw(some(st.sampled_from(["first", "second"]))),
    )


@st.composite
def box_changes(draw: st.DrawFn) -> BoxChange:
    """A box added, removed, or changed; then both sides have the same id."""
    before = draw(boxes())
    after = draw(boxes(st.just(before.id)))
    return draw(
        st.sampled_from(
            [BoxChange("image", None, after), BoxChange("image", before, None), BoxChange("image", before, after)]
        )
    )


changes = (
    box_changes()
    | st.builds(TagChange, st.just("image"), names, st.booleans())
    | st.builds(MembershipChange, st.just("image"), identifiers, st.booleans())
    | st.builds(DatasetChange, identifiers, identifiers, st.none() | identifiers, st.booleans())
    | st.builds(DatasetChange, identifiers, st.none(), identifiers)
    | st.builds(DeletionChange, st.just("image"), st.booleans(), st.none() | st.builds(OnImage.of, images()))
)
edits = st.builds(
    Edit,
    title=names,
    changes=st.lists(changes, max_size=4).map(tuple),
    id=identifiers,
    at=times,
    merge=st.text(max_size=5),
)


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    """Filters that a person can write; where tags are asked for twice, the first term is the alternatives."""
    tags = draw(some(names))
    return Filter(
        location_ids=draw(some(names)),
        robot_name=draw(st.just("") | names),
        robot_id=draw(st.just("") | names),
        part_name=draw(st.just("") | names),
        part_id=draw(st.just("") | names),
        component_type=draw(st.just("") | names),
        component_name=draw(st.just("") | names),
        method=draw(st.just("") | names),
        mime_types=draw(some(names)),
        start=draw(st.none() | times),
        end=draw(st.none() | times),
        tagged=draw(st.sampled_from(Tagged)),
        tags=tags,
        all_tags=draw(some(names)) if tags else (),
        without_tags=draw(some(names)),
        labels=draw(some(names)),
        dataset_id=draw(st.just("") | names),
    )
