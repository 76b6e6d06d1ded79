"""Images and datasets as a person sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from labeler.domain.box import Box


@dataclass(frozen=True, slots=True)
class Image:
    """One piece of binary data that can be shown, with what is known and said of it.

    `id` is the service's binary data id. `tags` are what people see: membership tags of the wire are
    not among them. `tags`, `boxes` and `dataset_ids` are in the service's order. Times are aware (UTC).
    `problem` says why the picture cannot be shown, and is empty when nothing is known against it.
    """

    id: str
    file_name: str = ""
    mime_type: str = ""
    size_bytes: int = 0
    time_requested: datetime | None = None
    time_received: datetime | None = None
    organization_id: str = ""
    location_id: str = ""
    robot_id: str = ""
    robot_name: str = ""
    part_id: str = ""
    part_name: str = ""
    component_type: str = ""
    component_name: str = ""
    method: str = ""
    uri: str = ""
    tags: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()
    dataset_ids: tuple[str, ...] = ()
    problem: str = ""

    def box(self, box_id: str) -> Box | None:
        return next((box for box in self.boxes if box.id == box_id), None)

    @property
    def is_labeled(self) -> bool:
        """Whether it has a tag, or a box that somebody drew or accepted."""
        return bool(self.tags) or any(not box.is_proposal for box in self.boxes)

    @property
    def has_proposals(self) -> bool:
        return any(box.is_proposal for box in self.boxes)


def without_proposals(image: Image) -> Image:
    """The image without boxes that nobody has accepted."""
    if not image.has_proposals:
        return image
    return replace(image, boxes=tuple(box for box in image.boxes if not box.is_proposal))


@dataclass(frozen=True, slots=True)
class Dataset:
    """A named set of images. `images` is its size where the service tells, else None."""

    id: str
    name: str
    organization_id: str = ""
    created: datetime | None = None
    images: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a filter field can take, with its title for people and the number of images that have it.

    `count` is None where the service does not count.
    """

    value: str
    title: str
    count: int | None = None
